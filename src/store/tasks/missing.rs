//! Queues that are not there: thousands of nodes may wait for one before its first task comes, and one
//! question a second is enough for all of them.
//!
//! Only claims that wait rely on it: the signal of the first task takes it back, and wakes one of them. Whoever
//! does not wait asks Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::classes::Classes;
use super::questions::{Answer, Questions};
use crate::domain::QueueName;
use crate::store::StoreError;
use crate::store::core::Core;

/// Queues that are not there, as far as it is known.
pub(crate) type MissingQueues = Questions<NotThere>;

/// A queue is not there.
#[derive(Clone, Copy)]
pub(crate) struct NotThere;

impl Answer for NotThere {
    /// What a lost signal costs.
    const BELIEVED: Duration = Duration::from_secs(1);

    fn found(_: Instant, _: Option<Self>) -> Self {
        Self
    }
}

impl Core {
    /// The classes of a queue for a claim, or `None` when there is no such queue. One that `waits` is woken
    /// by its first task, and need not ask after a queue that another one has just asked after in vain.
    pub(super) async fn classes_for_claim(
        &self,
        queue: &QueueName,
        waits: bool,
    ) -> Result<Option<Arc<Classes>>, StoreError> {
        if !waits || self.knows_classes_of(queue) {
            return self.classes_of(queue).await;
        }
        let now = Instant::now();
        if self.missing.answers(now).of(queue).is_some() {
            return Ok(None);
        }
        let question = self.missing.ask(queue, now);
        let classes = self.classes_of(queue).await?;
        if classes.is_none() {
            self.missing.learn(queue, question);
        }
        Ok(classes)
    }
}
