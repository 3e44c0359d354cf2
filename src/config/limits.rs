//! The bounds of requests.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::Picker;

/// How large and how long requests may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A task's payload.
    pub payload_bytes: u64,
    /// A task's result.
    pub result_bytes: u64,
    /// A task's metadata.
    pub metadata_bytes: u64,
    /// The tasks of one batch.
    pub batch_items: u64,
    /// The body of a batch.
    pub batch_bytes: u64,
    /// The longest long poll.
    pub wait_ms: u64,
}

/// The limits as flags and variables.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LimitArgs {
    /// The largest payload of a task [default: 262144]
    #[arg(
        long = "limit-payload-bytes",
        env = "TASKYARD_LIMIT_PAYLOAD_BYTES",
        value_name = "BYTES"
    )]
    payload_bytes: Option<u64>,
    /// The largest result of a task [default: 1048576]
    #[arg(
        long = "limit-result-bytes",
        env = "TASKYARD_LIMIT_RESULT_BYTES",
        value_name = "BYTES"
    )]
    result_bytes: Option<u64>,
    /// The largest metadata of a task [default: 16384]
    #[arg(
        long = "limit-metadata-bytes",
        env = "TASKYARD_LIMIT_METADATA_BYTES",
        value_name = "BYTES"
    )]
    metadata_bytes: Option<u64>,
    /// The most tasks in a batch [default: 1000]
    #[arg(
        long = "limit-batch-items",
        env = "TASKYARD_LIMIT_BATCH_ITEMS",
        value_name = "COUNT"
    )]
    batch_items: Option<u64>,
    /// The largest body of a batch [default: 8388608]
    #[arg(
        long = "limit-batch-bytes",
        env = "TASKYARD_LIMIT_BATCH_BYTES",
        value_name = "BYTES"
    )]
    batch_bytes: Option<u64>,
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
    payload_bytes: Option<u64>,
    result_bytes: Option<u64>,
    metadata_bytes: Option<u64>,
    batch_items: Option<u64>,
    batch_bytes: Option<u64>,
    wait_ms: Option<u64>,
}

impl Limits {
    pub(super) fn pick(args: &LimitArgs, file: &LimitsFile, pick: &mut Picker<'_>) -> Self {
        Self {
            payload_bytes: pick.or(
                "payload_bytes",
                args.payload_bytes,
                file.payload_bytes,
                262_144,
            ),
            result_bytes: pick.or(
                "result_bytes",
                args.result_bytes,
                file.result_bytes,
                1_048_576,
            ),
            metadata_bytes: pick.or(
                "metadata_bytes",
                args.metadata_bytes,
                file.metadata_bytes,
                16_384,
            ),
            batch_items: pick.or("batch_items", args.batch_items, file.batch_items, 1_000),
            batch_bytes: pick.or("batch_bytes", args.batch_bytes, file.batch_bytes, 8_388_608),
            wait_ms: pick.or("wait_ms", args.wait_ms, file.wait_ms, 30_000),
        }
    }

    /// Each limit with its name, its value and what it may be.
    pub(super) fn ranges(&self) -> [(&'static str, u64, RangeInclusive<u64>); 6] {
        const KIB: u64 = 1 << 10;
        const MIB: u64 = 1 << 20;
        [
            ("payload_bytes", self.payload_bytes, KIB..=64 * MIB),
            ("result_bytes", self.result_bytes, KIB..=64 * MIB),
            ("metadata_bytes", self.metadata_bytes, KIB..=MIB),
            ("batch_items", self.batch_items, 1..=10_000),
            // A batch of one must be able to carry any payload that is allowed.
            (
                "batch_bytes",
                self.batch_bytes,
                self.payload_bytes..=256 * MIB,
            ),
            ("wait_ms", self.wait_ms, 0..=300_000),
        ]
    }
}
