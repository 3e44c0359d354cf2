//! Names that users choose: queues, nodes and task types.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;

/// 1 to 128 characters of `[A-Za-z0-9_.-]`, and not `.` or `..`.
///
/// No `:`, brace, space or control character can occur, so a name can neither
/// forge a Redis key nor leave its segment of a URL path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Checks `text` and keeps it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if text.is_empty() || text.len() > MAX_NAME_LENGTH {
            Err("a name has 1 to 128 characters")
        } else if !text.bytes().all(allowed) {
            Err("a name consists of letters, digits, '_', '.' and '-'")
        } else if text == "." || text == ".." {
            Err("a name is more than dots")
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Name;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name of 1 to 128 characters of [A-Za-z0-9_.-]")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Name, E> {
                Name::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Declares a name with a meaning of its own, so that a queue is never taken for a node.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(Name);

        impl $type {
            /// Checks `text` and keeps it.
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                Name::parse(text).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

named! {
    /// The name of a queue.
    QueueName
}
named! {
    /// The name a node gives itself.
    NodeId
}
named! {
    /// The name of a schedule.
    ScheduleName
}
named! {
    /// What kind of work a task is.
    TaskType
}

impl Default for TaskType {
    fn default() -> Self {
        Self(Name("default".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_names_are_refused() {
        for text in [
            "", ".", "..", "a b", "{x}", "a:b", "a/b", "nul\0", "ü", "a\n",
        ] {
            assert!(Name::parse(text).is_err(), "{text:?} was accepted");
        }
        assert!(Name::parse(&"x".repeat(10_240)).is_err());
    }

    #[test]
    fn ordinary_names_are_kept() {
        for text in ["default", "acme.mail-2", "_", "...", &"x".repeat(128)] {
            assert_eq!(Name::parse(text).expect(text).as_str(), text);
        }
    }
}
