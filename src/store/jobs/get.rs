//! Get: jobs as they are, one or a page of them.

use super::Jobs;
use crate::domain::job::{Job, JobState, StopReason};
use crate::domain::{JobId, Name, Partition, QueueName, TaskId, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::{PartitionRank, StoreError, scripts};

impl Jobs {
    /// The job, or `None` when there is none with that id.
    pub async fn get(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        if !self.core.knows(id.as_run()) {
            return Ok(None);
        }
        Ok(self.read(id.as_run().partition(), &[id]).await?.pop())
    }

    /// A page of all jobs, each partition's by creation, and where the next page begins.
    pub async fn list(
        &self,
        mut place: PartitionRank,
        limit: usize,
    ) -> Result<(Vec<Job>, Option<PartitionRank>), StoreError> {
        let mut jobs = Vec::new();
        while place.partition < self.core.partitions {
            let partition = Partition::new(place.partition);
            let missing = limit.saturating_sub(jobs.len());
            let mut args = Args::default();
            args.push_number(place.rank).push_number(missing as u64 + 1);
            let mut reply = self
                .core
                .call(&scripts::LIST_JOBS, partition, "", &args)
                .await?;
            let mut ids = Vec::with_capacity(reply.left());
            while reply.left() > 0 {
                ids.push(parse_id(&reply.text()?)?);
            }
            let more = ids.len() > missing;
            ids.truncate(missing);
            place.rank += ids.len() as u64;
            jobs.extend(self.read(partition, &ids).await?);
            if more {
                return Ok((jobs, Some(place)));
            }
            place = place.next_partition();
        }
        Ok((jobs, None))
    }

    async fn read(&self, partition: Partition, ids: &[JobId]) -> Result<Vec<Job>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = Args::default();
        for id in ids {
            args.push(id.compact());
        }
        let mut reply = self
            .core
            .call(&scripts::GET_JOBS, partition, "", &args)
            .await?;
        let now = UnixMillis::new(reply.count()?);
        let mut jobs = Vec::with_capacity(ids.len());
        for id in ids {
            let mut record = Record::read(reply.value()?)?;
            if let Some(queue) = record.take("queue") {
                jobs.push(decode(*id, &queue, record, now)?);
            }
        }
        Ok(jobs)
    }
}

/// The id that a member or a key names.
pub(super) fn parse_id(text: &str) -> Result<JobId, StoreError> {
    TaskId::from_compact(text.as_bytes())
        .map(JobId::new)
        .ok_or_else(|| StoreError::corrupt("an ill-formed id"))
}

fn decode(
    id: JobId,
    queue: &str,
    mut record: Record,
    read_at: UnixMillis,
) -> Result<Job, StoreError> {
    let count = |field: &str| Ok::<u64, StoreError>(record.number(field)?.unwrap_or_default());
    let (items, total, running) = (count("items")?, count("total")?, count("running")?);
    let (succeeded, failed, cancelled) =
        (count("succeeded")?, count("failed")?, count("cancelled")?);
    let created_at = record
        .moment("created")?
        .ok_or_else(|| StoreError::corrupt("a job without its beginning"))?;
    let finished_at = record.moment("finished")?;
    Ok(Job {
        id,
        queue: QueueName::parse(queue).map_err(|_| StoreError::corrupt("a job's queue"))?,
        name: record.take("name").and_then(|name| Name::parse(&name).ok()),
        state: record
            .take("state")
            .and_then(|word| JobState::from_word(&word))
            .unwrap_or(JobState::Running),
        open: record.take("open").is_some(),
        items,
        total,
        running,
        succeeded,
        failed,
        cancelled,
        stopped_by: record
            .take("stopped_by")
            .and_then(|word| StopReason::from_word(&word)),
        deadline: record.moment("deadline")?,
        on_finish: record
            .take("on_finish_id")
            .and_then(|id| TaskId::from_compact(id.as_bytes())),
        cancel_requested: record.take("cancel").is_some() && finished_at.is_none(),
        created_at,
        finished_at,
        read_at,
    })
}
