//! What every handler has at hand.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use crate::dispatcher::Wakeups;
use crate::domain::Limits;
use crate::egress::Egress;
use crate::store::Store;

/// The service as its handlers see it.
#[derive(Clone)]
pub struct ApiState(Arc<Whole>);

struct Whole {
    parts: Inner,
    in_flight: Budget,
    waiters: Budget,
}

/// The parts of an [`ApiState`].
pub struct Inner {
    /// Everything that is kept.
    pub store: Store,
    /// Who waits, and for what.
    pub wakeups: Wakeups,
    /// The way out to addresses that users name.
    pub egress: Egress,
    /// What is accepted.
    pub limits: Limits,
    /// Cancelled when the service is to stop: whoever waits answers at once.
    pub shutdown: CancellationToken,
}

impl ApiState {
    /// Puts the parts together.
    pub fn new(parts: Inner) -> Self {
        Self(Arc::new(Whole {
            in_flight: Budget::of(parts.limits.in_flight_bytes),
            waiters: Budget::of(parts.limits.waiting_places()),
            parts,
        }))
    }

    /// How safe an acknowledged write is: the word that replies name.
    pub(super) fn durability(&self) -> &'static str {
        self.0.parts.store.durability().as_str()
    }

    /// Bytes of request bodies.
    pub(super) fn in_flight(&self) -> &Budget {
        &self.0.in_flight
    }

    /// Requests that wait, for tasks or for results.
    pub(super) fn waiters(&self) -> &Budget {
        &self.0.waiters
    }
}

impl std::ops::Deref for ApiState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0.parts
    }
}
