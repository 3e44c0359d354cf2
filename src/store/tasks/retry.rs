//! Retry: runs a finished task again: a new run, the history kept.

use super::Tasks;
use super::report::decode_record;
use super::submit::next_id;
use crate::domain::{Task, TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::scripts;

/// What became of it.
#[derive(Debug)]
pub enum RetryOutcome {
    /// It waits for a node again, or first for tasks that it depends on.
    Queued(Box<Task>),
    /// It has not finished.
    InvalidState(TaskState),
    /// Another task holds its unique key by now.
    Duplicate(TaskId),
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Puts a finished task back into its queue.
    pub async fn retry(&self, id: TaskId) -> Result<RetryOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(RetryOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let mut reply = self
            .core
            .call(&scripts::RETRY, id.partition(), "", &args)
            .await?
            .next_list()?;
        Ok(match reply.text()?.as_str() {
            "done" => RetryOutcome::Queued(Box::new(decode_record(id, &mut reply)?)),
            "invalid_state" => RetryOutcome::InvalidState(
                TaskState::from_word(&reply.text()?)
                    .ok_or_else(|| StoreError::corrupt("an unknown state"))?,
            ),
            "duplicate" => RetryOutcome::Duplicate(next_id(&mut reply)?),
            _ => RetryOutcome::NotFound,
        })
    }
}
