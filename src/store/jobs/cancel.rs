//! Cancel: no more tasks come, and those that have not finished are cancelled.

use super::Jobs;
use crate::domain::JobId;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelJobOutcome {
    /// It is cancelled, or on its way there: a sweep takes its tasks page by page.
    Done,
    /// It had ended otherwise before, in that state.
    AlreadyFinished(String),
    /// There is no such job.
    NotFound,
}

impl Jobs {
    /// Cancels a job; doing so again is harmless.
    pub async fn cancel(&self, id: JobId) -> Result<CancelJobOutcome, StoreError> {
        if !self.core.knows(id.as_run()) {
            return Ok(CancelJobOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let mut reply = self
            .core
            .call(&scripts::CANCEL_JOB, id.as_run().partition(), "", &args)
            .await?;
        Ok(match reply.text()?.as_str() {
            "done" => CancelJobOutcome::Done,
            "already_finished" => CancelJobOutcome::AlreadyFinished(reply.text()?),
            _ => CancelJobOutcome::NotFound,
        })
    }
}
