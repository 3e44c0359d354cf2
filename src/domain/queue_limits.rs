//! Limits of a queue: how many of its tasks run at once, and how many start in a time. And the weights of
//! its fairness keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{InvalidInput, TaskType};

/// Most tasks that a limit may name: exact in the scripts.
const MAX_RUNNING: u64 = 1 << 53;
/// Rates lie between one task in 11 days and so many a second.
const RATES: std::ops::RangeInclusive<f64> = 0.000_001..=1_000_000.0;
/// Largest burst.
const MAX_BURST: u64 = 1_000_000;
/// Types with limits of their own, in one queue.
const MAX_TYPES: usize = 64;
/// Weights lie between these.
const WEIGHTS: std::ops::RangeInclusive<f64> = 0.001..=1_000.0;
/// Keys with weights of their own, in one queue.
const MAX_WEIGHTS: usize = 10_000;
/// Bytes of a fairness key.
const MAX_FAIRNESS_KEY_BYTES: usize = 128;

/// What a turn costs a fairness key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FairBy {
    /// Each task the same.
    #[default]
    Tasks,
    /// The time for which its attempt runs.
    RunTime,
}

impl FairBy {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Tasks, Self::RunTime];

    /// Its word, in requests and in the queue's record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::RunTime => "run_time",
        }
    }
}

/// How many tasks start in a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tasks a second, on average.
    pub per_second: f64,
    /// Tasks that may start at once after a pause.
    #[serde(default = "Rate::default_burst")]
    pub burst: u64,
}

impl Rate {
    const fn default_burst() -> u64 {
        1
    }

    fn faults(&self, pointer: &str, faults: &mut Vec<InvalidInput>) {
        if !RATES.contains(&self.per_second) {
            let message = format!(
                "per_second lies between {} and {}",
                RATES.start(),
                RATES.end()
            );
            faults.push(InvalidInput::new(format!("{pointer}/per_second"), message));
        }
        if !(1..=MAX_BURST).contains(&self.burst) {
            let message = format!("burst lies between 1 and {MAX_BURST}");
            faults.push(InvalidInput::new(format!("{pointer}/burst"), message));
        }
    }
}

/// Limits of the tasks of one type.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeLimits {
    /// Tasks that run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Tasks that start in a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// Limits of a queue; each holds beside the others. Without any, all that is ready may run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueLimits {
    /// Tasks of the queue that run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// Tasks of each fairness key that run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_per_key: Option<u64>,
    /// Tasks of the queue that start in a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Tasks of each fairness key that start in a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_key: Option<Rate>,
    /// Limits of the tasks of a type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<TaskType, TypeLimits>,
}

impl QueueLimits {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks every value; all faults, not only the first.
    pub fn validate(&self) -> Vec<InvalidInput> {
        let mut faults = Vec::new();
        let running = |value: Option<u64>, pointer: String, faults: &mut Vec<InvalidInput>| {
            if value.is_some_and(|value| !(1..=MAX_RUNNING).contains(&value)) {
                let message = format!("a number of running tasks lies between 1 and {MAX_RUNNING}");
                faults.push(InvalidInput::new(pointer, message));
            }
        };
        running(self.running, "/limits/running".into(), &mut faults);
        let per_key = "/limits/running_per_key";
        running(self.running_per_key, per_key.into(), &mut faults);
        for (rate, pointer) in [
            (self.rate, "/limits/rate"),
            (self.rate_per_key, "/limits/rate_per_key"),
        ] {
            if let Some(rate) = rate {
                rate.faults(pointer, &mut faults);
            }
        }
        if self.types.len() > MAX_TYPES {
            let message = format!("at most {MAX_TYPES} types have limits");
            faults.push(InvalidInput::new("/limits/types", message));
        }
        for (name, limits) in &self.types {
            let pointer = format!("/limits/types/{name}");
            running(limits.running, format!("{pointer}/running"), &mut faults);
            if let Some(rate) = limits.rate {
                rate.faults(&format!("{pointer}/rate"), &mut faults);
            }
        }
        faults
    }
}

/// What fairness keys weigh; one that is not named weighs 1.
pub type Weights = BTreeMap<String, f64>;

/// Checks weights; all faults, not only the first.
pub fn validate_weights(weights: &Weights) -> Vec<InvalidInput> {
    let mut faults = Vec::new();
    if weights.len() > MAX_WEIGHTS {
        let message = format!("at most {MAX_WEIGHTS} keys have weights");
        faults.push(InvalidInput::new("/weights", message));
    }
    for (key, weight) in weights {
        let short: String = key.chars().take(64).collect();
        let pointer = format!("/weights/{}", short.replace('~', "~0").replace('/', "~1"));
        if let Err(message) = check_fairness_key(key) {
            faults.push(InvalidInput::new(pointer, message));
        } else if !WEIGHTS.contains(weight) {
            let message = format!(
                "a weight lies between {} and {}",
                WEIGHTS.start(),
                WEIGHTS.end()
            );
            faults.push(InvalidInput::new(pointer, message));
        }
    }
    faults
}

/// Checks a fairness key: 1 to 128 bytes, no control characters.
pub fn check_fairness_key(key: &str) -> Result<(), &'static str> {
    let fits = (1..=MAX_FAIRNESS_KEY_BYTES).contains(&key.len());
    if fits && !key.chars().any(char::is_control) {
        Ok(())
    } else {
        Err("a fairness key has 1 to 128 bytes and no control characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_limit_is_named() {
        let limits: QueueLimits = serde_json::from_str(
            r#"{"running": 0, "running_per_key": 0, "rate": {"per_second": 0},
                "rate_per_key": {"per_second": 5, "burst": 0},
                "types": {"render": {"running": 0, "rate": {"per_second": -1}}}}"#,
        )
        .expect("of its form");
        let faults = limits.validate();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let wanted = [
            "/limits/running",
            "/limits/running_per_key",
            "/limits/rate/per_second",
            "/limits/rate_per_key/burst",
            "/limits/types/render/running",
            "/limits/types/render/rate/per_second",
        ];
        assert_eq!(pointers, wanted);
        assert!(QueueLimits::default().validate().is_empty());
    }

    #[test]
    fn a_weight_is_positive_and_its_key_is_sane() {
        let weights = |key: &str, weight| Weights::from([(key.to_owned(), weight)]);
        assert!(validate_weights(&weights("tenant-7", 2.0)).is_empty());
        for (key, weight) in [("a", 0.0), ("a", f64::NAN), ("", 1.0), ("a\nb", 1.0)] {
            assert_eq!(
                validate_weights(&weights(key, weight)).len(),
                1,
                "{key:?} {weight}"
            );
        }
    }
}
