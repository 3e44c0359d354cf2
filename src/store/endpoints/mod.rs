//! Endpoints: where tasks are pushed to, what requests are signed with, and how each fares.
//!
//! The URL belongs to its node or queue, which sets it (`nodes/register`, `queues/configure`). The
//! secret stands apart, and leaves the store for the dispatcher alone. Start with `list`.

mod list;
mod note;
mod rotate;

use std::sync::Arc;

use super::core::Core;
use crate::domain::Partition;
use crate::domain::push::PushOwner;

/// The endpoints of the store.
#[derive(Clone)]
pub struct Endpoints {
    pub(crate) core: Arc<Core>,
}

impl Core {
    /// The partition that holds an endpoint: that of its node or queue.
    pub(crate) fn partition_of_owner(&self, owner: &PushOwner) -> Partition {
        match owner {
            PushOwner::Node(node) => self.partition_of_node(node),
            PushOwner::Queue(queue) => self.partition_of(queue),
        }
    }
}
