//! What an operator does to a task, on the store and on the model.

use taskyard::store::{CancelOutcome, Release, RetryOutcome, Store, View};

use super::{reported, text};
use crate::model::action::Action;
use crate::model::reference::Answer;
use crate::model::world::World;

impl World {
    pub(super) async fn operate(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let (Action::ReleaseByOperator { task, .. }
        | Action::Cancel { task }
        | Action::Retry { task }) = action
        else {
            unreachable!("what is done to a task");
        };
        let Some(task) = self.meant(*task) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        let id = self.id(task);
        self.story.push(format!("  on task {task}"));
        Ok(match action {
            Action::ReleaseByOperator { delay_ms, .. } => {
                let release = Release {
                    id,
                    lease_token: None,
                    delay_ms: *delay_ms,
                    view: View::State,
                };
                (
                    self.model.release_by_operator(task, *delay_ms),
                    reported(store.tasks.release(release).await)?,
                )
            }
            Action::Cancel { .. } => {
                let found = match store.tasks.cancel(id).await.map_err(text)? {
                    CancelOutcome::Done(task) => Answer::Done(task.state),
                    CancelOutcome::AlreadyFinished(state) => Answer::AlreadyFinished(state),
                    CancelOutcome::NotFound => Answer::NotFound,
                };
                (self.model.cancel(task), found)
            }
            _ => {
                let found = match store.tasks.retry(id).await.map_err(text)? {
                    RetryOutcome::Queued(task) => Answer::Done(task.state),
                    RetryOutcome::InvalidState(state) => Answer::InvalidState(state),
                    RetryOutcome::Duplicate(id) => Answer::RefusedDuplicate(self.serial(id)?),
                    RetryOutcome::NotFound => Answer::NotFound,
                };
                (self.model.retry(task), found)
            }
        })
    }
}
