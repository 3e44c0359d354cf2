//! In which condition Redis was at the last look: how safe its writes are, whether it is full,
//! whether it would forget tasks. Looked at every second, since all of it can change under a
//! running service.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::core::Core;
use super::durability::Durability;
use super::redis_check::{self, RedisFacts};
use super::{Store, StoreError, args, scripts};

/// Looks from one question for `appendfsync` to the next: it takes CONFIG, which a hosted Redis
/// may forbid and log.
const LOOKS_PER_CONFIG: u32 = 60;
const LEVELS: [Durability; 4] = [
    Durability::Memory,
    Durability::DiskSoon,
    Durability::Disk,
    Durability::Replica,
];

/// What the last look found. Until the first one nothing is promised.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    full: AtomicBool,
    /// It was full, and has not got enough room back since.
    pressed: AtomicBool,
    evicts: AtomicBool,
    /// An index into `LEVELS`.
    durability: AtomicU8,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Looks until CONFIG is asked again.
    config_in: u32,
    /// What each server said of `appendfsync`.
    fsyncs: Vec<Option<String>>,
    away: bool,
}

impl Known {
    /// What is still held to be so; empty when it is time to ask again.
    fn fsyncs_to_go_by(&mut self) -> Vec<Option<String>> {
        if self.config_in == 0 {
            self.config_in = LOOKS_PER_CONFIG;
            self.fsyncs.clear();
        }
        self.config_in -= 1;
        self.fsyncs.clone()
    }
}

impl Condition {
    /// Whether submits are refused for want of memory.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether finished tasks make room before their time.
    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }

    /// A connection was lost: another Redis may answer the next, or the same with other settings.
    pub(crate) fn doubt(&self) {
        self.lock().config_in = 0;
    }

    fn durability(&self) -> Durability {
        LEVELS[usize::from(self.durability.load(Ordering::Relaxed)) % LEVELS.len()]
    }

    /// Takes over what was found, and tells the operator what has changed.
    fn take_over(&self, facts: &RedisFacts, replicated: bool) {
        let (found, before) = (facts.level(replicated), self.durability());
        if found != before {
            tracing::info!(%found, %before, "the durability of confirmed writes has changed");
            let level = LEVELS.iter().position(|level| *level == found);
            let level = level.and_then(|level| u8::try_from(level).ok());
            self.durability
                .store(level.unwrap_or_default(), Ordering::Relaxed);
        }
        let evicts = facts.evicts();
        if self.evicts.swap(evicts, Ordering::Relaxed) != evicts {
            if evicts {
                tracing::error!(
                    policy = facts.maxmemory_policy,
                    "Redis would forget tasks when it is full: set its maxmemory-policy to noeviction. The service is \
                     not ready until then"
                );
            } else {
                tracing::info!("Redis forgets no tasks any more when it is full");
            }
        }
        let full = facts.is_full();
        if full || facts.is_relieved() {
            self.pressed.store(full, Ordering::Relaxed);
        }
        if self.full.swap(full, Ordering::Relaxed) != full {
            tracing::warn!(
                full,
                used = facts.used_memory_bytes,
                most = facts.maxmemory_bytes,
                "whether Redis has room for more tasks has changed"
            );
        }
    }

    /// Tells the operator, once, that Redis went away or came back.
    fn note(&self, found: &Result<(), StoreError>) {
        let mut known = self.lock();
        match found {
            Ok(()) if known.away => tracing::info!("Redis serves again"),
            Err(error) if !known.away => tracing::warn!(
                error = error as &dyn std::error::Error,
                "Redis does not serve; requests are answered 503 until it does"
            ),
            _ => {}
        }
        known.away = found.is_err();
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// How safe a confirmed write is, as of the last look.
    pub fn durability(&self) -> Durability {
        self.core.shared.condition.durability()
    }

    /// Whether submits are refused for want of memory.
    pub fn is_full(&self) -> bool {
        self.core.is_full()
    }

    /// Whether Redis takes writes now, forgets none, and holds the data that this service knows.
    pub async fn check(&self) -> Result<(), StoreError> {
        if self.core.shared.condition.evicts.load(Ordering::Relaxed) {
            return Err(StoreError::Evicts);
        }
        self.core.probe().await
    }

    /// Looks at the condition of Redis once.
    pub async fn look(&self) -> Result<(), StoreError> {
        // What cannot be written may still be asked.
        let (probed, looked) = (self.core.probe().await, self.core.look().await);
        let found = probed.and(looked);
        self.core.shared.condition.note(&found);
        found
    }
}

impl Core {
    /// Whether submits are refused for want of memory.
    pub(crate) fn is_full(&self) -> bool {
        self.shared.condition.is_full()
    }

    /// Runs a script that may write, and has nothing to write: a Redis that takes no writes
    /// refuses it, one that only lacks memory does not.
    async fn probe(&self) -> Result<(), StoreError> {
        let partition = crate::domain::Partition::new(0);
        self.call(&scripts::SETTLE_ROWS, partition, "", &args::Args::default())
            .await
            .map(drop)
    }

    /// Asks Redis in which condition it is.
    pub(crate) async fn look(&self) -> Result<(), StoreError> {
        let condition = &self.shared.condition;
        let mut servers = self.servers.all().await.map_err(StoreError::away)?;
        let mut fsyncs = condition.lock().fsyncs_to_go_by();
        let facts = redis_check::look(&mut servers, &mut fsyncs).await;
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => {
                self.servers.discard().await;
                return Err(StoreError::away(error));
            }
        };
        condition.lock().fsyncs = fsyncs;
        let facts = facts
            .ok_or_else(|| StoreError::corrupt("an INFO that does not say what Redis it is"))?;
        condition.take_over(&facts, self.shared.replicated);
        Ok(())
    }
}
