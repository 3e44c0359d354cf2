//! Branches: what a graph's job does in other partitions than its own, told by rows of the outbox.

use crate::domain::lease::CANCEL_GRACE_MS;
use crate::domain::{Partition, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

impl Core {
    /// Delivers a row `JOB`: what the job has counted in this partition is told in its own. What is told is the
    /// latest, whichever row it was that told of it.
    pub(crate) async fn deliver_count(
        &self,
        branch: Partition,
        job: &str,
    ) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push(job);
        let mut reply = self.call(&scripts::JOB_COUNTS, branch, "", &args).await?;
        if reply.left() == 0 {
            return Ok(());
        }
        let home = partition(&reply.text()?)?;
        args.push_number(branch.number());
        while reply.left() > 0 {
            args.push_number(reply.count()?);
        }
        self.call(&scripts::COUNT_JOB, home, "", &args)
            .await
            .map(drop)
    }

    /// Delivers a row `TASK`: its job is cancelled.
    pub(crate) async fn deliver_cancel_task(&self, body: &str) -> Result<(), StoreError> {
        let id = TaskId::from_compact(body.as_bytes());
        let id = id.ok_or_else(|| StoreError::corrupt("an outbox row's task"))?;
        let mut args = Args::default();
        args.push(body).push_number(CANCEL_GRACE_MS);
        self.call(&scripts::CANCEL, id.partition(), "", &args)
            .await
            .map(drop)
    }

    /// Delivers a row `PARTITION JOB`: the job is no more.
    pub(crate) async fn deliver_forget_job(&self, body: &str) -> Result<(), StoreError> {
        let unreadable = || StoreError::corrupt("an outbox row's job");
        let (branch, job) = body.split_once(' ').ok_or_else(unreadable)?;
        let mut args = Args::default();
        args.push(job);
        self.call(&scripts::FORGET_JOB, partition(branch)?, "", &args)
            .await
            .map(drop)
    }
}

fn partition(text: &str) -> Result<Partition, StoreError> {
    text.parse()
        .map(Partition::new)
        .map_err(|_| StoreError::corrupt("a partition's number"))
}
