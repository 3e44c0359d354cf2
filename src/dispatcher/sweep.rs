//! The driver of the sweeps: one background task a partition, on a timer and on a nudge.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Wakeups;
use crate::domain::queue::Retention;
use crate::domain::{Partition, QueueName};
use crate::store::{Store, StoreError, Sweeps};

/// The longest a partition goes unlooked at: what a lost signal costs.
const TICK: Duration = Duration::from_secs(1);
/// How long one replica sweeps a partition alone. Shorter than a tick, so that the work of a
/// replica that died is another's by its next tick.
const GRANT_MS: u64 = 900;
/// Pause after a failure, so that a store that is away is not asked in a loop.
const FAILURE_PAUSE: Duration = Duration::from_millis(200);
/// Finished tasks are trimmed once in so many looks, which come with each tick and each nudge.
const TRIM_TICKS: u64 = 10;

/// How to have a partition looked at now.
pub(super) type Nudges = Arc<HashMap<Partition, Arc<Notify>>>;

/// Starts the sweeping of every partition, and the watch over the condition of Redis.
pub(super) fn start(
    store: &Store,
    wakeups: &Wakeups,
    shutdown: &CancellationToken,
    tracker: &TaskTracker,
) -> Nudges {
    let replica: Arc<str> = uuid::Uuid::now_v7().simple().to_string().into();
    let nudges: HashMap<Partition, Arc<Notify>> = store
        .sweeps
        .partitions()
        .map(|partition| (partition, Arc::default()))
        .collect();
    for (partition, nudge) in &nudges {
        let sweeper = Sweeper {
            sweeps: store.sweeps.clone(),
            wakeups: wakeups.clone(),
            replica: Arc::clone(&replica),
            partition: *partition,
            nudge: Arc::clone(nudge),
        };
        tracker.spawn(sweeper.run(shutdown.clone()));
    }
    tracker.spawn(watch(store.clone(), shutdown.clone()));
    Arc::new(nudges)
}

struct Sweeper {
    sweeps: Sweeps,
    wakeups: Wakeups,
    replica: Arc<str>,
    partition: Partition,
    nudge: Arc<Notify>,
}

impl Sweeper {
    async fn run(self, shutdown: CancellationToken) {
        let mut looks = 0;
        loop {
            let pause = match self.look(looks).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::debug!(partition = %self.partition, %error, "a sweep waits for the store");
                    FAILURE_PAUSE
                }
            };
            looks += 1;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.nudge.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks once, does what is due, and says how long nothing more is.
    async fn look(&self, looks: u64) -> Result<Duration, StoreError> {
        let waiting = self.waiting_queues();
        let due = self
            .sweeps
            .due(self.partition, &self.replica, GRANT_MS, &waiting)
            .await?;
        for (queue, count) in &due.ready {
            self.wakeups.still_ready(queue, *count, None);
            // Those for one node alone may be far behind the claims that came first.
            for class in self.sweeps.classes_of_one_node(queue) {
                self.wakeups.still_ready(queue, 1, Some(class));
            }
        }
        if !due.granted {
            return Ok(TICK);
        }
        // One kind of work that fails must not keep the others from being done.
        let mut failed = None;
        for work in due.work {
            if let Err(error) = self.sweeps.run(work, self.partition).await {
                failed = Some(error);
            }
        }
        self.sweeps.relieve(self.partition).await?;
        if looks.is_multiple_of(TRIM_TICKS) {
            self.sweeps
                .trim(self.partition, &Retention::default())
                .await?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        // Due already means that it was done just now, or waits for another partition's news.
        let next = due
            .next_in_ms
            .filter(|millis| *millis > 0)
            .map_or(TICK, Duration::from_millis);
        Ok(next.min(TICK))
    }

    fn waiting_queues(&self) -> Vec<QueueName> {
        let mut queues = self.wakeups.queues();
        queues.retain(|queue| self.sweeps.partition_of(queue) == self.partition);
        queues
    }
}

/// The store itself tells what it finds.
async fn watch(store: Store, shutdown: CancellationToken) {
    loop {
        let _ = store.look().await;
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}
