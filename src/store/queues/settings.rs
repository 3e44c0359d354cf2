//! What a queue is like, as its record holds it: a default is not written.

use super::limits;
use crate::domain::egress::Endpoint;
use crate::domain::placement::Strategy;
use crate::domain::queue::Retention;
use crate::domain::queue_limits::FairBy;
use crate::domain::queue_settings::{QueueChange, QueueSettings};
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Ordering;
use crate::store::StoreError;
use crate::store::codec::Record;

/// Every field that holds a setting.
pub(super) const FIELDS: [&str; 15] = [
    "ordering",
    "aging_step_ms",
    "max_tasks",
    "lease_ms",
    "timeout_ms",
    "max_attempts",
    "retry",
    "keep_succeeded_ms",
    "keep_failed_ms",
    "max_finished",
    "max_bytes",
    "placement",
    "fair_by",
    "target",
    "target_concurrency",
];

/// The fields that a change names, and their values, in the order of [`FIELDS`], limits behind.
pub(super) fn encode(change: &QueueChange) -> Vec<(&'static str, String)> {
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    let values = [
        change.ordering.map(|ordering| ordering.word().to_owned()),
        number(change.aging_step_ms),
        number(change.max_tasks),
        number(change.lease_ms),
        number(change.timeout_ms),
        number(change.max_attempts.map(u64::from)),
        change.retry.map(|retry| retry.packed()),
        number(change.succeeded_ms),
        number(change.failed_ms),
        number(change.max_finished),
        number(change.max_bytes),
        change.placement.map(|strategy| strategy.word().to_owned()),
        change.fair_by.map(|fair_by| fair_by.word().to_owned()),
        change.target.as_ref().map(ToString::to_string),
        number(change.target_concurrency.map(u64::from)),
    ];
    FIELDS
        .into_iter()
        .zip(values)
        .filter_map(|(field, value)| Some((field, value?)))
        .chain(change.limits.iter().flat_map(limits::encode))
        .collect()
}

/// The settings that a record holds, defaults filled in.
pub(super) fn decode(record: &mut Record) -> Result<QueueSettings, StoreError> {
    let base = QueueSettings::default();
    let corrupt = |field: &str| StoreError::corrupt(format!("a queue's {field}"));
    let ordering = record.take("ordering").map(|word| {
        let known = Ordering::ALL.into_iter().find(|one| one.word() == word);
        known.ok_or_else(|| corrupt("ordering"))
    });
    let retry = record
        .take("retry")
        .map(|text| RetryPolicy::unpacked(&text).ok_or_else(|| corrupt("retry")));
    let placement = record
        .take("placement")
        .map(|word| Strategy::from_word(&word).ok_or_else(|| corrupt("placement")));
    let fair_by = record.take("fair_by").map(|word| {
        let known = FairBy::ALL.into_iter().find(|one| one.word() == word);
        known.ok_or_else(|| corrupt("fair_by"))
    });
    Ok(QueueSettings {
        ordering: ordering.transpose()?.unwrap_or(base.ordering),
        aging_step_ms: record
            .number("aging_step_ms")?
            .unwrap_or(base.aging_step_ms),
        max_tasks: record.number("max_tasks")?,
        lease_ms: record.number("lease_ms")?.unwrap_or(base.lease_ms),
        timeout_ms: record.number("timeout_ms")?.unwrap_or(base.timeout_ms),
        max_attempts: record.number("max_attempts")?.unwrap_or(base.max_attempts),
        retry: retry.transpose()?.unwrap_or(base.retry),
        retention: retention(record, &base.retention)?,
        placement: placement.transpose()?.unwrap_or(base.placement),
        limits: limits::decode(record)?,
        // They stand in a key of their own.
        weights: base.weights,
        fair_by: fair_by.transpose()?.unwrap_or(base.fair_by),
        target: record
            .take("target")
            .map(|url| Endpoint::parse(&url).map_err(StoreError::corrupt))
            .transpose()?,
        target_concurrency: record
            .number("target_concurrency")?
            .unwrap_or(base.target_concurrency),
    })
}

/// What a record says of retention; `base` where it says nothing.
pub(in crate::store) fn retention(
    record: &Record,
    base: &Retention,
) -> Result<Retention, StoreError> {
    Ok(Retention {
        succeeded_ms: record
            .number("keep_succeeded_ms")?
            .unwrap_or(base.succeeded_ms),
        failed_ms: record.number("keep_failed_ms")?.unwrap_or(base.failed_ms),
        max_finished: record.number("max_finished")?.unwrap_or(base.max_finished),
        max_bytes: record.number("max_bytes")?.or(base.max_bytes),
    })
}
