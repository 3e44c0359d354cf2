//! Moments. Redis TIME is the one clock; nothing here reads a clock of its own.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment: milliseconds since 1970-01-01 UTC, between 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixMillis(u64);

/// The last moment that can be said in every zone: 9999-12-30T22:00:00.999Z.
const LAST: u64 = 253_402_207_200_999;

impl UnixMillis {
    /// The moment that many milliseconds after 1970, at most near the end of 9999.
    pub const fn new(millis: u64) -> Self {
        Self(if millis < LAST { millis } else { LAST })
    }

    /// Milliseconds since 1970.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The moment `millis` later.
    #[must_use]
    pub const fn plus(self, millis: u64) -> Self {
        Self::new(self.0.saturating_add(millis))
    }
}

/// RFC 3339 with milliseconds, in UTC.
static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

impl UnixMillis {
    fn text(self) -> String {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        PRINTER.timestamp_to_string(&timestamp)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: Timestamp = text
            .parse()
            .map_err(|_| de::Error::custom("a moment is RFC 3339, as 2026-11-23T08:00:00.000Z"))?;
        u64::try_from(timestamp.as_millisecond())
            .map(Self::new)
            .map_err(|_| de::Error::custom("a moment lies after 1970"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_and_write_rfc_3339_with_milliseconds() {
        let moment = UnixMillis::new(1_795_417_315_081);
        assert_eq!(moment.to_string(), "2026-11-23T07:01:55.081Z");
        let json = serde_json::to_string(&moment).expect("serialises");
        assert_eq!(
            serde_json::from_str::<UnixMillis>(&json).expect("parses"),
            moment
        );
        assert!(serde_json::from_str::<UnixMillis>("\"1969-12-31T23:59:59Z\"").is_err());
        assert_eq!(
            UnixMillis::new(u64::MAX).to_string(),
            "9999-12-30T22:00:00.999Z"
        );
        assert_eq!(UnixMillis::new(0).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
