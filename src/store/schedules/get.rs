//! Get and list: schedules as they are.

use super::Schedules;
use super::codec::{LISTED, decode};
use crate::domain::schedule::Schedule;
use crate::domain::{Partition, ScheduleName, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::reply::Reply;
use crate::store::{PartitionRank, StoreError, scripts};

impl Schedules {
    /// The schedule, or `None` when there is none of that name.
    pub async fn get(&self, name: &ScheduleName) -> Result<Option<Schedule>, StoreError> {
        let (_, record) = self.read(name).await?;
        record
            .map(|record| decode(name.clone(), record))
            .transpose()
    }

    /// Now, by the clock that schedules go by.
    pub async fn now(&self) -> Result<UnixMillis, StoreError> {
        let first = Partition::new(0);
        let mut reply = self
            .core
            .call(&scripts::GET_SCHEDULE, first, "", &Args::default())
            .await?;
        reply.count().map(UnixMillis::new)
    }

    /// Now, and the schedule's record.
    pub(super) async fn read(
        &self,
        name: &ScheduleName,
    ) -> Result<(UnixMillis, Option<Record>), StoreError> {
        let mut args = Args::default();
        args.push(name.as_str());
        let partition = self.core.partition_of_schedule(name);
        let mut reply = self
            .core
            .call(&scripts::GET_SCHEDULE, partition, "", &args)
            .await?;
        let now = UnixMillis::new(reply.count()?);
        let record = Record::read(reply.value()?)?;
        Ok((now, (!record.is_empty()).then_some(record)))
    }

    /// Up to `limit` schedules from `place` on, without the payloads of their tasks, and where to go
    /// on, if there are more. By name inside a partition.
    pub async fn list(
        &self,
        mut place: PartitionRank,
        limit: usize,
    ) -> Result<(Vec<Schedule>, Option<PartitionRank>), StoreError> {
        let mut schedules: Vec<Schedule> = Vec::new();
        while place.partition < self.core.partitions {
            let missing = limit - schedules.len();
            // One more than is missing tells whether there is a next page.
            let mut args = Args::default();
            args.push_number(place.rank).push_number(missing as u64 + 1);
            for field in LISTED {
                args.push(field);
            }
            let partition = Partition::new(place.partition);
            let mut reply = self
                .core
                .call(&scripts::LIST_SCHEDULES, partition, "", &args)
                .await?;
            let more = reply.left() > missing;
            while reply.left() > usize::from(more) {
                schedules.push(named(&mut reply)?);
                place.rank += 1;
            }
            if more {
                return Ok((schedules, Some(place)));
            }
            place = place.next_partition();
        }
        Ok((schedules, None))
    }
}

/// A name and the record after it.
pub(super) fn named(reply: &mut Reply) -> Result<Schedule, StoreError> {
    let mut pair = reply.next_list()?;
    let name =
        ScheduleName::parse(&pair.text()?).map_err(|_| StoreError::corrupt("a schedule's name"))?;
    decode(name, Record::read(pair.value()?)?)
}
