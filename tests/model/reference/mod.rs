//! The reference model: what the store promises, said as plainly as possible and without I/O.
//!
//! It knows no ids and no tokens: tasks, leases and sessions are numbered in the order in which
//! they come into being. Everything is found by looking at everything.

mod claim;
mod constraints;
mod job;
mod limits;
mod node;
mod operate;
mod outage;
mod report;
mod submit;
mod sweep;
mod take;
mod task;
mod turns;
mod unique;

use std::collections::{BTreeMap, BTreeSet};

use taskyard::domain::job::JobState;
use taskyard::domain::queue_limits::{QueueLimits, Weights};
use taskyard::domain::score::Ordering;
use taskyard::domain::{Partition, TaskState};

pub(crate) use claim::{ClaimWish, Seen};
pub(crate) use constraints::{CLASSES, Class, OfferWish};
pub(crate) use job::{Counts, Job, JobNo, JobWish, Next, Place};
use limits::Scope;
pub(crate) use node::Node;
pub(crate) use submit::Wish;
pub(crate) use task::{Due, Lease, Task};
pub(crate) use turns::{KEYS, Key, Turns};
pub(crate) use unique::UniqueWish;

/// What one priority is worth under `aging`: so much that no two tasks have equal places.
pub(crate) const AGING_STEP_MS: u64 = 3_600_001;

/// A task's number.
pub(crate) type Serial = usize;
/// A lease's number.
pub(crate) type LeaseNo = usize;
/// A session's number.
pub(crate) type SessionNo = usize;

/// What a verb answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Created(TaskState),
    Replayed(Serial),
    KeyReused,
    Duplicate(Serial),
    RefusedDuplicate(Serial),
    Rejected,
    Batch(Vec<Answer>),
    /// Task, attempt, end of the lease, deadline.
    Claimed(Vec<(Serial, u32, u64, u64)>),
    Done(TaskState),
    LeaseLost,
    NotFound,
    NotRunning,
    Renewed {
        cancel: bool,
        ends: u64,
    },
    InvalidState(TaskState),
    AlreadyFinished(TaskState),
    Registered {
        new: bool,
    },
    SessionEnded,
    Alive {
        cancel: BTreeSet<Serial>,
        lost: BTreeSet<Serial>,
    },
    Flag(bool),
    Purged(u64),
    Begun(JobNo),
    InProgress(JobNo),
    /// A job whose upload goes on behind so many items.
    Resumed(JobNo, u64),
    JobFinished(JobState),
    /// So many tasks run again.
    Again(u64),
    Nothing,
}

/// A queue.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) partition: u16,
    /// Whether anything was ever submitted to it.
    pub(crate) exists: bool,
    pub(crate) paused: bool,
    pub(crate) sequence: u64,
    pub(crate) ordering: Ordering,
    pub(crate) tick: u64,
    pub(crate) limits: QueueLimits,
    /// Up to when scopes have used their rates, milliseconds.
    used: BTreeMap<Scope, f64>,
    pub(crate) weights: Weights,
    pub(crate) turns: Turns,
}

/// A row for another partition.
#[derive(Debug, Clone)]
pub(crate) enum OutboxRow {
    Child(Serial),
    /// What is submitted when a job has finished.
    LastTask(Serial),
    Cancel {
        session: SessionNo,
        task: Serial,
    },
}

/// What a partition remembers beside its tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartitionMemory {
    pub(crate) swept: Option<u64>,
    pub(crate) gap: (u64, u64),
    /// When a sweep last let go of what rates had held.
    pub(crate) opened: u64,
    pub(crate) outbox: Vec<OutboxRow>,
}

/// Everything.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) queues: Vec<Queue>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) leases: Vec<Lease>,
    /// The node of each session that ever was.
    pub(crate) sessions: Vec<usize>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) partitions: Vec<PartitionMemory>,
    /// Idempotency key to body and task.
    pub(crate) keys: BTreeMap<(usize, u8), (u8, Serial)>,
    /// Unique keys of queues, and who holds them.
    pub(crate) uniques: BTreeMap<(usize, u8), Serial>,
    /// Partition, node and `claim_id` to leases.
    pub(crate) claims: BTreeMap<(u16, usize, u8), Vec<LeaseNo>>,
    pub(crate) jobs: Vec<Job>,
    /// Idempotency key of a queue to body and job.
    pub(crate) job_keys: BTreeMap<(usize, u8), (u8, JobNo)>,
}

impl Model {
    pub(crate) fn new(now: u64, queues: &[&str], nodes: &[&str], partitions: u16) -> Self {
        let home = |name: &str| Partition::of_name(name, partitions).number();
        Self {
            now,
            queues: queues
                .iter()
                .map(|name| Queue {
                    partition: home(name),
                    exists: false,
                    paused: false,
                    sequence: 0,
                    ordering: Ordering::Strict,
                    tick: 0,
                    limits: QueueLimits::default(),
                    used: BTreeMap::new(),
                    weights: Weights::new(),
                    turns: Turns::default(),
                })
                .collect(),
            tasks: Vec::new(),
            leases: Vec::new(),
            sessions: Vec::new(),
            nodes: nodes
                .iter()
                .map(|name| Node::new(name, home(name)))
                .collect(),
            partitions: vec![
                PartitionMemory {
                    opened: now,
                    ..PartitionMemory::default()
                };
                usize::from(partitions)
            ],
            keys: BTreeMap::new(),
            uniques: BTreeMap::new(),
            claims: BTreeMap::new(),
            jobs: Vec::new(),
            job_keys: BTreeMap::new(),
        }
    }

    pub(crate) fn partition_of(&self, task: Serial) -> u16 {
        self.queues[self.tasks[task].queue].partition
    }

    /// The tasks of a partition that are there and fit.
    pub(crate) fn tasks_in(&self, partition: u16, fits: impl Fn(&Task) -> bool) -> Vec<Serial> {
        (0..self.tasks.len())
            .filter(|task| self.partition_of(*task) == partition)
            .filter(|task| self.tasks[*task].is_there() && fits(&self.tasks[*task]))
            .collect()
    }

    /// How many tasks of a queue are in that state.
    pub(crate) fn count(&self, queue: usize, state: TaskState) -> u64 {
        let fits = |task: &&Task| task.queue == queue && task.state == Some(state);
        self.tasks.iter().filter(fits).count() as u64
    }
}
