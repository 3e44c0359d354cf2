//! Retry: the failed tasks of a job run again.

use super::Jobs;
use crate::domain::JobId;
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
            if after.is_empty() {
                return Ok(RetryJobOutcome::Done(again));
            }
        }
    }
}
