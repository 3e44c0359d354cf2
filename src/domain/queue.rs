//! Queues: where tasks wait.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::queue_settings::QueueSettings;
use super::{QueueName, TaskState, UnixMillis};

/// What one priority is worth under `aging` unless the queue says otherwise: a minute.
pub const DEFAULT_AGING_STEP_MS: u64 = 60_000;

/// How long finished tasks are kept, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Succeeded, cancelled and expired tasks, milliseconds.
    pub succeeded_ms: u64,
    /// Failed tasks, milliseconds.
    pub failed_ms: u64,
    /// Finished tasks of each state.
    pub max_finished: u64,
    /// Bytes of the payloads and results of all finished tasks; `None` for no limit.
    pub max_bytes: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            succeeded_ms: 86_400_000,
            failed_ms: 1_209_600_000,
            max_finished: 1_000_000,
            max_bytes: None,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// Whether it gives nothing.
    pub paused: bool,
    /// When it came into being.
    pub created_at: UnixMillis,
    /// Its partition's number.
    pub partition: u16,
    /// What it is like.
    pub settings: QueueSettings,
    /// How often it was configured.
    pub revision: u64,
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
    /// Queued tasks that no node may run which takes tasks.
    pub unplaceable: u64,
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

/// A queue of a claim, and how often it comes first compared with the others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedQueue {
    /// The queue.
    pub name: QueueName,
    /// More than 0; twice the weight comes first twice as often.
    #[serde(default = "WeightedQueue::default_weight")]
    pub weight: f64,
}

impl WeightedQueue {
    const fn default_weight() -> f64 {
        1.0
    }
}

/// The order in which a claim visits weighted queues: each comes first in proportion to its
/// weight, so that none starves (Efraimidis and Spirakis: the largest `chance^(1/weight)` first).
pub fn visiting_order(
    queues: Vec<WeightedQueue>,
    mut chance: impl FnMut() -> f64,
) -> Vec<QueueName> {
    let mut keyed: Vec<(f64, QueueName)> = queues
        .into_iter()
        .map(|queue| (chance().powf(1.0 / queue.weight), queue.name))
        .collect();
    keyed.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    keyed.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_of_three_times_the_weight_comes_first_three_times_as_often() {
        let queue = |name: &str, weight| WeightedQueue {
            name: QueueName::parse(name).expect("a name"),
            weight,
        };
        let mut state = 1_u64;
        let mut chance = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
        };
        let firsts = (0..10_000)
            .filter(|_| {
                visiting_order(vec![queue("a", 3.0), queue("b", 1.0)], &mut chance)[0].as_str()
                    == "a"
            })
            .count();
        assert!((7_300..7_700).contains(&firsts), "{firsts} of 10000");
    }
}
