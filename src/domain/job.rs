//! Jobs: data sets submitted as one thing and cut into tasks.
//!
//! A job lives in the partition of its queue, beside its tasks, and its id names that partition. Its
//! items are numbered from 0; each task holds some that follow one another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::MAX_DELAY_MS;
use super::task::IdempotencyKey;
use super::{
    InvalidInput, Name, NodeId, QueueName, Submission, TaskId, TaskState, TaskType, UnixMillis,
};

/// How long an upload may be silent before another one may take its place, milliseconds.
pub const UPLOAD_LEASE_MS: u64 = 60_000;
/// How long a staged graph with an Idempotency-Key waits for being committed, milliseconds.
pub const STAGE_MS: u64 = 3_600_000;
/// Unfinished tasks of a range that exist at once.
pub const JOB_WINDOW: u64 = 1_000;
/// Items of one chunk at most.
pub const MAX_CHUNK_ITEMS: u64 = 10_000;
/// Items of one chunk, when nothing else is said.
pub const DEFAULT_CHUNK_ITEMS: u64 = 100;
/// Numbers of a range lie between this and its negative, so that they are exact everywhere.
pub const MAX_RANGE: i64 = 1 << 53;

/// A job's id: of the same form as a task's, and naming the partition of its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(TaskId);

impl JobId {
    /// An id as it was minted.
    pub const fn new(id: TaskId) -> Self {
        Self(id)
    }

    /// Reads the hyphenated form that the API shows; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        TaskId::parse(text).map(Self)
    }

    /// The same id as one of the runs whose ends are signalled: jobs and tasks share one kind of ids.
    pub const fn as_run(self) -> TaskId {
        self.0
    }

    /// 32 lower-case hexadecimal digits: the form in Redis keys and members.
    pub fn compact(self) -> String {
        self.0.compact()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Where in a job a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPlace {
    /// The job.
    pub job: JobId,
    /// The task's first item, from 0.
    pub offset: u64,
    /// How many items the task holds.
    pub count: u64,
}

impl JobPlace {
    /// As the store keeps it: `ID OFFSET COUNT`.
    pub fn packed(&self) -> String {
        format!("{} {} {}", self.job.compact(), self.offset, self.count)
    }

    /// Reads what [`Self::packed`] wrote.
    pub fn unpack(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Some(Self {
            job: JobId(TaskId::from_compact(words.next()?.as_bytes())?),
            offset: words.next()?.parse().ok()?,
            count: words.next()?.parse().ok()?,
        })
    }
}

/// Whole numbers from `from` up to and without `to`, cut into tasks of `step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobRange {
    /// The first number.
    pub from: i64,
    /// The first number behind the range.
    pub to: i64,
    /// Numbers of one task; the last may have fewer.
    pub step: u64,
}

impl JobRange {
    /// Checks the bounds.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        let bounds = -MAX_RANGE..=MAX_RANGE;
        for (pointer, number) in [("/range/from", self.from), ("/range/to", self.to)] {
            if !bounds.contains(&number) {
                return Err(InvalidInput::new(pointer, "lies between -2^53 and 2^53"));
            }
        }
        if self.to < self.from || self.to - self.from > MAX_RANGE {
            return Err(InvalidInput::new(
                "/range/to",
                "to is not less than from, and at most 2^53 more",
            ));
        }
        if self.step == 0 || self.step > MAX_RANGE.unsigned_abs() {
            return Err(InvalidInput::new(
                "/range/step",
                "step lies between 1 and 2^53",
            ));
        }
        Ok(())
    }

    /// How many tasks it is cut into.
    pub fn tasks(&self) -> u64 {
        self.from.abs_diff(self.to).div_ceil(self.step)
    }
}

/// A job as submitted, without its tasks.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The queue of all its tasks.
    pub queue: QueueName,
    /// What people call it.
    pub name: Option<Name>,
    /// Whether its tasks come as a graph: staged, and there at once when that is committed.
    pub is_graph: bool,
    /// A range cuts itself into tasks; `None` when they are brought.
    pub range: Option<(JobRange, TaskType, super::score::Priority)>,
    /// Failed tasks after which the rest is cancelled.
    pub stop_after: Option<u64>,
    /// How long after its beginning what has not ended is cancelled.
    pub deadline_ms: Option<u64>,
    /// Submitted once, when the job has finished.
    pub on_finish: Option<Submission>,
    /// Makes repeating the request harmless.
    pub idempotency: Option<IdempotencyKey>,
}

impl NewJob {
    /// A job of brought tasks in `queue`, with every default.
    #[must_use]
    pub fn new(queue: QueueName) -> Self {
        Self {
            queue,
            name: None,
            is_graph: false,
            range: None,
            stop_after: None,
            deadline_ms: None,
            on_finish: None,
            idempotency: None,
        }
    }

