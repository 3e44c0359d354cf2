//! Does one step on both sides and compares the answers.

use std::collections::BTreeSet;

use taskyard::domain::node::Registration;
use taskyard::domain::placement::{Offer, Requirements};
use taskyard::domain::queue::Retention;
use taskyard::domain::score::Priority;
use taskyard::domain::task::{IdempotencyKey, RunAt, TaskError};
use taskyard::domain::uniqueness::Uniqueness;
use taskyard::domain::{Document, Partition, Submission, TaskType};
use taskyard::store::nodes::{HeartbeatOutcome, RegisterOutcome};
use taskyard::store::{
    CancelOutcome, ClaimRequest, Completion, Failure, ProgressOutcome, ProgressReport, Release,
    ReportOutcome, RetryOutcome, Store, StoreError, SubmitOutcome, View, Work,
};

use super::action::{Action, Holder, NODES, QUEUES, Sweep};
use super::reference::{Answer, ClaimWish, LeaseNo, Wish};
use super::world::{PARTITIONS, World};
use crate::support::{node, queue};

/// Longer than what stands in a task's record.
const LONG: usize = 1_500;
/// How long a claim believes a session to live on that may have ended.
const BELIEVED_MS: u64 = 7_000;

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` gives the error away"
)]
pub(super) fn text(error: StoreError) -> String {
    format!("the store failed: {error}")
}

impl World {
    /// Does the step; an error says how the store's answer differs from the model's.
    pub(crate) async fn step(&mut self, client: usize, action: &Action) -> Result<(), String> {
        let store = self.stores[client % self.stores.len()].clone();
        let (expected, found) = match action {
            Action::Submit(wish) => self.submit(&store, wish).await?,
            Action::SubmitAtomic(wishes) => self.submit_atomic(&store, wishes).await?,
            Action::Claim { .. } => self.claim(&store, action).await?,
            Action::Complete { .. }
            | Action::Fail { .. }
            | Action::Release { .. }
            | Action::Progress { .. } => self.report(&store, action).await?,
            Action::ReleaseByOperator { .. } | Action::Cancel { .. } | Action::Retry { .. } => {
                self.operate(&store, action).await?
            }
            Action::RunNow { task }
            | Action::Delete { task }
            | Action::Reprioritise { task, .. } => self.edit(&store, *task, action).await?,
            Action::Register { .. } | Action::Heartbeat { .. } | Action::Remove { .. } => {
                self.node(&store, action).await?
            }
            Action::Pause { .. } | Action::Configure { .. } | Action::Purge { .. } => {
                self.operate_queue(&store, action).await?
            }
            Action::Sweep { partition, sweep } => {
                self.sweep(&store, *partition, *sweep).await?;
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Outage { millis } => {
                self.advance(*millis);
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Pass { millis } => {
                self.pass(&store, *millis).await?;
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Kill => {
                self.restart().await;
                (Answer::Nothing, Answer::Nothing)
            }
        };
        self.story.push(format!("{action:?} -> {expected:?}"));
        if expected == found {
            return Ok(());
        }
        Err(format!(
            "the model answers {expected:?}, the store {found:?}"
        ))
    }

    async fn submit(&mut self, store: &Store, wish: &Wish) -> Result<(Answer, Answer), String> {
        let serial = self.model.tasks.len();
        let expected = self.model.submit(wish);
        let outcome = store.tasks.submit(submission(wish)).await.map_err(text)?;
        let found = self.submitted(serial, outcome)?;
        Ok((expected, found))
    }

    async fn submit_atomic(
        &mut self,
        store: &Store,
        wishes: &[Wish],
    ) -> Result<(Answer, Answer), String> {
        let first = self.model.tasks.len();
        let expected = self.model.submit_atomic(wishes);
        let submissions = wishes.iter().map(submission).collect();
        let outcomes = store.tasks.submit_atomic(submissions).await.map_err(text)?;
        let mut found = Vec::new();
        let mut serial = first;
        for outcome in outcomes {
            let is_new = matches!(outcome, SubmitOutcome::Created(_));
            found.push(self.submitted(serial, outcome)?);
            serial += usize::from(is_new);
        }
        Ok((expected, Answer::Batch(found)))
    }

    fn submitted(&mut self, serial: usize, outcome: SubmitOutcome) -> Result<Answer, String> {
        Ok(match outcome {
            SubmitOutcome::Created(task) => {
                self.ids.resize(serial.max(self.ids.len()), None);
                self.ids.push(Some(task.id));
                Answer::Created(task.state)
            }
            SubmitOutcome::Replayed(id) => Answer::Replayed(self.serial(id)?),
            SubmitOutcome::KeyReused => Answer::KeyReused,
            SubmitOutcome::UnknownParent(_) => return Err("it depends on nothing".into()),
            SubmitOutcome::JobClosed | SubmitOutcome::OutOfOrder => {
                return Err("there are no jobs".into());
            }
            SubmitOutcome::Rejected => Answer::Rejected,
            SubmitOutcome::Duplicate(id) => Answer::Duplicate(self.serial(id)?),
            SubmitOutcome::RefusedDuplicate(id) => Answer::RefusedDuplicate(self.serial(id)?),
            SubmitOutcome::TooManyClasses | SubmitOutcome::QueueFull => {
                return Err("a queue without limits is full".into());
            }
        })
    }

    async fn claim(&mut self, store: &Store, action: &Action) -> Result<(Answer, Answer), String> {
        let Action::Claim {
            node: number,
            holder,
            queues,
            offer,
            most,
            lease_ms,
            claim_id,
        } = action
        else {
            unreachable!("a claim");
        };
        let session = match holder {
            Holder::Alone => None,
            Holder::Session => self.model.nodes[*number].session,
        };
        let session =
            session.map(|session| (session, self.remaining(session).unwrap_or(BELIEVED_MS)));
        let (offer, classes) = offer_of(*offer);
        let wish = ClaimWish {
            node: *number,
            session,
            queues: queues.clone(),
            classes,
            most: *most,
            lease_ms: *lease_ms,
            claim_id: *claim_id,
        };
        let (expected, leases) = self.model.claim(&wish);
        let request = ClaimRequest {
            node: node(NODES[*number]),
            session: session.map(|(session, left)| (self.sessions[session].clone(), left)),
            offer,
            queues: queues.iter().map(|number| queue(QUEUES[*number])).collect(),
            max_tasks: *most,
            lease_ms: *lease_ms,
            claim_id: claim_id.map(|number| format!("claim:{number}")),
        };
        let claimed = store.tasks.claim(request).await.map_err(text)?.deliver();
        let mut found = Vec::new();
        for task in &claimed {
            found.push((
                self.serial(task.id)?,
                task.attempt,
                task.lease_expires_at.get(),
                task.deadline_at.get(),
            ));
        }
        if expected == Answer::Claimed(found.clone()) {
            for (lease, task) in leases.into_iter().zip(&claimed) {
                self.know_token(lease, &task.lease_token)?;
            }
        }
        Ok((expected, Answer::Claimed(found)))
    }

    fn know_token(
        &mut self,
        lease: LeaseNo,
        token: &taskyard::domain::LeaseToken,
    ) -> Result<(), String> {
        match self.tokens.get(lease) {
            None => self.tokens.push(token.clone()),
            Some(known) if known == token => {}
            Some(_) => return Err(format!("lease {lease} comes back with another token")),
        }
        Ok(())
    }

    /// How long a session lives on as far as its last heartbeat tells; `None` when it is over.
    fn remaining(&self, session: usize) -> Option<u64> {
        let node = &self.model.nodes[self.model.sessions[session]];
        let until = node.beats_until.filter(|_| node.lives(session))?;
        Some(until.saturating_sub(self.model.now))
    }

    async fn report(&mut self, store: &Store, action: &Action) -> Result<(Answer, Answer), String> {
        let (Action::Complete { lease, .. }
        | Action::Fail { lease, .. }
        | Action::Release { lease, .. }
        | Action::Progress { lease, .. }) = action
        else {
            unreachable!("a report");
        };
        let Some(lease) = lease.of(self.tokens.len()) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        let task = self.model.leases[lease].task;
        let (id, lease_token) = (self.id(task), self.tokens[lease].clone());
        let view = View::State;
        self.story
            .push(format!("  on lease {lease} of task {task}"));
        Ok(match action {
            Action::Complete { children, long, .. } => {
                let wishes: Vec<Wish> = children.iter().map(|queue| child(*queue)).collect();
                let completion = Completion {
                    id,
                    lease_token,
                    result: Some(document(*long)),
                    submit: numbered(&wishes, self.model.tasks.len()),
                    view,
                };
                let expected = self.model.complete(lease, &wishes);
                (expected, reported(store.tasks.complete(completion).await)?)
            }
            Action::Fail {
                retryable,
                delay_ms,
                long,
                ..
            } => {
                let failure = Failure {
                    id,
                    lease_token,
                    error: TaskError {
                        code: "broken".into(),
                        message: "it broke".into(),
                        detail: Some(document(*long)),
                    },
                    retryable: *retryable,
                    retry_after_ms: *delay_ms,
                    view,
                };
                (
                    self.model.fail(lease, *retryable, *delay_ms),
                    reported(store.tasks.fail(failure).await)?,
                )
            }
            Action::Release { delay_ms, .. } => {
                let release = Release {
                    id,
                    lease_token: Some(lease_token),
                    delay_ms: *delay_ms,
                    view,
                };
                (
                    self.model.release(lease, *delay_ms),
                    reported(store.tasks.release(release).await)?,
                )
            }
            Action::Progress {
                extend_ms,
                knows_session,
                ..
            } => {
                let session = self.model.leases[lease].session.filter(|_| *knows_session);
                let remaining = session.and_then(|session| self.remaining(session));
                let report = ProgressReport {
                    id,
                    lease_token,
                    fraction: Some(0.1),
                    message: None,
                    extend_ms: *extend_ms,
                    session_remaining_ms: remaining,
                };
                let expected = self.model.progress(lease, *extend_ms, remaining);
                let (renewed, _) = store.tasks.renew(&report).await.map_err(text)?;
                let found = match renewed {
                    ProgressOutcome::Renewed {
                        cancel_requested,
                        lease_expires_at,
                    } => Answer::Renewed {
                        cancel: cancel_requested,
                        ends: lease_expires_at.get(),
                    },
                    ProgressOutcome::LeaseLost => Answer::LeaseLost,
                    ProgressOutcome::NotFound => Answer::NotFound,
                };
                (expected, found)
            }
            _ => unreachable!("a report"),
        })
    }

    async fn operate(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let (Action::ReleaseByOperator { task, .. }
        | Action::Cancel { task }
        | Action::Retry { task }) = action
        else {
            unreachable!("what is done to a task");
        };
        let known = self.known();
        let Some(task) = task.of(known.len()).map(|index| known[index]) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        let id = self.id(task);
        self.story.push(format!("  on task {task}"));
        Ok(match action {
            Action::ReleaseByOperator { delay_ms, .. } => {
                let release = Release {
                    id,
                    lease_token: None,
                    delay_ms: *delay_ms,
                    view: View::State,
                };
                (
                    self.model.release_by_operator(task, *delay_ms),
                    reported(store.tasks.release(release).await)?,
                )
            }
            Action::Cancel { .. } => {
                let found = match store.tasks.cancel(id).await.map_err(text)? {
                    CancelOutcome::Done(task) => Answer::Done(task.state),
                    CancelOutcome::AlreadyFinished(state) => Answer::AlreadyFinished(state),
                    CancelOutcome::NotFound => Answer::NotFound,
                };
                (self.model.cancel(task), found)
            }
            _ => {
                let found = match store.tasks.retry(id).await.map_err(text)? {
                    RetryOutcome::Queued(task) => Answer::Done(task.state),
                    RetryOutcome::InvalidState(state) => Answer::InvalidState(state),
                    RetryOutcome::Duplicate(id) => Answer::RefusedDuplicate(self.serial(id)?),
                    RetryOutcome::NotFound => Answer::NotFound,
                };
                (self.model.retry(task), found)
            }
        })
    }

    async fn node(&mut self, store: &Store, action: &Action) -> Result<(Answer, Answer), String> {
        Ok(match action {
            Action::Register {
                node: number,
                again,
            } => {
                let current = self.model.nodes[*number].session.filter(|_| *again);
                let expected = self.model.register(*number, current);
                let session = current.map(|session| self.sessions[session].clone());
                let registration = Registration {
                    slots: 4,
                    ..Registration::default()
                };
                let outcome = store
                    .nodes
                    .register(&node(NODES[*number]), &registration, session.as_ref())
                    .await
                    .map_err(text)?;
                let found = match outcome {
                    RegisterOutcome::Registered(registered) => {
                        if current.is_none() {
                            self.sessions.push(registered.session);
                        }
                        Answer::Registered {
                            new: registered.is_new,
                        }
                    }
                    RegisterOutcome::SessionEnded => Answer::SessionEnded,
                };
                (expected, found)
            }
            Action::Heartbeat {
                node: number,
                session,
                held,
            } => {
                let of_node: Vec<usize> = (0..self.sessions.len())
                    .filter(|session| self.model.sessions[*session] == *number)
                    .collect();
                let Some(session) = session.of(of_node.len()).map(|index| of_node[index]) else {
                    return Ok((Answer::Nothing, Answer::Nothing));
                };
                let known = self.known();
                let held: Vec<usize> = held
                    .iter()
                    .filter_map(|pick| pick.of(known.len()).map(|index| known[index]))
                    .collect();
                let expected = self.model.heartbeat(*number, session, &held);
                let held: Vec<_> = held.iter().map(|task| self.id(*task)).collect();
                let outcome = store
                    .nodes
                    .heartbeat(&node(NODES[*number]), &self.sessions[session], None, &held)
                    .await
                    .map_err(text)?;
                let serials = |ids: Vec<_>| -> Result<BTreeSet<usize>, String> {
                    ids.into_iter().map(|id| self.serial(id)).collect()
                };
                let found = match outcome {
                    HeartbeatOutcome::Alive { cancel, lost, .. } => Answer::Alive {
                        cancel: serials(cancel)?,
                        lost: serials(lost)?,
                    },
                    HeartbeatOutcome::SessionEnded => Answer::SessionEnded,
                };
                (expected, found)
            }
            Action::Remove { node: number } => {
                let found = store
                    .nodes
                    .remove(&node(NODES[*number]))
                    .await
                    .map_err(text)?;
                (self.model.remove(*number), Answer::Flag(found))
            }
            _ => unreachable!("what a node does"),
        })
    }

    async fn sweep(&mut self, store: &Store, number: u16, sweep: Sweep) -> Result<(), String> {
        let partition = Partition::new(number);
        let sweeps = &store.sweeps;
        match sweep {
            Sweep::Promote => {
                self.model.promote(number);
                sweeps.run(Work::Promote, partition).await
            }
            Sweep::ReturnLost => {
                self.model.return_lost(number);
                sweeps.run(Work::ReturnLost, partition).await
            }
            Sweep::EndDead => {
                self.model.end_dead(number);
                sweeps.run(Work::EndDead, partition).await
            }
            Sweep::Expire => {
                self.model.expire(number);
                sweeps.run(Work::Expire, partition).await
            }
            Sweep::Deliver => {
                self.model.deliver(number);
                sweeps.run(Work::Deliver, partition).await
            }
            Sweep::Trim {
                keep_ms,
                keep_count,
            } => {
                self.model.trim(number, keep_ms, usize::from(keep_count));
                let retention = Retention {
                    succeeded_ms: keep_ms,
                    failed_ms: keep_ms,
                    max_finished: u64::from(keep_count),
                    ..Retention::default()
                };
                sweeps.trim(partition, &retention).await
            }
        }
        .map_err(text)
    }

    /// Time goes by in seconds; in each, every partition is swept as the service does it.
    async fn pass(&mut self, store: &Store, millis: u64) -> Result<(), String> {
        let mut left = millis;
        while left > 0 {
            let step = left.min(1_000);
            left -= step;
            self.advance(step);
            for number in 0..PARTITIONS {
                if self.model.watches(number) {
                    self.model.look(number);
                }
                let due = store
                    .sweeps
                    .due(Partition::new(number), "replica", 5_000, &[])
                    .await
                    .map_err(text)?;
                for work in due.work {
                    let sweep = match work {
                        Work::Promote => Sweep::Promote,
                        Work::ReturnLost => Sweep::ReturnLost,
                        Work::EndDead => Sweep::EndDead,
                        Work::Expire => Sweep::Expire,
                        Work::Deliver => Sweep::Deliver,
                        Work::OpenLimits => return Err("the model has no limits".into()),
                        Work::EndDrains | Work::Operate => {
                            return Err("no action drains a node or begins an operation".to_owned());
                        }
                        Work::FireSchedules => return Err("the model has no schedules".into()),
                        Work::ExtendJobs | Work::PlantJobs | Work::EndJobs => {
                            return Err("there are no jobs".to_owned());
                        }
                    };
                    self.sweep(store, number, sweep).await?;
                    // Moments that were drawn must be known before the next step needs them.
                    self.compare_tasks(false).await?;
                }
            }
        }
        Ok(())
    }
}

fn reported(outcome: Result<ReportOutcome, StoreError>) -> Result<Answer, String> {
    Ok(match outcome.map_err(text)? {
        ReportOutcome::Done { state, .. } => Answer::Done(state),
        ReportOutcome::LeaseLost => Answer::LeaseLost,
        ReportOutcome::NotFound => Answer::NotFound,
        ReportOutcome::NotRunning => Answer::NotRunning,
        other => return Err(format!("a report is answered {other:?}")),
    })
}

/// Children that carry their numbers, by which they are known again.
fn numbered(children: &[Wish], first: usize) -> Vec<Submission> {
    let number = |index: usize| Document::parse((first + index).to_string()).unwrap();
    let each = children.iter().enumerate();
    each.map(|(index, wish)| Submission {
        payload: number(index),
        ..submission(wish)
    })
    .collect()
}

fn document(long: bool) -> Document {
    let length = if long { LONG } else { 2 };
    Document::parse(format!("\"{}\"", "x".repeat(length))).unwrap()
}

/// What a node offers, and the classes that this covers.
fn offer_of(number: usize) -> (Offer, Vec<u8>) {
    let gpu = || [("gpu".to_owned(), "a100".to_owned())].into();
    let types = |name: &str| vec![TaskType::parse(name).unwrap()];
    match number {
        0 => (
            Offer {
                labels: gpu(),
                ..Offer::default()
            },
            vec![0, 1, 2],
        ),
        1 => (
            Offer {
                types: types("default"),
                ..Offer::default()
            },
            vec![0],
        ),
        2 => (
            Offer {
                types: types("b"),
                labels: gpu(),
                ..Offer::default()
            },
            vec![1],
        ),
        _ => (Offer::default(), vec![0, 1]),
    }
}

fn child(queue: usize) -> Wish {
    Wish {
        queue,
        class: 0,
        priority: 0,
        delay_ms: None,
        expires_in_ms: None,
        max_attempts: 3,
        max_losses: 3,
        timeout_ms: None,
        retry: None,
        key: None,
        unique: None,
    }
}

fn submission(wish: &Wish) -> Submission {
    let requires = if wish.class == 2 {
        Requirements {
            labels: [("gpu".to_owned(), "a100".into())].into(),
            ..Requirements::default()
        }
    } else {
        Requirements::default()
    };
    let task_type = if wish.class == 1 { "b" } else { "default" };
    let unique = wish.unique.map(|unique| Uniqueness {
        key: unique.key.to_string(),
        until: unique.until,
        ttl_ms: None,
        on_conflict: unique.on_conflict,
    });
    let digest = |one: usize, other: u8| {
        let mut digest = [other; 16];
        digest[0] = u8::try_from(one).unwrap();
        digest
    };
    Submission {
        task_type: TaskType::parse(task_type).unwrap(),
        priority: Priority::new(wish.priority).unwrap(),
        run_at: wish.delay_ms.map_or(RunAt::Now, RunAt::After),
        max_attempts: Some(wish.max_attempts),
        max_losses: wish.max_losses,
        retry: wish.retry,
        timeout_ms: wish.timeout_ms,
        expires_in_ms: wish.expires_in_ms,
        requires,
        unique,
        idempotency: wish.key.map(|(key, body)| IdempotencyKey {
            scope: digest(wish.queue, key),
            body: digest(0, body),
        }),
        ..Submission::new(queue(QUEUES[wish.queue]))
    }
}
