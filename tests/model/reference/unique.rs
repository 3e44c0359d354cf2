//! Unique keys: who holds them, and what becomes of a submit while one is held.

use taskyard::domain::TaskState;
use taskyard::domain::uniqueness::{OnConflict, Until};

use super::submit::Wish;
use super::{Answer, Model, Serial};

/// A key of the queue, and how it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UniqueWish {
    pub(crate) key: u8,
    pub(crate) until: Until,
    pub(crate) on_conflict: OnConflict,
}

impl Model {
    /// The task that holds the wish's key.
    fn holder(&self, wish: &Wish) -> Option<Serial> {
        self.uniques.get(&(wish.queue, wish.unique?.key)).copied()
    }

    /// What a submit is answered while its key is held, unless it may replace the holder.
    pub(crate) fn conflict(&self, wish: &Wish) -> Option<Answer> {
        let holder = self.holder(wish)?;
        match wish.unique?.on_conflict {
            OnConflict::Return => Some(Answer::Duplicate(holder)),
            OnConflict::Replace if self.tasks[holder].waits() => None,
            OnConflict::Reject | OnConflict::Replace => Some(Answer::RefusedDuplicate(holder)),
        }
    }

    /// Cancels the task that the wish replaces; the place that it leaves to the new one.
    pub(crate) fn replace(&mut self, wish: &Wish) -> Option<u64> {
        let holder = self.holder(wish)?;
        let old = &self.tasks[holder];
        let same = old.is(TaskState::Queued) && old.priority == wish.priority;
        let place = old.place.filter(|_| same && wish.delay_ms.is_none());
        self.make_final(holder, TaskState::Cancelled, None);
        place
    }

    pub(crate) fn hold(&mut self, task: Serial) {
        if let Some(unique) = self.tasks[task].unique {
            let queue = self.tasks[task].queue;
            self.uniques.insert((queue, unique.key), task);
        }
    }

    /// Gives the key back, if the task still holds it.
    pub(crate) fn free(&mut self, task: Serial) {
        self.uniques.retain(|_, holder| *holder != task);
    }

    /// A node has got the task.
    pub(crate) fn free_when_started(&mut self, task: Serial) {
        let unique = self.tasks[task].unique;
        if unique.is_some_and(|unique| unique.until == Until::Started) {
            self.free(task);
        }
    }

    /// Who else holds the key of a finished task that is to run again.
    pub(crate) fn rival(&self, task: Serial) -> Option<Serial> {
        let record = &self.tasks[task];
        let holder = self.uniques.get(&(record.queue, record.unique?.key));
        holder.copied().filter(|holder| *holder != task)
    }
}
