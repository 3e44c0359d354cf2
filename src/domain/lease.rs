//! Leases: how long a node may hold a task.

use super::InvalidInput;

/// Length of a lease without a session when the claim names none, milliseconds.
pub const DEFAULT_LEASE_MS: u64 = 60_000;
/// Shortest lease a claim may ask for, milliseconds.
pub const MIN_LEASE_MS: u64 = 1_000;
/// Longest lease, for people: 7 days.
pub const MAX_LEASE_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// How long one attempt may run when the submitter says nothing: 30 minutes.
pub const DEFAULT_TIMEOUT_MS: u64 = 1_800_000;
/// Longest run: 7 days, as the longest lease.
pub const MAX_TIMEOUT_MS: u64 = MAX_LEASE_MS;
/// Attempts when the submitter says nothing.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 3;
/// Losses when the submitter says nothing.
pub const DEFAULT_MAX_LOSSES: u32 = 3;
/// How long a worker has to obey a cancellation before its lease is revoked, milliseconds.
pub const CANCEL_GRACE_MS: u64 = 30_000;

/// Checks the length of a lease that a claim (or an extension) asks for.
pub fn validate_lease_ms(pointer: &'static str, lease_ms: u64) -> Result<u64, InvalidInput> {
    if (MIN_LEASE_MS..=MAX_LEASE_MS).contains(&lease_ms) {
        Ok(lease_ms)
    } else {
        Err(InvalidInput::new(
            pointer,
            "a lease lasts from 1000 ms to 7 days (604800000 ms)",
        ))
    }
}
