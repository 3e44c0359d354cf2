//! Tasks, their leases, and the moves between states.

use taskyard::domain::retry::RetryPolicy;
use taskyard::domain::score::Ordering;
use taskyard::domain::{FailureReason, TaskState};

use super::{AGING_STEP_MS, Key, LeaseNo, Model, Serial, SessionNo, UniqueWish};

/// A moment that is known, or known within bounds until the store has drawn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    At(u64),
    Between(u64, u64),
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    Timeout,
    Lost,
    Revoked,
    Released,
}

/// One delivery of a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lease {
    pub(crate) task: Serial,
    pub(crate) node: usize,
    pub(crate) session: Option<SessionNo>,
    /// The length that the claim or an extension asked for.
    pub(crate) length: Option<u64>,
    /// With a session and a length: when it ends although the session lives.
    pub(crate) own_end: Option<u64>,
    pub(crate) ends: u64,
    pub(crate) deadline: u64,
    /// When the sweep looks at it.
    pub(crate) row: u64,
    pub(crate) outcome: Option<Outcome>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) queue: usize,
    pub(crate) class: u8,
    pub(crate) fairness_key: Key,
    pub(crate) priority: i64,
    pub(crate) max_attempts: u32,
    pub(crate) max_losses: u32,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Option<u64>,
    /// `None` when it is not there: not yet created, or deleted.
    pub(crate) state: Option<TaskState>,
    pub(crate) attempt: u32,
    pub(crate) failures: u32,
    pub(crate) losses: u32,
    /// Where it stands among the ready ones; smaller is sooner.
    pub(crate) place: Option<u64>,
    pub(crate) due: Due,
    pub(crate) expires: Option<u64>,
    pub(crate) unique: Option<UniqueWish>,
    pub(crate) finished: u64,
    pub(crate) reason: Option<FailureReason>,
    /// While running and told to stop: when the lease is revoked.
    pub(crate) revoke: Option<u64>,
    pub(crate) lease: Option<LeaseNo>,
    pub(crate) run: u64,
    pub(crate) has_result: bool,
    /// How its job counts it once it is deleted.
    pub(crate) gone_as: Option<TaskState>,
}

impl Task {
    pub(crate) fn is_there(&self) -> bool {
        self.state.is_some()
    }

    pub(crate) fn is(&self, state: TaskState) -> bool {
        self.state == Some(state)
    }

    pub(crate) fn waits_for_a_moment(&self) -> bool {
        self.is(TaskState::Scheduled) || self.is(TaskState::RetryWait)
    }

    /// Waiting tasks may expire; running and finished ones do not.
    pub(crate) fn waits(&self) -> bool {
        self.is(TaskState::Queued) || self.waits_for_a_moment()
    }

    pub(crate) fn due_at(&self) -> u64 {
        match self.due {
            Due::At(moment) => moment,
            Due::Between(..) => panic!("the moment of a task was not learnt from the store"),
        }
    }
}

impl Model {
    pub(crate) fn lease_of(&self, task: Serial) -> &Lease {
        &self.leases[self.tasks[task].lease.expect("a running task has a lease")]
    }

    /// Ends the running attempt.
    pub(crate) fn settle(&mut self, task: Serial, outcome: Outcome) {
        let lease = self.tasks[task].lease.expect("a running task has a lease");
        self.leases[lease].outcome = Some(outcome);
    }

    /// To queued: at its old place, or at a new one.
    pub(crate) fn make_queued(&mut self, task: Serial, keeps_place: bool) {
        let queue = self.tasks[task].queue;
        if !keeps_place || self.tasks[task].place.is_none() {
            let priority = self.tasks[task].priority;
            self.tasks[task].place = Some(self.next_place(queue, priority));
        }
        self.tasks[task].state = Some(TaskState::Queued);
        self.queues[queue].turns.begun |= self.tasks[task].fairness_key > 0;
    }

    fn next_place(&mut self, queue: usize, priority: i64) -> u64 {
        let now = self.now;
        let queue = &mut self.queues[queue];
        queue.sequence += 1;
        let rank = u64::try_from(100 - priority).unwrap();
        match queue.ordering {
            Ordering::Strict => (rank << 45) + queue.sequence,
            Ordering::Fifo => queue.sequence,
            Ordering::Aging => {
                queue.tick = (now * 4_096).max(queue.tick + 1);
                queue.tick + rank * AGING_STEP_MS * 4_096 - 100 * AGING_STEP_MS * 4_096
            }
        }
    }

    /// Gives a task another priority; one that has a place in the queue moves with it.
    pub(super) fn move_place(&mut self, task: Serial, priority: i64) {
        let record = &mut self.tasks[task];
        let steps = record.priority - priority;
        record.priority = priority;
        let step = match self.queues[record.queue].ordering {
            Ordering::Strict => 1 << 45,
            Ordering::Fifo => 0,
            Ordering::Aging => i64::try_from(AGING_STEP_MS * 4_096).unwrap(),
        };
        let has_place = matches!(record.state, Some(TaskState::Queued | TaskState::Running));
        if let Some(place) = record.place.as_mut().filter(|_| has_place) {
            *place = place.checked_add_signed(steps * step).unwrap();
        }
    }

    pub(crate) fn make_waiting(&mut self, task: Serial, state: TaskState, due: Due) {
        self.tasks[task].state = Some(state);
        self.tasks[task].due = due;
    }

    pub(crate) fn make_final(
        &mut self,
        task: Serial,
        state: TaskState,
        reason: Option<FailureReason>,
    ) {
        let now = self.now;
        self.free(task);
        let task = &mut self.tasks[task];
        task.state = Some(state);
        task.finished = now;
        task.reason = reason;
    }

    /// Deletes a task: one that waits counts as cancelled from now on.
    pub(crate) fn remove_task(&mut self, task: Serial) {
        let record = &mut self.tasks[task];
        let state = record.state.take();
        record.gone_as = state.map(|state| {
            let counts = state.is_final();
            if counts { state } else { TaskState::Cancelled }
        });
    }

    /// A failure or a time-out: again later, or failed.
    pub(crate) fn fail_attempt(
        &mut self,
        task: Serial,
        outcome: Outcome,
        retryable: bool,
        delay: Option<u64>,
        reason: FailureReason,
    ) {
        self.settle(task, outcome);
        self.tasks[task].failures += 1;
        let record = &self.tasks[task];
        if record.revoke.is_some() {
            self.make_final(task, TaskState::Cancelled, None);
        } else if retryable && record.failures < record.max_attempts {
            let (least, most) = record.retry.bounds_ms(record.failures);
            let due = delay.map_or(Due::Between(self.now + least, self.now + most), |delay| {
                Due::At(self.now + delay)
            });
            self.make_waiting(task, TaskState::RetryWait, due);
        } else {
            self.make_final(task, TaskState::Failed, Some(reason));
        }
    }

    /// The node died or the lease ran out: back to its place, unless that happened too often.
    pub(crate) fn lose_attempt(&mut self, task: Serial) {
        self.settle(task, Outcome::Lost);
        self.tasks[task].losses += 1;
        let record = &self.tasks[task];
        if record.revoke.is_some() {
            self.make_final(task, TaskState::Cancelled, None);
        } else if record.losses >= record.max_losses {
            self.make_final(task, TaskState::Failed, Some(FailureReason::Poison));
        } else {
            self.make_queued(task, true);
        }
    }
}
