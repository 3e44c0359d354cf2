//! Which clock the scripts read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

/// The scripts' clock.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// Redis TIME: the only one outside tests.
    #[default]
    Redis,
    /// A moment that a test sets, milliseconds since 1970.
    Virtual(Arc<AtomicU64>),
}

impl Clock {
    /// A fresh UUIDv7. The service's own clock stands in for that of Redis.
    pub(crate) fn new_uuid(&self) -> Uuid {
        match self {
            Self::Redis => Uuid::now_v7(),
            Self::Virtual(now) => {
                // Ids of one moment are in the order in which they are made, as those of `now_v7`.
                static MADE: AtomicU64 = AtomicU64::new(0);
                let number = MADE.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                let mut rest = [0; 10];
                rest[3..8].copy_from_slice(&number[3..]);
                let millis = now.load(Ordering::SeqCst);
                Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
            }
        }
    }

    /// The service's own moment, for how long something took: milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        match self {
            Self::Redis => {
                u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
            }
            Self::Virtual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// What goes into the header of a script call: empty for Redis TIME.
    pub(crate) fn header(&self) -> String {
        match self {
            Self::Redis => String::new(),
            Self::Virtual(now) => now.load(Ordering::SeqCst).to_string(),
        }
    }
}
