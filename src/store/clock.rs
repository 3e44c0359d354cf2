//! Which clock the scripts read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{NoContext, Timestamp, Uuid};

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
                let millis = now.load(Ordering::SeqCst);
                let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or_default();
                Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos))
            }
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
