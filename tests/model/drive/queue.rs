//! What an operator does to a queue, on the store and on the model.

use taskyard::domain::queue_settings::QueueChange;
use taskyard::store::{ConfigureOutcome, Store};

use super::text;
use crate::model::action::{Action, QUEUES};
use crate::model::reference::{AGING_STEP_MS, Answer};
use crate::model::world::World;
use crate::support::queue;

impl World {
    /// What an operator does to a queue.
    pub(super) async fn operate_queue(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let queues = &store.queues;
        Ok(match action {
            Action::Pause {
                queue: number,
                paused,
            } => {
                let name = queue(QUEUES[*number]);
                let found = if *paused {
                    queues.pause(&name).await
                } else {
                    queues.resume(&name).await
                };
                let expected = self.model.pause(*number, *paused);
                (expected, Answer::Flag(found.map_err(text)?))
            }
            Action::Configure {
                queue: number,
                ordering,
                limits,
                weights,
            } => {
                let ordering = ordering.unwrap_or(self.model.queues[*number].ordering);
                let change = QueueChange {
                    ordering: Some(ordering),
                    aging_step_ms: Some(AGING_STEP_MS),
                    limits: Some(limits.clone()),
                    weights: Some(weights.clone()),
                    ..QueueChange::default()
                };
                let name = queue(QUEUES[*number]);
                let outcome = queues.configure(&name, &change, None).await;
                let taken = outcome.map_err(text)? != ConfigureOutcome::HasTasks;
                let expected = self.model.configure(*number, ordering, limits, weights);
                (expected, Answer::Flag(taken))
            }
            Action::Merge {
                queue: number,
                limits,
                weights,
            } => {
                let change = QueueChange {
                    limits: limits.clone(),
                    weights: weights.clone(),
                    ..QueueChange::default()
                };
                let outcome = queues.merge(&queue(QUEUES[*number]), &change, None).await;
                let found = outcome.map_err(text)? != ConfigureOutcome::NotFound;
                let expected = self.model.merge(*number, limits.as_ref(), weights.as_ref());
                (expected, Answer::Flag(found))
            }
            Action::Purge { queue: number } => {
                let purged = queues.purge(&queue(QUEUES[*number])).await;
                let answer = purged
                    .map_err(text)?
                    .map_or(Answer::NotFound, Answer::Purged);
                (self.model.purge(*number), answer)
            }
            other => unreachable!("{other:?} is not done to a queue"),
        })
    }
}
