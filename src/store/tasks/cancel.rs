//! Cancel: ends a task that waits, tells a running one to stop.

use super::Tasks;
use super::report::decode_record;
use crate::domain::lease::CANCEL_GRACE_MS;
use crate::domain::{Task, TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::scripts;

/// What became of it.
#[derive(Debug)]
pub enum CancelOutcome {
    /// It is cancelled, or running and told to stop.
    Done(Box<Task>),
    /// It had ended otherwise before.
    AlreadyFinished(TaskState),
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Cancels a task; doing so again is harmless.
    pub async fn cancel(&self, id: TaskId) -> Result<CancelOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(CancelOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact()).push_number(CANCEL_GRACE_MS);
        let mut reply = self
            .core
            .call(&scripts::CANCEL, id.partition(), "", &args)
            .await?
            .next_list()?;
        Ok(match reply.text()?.as_str() {
            "done" => CancelOutcome::Done(Box::new(decode_record(id, &mut reply)?)),
            "already_finished" => CancelOutcome::AlreadyFinished(
                TaskState::from_word(&reply.text()?)
                    .ok_or_else(|| StoreError::corrupt("an unknown state"))?,
            ),
            _ => CancelOutcome::NotFound,
        })
    }
}
