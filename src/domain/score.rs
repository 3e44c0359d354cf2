//! The order of ready tasks: one number a task, smaller is sooner.
//!
//! The packing itself is done inside the scripts (`migrations-lua/lib/queue.lua`),
//! where the sequence is taken; the scripts get these constants from here, so that
//! nothing is written twice. `strict`: `(100 - priority) * SEQUENCE_SPAN + sequence`. A queue's order
//! changes only while no task has a place in it.

use serde::{Deserialize, Serialize};

use super::InvalidInput;

/// Lowest and highest priority; higher goes first.
pub const PRIORITY_RANGE: std::ops::RangeInclusive<i16> = -100..=100;

/// Room for the sequence inside one priority: 35 trillion submits a queue.
pub const SEQUENCE_SPAN: u64 = 1 << 45;

/// A double counts whole numbers exactly up to here; beyond it FIFO would be lost.
const EXACT: u64 = 1 << 53;

const _: () = assert!(
    201 * SEQUENCE_SPAN <= EXACT,
    "201 priorities and their sequences stay exact in a double"
);

/// How a queue orders its ready tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ordering {
    /// Higher priority first, FIFO inside one priority.
    #[default]
    Strict,
    /// Like strict, but a task is overtaken only by tasks queued within
    /// priority difference x `aging_step_ms` after it.
    Aging,
    /// Priority is ignored.
    Fifo,
}

impl Ordering {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Aging, Self::Fifo];

    /// Its word, in requests and in the queue's record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Aging => "aging",
            Self::Fifo => "fifo",
        }
    }
}

/// A priority inside [`PRIORITY_RANGE`]; 0 is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Priority(i16);

impl Priority {
    /// Checks the range.
    pub fn new(priority: i64) -> Result<Self, InvalidInput> {
        i16::try_from(priority)
            .ok()
            .filter(|priority| PRIORITY_RANGE.contains(priority))
            .map(Self)
            .ok_or_else(|| InvalidInput::new("/priority", "a priority lies between -100 and 100"))
    }

    /// The number.
    pub const fn get(self) -> i16 {
        self.0
    }
}
