//! Endpoints: where tasks are pushed to, what requests are signed with, and how each fares.
//!
//! The URL belongs to its node or queue, which sets it (`nodes/register`, `queues/configure`). The
//! secret stands apart, and leaves the store for the dispatcher alone. Start with `list`.

mod list;
mod note;
mod rotate;

use std::sync::Arc;

use super::StoreError;
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
    pub(crate) async fn partition_of_owner(
        &self,
        owner: &PushOwner,
    ) -> Result<Partition, StoreError> {
        match owner {
            PushOwner::Node(node) => Ok(self.partition_of_node(node)),
            PushOwner::Queue(queue) => Ok(self
                .locate(queue)
                .await?
                .unwrap_or_else(|| self.partition_of(queue))),
        }
    }
}
