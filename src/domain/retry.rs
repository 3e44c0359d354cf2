//! When a failed task runs again.
//!
//! The delay is computed where the failure count is known, in
//! `migrations-lua/lib/backoff.lua`; this is the policy's form and its limits.

use serde::{Deserialize, Serialize};

use super::InvalidInput;

/// Longest delay between attempts: 30 days.
pub const MAX_DELAY_MS: u64 = 30 * 24 * 3_600 * 1_000;

/// How the delay grows from one failure to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// `base x factor^(failures - 1)`.
    Exponential,
    /// `base x failures`.
    Linear,
    /// `base`.
    Fixed,
}

/// What part of the delay is left to chance, so that failures do not come back in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Anything from 0 to the delay.
    #[default]
    Full,
    /// Half the delay, and up to as much again.
    Equal,
    /// Nothing.
    None,
}

/// A retry policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// How the delay grows.
    pub kind: Growth,
    /// First delay, milliseconds.
    pub base_ms: u64,
    /// Base of the exponential growth.
    #[serde(default = "RetryPolicy::default_factor")]
    pub factor: f64,
    /// Longest delay, milliseconds.
    #[serde(default = "RetryPolicy::default_cap_ms")]
    pub cap_ms: u64,
    /// Chance in the delay.
    #[serde(default)]
    pub jitter: Jitter,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            kind: Growth::Exponential,
            base_ms: 1_000,
            factor: Self::default_factor(),
            cap_ms: Self::default_cap_ms(),
            jitter: Jitter::Full,
        }
    }
}

impl RetryPolicy {
    const fn default_factor() -> f64 {
        2.0
    }

    const fn default_cap_ms() -> u64 {
        300_000
    }

    /// Checks the limits.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if self.base_ms > MAX_DELAY_MS {
            return Err(InvalidInput::new(
                "/base_ms",
                "base_ms is at most 30 days (2592000000)",
            ));
        }
        if self.cap_ms > MAX_DELAY_MS {
            return Err(InvalidInput::new(
                "/cap_ms",
                "cap_ms is at most 30 days (2592000000)",
            ));
        }
        if !(1.0..=100.0).contains(&self.factor) {
            return Err(InvalidInput::new(
                "/factor",
                "factor lies between 1 and 100",
            ));
        }
        Ok(())
    }

    /// The policy in the form the scripts read: `kind base_ms factor cap_ms jitter`.
    pub fn packed(&self) -> String {
        let kind = match self.kind {
            Growth::Exponential => "exponential",
            Growth::Linear => "linear",
            Growth::Fixed => "fixed",
        };
        let jitter = match self.jitter {
            Jitter::Full => "full",
            Jitter::Equal => "equal",
            Jitter::None => "none",
        };
        format!(
            "{kind} {} {} {} {jitter}",
            self.base_ms, self.factor, self.cap_ms
        )
    }

    /// The policy that `packed` wrote.
    pub fn unpacked(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = match words.next()? {
            "exponential" => Growth::Exponential,
            "linear" => Growth::Linear,
            "fixed" => Growth::Fixed,
            _ => return None,
        };
        let (base_ms, factor, cap_ms) = (
            words.next()?.parse().ok()?,
            words.next()?.parse().ok()?,
            words.next()?.parse().ok()?,
        );
        let jitter = match words.next()? {
            "full" => Jitter::Full,
            "equal" => Jitter::Equal,
            "none" => Jitter::None,
            _ => return None,
        };
        Some(Self {
            kind,
            base_ms,
            factor,
            cap_ms,
            jitter,
        })
    }

    /// The shortest and longest delay after that many failures, milliseconds.
    pub fn bounds_ms(&self, failures: u32) -> (u64, u64) {
        let base = lossy(self.base_ms);
        let grown = match self.kind {
            Growth::Exponential => base * self.factor.powf(f64::from(failures.saturating_sub(1))),
            Growth::Linear => base * f64::from(failures),
            Growth::Fixed => base,
        };
        let most = grown.min(lossy(self.cap_ms));
        let least = match self.jitter {
            Jitter::Full => 0.0,
            Jitter::Equal => most / 2.0,
            Jitter::None => most,
        };
        (floor(least), floor(most))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "delays are at most 30 days, far below 2^53 ms"
)]
const fn lossy(millis: u64) -> f64 {
    millis as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a delay is positive and at most 30 days"
)]
fn floor(millis: f64) -> u64 {
    millis.floor() as u64
}
