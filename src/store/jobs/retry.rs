//! Retry: the failed tasks of a job run again.

use super::Jobs;
use super::get::parse_id;
use crate::domain::{JobId, TaskId};
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Tasks that one call looks at.
const PAGE: u64 = 200;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryJobOutcome {
    /// So many tasks run again.
    Done(u64),
    /// Its upload has not ended, or it is being cancelled.
    InvalidState,
    /// There is no such job.
    NotFound,
}

impl Jobs {
    /// Runs those of the tasks again that have failed, in their order; how many those were.
    async fn retry_away(&self, ids: &[TaskId]) -> Result<u64, StoreError> {
        let mut again = 0;
        for together in ids.chunk_by(|one, other| one.partition() == other.partition()) {
            let mut args = Args::default();
            for id in together {
                args.push(id.compact());
            }
            let mut reply = self
                .core
                .call(&scripts::RETRY_JOB, together[0].partition(), "named", &args)
                .await?;
            reply.text()?;
            again += reply.count()?;
        }
        Ok(again)
    }

    /// Runs the failed tasks of a job again, a page at a time. Cut off half-way it leaves the rest,
    /// and may be called again.
    pub async fn retry(&self, id: JobId) -> Result<RetryJobOutcome, StoreError> {
        if !self.core.knows(id.as_run()) {
            return Ok(RetryJobOutcome::NotFound);
        }
        let (mut again, mut after) = (0, "-1".to_owned());
        loop {
            let mut args = Args::default();
            args.push(id.compact()).push(&after).push_number(PAGE);
            let mut reply = self
                .core
                .call(&scripts::RETRY_JOB, id.as_run().partition(), "", &args)
                .await?;
            match reply.text()?.as_str() {
                "done" => {}
                "invalid_state" => return Ok(RetryJobOutcome::InvalidState),
                _ => return Ok(RetryJobOutcome::NotFound),
            }
            again += reply.count()?;
            after = reply.text()?;
            let mut away = Vec::with_capacity(reply.left());
            while reply.left() > 0 {
                away.push(parse_id(&reply.text()?)?.as_run());
            }
            again += self.retry_away(&away).await?;
            if after.is_empty() {
                return Ok(RetryJobOutcome::Done(again));
            }
        }
    }
}
