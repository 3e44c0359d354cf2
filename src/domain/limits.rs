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
    /// Longest time for a request's body to come in, milliseconds.
    pub body_ms: u64,
    /// Bytes of all request bodies that one service holds at once.
    pub in_flight_bytes: usize,
    /// Requests that may wait in one service at once, for tasks or for results.
    pub waiters: usize,
    /// Connections that one service serves at once.
    pub connections: usize,
    /// Tasks that one service pushes to endpoints at once.
    pub pushes: usize,
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
            body_ms: 30_000,
            in_flight_bytes: 256 * 1024 * 1024,
            waiters: 12_288,
            connections: 16_384,
            pushes: 128,
        }
    }
}

/// Room for everything in a body beside the large parts that have limits of their own.
const BODY_ROOM: usize = 64 * 1024;

impl Limits {
    /// Bytes of the largest body that any request may have.
    pub fn largest_body(&self) -> usize {
        self.batch_bytes.max(self.result_bytes) + BODY_ROOM
    }

    /// Requests that do wait at most: each holds a connection, and a quarter of those is left to
    /// heartbeats and reports.
    pub fn waiting_places(&self) -> usize {
        self.waiters.min(self.connections - self.connections / 4)
    }

    /// Bytes of the largest body of a request that carries one result at most.
    pub fn largest_report(&self) -> usize {
        self.result_bytes + BODY_ROOM
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
/// Lines of a task's log that are kept.
pub const KEPT_LOG_LINES: usize = 1_000;
/// Lines that one request adds to a log.
pub const MAX_LOG_LINES: usize = 100;
/// Bytes of such a line.
pub const MAX_LOG_LINE_BYTES: usize = 1_024;
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
