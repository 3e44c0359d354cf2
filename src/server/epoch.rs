//! The epoch that the data directory remembers: which data set this service knows.
//!
//! A Redis that was emptied, or swapped for another, has a different one. Then every request is
//! answered 503 `store_reset` until an operator accepts the store as it is (`taskyard store
//! accept`), which writes the file anew; the running service takes that over by itself.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreError};

/// How often a service that does not know its store looks whether it was accepted.
const LOOK: Duration = Duration::from_secs(1);

/// The file in the data directory.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("epoch")
}

/// The remembered epoch, if there is one.
pub fn read(data_dir: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(file(data_dir)) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|epoch| !epoch.is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remembers an epoch: whole or not at all, also when the machine stops in between.
pub fn write(data_dir: &Path, epoch: &str) -> io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let next = data_dir.join("epoch.next");
    std::fs::write(&next, format!("{epoch}\n"))?;
    std::fs::File::open(&next)?.sync_all()?;
    std::fs::rename(&next, file(data_dir))
}

/// While the store is not the one this service knows, looks whether an operator has accepted it.
pub(super) async fn watch(store: Store, data_dir: PathBuf, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if !matches!(store.check().await, Err(StoreError::Reset)) {
            continue;
        }
        match read(&data_dir) {
            Ok(Some(epoch)) if epoch != store.epoch() => {
                tracing::info!("an operator has accepted the store as it is");
                store.adopt_epoch(epoch);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the epoch in the data directory cannot be read"),
        }
    }
}
