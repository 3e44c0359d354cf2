//! Complete, fail, release and progress: what a lease gives the right to say.

use taskyard::domain::{FailureReason, TaskState};

use super::submit::Wish;
use super::task::{Due, Outcome};
use super::{Answer, LeaseNo, Model, OutboxRow, Serial};

impl Model {
    /// The answer to a report that changes nothing; `None` while the lease lives.
    fn refusal(&self, lease: LeaseNo, may_repeat: &[Outcome]) -> Option<Answer> {
        let task = &self.tasks[self.leases[lease].task];
        let Some(state) = task.state else {
            return Some(Answer::NotFound);
        };
        let outcome = self.leases[lease].outcome?;
        Some(if may_repeat.contains(&outcome) {
            Answer::Done(state)
        } else {
            Answer::LeaseLost
        })
    }

    fn state(&self, task: Serial) -> Answer {
        Answer::Done(self.tasks[task].state.unwrap())
    }

    pub(crate) fn complete(&mut self, lease: LeaseNo, children: &[Wish]) -> Answer {
        if let Some(refusal) = self.refusal(lease, &[Outcome::Succeeded, Outcome::Failed]) {
            return refusal;
        }
        let task = self.leases[lease].task;
        let home = self.partition_of(task);
        for child in children {
            let serial = self.draft(child);
            if self.partition_of(serial) == home {
                self.create(serial, None);
            } else {
                self.partitions[usize::from(home)]
                    .outbox
                    .push(OutboxRow::Child(serial));
            }
        }
        self.settle(task, Outcome::Succeeded);
        self.make_final(task, TaskState::Succeeded, None);
        self.tasks[task].has_result = true;
        self.state(task)
    }

    pub(crate) fn fail(&mut self, lease: LeaseNo, retryable: bool, delay: Option<u64>) -> Answer {
        if let Some(refusal) = self.refusal(lease, &[Outcome::Succeeded, Outcome::Failed]) {
            return refusal;
        }
        let task = self.leases[lease].task;
        let reason = if retryable {
            FailureReason::AttemptsExhausted
        } else {
            FailureReason::NonRetryable
        };
        self.fail_attempt(task, Outcome::Failed, retryable, delay, reason);
        self.state(task)
    }

    pub(crate) fn release(&mut self, lease: LeaseNo, delay: Option<u64>) -> Answer {
        let may_repeat = [Outcome::Succeeded, Outcome::Failed, Outcome::Released];
        if let Some(refusal) = self.refusal(lease, &may_repeat) {
            return refusal;
        }
        self.give_back(self.leases[lease].task, Outcome::Released, delay)
    }

    /// An operator's release needs no token.
    pub(crate) fn release_by_operator(&mut self, task: Serial, delay: Option<u64>) -> Answer {
        match self.tasks[task].state {
            None => Answer::NotFound,
            Some(TaskState::Running) => self.give_back(task, Outcome::Revoked, delay),
            Some(_) => Answer::NotRunning,
        }
    }

    fn give_back(&mut self, task: Serial, outcome: Outcome, delay: Option<u64>) -> Answer {
        self.settle(task, outcome);
        match delay {
            _ if self.tasks[task].revoke.is_some() => {
                self.make_final(task, TaskState::Cancelled, None);
            }
            Some(delay) if delay > 0 => {
                self.make_waiting(task, TaskState::Scheduled, Due::At(self.now + delay));
            }
            _ => self.make_queued(task, true),
        }
        self.state(task)
    }

    pub(crate) fn progress(
        &mut self,
        lease: LeaseNo,
        extend: Option<u64>,
        remaining: Option<u64>,
    ) -> Answer {
        if let Some(refusal) = self.refusal(lease, &[]) {
            return refusal;
        }
        self.renew(lease, extend, remaining);
        Answer::Renewed {
            cancel: self.tasks[self.leases[lease].task].revoke.is_some(),
            ends: self.leases[lease].ends,
        }
    }
}
