//! Faults for tests: a seeded chance that a call fails before it is sent, or is
//! executed and loses its reply. Only [`super::StoreOptions`] can switch it on.

use std::sync::Mutex;

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
}

impl Faults {
    /// Faults at these rates, the same ones for the same seed and order of calls.
    pub fn seeded(seed: u64, refused_per_mille: u64, lost_per_mille: u64) -> Self {
        Self {
            state: Mutex::new(seed),
            refused_per_mille,
            lost_per_mille,
        }
    }

    /// Draws the fate of the next call (`SplitMix64`).
    pub(crate) fn draw(&self) -> Fault {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
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
