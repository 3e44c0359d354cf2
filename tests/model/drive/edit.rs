//! Changes of a task by hand, on the store and on the model: run now, delete, another priority.

use taskyard::domain::score::Priority;
use taskyard::store::{DeleteOutcome, RunNowOutcome, Store, TaskChange, UpdateOutcome};

use super::text;
use crate::model::action::{Action, Pick};
use crate::model::reference::Answer;
use crate::model::world::World;

impl World {
    /// Does the change; the model's answer and the store's.
    pub(super) async fn edit(
        &mut self,
        store: &Store,
        task: Pick,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let Some(task) = self.meant(task) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        let id = self.id(task);
        self.story.push(format!("  on task {task}"));
        Ok(match action {
            Action::RunNow { .. } => {
                let found = match store.tasks.run_now(id).await.map_err(text)? {
                    RunNowOutcome::Queued(task) => Answer::Done(task.state),
                    RunNowOutcome::InvalidState(state) => Answer::InvalidState(state),
                    RunNowOutcome::NotFound => Answer::NotFound,
                };
                (self.model.run_now(task), found)
            }
            Action::Delete { .. } => {
                let found = match store.tasks.delete(id).await.map_err(text)? {
                    DeleteOutcome::Deleted => Answer::Flag(true),
                    DeleteOutcome::Active(state) => Answer::InvalidState(state),
                    DeleteOutcome::NotFound => Answer::NotFound,
                };
                (self.model.delete(task), found)
            }
            Action::Reprioritise { priority, .. } => {
                let change = TaskChange {
                    priority: Some(Priority::new(*priority).unwrap()),
                    ..TaskChange::default()
                };
                let updated = store.tasks.update(id, &change, None).await;
                let found = match updated.map_err(text)? {
                    UpdateOutcome::Updated(task) => Answer::Done(task.state),
                    UpdateOutcome::InvalidState(state) => Answer::InvalidState(state),
                    UpdateOutcome::Changed | UpdateOutcome::NotFound => Answer::NotFound,
                };
                (self.model.reprioritise(task, *priority), found)
            }
            _ => unreachable!("a change of a task by hand"),
        })
    }
}
