//! Which attempts began through this replica, and what came of them: the raw material of tallies.
//!
//! It stands in memory, costs no call, and may forget: an attempt that ends through another replica
//! leaves no trace here. The dispatcher takes what has come together every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::tally::{Ending, Kind, Tallies};
use crate::domain::{NodeId, QueueName, TaskId, TaskType};

/// Attempts remembered at once. Beyond it those that began more than `OLD_MS` ago go, or all.
const REMEMBERED: usize = 100_000;
/// How long an attempt has its place for sure, milliseconds.
const OLD_MS: u64 = 3_600_000;

/// An attempt on its way.
struct Attempt {
    node: Arc<NodeId>,
    queue: QueueName,
    task_type: TaskType,
    started_ms: u64,
}

#[derive(Default)]
struct Book {
    running: HashMap<TaskId, Attempt>,
    ended: HashMap<NodeId, Tallies>,
}

/// What is known of attempts.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Book>);

/// An attempt that begins.
pub(crate) struct Beginning<'a> {
    pub(crate) id: TaskId,
    pub(crate) queue: &'a QueueName,
    pub(crate) task_type: &'a TaskType,
    pub(crate) started_ms: u64,
    /// How long the task had waited since it was due, where that is known.
    pub(crate) waited_ms: Option<u64>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts begin on a registered node.
    pub(crate) fn began<'a>(&self, node: &NodeId, attempts: impl Iterator<Item = Beginning<'a>>) {
        let node = Arc::new(node.clone());
        let mut book = self.lock();
        for begun in attempts {
            if let Some(waited_ms) = begun.waited_ms {
                let tallies = book.ended.entry((*node).clone()).or_default();
                let kind = kind(begun.queue, begun.task_type);
                tallies
                    .entry(kind)
                    .or_default()
                    .note_wait(millis(waited_ms));
            }
            if book.running.len() >= REMEMBERED {
                make_room(&mut book.running, begun.started_ms);
            }
            let attempt = Attempt {
                node: Arc::clone(&node),
                queue: begun.queue.clone(),
                task_type: begun.task_type.clone(),
                started_ms: begun.started_ms,
            };
            book.running.insert(begun.id, attempt);
        }
    }

    /// The attempt succeeded, at this moment.
    pub(crate) fn succeeded(&self, id: TaskId, now_ms: u64) {
        self.end(id, |attempt| {
            Ending::Succeeded(millis(now_ms.saturating_sub(attempt.started_ms)))
        });
    }

    /// The attempt failed.
    pub(crate) fn failed(&self, id: TaskId) {
        self.end(id, |_| Ending::Failed);
    }

    /// The attempt was given back, for which nobody is to blame.
    pub(crate) fn forget(&self, id: TaskId) {
        self.lock().running.remove(&id);
    }

    /// A sweep found how an attempt ended.
    pub(crate) fn note(&self, node: &NodeId, kind: Kind, ending: Ending) {
        let mut book = self.lock();
        let tallies = book.ended.entry(node.clone()).or_default();
        tallies.entry(kind).or_default().note(ending);
    }

    /// What has come together since it was asked last.
    pub(crate) fn take(&self) -> HashMap<NodeId, Tallies> {
        std::mem::take(&mut self.lock().ended)
    }

    fn end(&self, id: TaskId, ending: impl FnOnce(&Attempt) -> Ending) {
        let mut book = self.lock();
        let Some(attempt) = book.running.remove(&id) else {
            return;
        };
        let ending = ending(&attempt);
        let tallies = book.ended.entry((*attempt.node).clone()).or_default();
        let kind = kind(&attempt.queue, &attempt.task_type);
        tallies.entry(kind).or_default().note(ending);
    }
}

fn kind(queue: &QueueName, task_type: &TaskType) -> Kind {
    Kind {
        queue: queue.clone(),
        task_type: task_type.clone(),
    }
}

/// The attempts that began long ago go; should there be none, all do.
fn make_room(running: &mut HashMap<TaskId, Attempt>, now_ms: u64) {
    running.retain(|_, attempt| attempt.started_ms + OLD_MS > now_ms);
    if running.len() >= REMEMBERED {
        running.clear();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
fn millis(whole: u64) -> f64 {
    whole as f64
}
