//! What a Redis is fit for, asked before anything is stored in it.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{self, RedisError};

use super::address::Address;
use super::durability::Durability;
use super::redis_version::{RedisVersion, info_field};

/// Connecting and two questions; a start that cannot be is refused within 5 s.
const LIMIT: Duration = Duration::from_secs(4);
/// Submits are refused above this share of maxmemory, in percent.
const FULL_PERCENT: u64 = 85;
/// Once full, finished tasks are deleted until less than this share is in use, in percent.
const RELIEVED_PERCENT: u64 = 80;

/// What a Redis says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisFacts {
    /// Redis or Valkey, and which version.
    pub version: RedisVersion,
    /// What it does when memory is full; anything but `noeviction` forgets tasks.
    pub maxmemory_policy: String,
    /// Its memory limit; 0 is none.
    pub maxmemory_bytes: u64,
    /// The memory it uses.
    pub used_memory_bytes: u64,
    /// How safe a confirmed write is on this Redis alone.
    pub durability: Durability,
    /// Replicas that are connected to it.
    pub replicas: u32,
}

/// Why a Redis cannot be used. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisCheckError {
    /// It cannot be reached, or refuses the password.
    #[error("Redis cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It does not answer in time.
    #[error("Redis does not answer within {} s", LIMIT.as_secs())]
    Silent,
    /// It answers, but not as Redis or Valkey do.
    #[error("the server does not say which Redis it is")]
    UnknownServer,
    /// It is below the floor.
    #[error("it is {0}, but Taskyard needs Redis 7.0 or Valkey 7.2")]
    TooOld(RedisVersion),
    /// It would delete tasks when memory is full.
    #[error(
        "its maxmemory-policy is {0}, with which a full Redis forgets tasks: set it to noeviction"
    )]
    Evicts(String),
    /// It keeps confirmed writes less safely than was asked for.
    #[error(
        "it keeps confirmed writes at the level {found}, below the demanded {demanded} \
         (appendonly, appendfsync and connected replicas decide it)"
    )]
    TooVolatile {
        /// What it gives.
        found: Durability,
        /// The lowest level that was to be accepted.
        demanded: Durability,
    },
}

/// Asks the Redis at the URL what it is.
pub async fn inspect(url: &str) -> Result<RedisFacts, RedisCheckError> {
    tokio::time::timeout(LIMIT, ask(url))
        .await
        .unwrap_or(Err(RedisCheckError::Silent))
}

impl RedisFacts {
    /// Whether Taskyard may run on it, with this level as the lowest accepted.
    pub fn check(&self, demanded: Option<Durability>) -> Result<(), RedisCheckError> {
        if !self.version.is_supported() {
            return Err(RedisCheckError::TooOld(self.version));
        }
        if self.evicts() {
            return Err(RedisCheckError::Evicts(self.maxmemory_policy.clone()));
        }
        let found = self.level(demanded == Some(Durability::Replica));
        match demanded {
            Some(demanded) if found < demanded => {
                Err(RedisCheckError::TooVolatile { found, demanded })
            }
            _ => Ok(()),
        }
    }

    /// How safe a confirmed write is, where it waits for a replica or does not.
    pub fn level(&self, replicated: bool) -> Durability {
        if replicated && self.replicas > 0 && self.durability == Durability::Disk {
            Durability::Replica
        } else {
            self.durability
        }
    }

    /// Whether it forgets keys when it is full.
    pub fn evicts(&self) -> bool {
        self.maxmemory_policy != "noeviction"
    }

    /// Whether there is no room for more tasks: what is left is for the work on those there are.
    pub fn is_full(&self) -> bool {
        self.uses(FULL_PERCENT)
    }

    /// Whether there is so much room again that finished tasks may stay as long as they are to.
    pub fn is_relieved(&self) -> bool {
        !self.uses(RELIEVED_PERCENT)
    }

    /// What holds of two servers together.
    fn or_worse(self, other: Self) -> Self {
        let fuller = |facts: &Self| {
            let share = u128::from(facts.used_memory_bytes) << 32;
            share.checked_div(u128::from(facts.maxmemory_bytes))
        };
        let memory = if fuller(&other) > fuller(&self) {
            &other
        } else {
            &self
        };
        Self {
            maxmemory_bytes: memory.maxmemory_bytes,
            used_memory_bytes: memory.used_memory_bytes,
            version: if self.version.is_supported() {
                other.version
            } else {
                self.version
            },
            durability: self.durability.min(other.durability),
            replicas: self.replicas.min(other.replicas),
            maxmemory_policy: if self.evicts() {
                self.maxmemory_policy
            } else {
                other.maxmemory_policy
            },
        }
    }

    fn uses(&self, percent: u64) -> bool {
        self.maxmemory_bytes > 0
            && self.used_memory_bytes.saturating_mul(100)
                >= self.maxmemory_bytes.saturating_mul(percent)
    }

    /// Reads INFO, and what CONFIG says of `appendfsync` if it may be asked.
    pub(super) fn read(info: &str, appendfsync: Option<&str>) -> Option<Self> {
        Some(Self {
            version: RedisVersion::from_info(info)?,
            maxmemory_policy: info_field(info, "maxmemory_policy")?.to_owned(),
            maxmemory_bytes: info_field(info, "maxmemory")?.parse().ok()?,
            used_memory_bytes: info_field(info, "used_memory")?.parse().ok()?,
            durability: durability(info_field(info, "aof_enabled")? == "1", appendfsync),
            replicas: info_field(info, "connected_slaves")?.parse().ok()?,
        })
    }
}

