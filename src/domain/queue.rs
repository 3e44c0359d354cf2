//! Queues: where tasks wait.

use std::collections::BTreeMap;

use super::{QueueName, TaskState, UnixMillis};

/// How long finished tasks are kept, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Succeeded, cancelled and expired tasks, milliseconds.
    pub succeeded_ms: u64,
    /// Failed tasks, milliseconds.
    pub failed_ms: u64,
    /// Finished tasks of each state.
    pub max_finished: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            succeeded_ms: 86_400_000,
            failed_ms: 1_209_600_000,
            max_finished: 1_000_000,
        }
    }
}

impl Retention {
    /// How long a task is kept that ended in this state, milliseconds.
    pub const fn keeps_ms(&self, state: TaskState) -> u64 {
        match state {
            TaskState::Failed => self.failed_ms,
            _ => self.succeeded_ms,
        }
    }
}

/// A queue as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// Whether it gives nothing.
    pub paused: bool,
    /// When it came into being.
    pub created_at: UnixMillis,
    /// Its partition's number.
    pub partition: u16,
}

/// Exact numbers of one queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueStats {
    /// Tasks in each state.
    pub counts: BTreeMap<TaskState, u64>,
    /// Tasks that a claim would find: the queued ones, unless the queue is paused.
    pub ready: u64,
    /// How long the longest waiting ready task has waited, milliseconds.
    pub oldest_ready_age_ms: u64,
    /// Submits a second over the last tens of seconds.
    pub submitted_per_s: f64,
    /// Finished runs a second over the last minute.
    pub finished_per_s: f64,
    /// Whether the queue gives nothing.
    pub paused: bool,
}

impl QueueStats {
    /// Tasks in that state.
    pub fn count(&self, state: TaskState) -> u64 {
        self.counts.get(&state).copied().unwrap_or_default()
    }

    /// Work that is there for nodes: queued and running.
    pub fn backlog(&self) -> u64 {
        self.count(TaskState::Queued) + self.count(TaskState::Running)
    }
}
