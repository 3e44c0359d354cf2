//! Pause, resume and abort.

use super::{Operations, decode};
use crate::domain::operation::{Operation, OperationId, OperationState};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::scripts::Script;
use crate::store::{StoreError, scripts};

/// What became of it.
#[derive(Debug)]
pub enum SteerOutcome {
    /// The operation is as it was asked to be.
    Done(Box<Operation>),
    /// It has ended before.
    Over(OperationState),
    /// There is no such operation.
    NotFound,
}

impl Operations {
    /// Has an operation do nothing more for now. A step under way ends first.
    pub async fn pause(&self, id: OperationId) -> Result<SteerOutcome, StoreError> {
        self.steer(&scripts::PAUSE_OPERATION, "", id).await
    }

    /// Has an operation go on.
    pub async fn resume(&self, id: OperationId) -> Result<SteerOutcome, StoreError> {
        self.steer(&scripts::PAUSE_OPERATION, "resume", id).await
    }

    /// Ends an operation; what it did stays. A step under way ends first.
    pub async fn abort(&self, id: OperationId) -> Result<SteerOutcome, StoreError> {
        self.steer(&scripts::ABORT_OPERATION, "", id).await
    }

    async fn steer(
        &self,
        script: &Script,
        mode: &str,
        id: OperationId,
    ) -> Result<SteerOutcome, StoreError> {
        if !self.knows(id) {
            return Ok(SteerOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let mut reply = self.core.call(script, id.partition(), mode, &args).await?;
        Ok(match reply.text()?.as_str() {
            "done" => SteerOutcome::Done(Box::new(decode(id, Record::read(reply.value()?)?)?)),
            "over" => SteerOutcome::Over(
                OperationState::from_word(&reply.text()?)
                    .ok_or_else(|| StoreError::corrupt("an unknown state"))?,
            ),
            _ => SteerOutcome::NotFound,
        })
    }
}
