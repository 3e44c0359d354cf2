//! Remove: a queue goes, with its finished tasks.

use super::Queues;
use crate::domain::QueueName;
use crate::store::args::Args;
use crate::store::places::Seat;
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
            let mut reply = self
                .core
                .call_at_queue(&scripts::REMOVE_QUEUE, name, "", &args)
                .await?;
            return Ok(match reply.text()?.as_str() {
                "more" => continue,
                "not_found" => RemoveOutcome::NotFound,
                "has_tasks" => RemoveOutcome::HasTasks,
                _ => {
                    self.core.forget_classes(name);
                    self.leave(name, reply.text()?).await;
                    RemoveOutcome::Removed
                }
            });
        }
    }

    /// Takes away the signpost to a seat that is void now. Cut off before it, whoever follows the signpost does.
    async fn leave(&self, name: &QueueName, seat: String) {
        let partition = self.core.partition_of(name);
        if seat.is_empty() || partition == self.core.home_of(name) {
            return;
        }
        let seat = Seat {
            partition,
            number: seat,
        };
        if let Err(error) = self.core.take_signpost_away(name, &seat).await {
            tracing::debug!(queue = %name, %error, "a signpost stands until somebody follows it");
        }
    }
}
