//! Which clock the scripts read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// What goes into the header of a script call: empty for Redis TIME.
    pub(crate) fn header(&self) -> String {
        match self {
            Self::Redis => String::new(),
            Self::Virtual(now) => now.load(Ordering::SeqCst).to_string(),
        }
    }
}
