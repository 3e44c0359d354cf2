//! Configure: what a queue is like.

use super::{Queues, limits, settings};
use crate::domain::QueueName;
use crate::domain::queue_limits::Weights;
use crate::domain::queue_settings::QueueChange;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigureOutcome {
    /// The queue has come into being.
    New,
    /// The queue was there.
    Known,
    /// A merge found no queue of that name.
    NotFound,
    /// The queue does not have the wanted revision.
    OtherRevision,
    /// Another ordering, while queued and running tasks have places in the present one.
    HasTasks,
}

impl Queues {
    /// Sets what a queue is like; what `change` does not name gets its default. A queue that is not
    /// there comes into being. `revision` is the one it must have, `*` for any.
    pub async fn configure(
        &self,
        name: &QueueName,
        change: &QueueChange,
        revision: Option<&str>,
    ) -> Result<ConfigureOutcome, StoreError> {
        self.set(name, change, revision, "").await
    }

    /// Changes what `change` names, of a queue that is there.
    pub async fn merge(
        &self,
        name: &QueueName,
        change: &QueueChange,
        revision: Option<&str>,
    ) -> Result<ConfigureOutcome, StoreError> {
        self.set(name, change, revision, "merge").await
    }

    async fn set(
        &self,
        name: &QueueName,
        change: &QueueChange,
        revision: Option<&str>,
        mode: &str,
    ) -> Result<ConfigureOutcome, StoreError> {
        let named = settings::encode(change);
        let replaces = mode.is_empty();
        let cleared: Vec<&str> = settings::FIELDS
            .into_iter()
            .filter(|_| replaces)
            // Limits are one whole: a change names all of them, or none.
            .chain(
                limits::FIELDS
                    .into_iter()
                    .filter(|_| replaces || change.limits.is_some()),
            )
            .filter(|field| named.iter().all(|(name, _)| name != field))
            .collect();
        let mut args = Args::default();
        args.push(name.as_str()).push(revision.unwrap_or_default());
        let none = Weights::new();
        match change.weights.as_ref().or(replaces.then_some(&none)) {
            None => {
                args.push("");
            }
            Some(weights) => {
                args.push_number(weights.len() as u64);
                for (key, weight) in weights {
                    args.push(key).push(weight.to_string());
                }
            }
        }
        args.push_number(cleared.len() as u64);
        for field in cleared {
            args.push(field);
        }
        for (field, value) in named {
            args.push(field).push(value);
        }
        let partition = self.core.partition_of(name);
        let mut reply = self
            .core
            .call(&scripts::CONFIGURE, partition, mode, &args)
            .await?;
        self.core.forget_classes(name);
        Ok(match reply.text()?.as_str() {
            "new" => ConfigureOutcome::New,
            "known" => ConfigureOutcome::Known,
            "not_found" => ConfigureOutcome::NotFound,
            "other_revision" => ConfigureOutcome::OtherRevision,
            "has_tasks" => ConfigureOutcome::HasTasks,
            other => {
                let message = format!("an unknown word from configure: {other}");
                return Err(StoreError::corrupt(message));
            }
        })
    }
}
