//! The circuit breaker of one endpoint: one that fails is left alone for a while.
//!
//! Closed: pushes go through. After [`FAILURES`] failures in a row it opens, and nothing is pushed.
//! Then it is half open: one push finds out. Success closes it; a failure opens it for twice as long.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it is open the first time, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// Longest rest that an endpoint may ask for, and the shortest, so that it is not asked in a loop.
const LONGEST_ASKED: Duration = Duration::from_hours(1);
const SHORTEST_ASKED: Duration = Duration::from_millis(500);

/// What may be pushed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// As much as there is.
    Open,
    /// One, to find out.
    One,
    /// Nothing for so long.
    NoneFor(Duration),
    /// Nothing until the one that finds out is back.
    NoneYet,
}

/// How one endpoint fares, as one replica sees it.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    failures: u32,
    /// Openings since it was last closed.
    openings: u32,
    rests_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    /// What may be pushed at `now`.
    pub fn room(&self, now: Instant) -> Room {
        match self.rests_until {
            None => Room::Open,
            Some(until) if until > now => Room::NoneFor(until - now),
            Some(_) if self.probing => Room::NoneYet,
            Some(_) => Room::One,
        }
    }

    /// A push begins. It finds out for all, when the breaker is half open.
    pub fn begin(&mut self) {
        self.probing = self.rests_until.is_some();
    }

    /// A push was taken. True when that closes the breaker.
    pub fn succeeded(&mut self) -> bool {
        let was_open = self.rests_until.is_some();
        *self = Self::default();
        was_open
    }

    /// A push failed: how long the breaker is open now, when that opened it. `chance` in [0, 1)
    /// spreads the replicas.
    pub fn failed(&mut self, now: Instant, chance: f64) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        let finds_out = self.probing && self.rests_until.is_some_and(|until| until <= now);
        self.probing = false;
        let opens = finds_out || self.rests_until.is_none() && self.failures >= FAILURES;
        if !opens {
            return None;
        }
        let length = FIRST
            .saturating_mul(1 << self.openings.min(16))
            .min(LONGEST);
        self.openings += 1;
        let length = length.mul_f64(1.0 + chance / 4.0);
        self.rests_until = Some(now + length);
        Some(length)
    }

    /// The endpoint asked to be left alone: for how long it is.
    pub fn asked(&mut self, now: Instant, rest: Duration) -> Duration {
        let rest = rest.clamp(SHORTEST_ASKED, LONGEST_ASKED);
        self.probing = false;
        self.rests_until = self.rests_until.max(Some(now + rest));
        rest
    }

    /// A push that was to find out came to nothing, which says nothing of the endpoint.
    pub fn dropped(&mut self) {
        self.probing = false;
    }

    /// What another replica has found: it is left alone for so long, or works.
    pub fn told(&mut self, now: Instant, rests: Option<Duration>) {
        match rests {
            Some(rest) => self.rests_until = self.rests_until.max(Some(now + rest)),
            None if self.rests_until.is_some() => *self = Self::default(),
            None => {}
        }
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(breaker: &mut Breaker, now: Instant) -> Option<Duration> {
        breaker.begin();
        breaker.failed(now, 0.0)
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_push_finds_out() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            assert_eq!(failed(&mut breaker, now), None);
        }
        assert!(!breaker.succeeded(), "it was not open");
        for _ in 0..4 {
            assert_eq!(failed(&mut breaker, now), None);
        }
        assert_eq!(breaker.room(now), Room::Open);
        assert_eq!(failed(&mut breaker, now), Some(FIRST));
        assert_eq!(breaker.room(now), Room::NoneFor(FIRST));
        // What was under way when it opened changes nothing.
        assert_eq!(breaker.failed(now, 0.0), None);
        let later = now + FIRST;
        assert_eq!(breaker.room(later), Room::One);
        breaker.begin();
        assert_eq!(breaker.room(later), Room::NoneYet);
        assert!(breaker.succeeded());
        assert_eq!(breaker.room(later), Room::Open);
    }

    #[test]
    fn it_is_open_twice_as_long_each_time_and_a_minute_at_most() {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            failed(&mut breaker, now);
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let rest = failed(&mut breaker, now);
            assert_eq!(rest, Some(Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds);
        }
        breaker.begin();
        let spread = breaker.failed(now, 0.99).expect("open again");
        assert!(
            spread > LONGEST && spread < LONGEST.mul_f64(1.25),
            "{spread:?}"
        );
    }

    #[test]
    fn an_endpoint_that_asks_is_left_alone_and_has_not_failed() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        assert_eq!(
            breaker.asked(now, Duration::from_secs(7)),
            Duration::from_secs(7)
        );
        assert_eq!(breaker.room(now), Room::NoneFor(Duration::from_secs(7)));
        assert_eq!(breaker.failures(), 0);
        assert_eq!(breaker.asked(now, Duration::MAX), LONGEST_ASKED);
        assert_eq!(
            Breaker::default().asked(now, Duration::ZERO),
            SHORTEST_ASKED
        );
    }

    #[test]
    fn replicas_tell_each_other() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.told(now, Some(Duration::from_secs(3)));
        assert_eq!(breaker.room(now), Room::NoneFor(Duration::from_secs(3)));
        breaker.told(now, None);
        assert_eq!(breaker.room(now), Room::Open);
    }

    #[test]
    fn a_push_that_came_to_nothing_lets_another_find_out() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.told(now, Some(Duration::ZERO));
        assert_eq!(breaker.room(now), Room::One);
        breaker.begin();
        breaker.dropped();
        assert_eq!(breaker.room(now), Room::One);
    }
}
