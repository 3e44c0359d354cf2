//! What an audit can find wrong, a sentence each.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{TaskId, TaskState};

/// The sets that go with a state, beside the state's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// Among the ready tasks of its class: queued tasks.
    Ready,
    /// Among the leases: running tasks.
    Lease,
    /// Among what its session holds: running tasks.
    Held,
    /// Among what waits for a moment: scheduled and retrying tasks.
    Due,
    /// Among what expires: waiting tasks that do.
    Expiry,
}

impl std::fmt::Display for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Ready => "ready",
            Self::Lease => "lease",
            Self::Held => "held",
            Self::Due => "due",
            Self::Expiry => "expiry",
        })
    }
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The record names no state or no queue.
    #[error("task {task} has a record without a state or a queue")]
    NoState {
        /// The task.
        task: TaskId,
    },
    /// The task is missing from the set of its state.
    #[error("task {task} is {} but not in that state's set", .state.word())]
    NotInItsSet {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// The task stands in the set of another state as well.
    #[error("task {task} is {} but also in the set of the {} ones", .state.word(), .other.word())]
    InAnotherSet {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
        /// The state whose set it stands in.
        other: TaskState,
    },
    /// A row that the state calls for is missing.
    #[error("task {task} is {} but has no {row} row", .state.word())]
    RowMissing {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
        /// The row.
        row: Row,
    },
    /// A row that does not go with the state.
    #[error("task {task} is {} but has a {row} row", .state.word())]
    RowTooMany {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
        /// The row.
        row: Row,
    },
    /// The row's score is not the record's.
    #[error("task {task} has a {row} row at {found}, and a record that says {recorded}")]
    RowElsewhere {
        /// The task.
        task: TaskId,
        /// The row.
        row: Row,
        /// The row's score.
        found: String,
        /// What the record says.
        recorded: String,
    },
    /// A set lists a task that is not there.
    #[error("{key} lists task {task}, which has no record")]
    NoRecord {
        /// The task.
        task: TaskId,
        /// The set.
        key: String,
    },
    /// A set lists a task that belongs elsewhere.
    #[error("{key} lists task {task}, whose record names another queue, class, tag or session")]
    Misplaced {
        /// The task.
        task: TaskId,
        /// The set.
        key: String,
    },
    /// The task is not found by one of its tags.
    #[error("task {task} has the tag {tag:?} but is not found by it")]
    NotUnderItsTag {
        /// The task.
        task: TaskId,
        /// The tag.
        tag: String,
    },
    /// A set of tasks lists something that is no task id.
    #[error("{key} lists {member:?}, which is no task id")]
    NoTaskId {
        /// The set.
        key: String,
        /// What it lists.
        member: String,
    },
    /// A long document is missing.
    #[error("task {task} has lost its {document}")]
    DocumentMissing {
        /// The task.
        task: TaskId,
        /// The document.
        document: String,
    },
    /// A key of the task's own that no record knows.
    #[error("task {task} leaves a {document} that its record does not know")]
    DocumentTooMany {
        /// The task.
        task: TaskId,
        /// The document.
        document: String,
    },
    /// A finished task's key would stay for ever, or a live one's would vanish.
    #[error("task {task} is {} but its {key} {}", .state.word(), if .state.is_final() { "never expires" } else { "expires" })]
    Lifetime {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
        /// The key.
        key: String,
    },
    /// An unfinished task does not hold the unique key that it is to hold until its end.
    #[error("task {task} is {} but does not hold its unique key", .state.word())]
    UniqueKeyNotHeld {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// A finished task still holds its unique key.
    #[error("task {task} is {} but still holds its unique key", .state.word())]
    UniqueKeyKept {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// A blocked task that nothing can release.
    #[error("task {task} is blocked but waits for no task")]
    WaitsForNothing {
        /// The task.
        task: TaskId,
    },
    /// A task that is not blocked still waits for others.
    #[error("task {task} is {} but still waits for other tasks", .state.word())]
    WaitsNoMore {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// The queue has keys but no record.
    #[error("queue {queue} has tasks, classes or a place in the list but no record")]
    QueueWithoutRecord {
        /// The queue.
        queue: String,
    },
    /// The queue is missing from its partition's list.
    #[error("queue {queue} is not in the list of its partition's queues")]
    QueueNotListed {
        /// The queue.
        queue: String,
    },
    /// The queue is stored in a partition to which nothing leads from its home.
    #[error(
        "queue {queue} is stored in partition {partition}, and nothing at its home leads there"
    )]
    QueueNotFound {
        /// The queue.
        queue: String,
        /// The partition's number.
        partition: u16,
    },
    /// The schedule is listed or looked at but has no record.
    #[error("schedule {schedule} has a place in a list but no record")]
    ScheduleWithoutRecord {
        /// The schedule.
        schedule: String,
    },
    /// The schedule is missing from its partition's list.
    #[error("schedule {schedule} is not in the list of its partition's schedules")]
    ScheduleNotListed {
        /// The schedule.
        schedule: String,
    },
    /// Nobody looks at a schedule that has a moment to come, or somebody at one that has none.
    #[error("schedule {schedule} has a moment to come and no row in fires, or the other way round")]
    ScheduleNotWatched {
        /// The schedule.
        schedule: String,
    },
    /// An endpoint is left behind, or stands in another partition than its node or queue.
    #[error("endpoint {endpoint} is stored, but no such node or queue of its partition has a URL")]
    EndpointWithoutOwner {
        /// The endpoint: `node:NAME` or `queue:NAME`.
        endpoint: String,
    },
    /// Nobody pushes to the endpoint, since it is missing from its partition's list.
    #[error("endpoint {endpoint} is not in the list of its partition's endpoints")]
    EndpointNotListed {
        /// The endpoint: `node:NAME` or `queue:NAME`.
        endpoint: String,
    },
    /// The endpoint's record lacks something.
    #[error("endpoint {endpoint} has no sound {field}")]
    EndpointIncomplete {
        /// The endpoint: `node:NAME` or `queue:NAME`.
        endpoint: String,
        /// What is missing: `secret`, `open_until` (the breaker has opened, and it is not known until when) or
        /// `secret_until` (the secret before signs too, and it is not known until when).
        field: String,
    },
    /// The job has tasks but no record.
    #[error("job {job} has an index of tasks but no record")]
    JobWithoutRecord {
        /// The job, as its keys name it.
        job: String,
    },
    /// The job counts other tasks than it has.
    #[error("job {job} counts {counted} tasks as {what}, but {found} are")]
    JobMiscounted {
        /// The job, as its keys name it.
        job: String,
        /// waiting, running, succeeded, failed or cancelled.
        what: String,
        /// What its record says.
        counted: String,
        /// What its tasks say.
        found: String,
    },
    /// The classes are not numbered from 0 without a gap, or miscounted.
    #[error("queue {queue} counts {counted} classes but has those numbered {numbers:?}")]
    ClassesMiscounted {
        /// The queue.
        queue: String,
        /// What its record says.
        counted: u64,
        /// The numbers that are there.
        numbers: Vec<u64>,
    },
    /// A class's head is not its first ready task.
    #[error(
        "queue {queue} has class {class} headed by {head:?}, but its first task is at {first:?}"
    )]
    HeadWrong {
        /// The queue.
        queue: String,
        /// The class.
        class: String,
        /// The score of its head.
        head: Option<String>,
        /// The score of its first ready task.
        first: Option<String>,
    },
    /// A ready task's fairness key gets no turns, or others than its first tasks are due.
    #[error("task {task} is ready but its fairness key {key:?} takes no turns, or wrong ones")]
    KeyWithoutTurns {
        /// The task.
        task: TaskId,
        /// Its key; empty for none.
        key: String,
    },
    /// What limits count as running is not what runs.
    #[error("queue {queue} counts {counted:?} for its limits, but {running:?} run")]
    LimitsMiscounted {
        /// The queue.
        queue: String,
        /// Scope to number, as stored: `kKEY` or `tTYPE`.
        counted: BTreeMap<String, String>,
        /// The same, counted anew.
        running: BTreeMap<String, String>,
    },
}
