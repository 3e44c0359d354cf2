//! The bounds of requests.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::Picker;
use crate::domain::Limits;

/// The limits as flags and variables.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LimitArgs {
    /// The largest payload of a task [default: 262144]
    #[arg(
        long = "limit-payload-bytes",
        env = "TASKYARD_LIMIT_PAYLOAD_BYTES",
        value_name = "BYTES"
    )]
    payload_bytes: Option<usize>,
    /// The largest result of a task [default: 1048576]
    #[arg(
        long = "limit-result-bytes",
        env = "TASKYARD_LIMIT_RESULT_BYTES",
        value_name = "BYTES"
    )]
    result_bytes: Option<usize>,
    /// The largest metadata of a task [default: 16384]
    #[arg(
        long = "limit-metadata-bytes",
        env = "TASKYARD_LIMIT_METADATA_BYTES",
        value_name = "BYTES"
    )]
    metadata_bytes: Option<usize>,
    /// The most tasks in a batch [default: 1000]
    #[arg(
        long = "limit-batch-items",
        env = "TASKYARD_LIMIT_BATCH_ITEMS",
        value_name = "COUNT"
    )]
    batch_items: Option<usize>,
    /// The largest body of a batch [default: 8388608]
    #[arg(
        long = "limit-batch-bytes",
        env = "TASKYARD_LIMIT_BATCH_BYTES",
        value_name = "BYTES"
    )]
    batch_bytes: Option<usize>,
    /// The longest wait of a long poll [default: 30000]
    #[arg(
        long = "limit-wait-ms",
        env = "TASKYARD_LIMIT_WAIT_MS",
        value_name = "MS"
    )]
    wait_ms: Option<u64>,
    /// The longest time for a request's body to come in [default: 30000]
    #[arg(
        long = "limit-body-ms",
        env = "TASKYARD_LIMIT_BODY_MS",
        value_name = "MS"
    )]
    body_ms: Option<u64>,
    /// The most bytes of all request bodies held at once; more are answered 503 [default: 268435456]
    #[arg(
        long = "limit-in-flight-bytes",
        env = "TASKYARD_LIMIT_IN_FLIGHT_BYTES",
        value_name = "BYTES"
    )]
    in_flight_bytes: Option<usize>,
    /// The most requests that may wait at once, for tasks or results; more are answered 429 [default: 12288]
    #[arg(
        long = "limit-waiters",
        env = "TASKYARD_LIMIT_WAITERS",
        value_name = "COUNT"
    )]
    waiters: Option<usize>,
    /// The most connections served at once; more are answered 503 [default: 16384]
    #[arg(
        long = "limit-connections",
        env = "TASKYARD_LIMIT_CONNECTIONS",
        value_name = "COUNT"
    )]
    connections: Option<usize>,
    /// The most tasks that are being pushed to endpoints at once [default: 128]
    #[arg(
        long = "limit-pushes",
        env = "TASKYARD_LIMIT_PUSHES",
        value_name = "COUNT"
    )]
    pushes: Option<usize>,
}

/// The `[limits]` table of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsFile {
    payload_bytes: Option<usize>,
    result_bytes: Option<usize>,
    metadata_bytes: Option<usize>,
    batch_items: Option<usize>,
    batch_bytes: Option<usize>,
    wait_ms: Option<u64>,
    body_ms: Option<u64>,
    in_flight_bytes: Option<usize>,
    waiters: Option<usize>,
    connections: Option<usize>,
    pushes: Option<usize>,
}

/// Joins flags, variables, file and defaults.
pub(super) fn pick(args: &LimitArgs, file: &LimitsFile, pick: &mut Picker<'_>) -> Limits {
    let default = Limits::default();
    macro_rules! pick {
        ($($name:ident),*) => {
            Limits { $($name: pick.or(stringify!($name), args.$name, file.$name, default.$name)),* }
        };
    }
    pick!(
        payload_bytes,
        result_bytes,
        metadata_bytes,
        batch_items,
        batch_bytes,
        wait_ms,
        body_ms,
        in_flight_bytes,
        waiters,
        connections,
        pushes
    )
}

/// Each limit with its name, its value and what it may be.
pub(super) fn ranges(limits: &Limits) -> [(&'static str, u64, RangeInclusive<u64>); 11] {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    let payload_bytes = limits.payload_bytes as u64;
    [
        ("payload_bytes", payload_bytes, KIB..=64 * MIB),
        ("result_bytes", limits.result_bytes as u64, KIB..=64 * MIB),
        ("metadata_bytes", limits.metadata_bytes as u64, KIB..=MIB),
        ("batch_items", limits.batch_items as u64, 1..=10_000),
        // A batch of one must be able to carry any payload that is allowed.
        (
            "batch_bytes",
            limits.batch_bytes as u64,
            payload_bytes..=256 * MIB,
        ),
        ("wait_ms", limits.wait_ms, 0..=300_000),
        ("body_ms", limits.body_ms, 100..=3_600_000),
        // Any body that is allowed must fit when nothing else is there.
        (
            "in_flight_bytes",
            limits.in_flight_bytes as u64,
            limits.largest_body() as u64..=1 << 40,
        ),
        ("waiters", limits.waiters as u64, 1..=1_000_000),
        ("connections", limits.connections as u64, 1..=1_000_000),
        ("pushes", limits.pushes as u64, 1..=10_000),
    ]
}
