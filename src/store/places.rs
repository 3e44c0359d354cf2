//! Places: which partition each queue lives in.
//!
//! A queue lives at its home, the partition that its name hashes to, unless it was given a seat in another
//! one. Then a signpost at home names that partition and the number of the seat; both are kept by Redis, and what
//! is remembered here may be out of date. A script that does not find the queue says so, and the store
//! looks again, from home (docs/adr/0014-a-signpost-stands-at-a-queues-home.md).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::args::Args;
use super::core::Core;
use super::reply::Reply;
use super::{StoreError, scripts};
use crate::domain::{Partition, QueueName};

/// Queues away from home that are remembered at once; beyond it the memory starts anew.
const REMEMBERED_QUEUES: usize = 10_000;
/// How often the store follows a signpost that changes meanwhile.
pub(crate) const LOOKS: usize = 8;

/// A queue's seat in another partition than its home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) partition: Partition,
    /// Its number, never given out twice in that partition.
    pub(crate) number: String,
}

/// The queues that are known to live away from home.
#[derive(Default)]
pub(crate) struct Places {
    /// Whether there are any: most deployments have none, and then nobody takes the lock.
    some: AtomicBool,
    away: RwLock<HashMap<QueueName, Partition>>,
}

impl Places {
    fn get(&self, queue: &QueueName) -> Option<Partition> {
        if !self.some.load(Ordering::Acquire) {
            return None;
        }
        let away = self.away.read().unwrap_or_else(PoisonError::into_inner);
        away.get(queue).copied()
    }

    fn remember(&self, queue: &QueueName, partition: Partition) {
        let mut away = self.away.write().unwrap_or_else(PoisonError::into_inner);
        if away.len() >= REMEMBERED_QUEUES {
            away.clear();
        }
        away.insert(queue.clone(), partition);
        self.some.store(true, Ordering::Release);
    }

    fn forget(&self, queue: &QueueName) {
        if self.get(queue).is_some() {
            let mut away = self.away.write().unwrap_or_else(PoisonError::into_inner);
            away.remove(queue);
        }
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        let mut away = self.away.write().unwrap_or_else(PoisonError::into_inner);
        away.clear();
    }
}

/// What a partition knows of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// It lives here.
    Here,
    /// It does not, and no other place is known.
    Unplaced,
    /// This is its home, and it belongs into another partition.
    Elsewhere(Seat),
}

impl Core {
    /// The partition that a queue's name hashes to.
    pub(crate) fn home_of(&self, queue: &QueueName) -> Partition {
        Partition::of_name(queue.as_str(), self.partitions)
    }

    /// The partition that holds a queue, as far as that is known here.
    pub(crate) fn partition_of(&self, queue: &QueueName) -> Partition {
        let away = self.places.get(queue);
        away.unwrap_or_else(|| self.home_of(queue))
    }

    /// Whether a queue lives in that partition, as far as that is known here.
    pub(crate) fn lives_in(&self, queue: &QueueName, partition: Partition) -> bool {
        // Where all queues are at home, this was the partition to ask.
        !self.places.some.load(Ordering::Acquire) || self.partition_of(queue) == partition
    }

    /// Keeps what a queue's home has told, or that another partition does not have it.
    pub(crate) fn note_place(&self, queue: &QueueName, asked: Partition, signpost: Option<Seat>) {
        match signpost {
            Some(seat) => self.places.remember(queue, seat.partition),
            None if asked != self.home_of(queue) => self.places.forget(queue),
            None => {}
        }
    }

    /// What a partition knows of a queue just now.
    pub(crate) async fn find_in(
        &self,
        partition: Partition,
        queue: &QueueName,
    ) -> Result<Place, StoreError> {
        let mut args = Args::default();
        args.push(queue.as_str());
        let mut reply = self
            .call(&scripts::FIND_QUEUE, partition, "", &args)
            .await?;
        Ok(match reply.text()?.as_str() {
            "here" => Place::Here,
            "elsewhere" => Place::Elsewhere(Seat::read(&mut reply)?),
            _ => Place::Unplaced,
        })
    }