    /// Checks how it is to end.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if self.stop_after == Some(0) {
            let message = "stop_after is at least 1";
            return Err(InvalidInput::new("/failure/stop_after", message));
        }
        if (self.deadline_ms).is_some_and(|millis| !(1..=MAX_DELAY_MS).contains(&millis)) {
            let message = format!("deadline_ms lies between 1 and {MAX_DELAY_MS}");
            return Err(InvalidInput::new("/deadline_ms", message));
        }
        Ok(())
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Tasks come, wait or run.
    Running,
    /// All its tasks succeeded.
    Succeeded,
    /// A task failed or expired.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The state that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            _ => return None,
        })
    }
}

/// Why a job did not go on to the end of its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Somebody cancelled it.
    Cancelled,
    /// Its upload broke off.
    Upload,
    /// So many tasks failed as its `stop_after` says.
    StopAfter,
    /// Its deadline passed.
    Deadline,
}

impl StopReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::Cancelled,
        Self::Upload,
        Self::StopAfter,
        Self::Deadline,
    ];

    /// The reason that a record's `stopped_by` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "request" => Self::Cancelled,
            "upload" => Self::Upload,
            "failures" => Self::StopAfter,
            "deadline" => Self::Deadline,
            _ => return None,
        })
    }
}

/// A job as it stands.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The queue of all its tasks.
    pub queue: QueueName,
    /// What people call it.
    pub name: Option<Name>,
    /// Where it stands.
    pub state: JobState,
    /// Whether its upload has not ended: more tasks may come.
    pub open: bool,
    /// Items taken so far.
    pub items: u64,
    /// Tasks, of a range also those to come.
    pub total: u64,
    /// Tasks that run.
    pub running: u64,
    /// Tasks that succeeded.
    pub succeeded: u64,
    /// Tasks that failed or expired.
    pub failed: u64,
    /// Tasks that were cancelled, or will never come.
    pub cancelled: u64,
    /// Whether it was told to stop.
    pub cancel_requested: bool,
    /// Why it stops, or did, before its tasks had ended.
    pub stopped_by: Option<StopReason>,
    /// When what has not ended is cancelled.
    pub deadline: Option<UnixMillis>,
    /// The task that is submitted when the job has finished.
    pub on_finish: Option<TaskId>,
    /// When it was begun.
    pub created_at: UnixMillis,
    /// When the last of its tasks ended.
    pub finished_at: Option<UnixMillis>,
    /// When this was read.
    pub read_at: UnixMillis,
}

impl Job {
    /// Tasks that have ended.
    pub const fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.cancelled
    }

    /// Tasks that wait, also for being made.
    pub const fn queued(&self) -> u64 {
        self.total.saturating_sub(self.running + self.ended())
    }

    /// The part of its tasks that has ended, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
    pub fn fraction(&self) -> f64 {
        if self.total == 0 {
            return if self.finished_at.is_some() { 1.0 } else { 0.0 };
        }
        self.ended() as f64 / self.total as f64
    }

    /// When it will have finished, if tasks go on ending as fast as they have so far.
    pub fn estimated_finish_at(&self) -> Option<UnixMillis> {
        let done = u128::from(self.succeeded + self.failed);
        if self.finished_at.is_some() || self.open || done == 0 {
            return None;
        }
        let elapsed = u128::from(self.read_at.get().saturating_sub(self.created_at.get()));
        let left = u128::from(self.total.saturating_sub(self.ended()));
        let more = u64::try_from(elapsed * left / done).unwrap_or(u64::MAX);
        Some(UnixMillis::new(self.read_at.get().saturating_add(more)))
    }
}

/// A task of a job, without its documents.
#[derive(Debug, Clone)]
pub struct JobTask {
    /// Its id.
    pub id: TaskId,
    /// Where in the job it stands.
    pub place: JobPlace,
    /// What it is called in its graph.
    pub name: Option<Name>,
    /// Where it waits.
    pub queue: QueueName,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// Where it stands.
    pub state: TaskState,
    /// Deliveries so far.
    pub attempt: u32,
    /// The node that has its latest attempt, or had it.
    pub node: Option<NodeId>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ended.
    pub finished_at: Option<UnixMillis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_into_whole_and_one_last_part() {
        let range = |from, to, step| JobRange { from, to, step };
        assert_eq!(range(0, 10, 5).tasks(), 2);
        assert_eq!(range(0, 11, 5).tasks(), 3);
        assert_eq!(range(-3, -3, 5).tasks(), 0);
        assert!(range(0, 10, 0).validate().is_err());
        assert!(range(1, 0, 1).validate().is_err());
        assert!(range(0, i64::MAX, 1).validate().is_err());
        assert!(range(-MAX_RANGE, 0, 1).validate().is_ok());
    }

    #[test]
    fn a_place_comes_back() {
        let id = "019db0a36f2c7a419c3d5b8e0f21a003";
        let text = format!("{id} 9007199254740993 7");
        let place = JobPlace::unpack(&text).expect("a place");
        assert_eq!((place.offset, place.count), (9_007_199_254_740_993, 7));
        assert_eq!(place.packed(), text);
    }
}
