//! What can go wrong with the store: Redis is away, full or not the one we know.

use std::sync::Arc;

/// Whether a write that failed may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has not happened and will not.
    None,
    /// It may have happened; repeating it by its key finds out.
    Unknown,
}

/// Why the store could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Redis does not answer, or not in time.
    #[error("the store does not answer")]
    Unavailable {
        /// Whether a write may have happened.
        outcome: Outcome,
        /// What Redis or the connection said; for the log, never for a client.
        #[source]
        source: Option<Arc<deadpool_redis::redis::RedisError>>,
    },
    /// It is done, but no replica was seen to have it.
    #[error("no replica confirmed the write in time")]
    Unconfirmed,
    /// Redis is set to forget keys when it is full.
    #[error("Redis is set to evict keys: its maxmemory-policy is not noeviction")]
    Evicts,
    /// Redis has no room for more.
    #[error("the store is full")]
    Full,
    /// Redis holds another data set than the one this service knows.
    #[error("the store was emptied or swapped")]
    Reset,
    /// Too many requests wait in this service.
    #[error("too many requests are waiting")]
    Overloaded,
    /// A script failed while it ran, so that it may have been done in part.
    #[error("a script of the store broke off: {0}")]
    Broken(String),
    /// What Redis holds cannot be read.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Not done, for a reason that has no Redis error.
    pub(crate) const fn not_done() -> Self {
        Self::Unavailable {
            outcome: Outcome::None,
            source: None,
        }
    }

    /// Not done, because of what Redis or the connection said.
    pub(crate) fn away(source: deadpool_redis::redis::RedisError) -> Self {
        Self::Unavailable {
            outcome: Outcome::None,
            source: Some(Arc::new(source)),
        }
    }

    /// Perhaps done.
    pub(crate) const fn unknown() -> Self {
        Self::Unavailable {
            outcome: Outcome::Unknown,
            source: None,
        }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }
}
