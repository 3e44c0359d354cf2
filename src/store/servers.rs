//! Questions to the servers themselves, not about a partition: what they are, which keys they hold.

use std::sync::Arc;

use deadpool_redis::redis::RedisError;
use deadpool_redis::redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use super::core::Shared;

/// Kept connections to each server that takes writes: one, or those of a cluster.
pub(crate) struct Servers {
    shared: Arc<Shared>,
    held: Mutex<Vec<MultiplexedConnection>>,
}

impl Servers {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            held: Mutex::default(),
        }
    }

    /// All of them, in an order that stays while none fails.
    pub(crate) async fn all(&self) -> Result<Vec<MultiplexedConnection>, RedisError> {
        let mut held = self.held.lock().await;
        if held.is_empty() {
            *held = self.shared.address.masters().await?;
        }
        Ok(held.clone())
    }

    /// A question failed: the servers are looked for again.
    pub(crate) async fn discard(&self) {
        self.held.lock().await.clear();
    }
}
