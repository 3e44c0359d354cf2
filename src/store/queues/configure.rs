//! Configure: what a queue is like.

use super::seat::SeatOutcome;
use super::{Queues, limits, settings};
use crate::domain::queue_limits::Weights;
use crate::domain::queue_settings::QueueChange;
use crate::domain::signature::SigningSecret;
use crate::domain::{Partition, QueueName};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::places::{LOOKS, Seat};
use crate::store::reply::Reply;
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
    /// Another partition than the one in which the queue lives.
    Elsewhere(Partition),
    /// There are only so many partitions.
    NoSuchPartition {
        /// How many; they are numbered from 0.
        partitions: u16,
    },
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
        mode: &'static str,
    ) -> Result<ConfigureOutcome, StoreError> {
        let wanted = match change.partition {
            Some(number) if number >= self.core.partitions => {
                return Ok(ConfigureOutcome::NoSuchPartition {
                    partitions: self.core.partitions,
                });
            }
            wanted => wanted.map(Partition::new),
        };
        if let (Some(wanted), "merge") = (wanted, mode) {
            match self.core.locate(name).await? {
                None => return Ok(ConfigureOutcome::NotFound),
                Some(other) if other != wanted => return Ok(ConfigureOutcome::Elsewhere(other)),
                Some(_) => {}
            }
        }
        let fresh = SigningSecret::of(&random_bytes());
        let call = Call {
            name,
            mode,
            rest: encode(change, revision, mode, &fresh),
        };
        for _ in 0..LOOKS {
            let seat = match wanted {
                Some(wanted) => match self.core.give_seat(name, wanted).await? {
                    SeatOutcome::AtHome => None,
                    SeatOutcome::Given(seat) => Some(seat),
                    SeatOutcome::Elsewhere(other) => return Ok(ConfigureOutcome::Elsewhere(other)),
                },
                None => None,
            };
            let Some(reply) = self.configure_with(&call, seat, wanted.is_some()).await? else {
                continue;
            };
            self.core.forget_classes(name);
            return decode(reply, fresh);
        }
        Err(StoreError::not_done())
    }

    /// Configures the queue where it lives or is to live; `None` when that has changed meanwhile.
    async fn configure_with(
        &self,
        call: &Call<'_>,
        mut seat: Option<Seat>,
        is_wanted: bool,
    ) -> Result<Option<Reply>, StoreError> {
        let core = &self.core;
        let mut reply = call.send(core, seat.as_ref()).await?;
        if reply.begins_with("elsewhere") {
            if is_wanted {
                return Ok(None);
            }
            reply.text()?;
            let found = Seat::read(&mut reply)?;
            reply = call.send(core, Some(&found)).await?;
            seat = Some(found);
        }
        let Some(seat) = seat else {
            return Ok(Some(reply));
        };
        if reply.begins_with("unplaced") {
            core.take_signpost_away(call.name, &seat).await?;
            return Ok(None);
        }
        if is_wanted && !reply.begins_with("new") && !reply.begins_with("known") {
            // What was refused leaves nothing behind.
            core.vacate(call.name, &seat).await?;
        }
        Ok(Some(reply))
    }
}

/// One call of the script, wherever it is sent.
struct Call<'a> {
    name: &'a QueueName,
    mode: &'static str,
    rest: Args,
}

impl Call<'_> {
    async fn send(&self, core: &Core, seat: Option<&Seat>) -> Result<Reply, StoreError> {
        let partition = seat.map_or_else(|| core.home_of(self.name), |seat| seat.partition);
        let mut args = Args::default();
        args.push(self.name.as_str())
            .push(seat.map_or("", |seat| seat.number.as_str()))
            .append(&self.rest);
        core.call(&scripts::CONFIGURE, partition, self.mode, &args)
            .await
    }
}

/// The arguments behind the queue and its seat.
fn encode(change: &QueueChange, revision: Option<&str>, mode: &str, fresh: &SigningSecret) -> Args {
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
    let given = change.target_secret.as_ref();
    let mut args = Args::default();
    args.push(revision.unwrap_or_default())
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
    args
}

fn decode(mut reply: Reply, fresh: SigningSecret) -> Result<ConfigureOutcome, StoreError> {
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
