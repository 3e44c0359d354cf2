//! Pushes tasks to endpoints: those of nodes that claim nothing themselves, and targets of queues.
//!
//! For each endpoint one `pusher` claims as its node would, when there is something to claim: it waits
//! in the same place as a long poll. A `delivery` sends one task, keeps its lease meanwhile, and
//! reports what the answer means. `roster` keeps one pusher for each endpoint that is stored. Which
//! replica pushes a task is decided by who claims it, so any number of replicas push side by side.
//! Start with [`start`].

mod delivery;
mod message;
mod pusher;
mod roster;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Wakeups;
use crate::domain::Limits;
use crate::egress::Egress;
use crate::store::{ClaimedTask, Store};

/// How long the release of what was cut off may take.
const RELEASE: Duration = Duration::from_secs(2);

/// How a task is written in a request: as a claim answers with it, which is the API's to say.
pub type TaskBody = fn(&ClaimedTask) -> Result<Vec<u8>, serde_json::Error>;

/// What all pushers share.
struct Parts {
    store: Store,
    wakeups: Wakeups,
    egress: Egress,
    body: TaskBody,
    /// Largest result, bytes.
    result_bytes: usize,
    /// Pushes that this replica may have in flight.
    permits: Arc<Semaphore>,
    /// Cancelled when nothing more is to be claimed.
    stop: CancellationToken,
    /// Cancelled when what is in flight is to be given back.
    cut: CancellationToken,
    tracker: TaskTracker,
}

/// The pushing of this replica.
pub struct Pushes(Arc<Parts>);

/// Starts to push; nothing new is pushed once `stop` is cancelled.
pub fn start(
    store: &Store,
    wakeups: &Wakeups,
    egress: &Egress,
    body: TaskBody,
    limits: &Limits,
    stop: &CancellationToken,
) -> Pushes {
    let parts = Arc::new(Parts {
        store: store.clone(),
        wakeups: wakeups.clone(),
        egress: egress.clone(),
        body,
        result_bytes: limits.result_bytes,
        permits: Arc::new(Semaphore::new(limits.pushes)),
        stop: stop.clone(),
        cut: CancellationToken::new(),
        tracker: TaskTracker::new(),
    });
    parts.tracker.spawn(roster::keep(Arc::clone(&parts)));
    Pushes(parts)
}

impl Pushes {
    /// Waits until what is in flight has ended. What has not within `patience` is broken off, and
    /// its tasks go back, free of charge.
    pub async fn finish(self, patience: Duration) {
        let tracker = &self.0.tracker;
        tracker.close();
        if tokio::time::timeout(patience, tracker.wait())
            .await
            .is_err()
        {
            self.0.cut.cancel();
            // What cannot be given back now goes back when its lease ends.
            let _ = tokio::time::timeout(RELEASE, tracker.wait()).await;
        }
    }
}
