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
    /// Tasks that a claim would find: the queued ones that no limit holds, unless the queue is paused.
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

/// A queue of a claim, by name or with a weight.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a queue is a name, or {\"name\", \"weight\"}")]
pub enum QueueChoice {
    /// It is looked at in its place.
    Name(QueueName),
    /// It takes turns with its neighbours that have weights.
    Weighted(WeightedQueue),
}

/// The order in which a claim visits its queues: names in their places; neighbours with weights come first in
/// proportion to these, so that none starves (Efraimidis and Spirakis: the largest `chance^(1/weight)` first).
pub fn visiting_order(
    choices: Vec<QueueChoice>,
    mut chance: impl FnMut() -> f64,
) -> Vec<QueueName> {
    let mut keyed: Vec<(usize, f64, QueueName)> = Vec::with_capacity(choices.len());
    let mut place = 0;
    for choice in choices {
        match choice {
            QueueChoice::Name(name) => {
                keyed.push((place + 1, 0.0, name));
                place += 2;
            }
            QueueChoice::Weighted(queue) => {
                keyed.push((place, chance().powf(1.0 / queue.weight), queue.name));
            }
        }
    }
    keyed.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.total_cmp(&one.1)));
    keyed.into_iter().map(|(_, _, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted(name: &str, weight: f64) -> QueueChoice {
        let name = QueueName::parse(name).expect("a name");
        QueueChoice::Weighted(WeightedQueue { name, weight })
    }

    /// The same numbers in each run.
    fn chances() -> impl FnMut() -> f64 {
        let mut state = 1_u64;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
        }
    }

    #[test]
    fn a_queue_of_three_times_the_weight_comes_first_three_times_as_often() {
        let mut chance = chances();
        let firsts = (0..10_000)
            .filter(|_| {
                let choices = vec![weighted("a", 3.0), weighted("b", 1.0)];
                visiting_order(choices, &mut chance)[0].as_str() == "a"
            })
            .count();
        assert!((7_300..7_700).contains(&firsts), "{firsts} of 10000");
    }

    #[test]
    fn names_keep_their_places_around_those_that_take_turns() {
        let mut chance = chances();
        let mut firsts = 0;
        for _ in 0..1_000 {
            let name = |name: &str| QueueChoice::Name(QueueName::parse(name).expect("a name"));
            let choices = vec![
                name("urgent"),
                weighted("a", 1.0),
                weighted("b", 1.0),
                name("rest"),
                weighted("last", 1_000.0),
            ];
            let order = visiting_order(choices, &mut chance);
            let names: Vec<&str> = order.iter().map(QueueName::as_str).collect();
            assert_eq!((names[0], names[3], names[4]), ("urgent", "rest", "last"));
            firsts += u32::from(names[1] == "a");
        }
        assert!((440..560).contains(&firsts), "{firsts} of 1000");
    }
}
