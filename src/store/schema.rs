//! Schema: numbered changes of stored data, applied in order under a lock, and the epoch.

use std::time::Duration;

use deadpool_redis::redis;

use super::connection::Connection;
use super::keys::Keys;
use super::random_hex;
use super::scripts::SCHEMA;
use crate::domain::Partition;

/// How long a migration may take before another replica may try.
const LOCK_MS: u64 = 30_000;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Redis does not answer.
    #[error("Redis does not answer: {0}")]
    Unreachable(#[from] redis::RedisError),
    /// The connection settings make no sense.
    #[error("the address of Redis is not usable: {0}")]
    Address(String),
    /// A newer release has written the data.
    #[error(
        "the data in Redis has schema version {found}; this release knows up to {known}: use the newer release again"
    )]
    NewerSchema {
        /// What Redis holds.
        found: usize,
        /// What this release knows.
        known: usize,
    },
    /// The number of partitions cannot change.
    #[error(
        "this deployment was started with {found} partitions; it cannot have {wanted}: leave --partitions out or set it to {found}"
    )]
    Partitions {
        /// What Redis holds.
        found: u16,
        /// What the settings say.
        wanted: u16,
    },
}

/// What is known of an opened store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) epoch: String,
    pub(super) partitions: u16,
}

/// Brings every partition to the current schema.
///
/// `wanted` is the number of partitions the settings name, if any; `known_epoch` the one that the
/// data directory remembers. An empty store is given an epoch of its own only when none is
/// remembered: otherwise it was emptied or swapped, and is left alone.
pub(super) async fn open(
    connection: &mut Connection,
    wanted: Option<u16>,
    default: u16,
    known_epoch: Option<&str>,
) -> Result<Opened, OpenError> {
    let found: (Option<String>, Option<u16>) = redis::cmd("HMGET")
        .arg(Keys::of(Partition::new(0)).meta())
        .arg("epoch")
        .arg("partitions")
        .query_async(connection)
        .await?;
    if let (Some(found), Some(wanted)) = (found.1, wanted)
        && found != wanted
    {
        return Err(OpenError::Partitions { found, wanted });
    }
    let partitions = found.1.or(wanted).unwrap_or(default);
    let epoch = match (found.0, known_epoch) {
        // Emptied: every call will say so, until an operator accepts the store as it is.
        (None, Some(known)) => {
            return Ok(Opened {
                epoch: known.to_owned(),
                partitions,
            });
        }
        (Some(found), Some(known)) if found != known => {
            return Ok(Opened {
                epoch: known.to_owned(),
                partitions,
            });
        }
        (Some(found), _) => found,
        (None, None) => random_hex(),
    };
    let epoch = migrate(connection, &epoch, partitions).await?;
    Ok(Opened { epoch, partitions })
}

/// What is stored, as it is; `None` where nothing ever was.
pub(super) async fn find(connection: &mut Connection) -> Result<Option<Opened>, OpenError> {
    let (epoch, partitions, version): (Option<String>, Option<u16>, Option<usize>) =
        redis::cmd("HMGET")
            .arg(Keys::of(Partition::new(0)).meta())
            .arg("epoch")
            .arg("partitions")
            .arg("schema")
            .query_async(connection)
            .await?;
    match version {
        Some(found) if found > SCHEMA.len() => Err(OpenError::NewerSchema {
            found,
            known: SCHEMA.len(),
        }),
        _ => Ok(epoch
            .zip(partitions)
            .map(|(epoch, partitions)| Opened { epoch, partitions })),
    }
}

/// Applies what is missing, partition 0 last: its record says that all is done.
async fn migrate(
    connection: &mut Connection,
    epoch: &str,
    partitions: u16,
) -> Result<String, OpenError> {
    let first = Keys::of(Partition::new(0));
    let lock = format!("{}:schema_lock", first.prefix());
    let holder = random_hex();
    loop {
        let granted: Option<String> = redis::cmd("SET")
            .arg(&lock)
            .arg(&holder)
            .arg("NX")
            .arg("PX")
            .arg(LOCK_MS)
            .query_async(connection)
            .await?;
        if granted.is_some() {
            break;
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    let result = migrate_locked(connection, epoch, partitions).await;
    // Another replica's lock is not ours to delete; after LOCK_MS it may be there.
    let held: Option<String> = redis::cmd("GET").arg(&lock).query_async(connection).await?;
    if held.as_deref() == Some(holder.as_str()) {
        redis::cmd("DEL").arg(&lock).exec_async(connection).await?;
    }
    result
}

async fn migrate_locked(
    connection: &mut Connection,
    epoch: &str,
    partitions: u16,
) -> Result<String, OpenError> {
    let epoch = begun(connection, partitions)
        .await?
        .unwrap_or_else(|| epoch.to_owned());
    for partition in (0..partitions).rev().map(Partition::new) {
        let keys = Keys::of(partition);
        let version: Option<usize> = redis::cmd("HGET")
            .arg(keys.meta())
            .arg("schema")
            .query_async(connection)
            .await?;
        let version = version.unwrap_or_default();
        if version > SCHEMA.len() {
            return Err(OpenError::NewerSchema {
                found: version,
                known: SCHEMA.len(),
            });
        }
        for script in &SCHEMA[version..] {
            tracing::info!(%partition, file = script.file, "applying a schema change");
            redis::cmd("EVAL")
                .arg(script.source())
                .arg(1)
                .arg(keys.prefix())
                .arg(&epoch)
                .arg(partitions)
                .exec_async(connection)
                .await?;
        }
    }
    Ok(epoch)
}

/// Makes an emptied or swapped store the one to work with: what an operator decides.
pub(super) async fn accept(
    connection: &mut Connection,
    wanted: Option<u16>,
    default: u16,
) -> Result<Opened, OpenError> {
    open(connection, wanted, default, None).await
}

/// The epoch that some partition already has: another replica was first, or a first start was cut
/// off half-way. Partition 0 is asked first, since it decides once all is done.
async fn begun(
    connection: &mut Connection,
    partitions: u16,
) -> Result<Option<String>, redis::RedisError> {
    for partition in Partition::all(partitions) {
        let epoch: Option<String> = redis::cmd("HGET")
            .arg(Keys::of(partition).meta())
            .arg("epoch")
            .query_async(connection)
            .await?;
        if epoch.is_some() {
            return Ok(epoch);
        }
    }
    Ok(None)
}
