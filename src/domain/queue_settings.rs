//! What a queue is like: its settings, and what a request changes of them.

use super::InvalidInput;
use super::egress::Endpoint;
use super::lease::{
    DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS, validate_lease_ms,
};
use super::limits::{MAX_ATTEMPTS, MAX_DELAY_MS};
use super::placement::Strategy;
use super::push::{DEFAULT_TARGET_CONCURRENCY, MAX_TARGET_CONCURRENCY};
use super::queue::{DEFAULT_AGING_STEP_MS, Retention};
use super::queue_limits::{FairBy, QueueLimits, Weights, validate_weights};
use super::retry::RetryPolicy;
use super::score::Ordering;
use super::signature::SigningSecret;

/// Longest step of `aging`, a day: so the places of all priorities stay below 2^53 until 2039.
const MAX_AGING_STEP_MS: u64 = 24 * 3_600 * 1_000;
/// Largest count that is exact in the scripts.
const MAX_COUNT: u64 = 1 << 53;

/// The settings of a queue, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueSettings {
    /// The order of its ready tasks.
    pub ordering: Ordering,
    /// What one priority is worth under `aging`, milliseconds.
    pub aging_step_ms: u64,
    /// Unfinished tasks it may have; `None` for any number.
    pub max_tasks: Option<u64>,
    /// Length of a lease without a session when the claim names none, milliseconds.
    pub lease_ms: u64,
    /// How long an attempt may run when the task says nothing, milliseconds.
    pub timeout_ms: u64,
    /// Attempts of a task that says nothing.
    pub max_attempts: u32,
    /// When a failed attempt is repeated of a task that says nothing.
    pub retry: RetryPolicy,
    /// How long finished tasks are kept, how many, and how many bytes.
    pub retention: Retention,
    /// How its tasks are spread over the nodes that wait for them.
    pub placement: Strategy,
    /// What holds its tasks back.
    pub limits: QueueLimits,
    /// What its fairness keys weigh.
    pub weights: Weights,
    /// What a turn costs them.
    pub fair_by: FairBy,
    /// Where its tasks are pushed to, if no node is to claim them.
    pub target: Option<Endpoint>,
    /// Most of its tasks that are there at once.
    pub target_concurrency: u32,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            ordering: Ordering::default(),
            aging_step_ms: DEFAULT_AGING_STEP_MS,
            max_tasks: None,
            lease_ms: DEFAULT_LEASE_MS,
            timeout_ms: DEFAULT_TIMEOUT_MS,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            retry: RetryPolicy::default(),
            retention: Retention::default(),
            placement: Strategy::default(),
            limits: QueueLimits::default(),
            weights: Weights::default(),
            fair_by: FairBy::default(),
            target: None,
            target_concurrency: DEFAULT_TARGET_CONCURRENCY,
        }
    }
}

/// The settings that a request names; the fields mean what those of [`QueueSettings`] do.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(
    missing_docs,
    reason = "each field is that of `QueueSettings` or `Retention`"
)]
pub struct QueueChange {
    pub ordering: Option<Ordering>,
    pub aging_step_ms: Option<u64>,
    pub max_tasks: Option<u64>,
    pub lease_ms: Option<u64>,
    pub timeout_ms: Option<u64>,
    pub max_attempts: Option<u32>,
    pub retry: Option<RetryPolicy>,
    pub succeeded_ms: Option<u64>,
    pub failed_ms: Option<u64>,
    pub max_finished: Option<u64>,
    pub max_bytes: Option<u64>,
    pub placement: Option<Strategy>,
    /// All limits together: one that it does not name is taken away.
    pub limits: Option<QueueLimits>,
    /// All weights together.
    pub weights: Option<Weights>,
    pub fair_by: Option<FairBy>,
    pub target: Option<Endpoint>,
    pub target_concurrency: Option<u32>,
    /// The number of the partition that the queue is to live in; it can be said before its first use.
    pub partition: Option<u16>,
    /// What is pushed is signed with it; `None` keeps the one there is, or makes one.
    pub target_secret: Option<SigningSecret>,
}

impl QueueChange {
    /// Checks every value; all faults, not only the first.
    pub fn validate(&self) -> Result<(), Vec<InvalidInput>> {
        let mut faults = Vec::new();
        for (value, pointer, least, most) in [
            (self.aging_step_ms, "/aging_step_ms", 1, MAX_AGING_STEP_MS),
            (self.max_tasks, "/max_tasks", 1, MAX_COUNT),
            (self.timeout_ms, "/timeout_ms", 1, MAX_TIMEOUT_MS),
            (
                self.max_attempts.map(u64::from),
                "/max_attempts",
                1,
                u64::from(MAX_ATTEMPTS),
            ),
            (
                self.succeeded_ms,
                "/retention/succeeded_ms",
                0,
                MAX_DELAY_MS,
            ),
            (self.failed_ms, "/retention/failed_ms", 0, MAX_DELAY_MS),
            (self.max_finished, "/retention/max_finished", 0, MAX_COUNT),
            (self.max_bytes, "/retention/max_bytes", 0, MAX_COUNT),
            (
                self.target_concurrency.map(u64::from),
                "/target_concurrency",
                1,
                u64::from(MAX_TARGET_CONCURRENCY),
            ),
        ] {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                let name = pointer.rsplit('/').next().unwrap_or_default();
                let message = format!("{name} lies between {least} and {most}");
                faults.push(InvalidInput::new(pointer, message));
            }
        }
        if let Some(lease_ms) = self.lease_ms {
            faults.extend(validate_lease_ms("/lease_ms", lease_ms).err());
        }
        if let Some(retry) = &self.retry {
            faults.extend(retry.validate().err().map(|fault| fault.under("/retry")));
        }
        faults.extend(self.limits.iter().flat_map(QueueLimits::validate));
        faults.extend(self.weights.iter().flat_map(validate_weights));
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_value_is_named() {
        let change = QueueChange {
            aging_step_ms: Some(0),
            lease_ms: Some(1),
            max_attempts: Some(1_001),
            failed_ms: Some(u64::MAX),
            ..QueueChange::default()
        };
        let faults = change.validate().expect_err("four faults");
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let wanted = [
            "/aging_step_ms",
            "/max_attempts",
            "/retention/failed_ms",
            "/lease_ms",
        ];
        assert_eq!(pointers, wanted);
        assert!(QueueChange::default().validate().is_ok());
    }
}
