//! Ids and tokens.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use super::{Partition, UnixMillis};

/// A task's id: a UUIDv7 whose last 12 bits name the task's partition.
///
/// So any replica finds any task without a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(Uuid);

impl TaskId {
    /// Marks a fresh UUIDv7 with the partition.
    pub fn mint(uuid: Uuid, partition: Partition) -> Self {
        let mut bytes = *uuid.as_bytes();
        let number = partition.number();
        bytes[14] = (bytes[14] & 0xf0) | u8::try_from(number >> 8).unwrap_or_default();
        bytes[15] = u8::try_from(number & 0xff).unwrap_or_default();
        Self(Uuid::from_bytes(bytes))
    }

    /// The same id with the mark of another partition.
    #[must_use]
    pub fn moved_to(self, partition: Partition) -> Self {
        Self::mint(self.0, partition)
    }

    /// Reads the hyphenated form that the API shows; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 36 {
            return None;
        }
        let uuid = Uuid::try_parse(text).ok()?;
        (uuid.get_version_num() == 7).then_some(Self(uuid))
    }

    /// Reads the compact form that Redis keys and members carry.
    pub fn from_compact(text: &[u8]) -> Option<Self> {
        if text.len() != 32 {
            return None;
        }
        Uuid::try_parse_ascii(text).ok().map(Self)
    }

    /// 32 lower-case hexadecimal digits: the form in Redis keys and members.
    pub fn compact(self) -> String {
        let mut buffer = Uuid::encode_buffer();
        self.0.as_simple().encode_lower(&mut buffer).to_owned()
    }

    /// In the compact form, what ids made at that moment (milliseconds since 1970) are not below, and
    /// earlier ones are.
    pub fn first_at(millis: u64) -> String {
        format!("{:012x}{:020}", millis.min((1 << 48) - 1), 0)
    }

    /// When it was made, by the clock of the service.
    pub fn created_at(self) -> UnixMillis {
        let millis = self.0.as_bytes()[..6]
            .iter()
            .fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        UnixMillis::new(millis)
    }

    /// The partition whose keys hold this task.
    pub fn partition(self) -> Partition {
        let bytes = self.0.as_bytes();
        Partition::new(u16::from(bytes[14] & 0x0f) << 8 | u16::from(bytes[15]))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.0.as_hyphenated().encode_lower(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom("a task id is a UUID as POST /v1/tasks returned it"))
    }
}

/// Declares an opaque token made of letters, digits and `-`, at most 64 characters.
macro_rules! token {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $type(String);

        impl $type {
            /// Takes any text that has a token's form; `None` for what cannot be one.
            pub fn parse(text: &str) -> Option<Self> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                fits.then(|| Self(text.to_owned()))
            }

            /// The token as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

token! {
    /// Proves the right to finish one attempt: 128 random bits.
    LeaseToken
}
token! {
    /// One registration of a node: 128 random bits.
    SessionId
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows it can finish the attempt, so it stays out of logs.
        formatter.write_str("LeaseToken(hidden)")
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SessionId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_partition() {
        for number in [0, 1, 15, 255, 256, 4095] {
            let id = TaskId::mint(Uuid::now_v7(), Partition::new(number));
            assert_eq!(id.partition().number(), number);
            assert_eq!(TaskId::parse(&id.to_string()), Some(id));
            assert_eq!(TaskId::from_compact(id.compact().as_bytes()), Some(id));
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "..",
            "{x}",
            "0195",
            &"a".repeat(10_240),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ] {
            assert_eq!(TaskId::parse(text), None, "{text:?}");
        }
    }
}
