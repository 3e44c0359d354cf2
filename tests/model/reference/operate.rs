//! What users and operators do to a task or a queue: cancel, retry, pause, configure,
//! purge, trim.

use taskyard::domain::TaskState;
use taskyard::domain::queue_limits::{QueueLimits, Weights};
use taskyard::domain::score::Ordering;

use super::{Answer, Model, OutboxRow, Serial};

const CANCEL_GRACE_MS: u64 = 30_000;

impl Model {
    pub(crate) fn cancel(&mut self, task: Serial) -> Answer {
        let Some(state) = self.tasks[task].state else {
            return Answer::NotFound;
        };
        match state {
            TaskState::Succeeded | TaskState::Failed | TaskState::Expired => {
                return Answer::AlreadyFinished(state);
            }
            TaskState::Running if self.tasks[task].revoke.is_none() => {
                let revoke = self.now + CANCEL_GRACE_MS;
                let lease = self.tasks[task].lease.unwrap();
                let lease = &mut self.leases[lease];
                lease.row = lease.ends.min(lease.deadline).min(revoke);
                let session = lease.session;
                self.tasks[task].revoke = Some(revoke);
                let home = usize::from(self.partition_of(task));
                let row = session.map(|session| OutboxRow::Cancel { session, task });
                self.partitions[home].outbox.extend(row);
            }
            TaskState::Running | TaskState::Cancelled => {}
            _ => self.make_final(task, TaskState::Cancelled, None),
        }
        Answer::Done(self.tasks[task].state.unwrap())
    }

    pub(crate) fn retry(&mut self, task: Serial) -> Answer {
        let Some(state) = self.tasks[task].state else {
            return Answer::NotFound;
        };
        if !state.is_final() {
            return Answer::InvalidState(state);
        }
        if let Some(rival) = self.rival(task) {
            return Answer::RefusedDuplicate(rival);
        }
        self.hold(task);
        let record = &mut self.tasks[task];
        record.reason = None;
        record.failures = 0;
        record.losses = 0;
        record.revoke = None;
        record.expires = None;
        record.has_result = false;
        record.run += 1;
        self.make_queued(task, false);
        Answer::Done(TaskState::Queued)
    }

    pub(crate) fn run_now(&mut self, task: Serial) -> Answer {
        match self.tasks[task].state {
            None => Answer::NotFound,
            Some(TaskState::Scheduled | TaskState::RetryWait) => {
                self.make_queued(task, false);
                Answer::Done(TaskState::Queued)
            }
            Some(state) => Answer::InvalidState(state),
        }
    }

    pub(crate) fn delete(&mut self, task: Serial) -> Answer {
        match self.tasks[task].state {
            None => Answer::NotFound,
            Some(state) if state.is_final() => {
                self.remove_task(task);
                Answer::Flag(true)
            }
            Some(state) => Answer::InvalidState(state),
        }
    }

    /// Another priority: the place is that of a task which was queued with it then.
    pub(crate) fn reprioritise(&mut self, task: Serial, priority: i64) -> Answer {
        let Some(state) = self.tasks[task].state else {
            return Answer::NotFound;
        };
        if state.is_final() {
            return Answer::InvalidState(state);
        }
        self.move_place(task, priority);
        Answer::Done(state)
    }

    pub(crate) fn pause(&mut self, queue: usize, paused: bool) -> Answer {
        if self.queues[queue].exists {
            self.queues[queue].paused = paused;
        }
        Answer::Flag(self.queues[queue].exists)
    }

    /// Another ordering only while no task has a place. Limits and weights are replaced as well.
    pub(crate) fn configure(
        &mut self,
        queue: usize,
        ordering: Ordering,
        limits: &QueueLimits,
        weights: &Weights,
    ) -> Answer {
        let places = [TaskState::Queued, TaskState::Running].map(|state| self.count(queue, state));
        let record = &mut self.queues[queue];
        if record.ordering != ordering && places != [0, 0] {
            return Answer::Flag(false);
        }
        record.ordering = ordering;
        record.exists = true;
        self.merge(queue, Some(limits), Some(weights))
    }

    /// Changes what is named, of a queue that is there.
    pub(crate) fn merge(
        &mut self,
        queue: usize,
        limits: Option<&QueueLimits>,
        weights: Option<&Weights>,
    ) -> Answer {
        let record = &mut self.queues[queue];
        if record.exists {
            record.limits = limits.unwrap_or(&record.limits).clone();
            record.weights = weights.unwrap_or(&record.weights).clone();
        }
        Answer::Flag(record.exists)
    }

    /// Deletes the tasks that wait.
    pub(crate) fn purge(&mut self, queue: usize) -> Answer {
        if !self.queues[queue].exists {
            return Answer::NotFound;
        }
        let mut purged = 0;
        for task in 0..self.tasks.len() {
            let record = &self.tasks[task];
            let waits = |state: TaskState| !state.is_final() && state != TaskState::Running;
            if record.queue == queue && record.state.is_some_and(waits) {
                self.remove_task(task);
                self.free(task);
                purged += 1;
            }
        }
        Answer::Purged(purged)
    }

    /// Deletes finished tasks of a partition that are too old, or too many of one state.
    pub(crate) fn trim(&mut self, partition: u16, keep_ms: u64, keep_count: usize) {
        for queue in 0..self.queues.len() {
            for state in TaskState::ALL.into_iter().filter(|state| state.is_final()) {
                let fits = |task: &super::Task| task.queue == queue && task.is(state);
                let mut kept = self.tasks_in(partition, fits);
                kept.sort_by_key(|task| (self.tasks[*task].finished, *task));
                let surplus = kept.len().saturating_sub(keep_count);
                for (rank, task) in kept.into_iter().enumerate() {
                    let is_old = self.tasks[task].finished + keep_ms <= self.now;
                    if is_old || rank < surplus {
                        self.remove_task(task);
                    }
                }
            }
        }
    }
}
