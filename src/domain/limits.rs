//! How much of anything is accepted. The configurable ones carry their defaults.

/// Sizes and counts that a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one payload.
    pub payload_bytes: usize,
    /// Bytes of one result.
    pub result_bytes: usize,
    /// Bytes of one task's metadata.
    pub metadata_bytes: usize,
    /// Items of one batch.
    pub batch_items: usize,
    /// Bytes of one batch, and of all payloads of one claim.
    pub batch_bytes: usize,
    /// Longest wait of a long poll, milliseconds.
    pub wait_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 256 * 1024,
            result_bytes: 1024 * 1024,
            metadata_bytes: 16 * 1024,
            batch_items: 1_000,
            batch_bytes: 8 * 1024 * 1024,
            wait_ms: 30_000,
        }
    }
}

/// Tags of one task.
pub const MAX_TAGS: usize = 32;
/// Bytes of one tag.
pub const MAX_TAG_BYTES: usize = 64;
/// Tasks of one claim.
pub const MAX_CLAIM_TASKS: usize = 100;
/// Queues of one claim.
pub const MAX_CLAIM_QUEUES: usize = 64;
/// Items of one atomic batch.
pub const MAX_ATOMIC_ITEMS: usize = 500;
/// Bytes of one atomic batch.
pub const MAX_ATOMIC_BYTES: usize = 1024 * 1024;
/// Ids a heartbeat may name as held.
pub const MAX_HELD_IDS: usize = 1_000;
/// Classes (type and requirements) of one queue.
pub const MAX_CLASSES: usize = 1_000;
/// Attempts of one task.
pub const MAX_ATTEMPTS: u32 = 1_000;
/// Bytes of an error's code.
pub const MAX_ERROR_CODE_BYTES: usize = 128;
/// Bytes of an error's message.
pub const MAX_ERROR_MESSAGE_BYTES: usize = 16 * 1024;
/// Bytes of a progress message.
pub const MAX_PROGRESS_MESSAGE_BYTES: usize = 1_024;
/// Labels of one node, and of one task's requirements.
pub const MAX_LABELS: usize = 64;
/// Bytes of an `Idempotency-Key`, and of a `claim_id`.
pub const MAX_KEY_BYTES: usize = 255;
/// Longest delay or expiry: one year.
pub const MAX_DELAY_MS: u64 = 366 * 24 * 3_600 * 1_000;
