//! Jobs: what their tasks come to, and what follows from that.

use taskyard::domain::TaskState;
use taskyard::domain::job::{JobState, StopReason, UPLOAD_LEASE_MS};

use super::submit::Wish;
use super::{Answer, Model, OutboxRow, Serial};

/// A job's number.
pub(crate) type JobNo = usize;

/// What is asked for when a job begins.
#[derive(Debug, Clone)]
pub(crate) struct JobWish {
    pub(crate) queue: usize,
    /// Tasks of a range, which makes them itself; `None` when they are brought.
    pub(crate) range: Option<u8>,
    pub(crate) stop_after: Option<u64>,
    pub(crate) deadline_ms: Option<u64>,
    /// The queue of the task that is submitted at its end.
    pub(crate) on_finish: Option<usize>,
    /// Idempotency key and body.
    pub(crate) key: Option<(u8, u8)>,
}

/// A task's place in its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) task: Serial,
    pub(crate) offset: u64,
    pub(crate) count: u64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) queue: usize,
    pub(crate) open: bool,
    pub(crate) is_keyed: bool,
    /// Until when its upload counts as live.
    upload_until: u64,
    stop_after: Option<u64>,
    deadline: Option<u64>,
    pub(crate) stopped_by: Option<StopReason>,
    /// Since when its tasks are to be cancelled by the next sweep.
    cancel_due: Option<u64>,
    /// The task that is submitted at its end, and whether it has been sent on its way.
    pub(crate) last_task: Option<Serial>,
    is_last_sent: bool,
    pub(crate) state: JobState,
    pub(crate) finished: Option<u64>,
    pub(crate) tasks: Vec<Place>,
    pub(crate) items: u64,
}

/// What stands behind the results that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Unfinished(Serial),
    Unmade,
    End,
}

/// What a job counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) waiting: u64,
    pub(crate) running: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
}

impl Job {
    /// Whether it is told to stop, and has not finished.
    pub(crate) fn stops(&self) -> bool {
        self.stopped_by.is_some() && self.finished.is_none()
    }

    fn outcome(&self, counts: Counts) -> JobState {
        match self.stopped_by {
            Some(StopReason::Upload) => JobState::Cancelled,
            Some(StopReason::Cancelled) if counts.cancelled > 0 => JobState::Cancelled,
            Some(StopReason::Deadline) => JobState::Failed,
            _ if counts.failed > 0 => JobState::Failed,
            _ if counts.cancelled > 0 => JobState::Cancelled,
            _ => JobState::Succeeded,
        }
    }

    fn stop(&mut self, by: StopReason, now: u64) {
        let is_broken = self.open && by == StopReason::Cancelled;
        self.stopped_by = Some(if is_broken { StopReason::Upload } else { by });
        self.open = false;
        self.cancel_due = Some(now);
    }
}

impl Model {
    /// What its tasks come to. A deleted one counts as it ended, or as cancelled.
    pub(crate) fn job_counts(&self, job: JobNo) -> Counts {
        let mut counts = Counts::default();
        for place in &self.jobs[job].tasks {
            let task = &self.tasks[place.task];
            counts.total += 1;
            *match task.state.or(task.gone_as) {
                Some(TaskState::Running) => &mut counts.running,
                Some(TaskState::Succeeded) => &mut counts.succeeded,
                Some(TaskState::Failed | TaskState::Expired) => &mut counts.failed,
                Some(TaskState::Cancelled) => &mut counts.cancelled,
                _ => &mut counts.waiting,
            } += 1;
        }
        counts
    }

    /// The results that can be read, in the order of the items, and what stands behind them.
    pub(crate) fn results(&self, job: JobNo) -> (Vec<(Place, TaskState)>, Next) {
        let mut ended = Vec::new();
        for place in &self.jobs[job].tasks {
            match self.tasks[place.task].state {
                Some(state) if state.is_final() => ended.push((*place, state)),
                Some(_) => return (ended, Next::Unfinished(place.task)),
                None => {}
            }
        }
        let is_finished = self.jobs[job].finished.is_some();
        (ended, if is_finished { Next::End } else { Next::Unmade })
    }

    /// A job comes into being, unless its key has made it before.
    pub(crate) fn begin_job(&mut self, wish: &JobWish) -> Answer {
        self.queues[wish.queue].exists = true;
        if let Some(queue) = wish.on_finish {
            self.queues[queue].exists = true;
        }
        if let Some((key, body)) = wish.key
            && let Some((first_body, job)) = self.job_keys.get(&(wish.queue, key)).copied()
        {
            return self.begin_again(job, body == first_body);
        }
        let last_task = wish.on_finish.map(|queue| self.draft(&Wish::plain(queue)));
        let number = self.jobs.len();
        self.jobs.push(Job {
            queue: wish.queue,
            open: wish.range.is_none(),
            is_keyed: wish.key.is_some(),
            upload_until: self.now + UPLOAD_LEASE_MS,
            stop_after: wish.stop_after,
            deadline: wish.deadline_ms.map(|millis| self.now + millis),
            stopped_by: None,
            cancel_due: None,
            last_task,
            is_last_sent: false,
            state: JobState::Running,
            finished: None,
            tasks: Vec::new(),
            items: 0,
        });
        if let Some((key, body)) = wish.key {
            self.job_keys.insert((wish.queue, key), (body, number));
        }
        for _ in 0..wish.range.unwrap_or_default() {
            self.join(number, 1, &Wish::plain(wish.queue));
        }
        Answer::Begun(number)
    }

