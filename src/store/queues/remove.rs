//! Remove: a queue goes, with its finished tasks.

use super::Queues;
use crate::domain::QueueName;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Finished tasks that one call deletes.
const PAGE: u64 = 200;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveOutcome {
    /// The queue and its finished tasks are gone.
    Removed,
    /// There is no such queue.
    NotFound,
    /// It has tasks that are not finished. Some of its finished ones may be gone.
    HasTasks,
}

impl Queues {
    /// Deletes a queue that has no unfinished task, and its finished tasks.
    pub async fn remove(&self, name: &QueueName) -> Result<RemoveOutcome, StoreError> {
        let mut args = Args::default();
        args.push(name.as_str()).push_number(PAGE);
        loop {
            let partition = self.core.partition_of(name);
            let mut reply = self
                .core
                .call(&scripts::REMOVE_QUEUE, partition, "", &args)
                .await?;
            return Ok(match reply.text()?.as_str() {
                "more" => continue,
                "not_found" => RemoveOutcome::NotFound,
                "has_tasks" => RemoveOutcome::HasTasks,
                _ => {
                    self.core.forget_classes(name);
                    RemoveOutcome::Removed
                }
            });
        }
    }
}
