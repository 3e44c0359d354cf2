//! Limits as a queue's record holds them, for `lib/limits.lua`: `per_second/burst` for a rate, and
//! `type running rate;` for each type, `-` for what it does not limit.

use std::fmt::Write as _;

use crate::domain::TaskType;
use crate::domain::queue_limits::{QueueLimits, Rate, TypeLimits};
use crate::store::StoreError;
use crate::store::codec::Record;

/// Every field that holds a limit.
pub(super) const FIELDS: [&str; 5] = [
    "limit_running",
    "limit_running_per_key",
    "limit_rate",
    "limit_rate_per_key",
    "limit_types",
];

/// The fields of what is limited, and their values.
pub(super) fn encode(limits: &QueueLimits) -> Vec<(&'static str, String)> {
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    let types = limits
        .types
        .iter()
        .filter(|(_, limits)| **limits != TypeLimits::default())
        .fold(String::new(), |mut text, (name, limits)| {
            let running = number(limits.running).unwrap_or_else(|| "-".to_owned());
            let rate = limits.rate.map_or_else(|| "-".to_owned(), packed);
            // Writing to a string does not fail.
            let _ = write!(text, "{name} {running} {rate};");
            text
        });
    let values = [
        number(limits.running),
        number(limits.running_per_key),
        limits.rate.map(packed),
        limits.rate_per_key.map(packed),
        (!types.is_empty()).then_some(types),
    ];
    FIELDS
        .into_iter()
        .zip(values)
        .filter_map(|(field, value)| Some((field, value?)))
        .collect()
}

fn packed(rate: Rate) -> String {
    format!("{}/{}", rate.per_second, rate.burst)
}

fn unpacked(text: &str) -> Option<Rate> {
    let (per_second, burst) = text.split_once('/')?;
    Some(Rate {
        per_second: per_second.parse().ok()?,
        burst: burst.parse().ok()?,
    })
}

/// The limits that a record holds.
pub(super) fn decode(record: &mut Record) -> Result<QueueLimits, StoreError> {
    let corrupt = |field: &str| StoreError::corrupt(format!("a queue's {field}"));
    let rate = |text: Option<String>, field: &str| {
        text.map(|text| unpacked(&text).ok_or_else(|| corrupt(field)))
            .transpose()
    };
    let mut limits = QueueLimits {
        running: record.number("limit_running")?,
        running_per_key: record.number("limit_running_per_key")?,
        rate: rate(record.take("limit_rate"), "limit_rate")?,
        rate_per_key: rate(record.take("limit_rate_per_key"), "limit_rate_per_key")?,
        ..QueueLimits::default()
    };
    for one in record
        .take("limit_types")
        .unwrap_or_default()
        .split_terminator(';')
    {
        let (name, own) = decode_type(one).ok_or_else(|| corrupt("limit_types"))?;
        limits.types.insert(name, own);
    }
    Ok(limits)
}

fn decode_type(text: &str) -> Option<(TaskType, TypeLimits)> {
    let mut words = text.split(' ');
    let name = TaskType::parse(words.next()?).ok()?;
    let running = match words.next()? {
        "-" => None,
        number => Some(number.parse().ok()?),
    };
    let rate = match words.next()? {
        "-" => None,
        text => Some(unpacked(text)?),
    };
    Some((name, TypeLimits { running, rate }))
}
