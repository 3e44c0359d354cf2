//! The outbox: what a transition in one partition makes follow in another.
//!
//! A row is delivered at least once, and every delivery may be repeated: a task is created unless
//! it is there or gone, a note is added to a set.

use super::StoreError;
use super::args::Args;
use super::core::Core;
use super::lanes::{Slice, Verb};
use super::scripts;
use crate::domain::{NodeId, Partition, QueueName, ScheduleName, TaskId};

/// Rows that one pass reads.
const PAGE: u64 = 100;

/// The body of a row that creates a task: its queue and the item as the submit script takes it.
pub(crate) fn encode_submit(queue: &QueueName, item: &Args) -> Result<String, StoreError> {
    let texts: Result<Vec<&str>, _> = item.iter().map(std::str::from_utf8).collect();
    let texts = texts.map_err(|_| StoreError::corrupt("an argument that is not UTF-8"))?;
    serde_json::to_string(&(queue, texts)).map_err(|error| StoreError::corrupt(error.to_string()))
}

/// The body of a row that creates the task of a schedule: its name, and what `encode_submit` has.
pub(crate) fn encode_fire(
    schedule: &ScheduleName,
    queue: &QueueName,
    item: &Args,
) -> Result<String, StoreError> {
    let texts: Result<Vec<&str>, _> = item.iter().map(std::str::from_utf8).collect();
    let texts = texts.map_err(|_| StoreError::corrupt("an argument that is not UTF-8"))?;
    serde_json::to_string(&(schedule, queue, texts))
        .map_err(|error| StoreError::corrupt(error.to_string()))
}

/// A task's id in the partition where its queue is found to live. It is another one than the row was written with
/// when the queue has come to live elsewhere since; and the same one for each delivery.
fn at_home(id: &str, partition: Partition) -> Result<String, StoreError> {
    let known = TaskId::from_compact(id.as_bytes());
    let known = known.ok_or_else(|| StoreError::corrupt("an outbox row's task"))?;
    Ok(known.moved_to(partition).compact())
}

impl Core {
    /// Delivers the first rows of a partition's outbox; how many there were.
    pub(crate) async fn deliver_outbox(&self, partition: Partition) -> Result<usize, StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE);
        let mut rows = self
            .call(&scripts::OUTBOX_ROWS, partition, "", &args)
            .await?;
        let count = rows.left();
        let mut delivered = Args::default();
        let (mut asks, mut endings) = (Vec::new(), Vec::new());
        while rows.left() > 0 {
            let mut row = rows.next_list()?;
            let (row_id, kind, body) = (row.text()?, row.text()?, row.text()?);
            let result = match kind.as_str() {
                "submit" => self.deliver_submit(&body).await,
                "fire" => self.deliver_fire(&body).await,
                // These come in numbers, and are delivered together.
                "ask" => {
                    asks.push(body);
                    Ok(())
                }
                "ended" => {
                    endings.push(body);
                    Ok(())
                }
                "cancel" => self.deliver_cancel(&body).await,
                "count" => self.deliver_count(partition, &body).await,
                "cancel_task" => self.deliver_cancel_task(&body).await,
                "forget_job" => self.deliver_forget_job(&body).await,
                other => Err(StoreError::corrupt(format!("the kind {other}"))),
            };
            match result {
                Ok(()) => {}
                // It will not become readable; those behind it must not wait for it.
                Err(StoreError::Corrupt(what)) => {
                    tracing::error!(%partition, row_id, what, "a row of the outbox cannot be delivered");
                }
                Err(error) => return Err(error),
            }
            delivered.push(row_id);
        }
        if !asks.is_empty() {
            self.deliver_asks(&asks).await?;
        }
        if !endings.is_empty() {
            self.deliver_endings(partition, &endings).await?;
        }
        if count > 0 {
            self.call(&scripts::SETTLE_ROWS, partition, "", &delivered)
                .await?;
        }
        Ok(count)
    }

    /// Brings the task of a schedule; what its queue refuses is noted with the schedule.
    pub(crate) async fn deliver_fire(&self, body: &str) -> Result<(), StoreError> {
        let (schedule, queue, item): (ScheduleName, QueueName, Vec<String>) =
            serde_json::from_str(body).map_err(|_| StoreError::corrupt("an outbox row"))?;
        let id = item.first().cloned().unwrap_or_default();
        let outcome = self.create(&queue, item).await?;
        if matches!(outcome.as_str(), "created" | "exists" | "duplicate") {
            return Ok(());
        }
        tracing::warn!(%schedule, %queue, outcome, "the task of a schedule was refused");
        let mut args = Args::default();
        args.push(schedule.as_str()).push(id);
        let partition = self.partition_of_schedule(&schedule);
        self.call(&scripts::REFUSE, partition, "", &args)
            .await
            .map(drop)
    }

    async fn deliver_submit(&self, body: &str) -> Result<(), StoreError> {
        let (queue, item): (QueueName, Vec<String>) =
            serde_json::from_str(body).map_err(|_| StoreError::corrupt("an outbox row"))?;
        match self.create(&queue, item).await?.as_str() {
            // A child whose unique key is taken is not made, as one in its parent's own partition.
            "created" | "exists" | "duplicate" | "refused_duplicate" => Ok(()),
            other => Err(StoreError::corrupt(format!("a child was refused: {other}"))),
        }
    }

    /// Creates a task unless it is there or gone; what its queue says to it.
    async fn create(&self, queue: &QueueName, item: Vec<String>) -> Result<String, StoreError> {
        // Placing first costs a call, and makes the delivery one that cannot be refused half-way.
        let partition = self.place(queue).await?;
        let mut args = Args::default();
        for (index, text) in item.into_iter().enumerate() {
            args.push(if index == 0 {
                at_home(&text, partition)?
            } else {
                text
            });
        }
        let slice = Slice::new(args, 1);
        let mut reply = self
            .one_through_lane(Verb::Submit, partition, slice)
            .await?;
        let outcome = reply.text()?;
        if outcome == "unplaced" {
            // The queue was removed after it had been placed: the row is delivered again.
            return Err(StoreError::not_done());
        }
        Ok(outcome)
    }

    async fn deliver_cancel(&self, body: &str) -> Result<(), StoreError> {
        let mut args = Args::default();
        for part in body.split(' ') {
            args.push(part);
        }
        let node = body.split(' ').next().unwrap_or_default();
        let node = NodeId::parse(node).map_err(|_| StoreError::corrupt("an outbox row's node"))?;
        self.call(
            &scripts::NOTE_CANCEL,
            self.partition_of_node(&node),
            "",
            &args,
        )
        .await
        .map(drop)
    }
}
