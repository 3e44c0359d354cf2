//! Growing, jittered pauses between repeats.

use std::time::Duration;

/// The pause before the first repeat, before jitter.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause, before jitter.
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that double from 100 ms to 5 s, each drawn from the upper half of its
/// range, so that clients cut off together do not come back together.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    repeats: u32,
}

impl Backoff {
    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        let full = FIRST.saturating_mul(1 << self.repeats.min(16)).min(LONGEST);
        self.repeats = self.repeats.saturating_add(1);
        full / 2 + (full / 2).mul_f64(random_fraction())
    }

    /// Starts from the short pause again.
    pub fn reset(&mut self) {
        self.repeats = 0;
    }
}

/// A number from 0 to 1; 1 where the system has no randomness, since the longest
/// pause is the safe one.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Backoff, LONGEST};
    use std::time::Duration;

    #[test]
    fn pauses_grow_and_stay_in_their_bounds() {
        let mut backoff = Backoff::default();
        let first = backoff.next_pause();
        assert!((50..=100).contains(&first.as_millis()), "{first:?}");
        for _ in 0..100 {
            assert!(backoff.next_pause() <= LONGEST);
        }
        assert!(backoff.next_pause() >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.next_pause() <= Duration::from_millis(100));
    }
}
