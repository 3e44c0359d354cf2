//! What `taskyard config show` prints.

use std::fmt::Write;
use std::path::Path;

use clap::ValueEnum;
use toml::Value;

use super::{Origin, Settings, limits};
use crate::domain::egress::AddressRange;
use crate::store::durability::Durability;

/// What stands in a secret's place.
pub(super) const MASK: &str = "***";

/// Valid TOML in the order of the documentation. What is not set stands in a comment.
pub(super) fn to_toml(settings: &Settings) -> String {
    let path = |path: &Path| Value::from(path.to_string_lossy().into_owned());
    let values = [
        ("listen", Some(Value::from(settings.listen.to_string()))),
        ("data_dir", Some(path(&settings.data_dir))),
        (
            "redis_url",
            settings
                .redis_url
                .as_ref()
                .map(|url| Value::from(url.to_string())),
        ),
        ("redis_server", settings.redis_server.as_deref().map(path)),
        (
            "redis_maxmemory_bytes",
            settings.redis_maxmemory_bytes.map(number),
        ),
        ("fsync", Some(Value::from(settings.fsync.as_str()))),
        (
            "durability",
            settings.durability.map(Durability::as_str).map(Value::from),
        ),
        (
            "partitions",
            settings.partitions.map(|count| number(count.into())),
        ),
        ("log", Some(Value::from(settings.log.as_str()))),
        (
            "log_format",
            settings
                .log_format
                .to_possible_value()
                .map(|value| Value::from(value.get_name())),
        ),
        (
            "shutdown_delay_ms",
            Some(number(settings.shutdown_delay_ms)),
        ),
        (
            "quarantine_percent",
            Some(number(settings.quarantine_percent)),
        ),
        (
            "quarantine_attempts",
            Some(number(settings.quarantine_attempts)),
        ),
        ("allow_egress", Some(ranges(&settings.allow_egress))),
        ("egress_ca", settings.egress_ca.as_deref().map(path)),
    ];
    let mut text = String::new();
    for (name, value) in values {
        line(&mut text, name, value, settings.origin(name));
    }
    text.push_str("\n[limits]\n");
    for (name, value, _) in limits::ranges(&settings.limits) {
        line(&mut text, name, Some(number(value)), settings.origin(name));
    }
    text
}

/// One setting, and where its value came from.
pub(super) fn line(text: &mut String, name: &str, value: Option<Value>, origin: Origin) {
    // Writing to a String cannot fail.
    let _ = match value {
        Some(value) => writeln!(text, "{name} = {value} # {origin}"),
        None => writeln!(text, "# {name} is not set"),
    };
}

fn ranges(ranges: &[AddressRange]) -> Value {
    Value::Array(
        ranges
            .iter()
            .map(|range| range.to_string().into())
            .collect(),
    )
}

/// TOML's whole numbers are signed; no setting comes near the limit.
fn number(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}
