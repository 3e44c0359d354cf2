//! What complete, fail and release share: a report names a task and a lease token, and is
//! answered with the task, or its state alone, as it is then.

use deadpool_redis::redis::Value;

use super::Tasks;
use crate::domain::{Task, TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::{Record, decode_task};
use crate::store::lanes::{Slice, Verb};
use crate::store::reply::Reply;

/// How much of the task a report wants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Its state: for reports that come in numbers.
    State,
    /// All of it.
    Task,
}

impl View {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Task => "task",
        }
    }
}

/// What became of a report.
#[derive(Debug)]
pub enum ReportOutcome {
    /// It counted, or the same report has counted before.
    Done {
        /// Where the task stands now.
        state: TaskState,
        /// The task, when the report wanted it.
        task: Option<Box<Task>>,
    },
    /// The token leases nothing any more: the report changed nothing.
    LeaseLost,
    /// There is no such task.
    NotFound,
    /// An operator's release of a task that does not run.
    NotRunning,
    /// A child's queue has as many classes as it may have.
    TooManyClasses,
    /// A child's queue is not there; [`Tasks::complete`] places it and asks again.
    Unplaced,
}

impl Tasks {
    /// Sends one report through its lane.
    pub(super) async fn report(
        &self,
        verb: Verb,
        id: TaskId,
        args: Args,
    ) -> Result<ReportOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(ReportOutcome::NotFound);
        }
        let slice = Slice {
            args,
            items: 1,
            mode: "",
        };
        let answers = self.core.through_lane(verb, id.partition(), slice).await?;
        answers.into_iter().next().map_or_else(
            || Err(StoreError::corrupt("a report was not answered")),
            |answer| decode(id, answer),
        )
    }
}

pub(super) fn decode(id: TaskId, answer: Value) -> Result<ReportOutcome, StoreError> {
    let mut reply = Reply::list(answer)?;
    Ok(match reply.text()?.as_str() {
        "done" | "settled" => {
            // A task that was trimmed between two tries of its group has no state any more.
            if reply.left() == 0 {
                return Ok(ReportOutcome::NotFound);
            }
            let word = reply.text()?;
            let state = TaskState::from_word(&word)
                .ok_or_else(|| StoreError::corrupt("an unknown state"))?;
            let task = if reply.left() == 0 {
                None
            } else {
                Some(Box::new(decode_task(id, Record::read(reply.value()?)?)?))
            };
            ReportOutcome::Done { state, task }
        }
        "lease_lost" => ReportOutcome::LeaseLost,
        "not_found" => ReportOutcome::NotFound,
        "not_running" => ReportOutcome::NotRunning,
        "too_many_classes" => ReportOutcome::TooManyClasses,
        "unplaced" => ReportOutcome::Unplaced,
        other => {
            return Err(StoreError::corrupt(format!(
                "an unknown word from a report: {other}"
            )));
        }
    })
}

/// The task behind a state and a record.
pub(super) fn decode_record(id: TaskId, reply: &mut Reply) -> Result<Task, StoreError> {
    reply.text()?;
    decode_task(id, Record::read(reply.value()?)?)
}
