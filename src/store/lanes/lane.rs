//! The front of a lane: where a request waits for its place in a group.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_redis::redis::Value;
use tokio::sync::{Notify, mpsc};

use super::beat::Beat;
use super::slice::{Parcel, Slice};
use super::worker::{Worker, WorkerOptions};
use super::{LANE_QUEUE, PATIENCE};
use crate::store::StoreError;

/// One verb in one partition.
pub(crate) struct Lane {
    queue: mpsc::Sender<Parcel>,
    bell: Arc<Notify>,
    down: Arc<AtomicBool>,
}

impl Lane {
    /// A lane that sends in the beat. It is `down` while a group of it, or of another that shares this,
    /// finds no Redis.
    pub(super) fn start(options: WorkerOptions, down: Arc<AtomicBool>, beat: &Beat) -> Self {
        let (queue, channel) = mpsc::channel(LANE_QUEUE);
        beat.join(Box::new(Worker::new(options, channel, Arc::clone(&down))));
        Self {
            queue,
            bell: beat.bell(),
            down,
        }
    }

    /// Sends a slice with the next group and waits for its answers, one an item.
    pub(crate) async fn run(&self, slice: Slice) -> Result<Vec<Value>, StoreError> {
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::not_done());
        }
        let (parcel, receipt) = Parcel::new(slice);
        match self.queue.try_send(parcel) {
            Ok(()) => self.bell.notify_one(),
            Err(mpsc::error::TrySendError::Full(_)) => return Err(StoreError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(StoreError::not_done()),
        }
        match tokio::time::timeout(PATIENCE, receipt.answer).await {
            Ok(Ok(answer)) => answer,
            // The worker is gone: the runtime is ending.
            Ok(Err(_)) => Err(StoreError::unknown()),
            Err(_) => Err(StoreError::Unavailable {
                outcome: receipt.stage.withdraw(),
                source: None,
            }),
        }
    }
}
