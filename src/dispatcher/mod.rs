//! Background work in every replica: sweeps, and waking those who wait.
//!
//! It knows store and domain, never api; the two meet in Redis and in [`Wakeups`]. Each sweep is
//! idempotent, bounded and may be lost at any instant: what one replica leaves undone, the next
//! tick of any replica does. Start with [`start`]; what is pushed to endpoints stands in [`push`].

mod listen;
pub mod push;
mod survey;
mod sweep;
mod wakeups;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use wakeups::{Bid, FinalTicket, ReadyTicket, Wakeups};

use crate::domain::fleet::QuarantineRule;
use crate::store::Store;

/// Starts the background work, with the rule by which nodes are quarantined; it ends when `shutdown` is cancelled.
pub fn start(
    store: &Store,
    rule: QuarantineRule,
    shutdown: &CancellationToken,
) -> (Wakeups, TaskTracker) {
    let wakeups = Wakeups::default();
    let tracker = TaskTracker::new();
    let nudges = sweep::start(store, &wakeups, shutdown, &tracker);
    tracker.spawn(listen::listen(
        store.clone(),
        wakeups.clone(),
        nudges,
        shutdown.clone(),
    ));
    tracker.spawn(survey::run(store.clone(), rule, shutdown.clone()));
    tracker.close();
    (wakeups, tracker)
}
