//! The reference model: what the store promises, said as plainly as possible and without I/O.
//!
//! It knows no ids and no tokens: tasks, leases and sessions are numbered in the order in which
//! they come into being. Everything is found by looking at everything.

mod claim;
mod node;
mod operate;
mod outage;
mod report;
mod submit;
mod sweep;
mod task;

use std::collections::{BTreeMap, BTreeSet};

use taskyard::domain::{Partition, TaskState};

pub use claim::ClaimWish;
pub use node::Node;
pub use submit::Wish;
pub use task::{Due, Lease, Outcome, Task};

/// A task's number.
pub type Serial = usize;
/// A lease's number.
pub type LeaseNo = usize;
/// A session's number.
pub type SessionNo = usize;

/// What a verb answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Created(TaskState),
    Replayed(Serial),
    KeyReused,
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
    Nothing,
}

/// A queue.
#[derive(Debug, Clone)]
pub struct Queue {
    pub name: String,
    pub partition: u16,
    /// Whether anything was ever submitted to it.
    pub exists: bool,
    pub paused: bool,
    pub sequence: u64,
}

/// A row for another partition.
#[derive(Debug, Clone)]
pub enum OutboxRow {
    Child(Serial),
    Cancel { session: SessionNo, task: Serial },
}

/// What a partition remembers beside its tasks.
#[derive(Debug, Clone, Default)]
pub struct PartitionMemory {
    pub swept: Option<u64>,
    pub gap: (u64, u64),
    pub outbox: Vec<OutboxRow>,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Model {
    pub now: u64,
    pub queues: Vec<Queue>,
    pub tasks: Vec<Task>,
    pub leases: Vec<Lease>,
    /// The node of each session that ever was.
    pub sessions: Vec<usize>,
    pub nodes: Vec<Node>,
    pub partitions: Vec<PartitionMemory>,
    /// Idempotency key to body and task.
    pub keys: BTreeMap<(usize, u8), (u8, Serial)>,
    /// Partition, how often it was visited before, node and `claim_id` to leases.
    pub claims: BTreeMap<(u16, usize, usize, u8), Vec<LeaseNo>>,
}

impl Model {
    pub fn new(now: u64, queues: &[&str], nodes: &[&str], partitions: u16) -> Self {
        let home = |name: &str| Partition::of_name(name, partitions).number();
        Self {
            now,
            queues: queues
                .iter()
                .map(|name| Queue {
                    name: (*name).to_owned(),
                    partition: home(name),
                    exists: false,
                    paused: false,
                    sequence: 0,
                })
                .collect(),
            tasks: Vec::new(),
            leases: Vec::new(),
            sessions: Vec::new(),
            nodes: nodes
                .iter()
                .map(|name| Node::new(name, home(name)))
                .collect(),
            partitions: vec![PartitionMemory::default(); usize::from(partitions)],
            keys: BTreeMap::new(),
            claims: BTreeMap::new(),
        }
    }

    pub fn partition_of(&self, task: Serial) -> u16 {
        self.queues[self.tasks[task].queue].partition
    }

    /// The tasks of a partition that are there and fit.
    pub fn tasks_in(&self, partition: u16, fits: impl Fn(&Task) -> bool) -> Vec<Serial> {
        (0..self.tasks.len())
            .filter(|task| self.partition_of(*task) == partition)
            .filter(|task| self.tasks[*task].is_there() && fits(&self.tasks[*task]))
            .collect()
    }

    /// How many tasks of a queue are in that state.
    pub fn count(&self, queue: usize, state: TaskState) -> u64 {
        let fits = |task: &&Task| task.queue == queue && task.state == Some(state);
        self.tasks.iter().filter(fits).count() as u64
    }
}