    fn begin_again(&mut self, job: JobNo, is_same: bool) -> Answer {
        let record = &mut self.jobs[job];
        if !is_same {
            Answer::KeyReused
        } else if !record.open {
            Answer::Replayed(job)
        } else if record.upload_until > self.now {
            Answer::InProgress(job)
        } else {
            record.upload_until = self.now + UPLOAD_LEASE_MS;
            Answer::Resumed(job, record.items)
        }
    }

    fn join(&mut self, job: JobNo, count: u64, wish: &Wish) {
        let task = self.draft(wish);
        self.create(task, wish.delay_ms);
        let record = &mut self.jobs[job];
        let offset = record.items;
        record.items += count;
        record.tasks.push(Place {
            task,
            offset,
            count,
        });
    }

    /// An upload brings tasks, each of so many items.
    pub(crate) fn bring(&mut self, job: JobNo, tasks: &[(u64, Wish)]) -> Answer {
        if !self.jobs[job].open {
            return Answer::Flag(false);
        }
        for (count, wish) in tasks {
            self.join(job, *count, wish);
        }
        self.jobs[job].upload_until = self.now + UPLOAD_LEASE_MS;
        Answer::Flag(true)
    }

    /// The upload is whole.
    pub(crate) fn close_job(&mut self, job: JobNo) {
        self.jobs[job].open = false;
    }

    /// The upload broke off, and somebody has noticed.
    pub(crate) fn abandon_job(&mut self, job: JobNo) {
        let record = &mut self.jobs[job];
        if record.open {
            record.upload_until = self.now;
            if !record.is_keyed {
                record.stop(StopReason::Cancelled, self.now);
            }
        }
    }

    pub(crate) fn cancel_job(&mut self, job: JobNo) -> Answer {
        let record = &mut self.jobs[job];
        if record.finished.is_some() && record.state != JobState::Cancelled {
            return Answer::JobFinished(record.state);
        }
        if record.finished.is_none() && record.stopped_by.is_none() {
            record.stop(StopReason::Cancelled, self.now);
        }
        Answer::Flag(true)
    }

    /// The failed tasks run again, in their order. Nothing stops the new run but a request.
    pub(crate) fn retry_job(&mut self, job: JobNo) -> Answer {
        let record = &mut self.jobs[job];
        if record.open || record.stops() {
            return Answer::Flag(false);
        }
        record.stopped_by = None;
        record.stop_after = None;
        let mut again = 0;
        for place in record.tasks.clone() {
            let state = self.tasks[place.task].state;
            if matches!(state, Some(TaskState::Failed | TaskState::Expired)) {
                self.retry(place.task);
                again += 1;
            }
        }
        Answer::Again(again)
    }

    /// What follows from the counts: stops, ends, and ends that are undone.
    pub(crate) fn settle_jobs(&mut self) {
        for number in 0..self.jobs.len() {
            let (now, counts) = (self.now, self.job_counts(number));
            let home = usize::from(self.queues[self.jobs[number].queue].partition);
            let job = &mut self.jobs[number];
            let is_over = job.stop_after.is_some_and(|most| counts.failed >= most);
            if is_over && job.stopped_by.is_none() {
                job.stop(StopReason::StopAfter, now);
            }
            let unfinished = counts.waiting + counts.running;
            if job.open || unfinished > 0 {
                job.finished = None;
                job.state = JobState::Running;
            } else if job.finished.is_none() {
                job.finished = Some(now);
                job.state = job.outcome(counts);
                // A later run has none of these.
                (job.cancel_due, job.deadline) = (None, None);
                if let Some(task) = job.last_task.filter(|_| !job.is_last_sent) {
                    job.is_last_sent = true;
                    self.partitions[home].outbox.push(OutboxRow::LastTask(task));
                }
            }
        }
    }

    /// The sweep that ends what is due at jobs.
    pub(crate) fn end_jobs(&mut self, partition: u16) {
        for number in 0..self.jobs.len() {
            let (now, job) = (self.now, &mut self.jobs[number]);
            if self.queues[job.queue].partition != partition || job.finished.is_some() {
                continue;
            }
            let may_stop = job.stopped_by.is_none();
            if may_stop && job.deadline.is_some_and(|deadline| deadline <= now) {
                job.stop(StopReason::Deadline, now);
            } else if job.open && !job.is_keyed && job.upload_until <= now {
                job.stop(StopReason::Cancelled, now);
            }
            if job.cancel_due.take().is_some() {
                for place in job.tasks.clone() {
                    let state = self.tasks[place.task].state;
                    if state.is_some_and(|state| !state.is_final()) {
                        self.cancel(place.task);
                    }
                }
            }
            self.settle_jobs();
        }
    }
}
