//! Room: whether queues can take what is about to come to them as a whole, asked before any of it is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Tasks;
use crate::domain::limits::MAX_CLASSES;
use crate::domain::placement::TaskClass;
use crate::domain::{QueueName, Submission, TaskState};
use crate::store::{Queues, StoreError, SubmitOutcome};

impl Tasks {
    /// Why the queues cannot take all of these tasks, if they cannot: too many classes, or too many tasks. What
    /// comes to the queues between this look and the tasks may use up the room.
    pub async fn refusal_of_all<'a>(
        &self,
        tasks: impl Iterator<Item = &'a Submission> + Clone,
    ) -> Result<Option<SubmitOutcome>, StoreError> {
        if !self.have_room_for_classes(tasks.clone()).await? {
            return Ok(Some(SubmitOutcome::TooManyClasses));
        }
        let mut counts: BTreeMap<&QueueName, u64> = BTreeMap::new();
        for task in tasks {
            *counts.entry(&task.queue).or_default() += 1;
        }
        let queues = Queues {
            core: Arc::clone(&self.core),
        };
        for (name, count) in counts {
            let queue = queues.get(name).await?;
            let Some(most) = queue.and_then(|queue| queue.settings.max_tasks) else {
                continue;
            };
            let stats = queues.stats(name).await?;
            let unfinished = TaskState::ALL.into_iter().filter(|state| !state.is_final());
            let there = stats.map_or(0, |stats| unfinished.map(|state| stats.count(state)).sum());
            if there + count > most {
                return Ok(Some(SubmitOutcome::QueueFull));
            }
        }
        Ok(None)
    }

    /// Whether the queues of these tasks have room for their classes.
    pub(super) async fn have_room_for_classes<'a>(
        &self,
        tasks: impl Iterator<Item = &'a Submission>,
    ) -> Result<bool, StoreError> {
        let mut wanted: BTreeMap<&QueueName, Vec<TaskClass>> = BTreeMap::new();
        for task in tasks {
            let class = task.class();
            let wanted = wanted.entry(&task.queue).or_default();
            if !wanted.contains(&class) {
                wanted.push(class);
            }
            if wanted.len() > MAX_CLASSES {
                return Ok(false);
            }
        }
        for (queue, wanted) in wanted {
            let known = self.core.classes_of(queue).await?;
            let known = known.as_ref().map_or(&[][..], |known| &known.all);
            let is_known = |class: &TaskClass| known.iter().any(|one| **one == *class);
            let new = wanted.iter().filter(|class| !is_known(class));
            if known.len() + new.count() > MAX_CLASSES {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
