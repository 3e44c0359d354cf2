//! Run now: queues a task that waits for its moment.

use super::Tasks;
use super::report::decode_record;
use crate::domain::{Task, TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::scripts;

/// What became of it.
#[derive(Debug)]
pub enum RunNowOutcome {
    /// It is queued, at a new place.
    Queued(Box<Task>),
    /// It does not wait for a moment.
    InvalidState(TaskState),
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Queues a scheduled or retrying task, as if its moment had come.
    pub async fn run_now(&self, id: TaskId) -> Result<RunNowOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(RunNowOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let call = self.core.call(&scripts::RUN_NOW, id.partition(), "", &args);
        let mut reply = call.await?.next_list()?;
        Ok(match reply.text()?.as_str() {
            "done" => RunNowOutcome::Queued(Box::new(decode_record(id, &mut reply)?)),
            "invalid_state" => RunNowOutcome::InvalidState(reply.state()?),
            _ => RunNowOutcome::NotFound,
        })
    }
}
