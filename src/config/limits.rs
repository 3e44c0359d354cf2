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
}

/// Joins flags, variables, file and defaults.
pub(super) fn pick(args: &LimitArgs, file: &LimitsFile, pick: &mut Picker<'_>) -> Limits {
    let default = Limits::default();
    let mut size = |name, arg, file, default| pick.or(name, arg, file, default);
    Limits {
        payload_bytes: size(
            "payload_bytes",
            args.payload_bytes,
            file.payload_bytes,
            default.payload_bytes,
        ),
        result_bytes: size(
            "result_bytes",
            args.result_bytes,
            file.result_bytes,
            default.result_bytes,
        ),
        metadata_bytes: size(
            "metadata_bytes",
            args.metadata_bytes,
            file.metadata_bytes,
            default.metadata_bytes,
        ),
        batch_items: size(
            "batch_items",
            args.batch_items,
            file.batch_items,
            default.batch_items,
        ),
        batch_bytes: size(
            "batch_bytes",
            args.batch_bytes,
            file.batch_bytes,
            default.batch_bytes,
        ),
        wait_ms: pick.or("wait_ms", args.wait_ms, file.wait_ms, default.wait_ms),
    }
}

/// Each limit with its name, its value and what it may be.
pub(super) fn ranges(limits: &Limits) -> [(&'static str, u64, RangeInclusive<u64>); 6] {
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
    ]
}
