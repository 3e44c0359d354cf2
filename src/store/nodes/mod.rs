//! Nodes and their sessions. A node's keys stand in the partition of its name.
//!
//! The tasks that a session holds stand in the partitions of their queues, so what touches both
//! is more than one call: `sessions` gives back what an ended session held, partition by
//! partition. Which node gets which task is not decided here but by the claim, in `store/tasks`.
//! Start with `register` and `heartbeat`.

pub(crate) mod alone;
mod drain;
pub(crate) mod facts;
mod get;
mod heartbeat;
mod register;
mod remove;
pub(crate) mod resources;
pub(crate) mod sessions;
mod survey;

use std::sync::Arc;

pub use facts::NodeFacts;
pub use heartbeat::HeartbeatOutcome;
pub use register::{RegisterOutcome, Registered};

use super::core::Core;
use crate::domain::{NodeId, Partition};

/// The nodes of the store.
#[derive(Clone)]
pub struct Nodes {
    pub(crate) core: Arc<Core>,
}

impl Core {
    /// The partition that holds a node.
    pub(crate) fn partition_of_node(&self, node: &NodeId) -> Partition {
        Partition::of_name(node.as_str(), self.partitions)
    }
}
