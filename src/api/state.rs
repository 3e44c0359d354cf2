//! What every handler has at hand.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::dispatcher::Wakeups;
use crate::domain::Limits;
use crate::store::Store;

/// The service as its handlers see it.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

/// The parts of an [`ApiState`].
pub struct Inner {
    /// Everything that is kept.
    pub store: Store,
    /// Who waits, and for what.
    pub wakeups: Wakeups,
    /// What is accepted.
    pub limits: Limits,
    /// How safe an acknowledged write is: the word that replies name.
    pub durability: &'static str,
    /// Cancelled when the service is to stop: whoever waits answers at once.
    pub shutdown: CancellationToken,
}

impl ApiState {
    /// Puts the parts together.
    pub fn new(parts: Inner) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for ApiState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
