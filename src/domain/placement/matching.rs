//! Which of the nodes that wait gets a task that several of them may run.
//!
//! First goes the one that has most of what the task prefers; among equals the queue's strategy
//! decides, by a [`Rank`]; then the one that has waited longest.

use serde::{Deserialize, Serialize};

use crate::domain::fleet::Fleet;
use crate::domain::tally::{Tallies, bad_share};

/// How a queue spreads its tasks over the nodes that wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Nodes that are free, fast and sound, of which one counts as much as the other.
    #[default]
    Balanced,
    /// The node that will probably have it done first.
    Fastest,
    /// The node that is fullest already, so that others become empty.
    Pack,
    /// The node that is emptiest.
    Spread,
    /// The node that has got a task of the queue last, whose caches are warm.
    Sticky,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 5] = [
        Self::Balanced,
        Self::Fastest,
        Self::Pack,
        Self::Spread,
        Self::Sticky,
    ];

    /// The strategy with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.word() == word)
    }

    /// Its word, as clients and Redis have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Fastest => "fastest",
            Self::Pack => "pack",
            Self::Spread => "spread",
            Self::Sticky => "sticky",
        }
    }
}

/// A node that waits, as far as the choice goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// How fast it is among its peers; 1 when that is not known.
    pub speed: f64,
    /// Share of its attempts that end badly, 0 to 1.
    pub failures: f64,
    /// Tasks that it holds.
    pub used: u64,
    /// Tasks that it works on at once.
    pub slots: u32,
}

impl Default for Candidate {
    /// A node of which nothing is known.
    fn default() -> Self {
        Self {
            speed: 1.0,
            failures: 0.0,
            used: 0,
            slots: 1,
        }
    }
}

impl Candidate {
    /// A node with these tallies, among the others.
    pub fn among(fleet: &Fleet, work: &Tallies, used: u64, slots: u32) -> Self {
        Self {
            speed: fleet.speed(work).unwrap_or(1.0),
            failures: bad_share(work).unwrap_or(0.0),
            used,
            slots,
        }
    }

    /// Tasks that it gets done in a given time, compared with its peers. A failed attempt costs
    /// its time, and the wait for another one.
    fn pace(&self) -> f64 {
        self.speed.max(0.001) * (1.0 - self.failures).powi(2).max(0.001)
    }

    /// Share of its slots in use, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn fullness(&self) -> f64 {
        (self.used as f64 / f64::from(self.slots.max(1))).min(1.0)
    }
}

/// Where a node stands among those that wait; the smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rank(i64);

/// Differences below this factor are noise: such nodes take turns.
const STEP: f64 = 1.25;
/// Fine enough to tell nodes apart, for who wants the fastest.
const FINE_STEP: f64 = 1.02;

impl Strategy {
    /// The rank of a node, which was the queue's `last_taken`-th to get a task; 0 for never.
    pub fn rank(self, node: &Candidate, last_taken: u64) -> Rank {
        match self {
            Self::Balanced => {
                let free = 1.0 - node.fullness();
                Rank(-steps(node.pace() * (0.25 + 0.75 * free), STEP))
            }
            Self::Fastest => Rank(-steps(node.pace(), FINE_STEP)),
            Self::Pack => Rank(-thousandths(node.fullness())),
            Self::Spread => Rank(thousandths(node.fullness())),
            Self::Sticky => Rank(-i64::try_from(last_taken).unwrap_or(i64::MAX)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a few hundred at most")]
fn steps(figure: f64, step: f64) -> i64 {
    (figure.ln() / step.ln()).round() as i64
}

#[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
fn thousandths(share: f64) -> i64 {
    (share * 1_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(speed: f64, failures: f64, used: u64) -> Candidate {
        Candidate {
            speed,
            failures,
            used,
            slots: 4,
        }
    }

    #[test]
    fn each_strategy_prefers_what_it_is_named_for() {
        for (strategy, better, worse) in [
            (Strategy::Balanced, node(2.0, 0.0, 0), node(1.0, 0.0, 0)),
            (Strategy::Balanced, node(1.0, 0.0, 0), node(1.0, 0.0, 3)),
            (Strategy::Balanced, node(1.0, 0.0, 0), node(1.0, 0.5, 0)),
            (Strategy::Fastest, node(1.1, 0.0, 3), node(1.0, 0.0, 0)),
            (Strategy::Fastest, node(1.0, 0.0, 0), node(1.5, 0.5, 0)),
            (Strategy::Pack, node(1.0, 0.0, 3), node(2.0, 0.0, 1)),
            (Strategy::Spread, node(1.0, 0.0, 1), node(2.0, 0.0, 3)),
        ] {
            assert!(
                strategy.rank(&better, 0) < strategy.rank(&worse, 0),
                "{strategy:?}: {better:?} goes before {worse:?}"
            );
        }
        let sticky = |last| Strategy::Sticky.rank(&Candidate::default(), last);
        assert!(sticky(7) < sticky(3) && sticky(3) < sticky(0));
    }

    #[test]
    fn nodes_that_are_nearly_as_fast_take_turns() {
        let rank = |speed| Strategy::Balanced.rank(&node(speed, 0.0, 0), 0);
        assert_eq!(rank(1.0), rank(1.08));
        assert_ne!(rank(1.0), rank(1.3));
    }
}
