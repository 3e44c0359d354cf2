//! Which moments are to be fired now, and what becomes of one.

use sha2::{Digest, Sha256};

use super::timing::Timing;
use super::{CatchUp, Overlap, Schedule};
use crate::domain::{ScheduleName, UnixMillis};

/// A moment counts as missed when it could not be fired for so long.
pub const MISSED_AFTER_MS: u64 = 60_000;
/// Missed moments that `catch_up` `all` fires at most.
pub const MAX_CAUGHT_UP: usize = 1_000;

/// What is to be done with a schedule now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Moments to be fired, oldest first, without jitter.
    pub moments: Vec<UnixMillis>,
    /// Whether older ones are dropped.
    pub drops_missed: bool,
    /// The moment after these.
    pub next: Option<UnixMillis>,
}

/// A moment and its jitter, which is a hash of name and moment: every replica finds the same.
pub fn with_jitter(name: &ScheduleName, jitter_ms: u64, moment: UnixMillis) -> UnixMillis {
    if jitter_ms == 0 {
        return moment;
    }
    let mut hasher = Sha256::new();
    hasher.update(moment.get().to_be_bytes());
    hasher.update(name.as_str());
    let digest = hasher.finalize();
    let number = u64::from_be_bytes(std::array::from_fn(|index| digest[index]));
    moment.plus(number % (jitter_ms + 1))
}

impl Schedule {
    /// What is to be done with it at `now`.
    pub fn plan(&self, timing: &Timing, now: UnixMillis) -> Plan {
        let Some(first) = self.next.filter(|first| self.with_jitter(*first) <= now) else {
            return Plan {
                next: self.next,
                ..Plan::default()
            };
        };
        let margin = MISSED_AFTER_MS + self.rule.jitter_ms;
        let fresh = UnixMillis::new(now.get().saturating_sub(margin));
        let mut plan = Plan {
            next: Some(first),
            ..Plan::default()
        };
        if first < fresh {
            self.catch_up(timing, first, fresh, &mut plan);
        }
        while let Some(moment) = plan.next.filter(|moment| self.with_jitter(*moment) <= now) {
            plan.moments.push(moment);
            plan.next = timing.next_after(self.anchor, moment);
        }
        plan
    }

    /// Takes of the moments from `first` to before `fresh` what is to be caught up with.
    fn catch_up(&self, timing: &Timing, first: UnixMillis, fresh: UnixMillis, plan: &mut Plan) {
        let most = match self.rule.catch_up {
            CatchUp::None => 0,
            CatchUp::One => 1,
            CatchUp::All => MAX_CAUGHT_UP,
        };
        let before = |edge: UnixMillis| {
            timing
                .last_before(self.anchor, edge)
                .filter(|moment| *moment >= first)
        };
        let mut edge = fresh;
        while let Some(moment) = before(edge).filter(|_| plan.moments.len() < most) {
            plan.moments.push(moment);
            edge = moment;
        }
        plan.moments.reverse();
        plan.drops_missed = plan.moments.first() != Some(&first);
        let just_before = UnixMillis::new(fresh.get() - 1);
        plan.next = timing.next_after(self.anchor, just_before);
    }
}

/// What becomes of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its task is submitted.
    Fire,
    /// Its task is submitted, after the earlier one is cancelled.
    CancelAndFire,
    /// It waits until the earlier task has finished.
    Wait,
    /// It passes.
    Skip,
}

impl Overlap {
    /// What becomes of a moment, by whether the earlier task is unfinished and a moment waits already.
    pub const fn fate(self, unfinished: bool, waits: bool) -> Fate {
        match self {
            Self::CancelRunning if unfinished => Fate::CancelAndFire,
            Self::Skip if unfinished => Fate::Skip,
            Self::Queue if waits => Fate::Skip,
            Self::Queue if unfinished => Fate::Wait,
            Self::Allow | Self::Skip | Self::Queue | Self::CancelRunning => Fate::Fire,
        }
    }
}

#[cfg(test)]
mod tests;
