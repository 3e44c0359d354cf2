//! Queues: where tasks wait.
//!
//! What a claim or a submit does in a queue stands in `tasks`; here is what is done to the queue
//! itself. Start with [`Queues`]; `settings` turns what a queue is like into its record and back.

mod configure;
mod limits;
mod purge;
mod remove;
mod seat;
mod settings;

pub use configure::ConfigureOutcome;
pub use remove::RemoveOutcome;
pub(in crate::store) use settings::retention;

use std::sync::Arc;

use futures_util::future::join_all;

use super::StoreError;
use super::args::Args;
use super::codec::Record;
use super::core::Core;
use super::reply::Reply;
use super::scripts;
use crate::domain::queue::{Queue, QueueStats};
use crate::domain::queue_limits::Weights;
use crate::domain::queue_settings::QueueSettings;
use crate::domain::{Partition, QueueName, TaskState};

/// Finished runs are counted over this time for the rate, milliseconds.
pub(in crate::store) const FINISHED_WINDOW_MS: u32 = 60_000;

/// The queues of the store.
#[derive(Clone)]
pub struct Queues {
    pub(crate) core: Arc<Core>,
}

impl Queues {
    /// The queue, or `None` when there is none of that name.
    pub async fn get(&self, name: &QueueName) -> Result<Option<Queue>, StoreError> {
        let mut args = Args::default();
        args.push(name.as_str());
        let asked = self.core.partition_of(name);
        if let Some(queue) = self.get_in(asked, &args).await? {
            return Ok(Some(queue));
        }
        match self.core.locate(name).await? {
            Some(partition) if partition != asked => self.get_in(partition, &args).await,
            _ => Ok(None),
        }
    }

    async fn get_in(&self, partition: Partition, args: &Args) -> Result<Option<Queue>, StoreError> {
        let mut reply = self
            .core
            .call(&scripts::GET_QUEUE, partition, "", args)
            .await?;
        decode(partition, reply.next_list()?)
    }

    /// Every queue, by name.
    pub async fn list(&self) -> Result<Vec<Queue>, StoreError> {
        let empty = Args::default();
        let pages = self.core.all_partitions().map(|partition| {
            let empty = &empty;
            async move {
                Ok::<_, StoreError>((
                    partition,
                    self.core
                        .call(&scripts::GET_QUEUE, partition, "", empty)
                        .await?,
                ))
            }
        });
        let mut queues = Vec::new();
        for page in join_all(pages).await {
            let (partition, mut reply) = page?;
            while reply.left() > 0 {
                queues.extend(decode(partition, reply.next_list()?)?);
            }
        }
        queues.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(queues)
    }

    /// Stops the queue from giving tasks; false when there is none of that name.
    pub async fn pause(&self, name: &QueueName) -> Result<bool, StoreError> {
        self.switch(name, "").await
    }

    /// Lets a paused queue give tasks again; false when there is none of that name.
    pub async fn resume(&self, name: &QueueName) -> Result<bool, StoreError> {
        self.switch(name, "resume").await
    }

    async fn switch(&self, name: &QueueName, mode: &str) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(name.as_str());
        let mut reply = self
            .core
            .call_at_queue(&scripts::PAUSE, name, mode, &args)
            .await?;
        Ok(reply.text()? == "done")
    }

    /// Exact numbers of a queue, or `None` when there is none of that name.
    pub async fn stats(&self, name: &QueueName) -> Result<Option<QueueStats>, StoreError> {
        let mut args = Args::default();
        let unplaceable = self.unplaceable_classes(name).await?;
        args.push(name.as_str())
            .push_number(FINISHED_WINDOW_MS)
            .push_number(unplaceable.len() as u64);
        for class in unplaceable {
            args.push_number(class as u64);
        }
        for state in TaskState::ALL {
            args.push(state.word());
        }
        let mut reply = self
            .core
            .call_at_queue(&scripts::STATS, name, "", &args)
            .await?;
        let first = reply.text()?;
        if first == "not_found" {
            return Ok(None);
        }
        let paused = first == "1";
        let oldest_queued_age_ms = reply.count()?;
        let (finished, submitted, since_ms) = (reply.count()?, reply.count()?, reply.count()?);
        let mut list = reply.next_list()?;
        let mut counts = std::collections::BTreeMap::new();
        for state in TaskState::ALL {
            counts.insert(state, list.count()?);
        }
        let claimable = reply.count()?;
        Ok(Some(QueueStats {
            ready: if paused { 0 } else { claimable },
            counts,
            oldest_ready_age_ms: if paused { 0 } else { oldest_queued_age_ms },
            submitted_per_s: per_second(submitted, since_ms),
            finished_per_s: per_second(finished, u64::from(FINISHED_WINDOW_MS)),
            paused,
            unplaceable: reply.count()?,
        }))
    }

    /// The classes of a queue that no node may run of those that the last survey found.
    async fn unplaceable_classes(&self, name: &QueueName) -> Result<Vec<usize>, StoreError> {
        let fleet = self.core.fleet();
        let classes = self.core.read_classes(name).await?;
        Ok(classes.map_or_else(Vec::new, |known| {
            let numbered = known.all.iter().enumerate();
            numbered
                .filter(|(_, class)| !fleet.can_place(class))
                .map(|(number, _)| number)
                .collect()
        }))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is rounded for people")]
pub(in crate::store) fn per_second(count: u64, millis: u64) -> f64 {
    (count as f64 * 1_000_000.0 / millis.max(1_000) as f64).round() / 1_000.0
}

/// Keys and weights, as the script answers them behind the record.
fn weights(mut reply: Reply) -> Result<Weights, StoreError> {
    let mut weights = Weights::new();
    if reply.left() > 0 {
        let mut list = reply.next_list()?;
        while list.left() > 0 {
            let key = list.text()?;
            let weight = list.text()?.parse();
            weights.insert(key, weight.map_err(|_| StoreError::corrupt("a weight"))?);
        }
    }
    Ok(weights)
}

fn decode(partition: Partition, mut reply: Reply) -> Result<Option<Queue>, StoreError> {
    if reply.left() == 0 {
        return Ok(None);
    }
    let name =
        QueueName::parse(&reply.text()?).map_err(|_| StoreError::corrupt("a queue's name"))?;
    let mut record = Record::read(reply.value()?)?;
    Ok(Some(Queue {
        name,
        paused: record.take("paused").is_some(),
        created_at: record
            .moment("created")?
            .ok_or_else(|| StoreError::corrupt("a queue without created"))?,
        partition: partition.number(),
        revision: record.number("revision")?.unwrap_or_default(),
        settings: QueueSettings {
            weights: weights(reply)?,
            ..settings::decode(&mut record)?
        },
    }))
}