async fn ask(url: &str) -> Result<RedisFacts, RedisCheckError> {
    let unreachable = |error: RedisError| RedisCheckError::Unreachable(error.into());
    let address = Address::parse(url).map_err(unreachable)?;
    let mut servers = address.masters().await.map_err(unreachable)?;
    let facts = look(&mut servers, &mut Vec::new()).await;
    facts
        .map_err(unreachable)?
        .ok_or(RedisCheckError::UnknownServer)
}

/// What the servers say of themselves, as one that is the worst of them in everything; `None` when
/// that is not what Redis says. `fsyncs` is what each says of `appendfsync`: asked when empty.
pub(super) async fn look(
    servers: &mut [MultiplexedConnection],
    fsyncs: &mut Vec<Option<String>>,
) -> Result<Option<RedisFacts>, RedisError> {
    if fsyncs.len() != servers.len() {
        fsyncs.clear();
        for server in &mut *servers {
            fsyncs.push(appendfsync(server).await);
        }
    }
    let mut worst: Option<RedisFacts> = None;
    for (server, fsync) in servers.iter_mut().zip(fsyncs) {
        let info: String = redis::cmd("INFO").query_async(server).await?;
        let Some(facts) = RedisFacts::read(&info, fsync.as_deref()) else {
            return Ok(None);
        };
        worst = Some(match worst {
            Some(worst) => worst.or_worse(facts),
            None => facts,
        });
    }
    Ok(worst)
}

/// When Redis writes to the disk. A hosted Redis may forbid CONFIG; then the level stays unknown.
async fn appendfsync(server: &mut MultiplexedConnection) -> Option<String> {
    let mut command = redis::cmd("CONFIG");
    command.arg("GET").arg("appendfsync");
    let config: Option<HashMap<String, String>> = command.query_async(server).await.ok();
    config?.remove("appendfsync")
}

/// What is not known to be safe counts as unsafe.
fn durability(appendonly: bool, appendfsync: Option<&str>) -> Durability {
    match appendfsync {
        Some("always") if appendonly => Durability::Disk,
        Some("everysec") if appendonly => Durability::DiskSoon,
        _ => Durability::Memory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};

    const INFO: &str = "redis_version:7.0.15\r\nused_memory:1\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nconnected_slaves:0\r\n";

    #[test]
    fn the_level_follows_from_persistence() {
        let level = |info: &str, fsync| RedisFacts::read(info, fsync).unwrap().durability;
        assert_eq!(level(INFO, Some("always")), Durability::Disk);
        assert_eq!(level(INFO, Some("everysec")), Durability::DiskSoon);
        assert_eq!(level(INFO, Some("no")), Durability::Memory);
        assert_eq!(level(INFO, None), Durability::Memory);
        let volatile = INFO.replace("aof_enabled:1", "aof_enabled:0");
        assert_eq!(level(&volatile, Some("always")), Durability::Memory);
    }

    #[test]
    fn what_would_lose_tasks_is_refused() {
        let facts = RedisFacts::read(INFO, Some("everysec")).unwrap();
        facts.check(None).unwrap();
        facts.check(Some(Durability::DiskSoon)).unwrap();
        assert!(matches!(
            facts.check(Some(Durability::Disk)),
            Err(RedisCheckError::TooVolatile { .. })
        ));
        assert!(facts.check(Some(Durability::Replica)).is_err());
        let replicated = RedisFacts::read(
            &INFO.replace("connected_slaves:0", "connected_slaves:1"),
            Some("always"),
        )
        .unwrap();
        replicated.check(Some(Durability::Replica)).unwrap();
        assert_eq!(replicated.level(false), Durability::Disk);
        let full = RedisFacts {
            maxmemory_bytes: 100,
            used_memory_bytes: 90,
            ..facts.clone()
        };
        for pair in [[&full, &replicated], [&replicated, &full]] {
            let worst = pair[0].clone().or_worse(pair[1].clone());
            assert!(worst.is_full());
            assert_eq!(worst.durability, Durability::DiskSoon);
            assert_eq!(worst.replicas, 0);
        }
        let evicting = RedisFacts {
            maxmemory_policy: "allkeys-lru".to_owned(),
            ..facts.clone()
        };
        assert!(matches!(
            evicting.check(None),
            Err(RedisCheckError::Evicts(_))
        ));
        let old = RedisFacts::read(&INFO.replace("7.0.15", "6.2.1"), None).unwrap();
        assert!(matches!(old.check(None), Err(RedisCheckError::TooOld(_))));
    }

    #[tokio::test]
    async fn a_private_redis_passes_at_its_level() {
        for (fsync, level) in [
            (Fsync::Always, Durability::Disk),
            (Fsync::EverySecond, Durability::DiskSoon),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let options = PrivateRedisOptions {
                fsync,
                ..PrivateRedisOptions::new(dir.path())
            };
            let redis = PrivateRedis::start(options).await.unwrap();
            let facts = inspect(&redis.url()).await.unwrap();
            assert_eq!(facts.durability, level);
            assert!(facts.maxmemory_bytes >= 64 << 20);
            facts.check(Some(level)).unwrap();
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        let error = inspect("redis://127.0.0.1:1").await.unwrap_err();
        assert!(
            matches!(error, RedisCheckError::Unreachable(_)),
            "{error:?}"
        );
    }
}
