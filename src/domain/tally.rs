//! What came of a node's attempts of late: how long they took, how many ended badly.
//!
//! A tally forgets by number, not by time: with each [`SPAN`] attempts what was before counts half.
//! So it says the same of a node with a task an hour as of one with a thousand a second.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{QueueName, TaskType};

/// Attempts after which those before count half.
const SPAN: f64 = 64.0;
/// Kinds of work that are told apart for one node.
const MOST_KINDS: usize = 32;

/// Work that can be compared: that of one queue and type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Where the task waited.
    pub queue: QueueName,
    /// What kind of work it is.
    pub task_type: TaskType,
}

impl fmt::Display for Kind {
    // No name contains a slash.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.queue, self.task_type)
    }
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (queue, task_type) = text.split_once('/').ok_or("a kind is queue/type")?;
        Ok(Self {
            queue: QueueName::parse(queue)?,
            task_type: TaskType::parse(task_type)?,
        })
    }
}

/// How an attempt ended, as far as its node answers for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// It succeeded after so many milliseconds.
    Succeeded(f64),
    /// It failed, or took too long.
    Failed,
    /// Its node fell silent, or its lease ran out.
    Lost,
}

/// Sums over attempts, older ones counting less.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Attempts that succeeded.
    pub runs: f64,
    /// How long those took, milliseconds.
    pub run_ms: f64,
    /// Attempts that failed or took too long.
    pub failures: f64,
    /// Attempts that were lost.
    pub losses: f64,
    /// First attempts, whose wait for a node is known.
    pub waits: f64,
    /// How long those had waited since they were due, milliseconds.
    pub wait_ms: f64,
}

impl Tally {
    /// An attempt has ended.
    pub fn note(&mut self, ending: Ending) {
        match ending {
            Ending::Succeeded(millis) => {
                self.runs += 1.0;
                self.run_ms += millis;
            }
            Ending::Failed => self.failures += 1.0,
            Ending::Lost => self.losses += 1.0,
        }
    }

    /// A task had waited so long for this node, milliseconds.
    pub fn note_wait(&mut self, millis: f64) {
        self.waits += 1.0;
        self.wait_ms += millis;
    }

    /// What came after.
    pub fn absorb(&mut self, later: &Self) {
        self.runs += later.runs;
        self.run_ms += later.run_ms;
        self.failures += later.failures;
        self.losses += later.losses;
        self.waits += later.waits;
        self.wait_ms += later.wait_ms;
        while self.ended().max(self.waits) > 2.0 * SPAN {
            for sum in [
                &mut self.runs,
                &mut self.run_ms,
                &mut self.failures,
                &mut self.losses,
                &mut self.waits,
                &mut self.wait_ms,
            ] {
                *sum /= 2.0;
            }
        }
    }

    /// Attempts that ended.
    pub fn ended(&self) -> f64 {
        self.runs + self.bad()
    }

    /// Attempts that ended badly.
    pub fn bad(&self) -> f64 {
        self.failures + self.losses
    }

    /// How long a run takes, milliseconds; `None` when too few are known.
    pub fn mean_run_ms(&self) -> Option<f64> {
        (self.runs >= 3.0).then(|| self.run_ms / self.runs)
    }

    /// How long a task waits for the node, milliseconds.
    pub fn mean_wait_ms(&self) -> Option<f64> {
        (self.waits > 0.0).then(|| self.wait_ms / self.waits)
    }
}

/// A node's tallies, by kind of work.
pub type Tallies = BTreeMap<Kind, Tally>;

/// Adds what came later; of too many kinds those with the fewest attempts are forgotten.
pub fn absorb(tallies: &mut Tallies, later: &Tallies) {
    for (kind, tally) in later {
        tallies.entry(kind.clone()).or_default().absorb(tally);
    }
    while tallies.len() > MOST_KINDS {
        let fewest = tallies
            .iter()
            .min_by(|(_, one), (_, other)| one.ended().total_cmp(&other.ended()));
        let Some(kind) = fewest.map(|(kind, _)| kind.clone()) else {
            return;
        };
        tallies.remove(&kind);
    }
}

/// All kinds together: the share of attempts that ended badly, 0 to 1; `None` when none ended.
pub fn bad_share(tallies: &Tallies) -> Option<f64> {
    let (bad, ended) = tallies.values().fold((0.0, 0.0), |(bad, ended), tally| {
        (bad + tally.bad(), ended + tally.ended())
    });
    (ended > 0.0).then(|| bad / ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_ago_counts_less() {
        let mut tally = Tally::default();
        let mut slow = Tally::default();
        slow.note(Ending::Succeeded(1_000.0));
        for _ in 0..64 {
            tally.absorb(&slow);
        }
        assert_eq!(tally.mean_run_ms(), Some(1_000.0));
        let mut fast = Tally::default();
        fast.note(Ending::Succeeded(100.0));
        for _ in 0..256 {
            tally.absorb(&fast);
        }
        let mean = tally.mean_run_ms().expect("runs");
        assert!((100.0..200.0).contains(&mean), "{mean}");
        assert!(tally.ended() <= 2.0 * SPAN);
    }

    #[test]
    fn a_kind_is_read_as_it_was_written() {
        let kind: Kind = "bulk/resize".parse().expect("a kind");
        assert_eq!(kind.to_string(), "bulk/resize");
        assert!("bulk".parse::<Kind>().is_err());
    }

    #[test]
    fn the_kinds_with_the_fewest_attempts_are_forgotten() {
        let mut tallies = Tallies::new();
        for number in 0..40 {
            let kind: Kind = format!("q{number}/t").parse().expect("a kind");
            let mut tally = Tally::default();
            (0..=number).for_each(|_| tally.note(Ending::Failed));
            absorb(&mut tallies, &Tallies::from([(kind, tally)]));
        }
        assert_eq!(tallies.len(), MOST_KINDS);
        assert!(tallies.keys().any(|kind| kind.queue.as_str() == "q39"));
        assert_eq!(bad_share(&tallies), Some(1.0));
    }
}
