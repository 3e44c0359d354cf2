//! Configure: what a queue is like.

use super::{Queues, limits, settings};
use crate::domain::QueueName;
use crate::domain::queue_limits::Weights;
use crate::domain::queue_settings::QueueChange;
use crate::domain::signature::SigningSecret;
use crate::store::args::Args;
use crate::store::{StoreError, random_bytes, scripts};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigureOutcome {
    /// The queue has come into being; with it the secret that was made for its target, told this once.
    New(Option<SigningSecret>),
    /// The queue was there; the same.
    Known(Option<SigningSecret>),
    /// A merge found no queue of that name.
    NotFound,
    /// The queue does not have the wanted revision.
    OtherRevision,
    /// Another ordering, while queued and running tasks have places in the present one.
    HasTasks,
    /// A secret for the target of a queue that has none.
    NoTarget,
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
        let fresh = SigningSecret::of(&random_bytes());
        let given = change.target_secret.as_ref();
        let mut args = Args::default();
        args.push(name.as_str())
            .push(revision.unwrap_or_default())
            .push(given.map_or("", SigningSecret::expose))
            .push(fresh.expose());
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
        let word = reply.text()?;
        let is_taken = reply.left() > 0 && reply.text()? == "1";
        let secret = is_taken.then_some(fresh);
        Ok(match word.as_str() {
            "new" => ConfigureOutcome::New(secret),
            "known" => ConfigureOutcome::Known(secret),
            "not_found" => ConfigureOutcome::NotFound,
            "other_revision" => ConfigureOutcome::OtherRevision,
            "has_tasks" => ConfigureOutcome::HasTasks,
            "no_target" => ConfigureOutcome::NoTarget,
            other => {
                let message = format!("an unknown word from configure: {other}");
                return Err(StoreError::corrupt(message));
            }
        })
    }
}
