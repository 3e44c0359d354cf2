//! Delete: a finished task goes before its retention is over.

use super::Tasks;
use crate::domain::{TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::scripts;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is no more.
    Deleted,
    /// It has not finished.
    Active(TaskState),
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Deletes a finished task with its documents, attempts and logs.
    pub async fn delete(&self, id: TaskId) -> Result<DeleteOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(DeleteOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let call = self
            .core
            .call(&scripts::DELETE_TASK, id.partition(), "", &args);
        let mut reply = call.await?.next_list()?;
        Ok(match reply.text()?.as_str() {
            "done" => DeleteOutcome::Deleted,
            "active" => DeleteOutcome::Active(reply.state()?),
            _ => DeleteOutcome::NotFound,
        })
    }
}
