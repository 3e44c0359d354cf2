//! Which endpoints are to be looked at again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::Partition;

/// Partitions in which an endpoint has changed since they were last looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct ChangedEndpoints(Arc<Changed>);

#[derive(Debug, Default)]
struct Changed {
    partitions: Mutex<BTreeSet<Partition>>,
    notify: Notify,
}

impl ChangedEndpoints {
    /// Something has changed in these.
    pub(super) fn add(&self, partitions: impl Iterator<Item = Partition>) {
        let mut changed = self
            .0
            .partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        changed.extend(partitions);
        self.0.notify.notify_one();
    }

    /// Waits until there are some, and takes them.
    pub(super) async fn take(&self) -> BTreeSet<Partition> {
        loop {
            let changed = {
                let mut changed = self
                    .0
                    .partitions
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *changed)
            };
            if !changed.is_empty() {
                return changed;
            }
            self.0.notify.notified().await;
        }
    }
}
