//! What complete, fail and release share: a report names a task and a lease token, and is
//! answered with the task, or its state alone, as it is then.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::Tasks;
use crate::domain::{Partition, Task, TaskId, TaskState};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::{Record, decode_task};
use crate::store::lanes::{self, Slice, Verb};
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
    /// A child depends on a task that is not there.
    UnknownParent {
        /// The index of the child.
        child: usize,
        /// The index of that task in its `depends_on`.
        parent: usize,
    },
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
        let slice = Slice::new(args, 1);
        let lane = self.core.one_through_lane(verb, id.partition(), slice);
        let outcome = decode(id, lane.await?);
        self.note(verb, id, &outcome);
        outcome
    }

    /// Notes how the attempt ended, if it began here.
    fn note(&self, verb: Verb, id: TaskId, outcome: &Result<ReportOutcome, StoreError>) {
        let (Ok(ReportOutcome::Done { state, .. }), ledger) = (outcome, &self.core.ledger) else {
            return;
        };
        match (verb, state) {
            (Verb::Complete | Verb::CompleteLarge, _) => {
                ledger.succeeded(id, self.core.shared.clock.now_ms());
            }
            (Verb::Fail, state) if *state != TaskState::Cancelled => ledger.failed(id),
            (Verb::Fail | Verb::Release, _) => ledger.forget(id),
            _ => {}
        }
    }
}

impl Tasks {
    /// Sends many reports of one verb, those of one partition together; the outcomes are in their order.
    pub(super) async fn report_all(
        &self,
        verb: Verb,
        reports: Vec<(TaskId, Args)>,
    ) -> Vec<Result<ReportOutcome, StoreError>> {
        let mut outcomes: Vec<_> = reports
            .iter()
            .map(|_| Ok(ReportOutcome::NotFound))
            .collect();
        let mut by_partition: BTreeMap<Partition, Vec<usize>> = BTreeMap::new();
        for (index, (id, _)) in reports.iter().enumerate() {
            if self.core.knows(*id) {
                by_partition.entry(id.partition()).or_default().push(index);
            }
        }
        let reports = &reports;
        let sent = by_partition
            .into_iter()
            .map(|(partition, indexes)| async move {
                let mut answered = Vec::with_capacity(indexes.len());
                let slices = lanes::cut(&indexes, |index| reports[*index].1.bytes());
                for indexes in slices {
                    let mut args = Args::default();
                    for index in indexes {
                        args.append(&reports[*index].1);
                    }
                    let slice = Slice::new(args, indexes.len());
                    match self.core.through_lane(verb, partition, slice).await {
                        Ok(answers) => {
                            let decoded = |(index, answer): (&usize, _)| {
                                let outcome = Reply::list(answer)
                                    .and_then(|reply| decode(reports[*index].0, reply));
                                (*index, outcome)
                            };
                            answered.extend(indexes.iter().zip(answers).map(decoded));
                        }
                        Err(error) => answered
                            .extend(indexes.iter().map(|index| (*index, Err(error.clone())))),
                    }
                }
                answered
            });
        for (index, outcome) in join_all(sent).await.into_iter().flatten() {
            self.note(verb, reports[index].0, &outcome);
            outcomes[index] = outcome;
        }
        outcomes
    }
}

pub(super) fn decode(id: TaskId, mut reply: Reply) -> Result<ReportOutcome, StoreError> {
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
        "unknown_parent" => ReportOutcome::UnknownParent {
            child: 0,
            parent: 0,
        },
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