    /// Where a queue lives just now, or `None` when there is no such queue.
    pub(crate) async fn locate(&self, queue: &QueueName) -> Result<Option<Partition>, StoreError> {
        let home = self.home_of(queue);
        let known = self.partition_of(queue);
        if known != home {
            if self.find_in(known, queue).await? == Place::Here {
                return Ok(Some(known));
            }
            self.places.forget(queue);
        }
        match self.find_in(home, queue).await? {
            Place::Here => Ok(Some(home)),
            Place::Unplaced => Ok(None),
            Place::Elsewhere(seat) => {
                self.places.remember(queue, seat.partition);
                let found = self.find_in(seat.partition, queue).await?;
                Ok((found == Place::Here).then_some(seat.partition))
            }
        }
    }

    /// Runs a script where the queue lives. One that answers `not_found` is run again where the queue is
    /// found to live instead.
    pub(crate) async fn call_at_queue(
        &self,
        script: &scripts::Script,
        queue: &QueueName,
        mode: &str,
        args: &Args,
    ) -> Result<Reply, StoreError> {
        let asked = self.partition_of(queue);
        let reply = self.call(script, asked, mode, args).await?;
        if !reply.begins_with("not_found") {
            return Ok(reply);
        }
        match self.locate(queue).await? {
            Some(partition) if partition != asked => self.call(script, partition, mode, args).await,
            _ => Ok(reply),
        }
    }

    /// Makes sure that a queue is there, and says where.
    pub(crate) async fn place(&self, queue: &QueueName) -> Result<Partition, StoreError> {
        let home = self.home_of(queue);
        for _ in 0..LOOKS {
            let mut args = Args::default();
            args.push(queue.as_str()).push("");
            let mut reply = self.call(&scripts::PLACE, home, "", &args).await?;
            if reply.text()? != "elsewhere" {
                self.places.forget(queue);
                return Ok(home);
            }
            let seat = Seat::read(&mut reply)?;
            let mut args = Args::default();
            args.push(queue.as_str()).push(&seat.number);
            let mut reply = self
                .call(&scripts::PLACE, seat.partition, "", &args)
                .await?;
            if reply.text()? != "unplaced" {
                self.places.remember(queue, seat.partition);
                return Ok(seat.partition);
            }
            self.take_signpost_away(queue, &seat).await?;
        }
        Err(StoreError::not_done())
    }

    /// The partition of a queue that comes into being now unless it is known here: for an id that is to be
    /// kept until its task comes.
    pub(crate) async fn settle(&self, queue: &QueueName) -> Result<Partition, StoreError> {
        if self.knows_classes_of(queue) {
            return Ok(self.partition_of(queue));
        }
        self.place(queue).await
    }

    /// A signpost whose seat is void leads nowhere: the queue was removed, and whoever did it was cut off.
    pub(crate) async fn take_signpost_away(
        &self,
        queue: &QueueName,
        seat: &Seat,
    ) -> Result<(), StoreError> {
        self.point_to(queue, seat, "away").await?;
        self.places.forget(queue);
        Ok(())
    }

    /// Sets the signpost at a queue's home, or takes it `away`.
    pub(crate) async fn point_to(
        &self,
        queue: &QueueName,
        seat: &Seat,
        mode: &str,
    ) -> Result<Reply, StoreError> {
        let mut args = Args::default();
        args.push(queue.as_str())
            .push_number(seat.partition.number())
            .push(&seat.number);
        let home = self.home_of(queue);
        self.call(&scripts::POINT, home, mode, &args).await
    }
}

impl Seat {
    /// The rest of a reply that began with `elsewhere`.
    pub(crate) fn read(reply: &mut Reply) -> Result<Self, StoreError> {
        Self::of(&reply.text()?, reply.text()?)
    }

    fn of(partition: &str, number: String) -> Result<Self, StoreError> {
        let corrupt = |_| StoreError::corrupt("a queue's signpost");
        Ok(Self {
            partition: Partition::new(partition.parse().map_err(corrupt)?),
            number,
        })
    }

    /// A signpost as it is stored: `PARTITION SEAT`.
    pub(crate) fn unpacked(signpost: &str) -> Result<Self, StoreError> {
        let (partition, number) = signpost
            .split_once(' ')
            .ok_or_else(|| StoreError::corrupt("a queue's signpost"))?;
        Self::of(partition, number.to_owned())
    }
}
