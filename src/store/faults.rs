//! Faults for tests: a seeded chance that a call fails before it is sent, or is executed and loses its
//! reply; and an end of all calls, as of a service that is killed. Only [`super::StoreOptions`] can switch it on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It fails before it is sent.
    Refused,
    /// It is sent and executed, and its reply is lost.
    ReplyLost,
}

/// A seeded source of faults.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<u64>,
    /// Calls of 1,000 that fail before they are sent.
    refused_per_mille: u64,
    /// Calls of 1,000 whose reply is lost.
    lost_per_mille: u64,
    /// Calls after which all others fail, as those of a service that was killed.
    left: AtomicU64,
}

impl Faults {
    /// Faults at these rates, the same ones for the same seed and order of calls.
    pub fn seeded(seed: u64, refused_per_mille: u64, lost_per_mille: u64) -> Self {
        Self {
            state: Mutex::new(seed),
            refused_per_mille,
            lost_per_mille,
            left: AtomicU64::new(u64::MAX),
        }
    }

    /// After so many more calls all others fail, until it is said anew.
    pub fn cut_after(&self, calls: u64) {
        self.left.store(calls, Ordering::SeqCst);
    }

    /// Whether no call is left, so that others have failed or will.
    pub fn is_cut(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    fn lives(&self) -> bool {
        let take = |left: u64| left.checked_sub(u64::from(left != u64::MAX));
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .is_ok()
    }

    /// Draws the fate of the next call (`SplitMix64`).
    pub(crate) fn draw(&self) -> Fault {
        if !self.lives() {
            return Fault::Refused;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let roll = (mixed ^ (mixed >> 31)) % 1_000;
        if roll < self.refused_per_mille {
            Fault::Refused
        } else if roll < self.refused_per_mille + self.lost_per_mille {
            Fault::ReplyLost
        } else {
            Fault::None
        }
    }
}
