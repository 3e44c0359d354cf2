//! Unique tasks: one at a time holds a key of its queue.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::InvalidInput;
use super::limits::{MAX_DELAY_MS, MAX_KEY_BYTES};

/// How long a task holds its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Until a node has got it for the first time.
    Started,
    /// Until its run has ended.
    Finished,
    /// For `ttl_ms`, whatever becomes of it.
    Ttl,
}

/// What becomes of a submit while another task holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The other task is the answer.
    Return,
    /// It is refused.
    Reject,
    /// The other one is cancelled if it still waits; else it is refused.
    Replace,
}

/// A key that one task of a queue holds at a time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Uniqueness {
    /// Any text of 1 to 255 bytes; it counts within the queue.
    pub key: String,
    /// How long the key is held.
    pub until: Until,
    /// How long under [`Until::Ttl`], milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// What becomes of a submit while the key is held.
    pub on_conflict: OnConflict,
}

impl Until {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Started, Self::Finished, Self::Ttl];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Ttl => "ttl",
        }
    }
}

impl OnConflict {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Return, Self::Reject, Self::Replace];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Reject => "reject",
            Self::Replace => "replace",
        }
    }
}

impl Uniqueness {
    /// Checks the key, and that `ttl_ms` is there where it is needed and nowhere else.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if self.key.is_empty() || self.key.len() > MAX_KEY_BYTES {
            return Err(InvalidInput::new("/key", "a key has 1 to 255 bytes"));
        }
        let fits = match self.ttl_ms {
            None => self.until != Until::Ttl,
            Some(millis) => self.until == Until::Ttl && (1..=MAX_DELAY_MS).contains(&millis),
        };
        if !fits {
            return Err(InvalidInput::new(
                "/ttl_ms",
                format!(
                    "ttl_ms lies between 1 and {MAX_DELAY_MS} (366 days) and goes with until \"ttl\" alone"
                ),
            ));
        }
        Ok(())
    }

    /// Stands for the key, whatever it is made of.
    pub fn digest(&self) -> [u8; 16] {
        let mut digest = [0; 16];
        digest.copy_from_slice(&Sha256::digest(self.key.as_bytes())[..16]);
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_ms_goes_with_until_ttl_and_with_nothing_else() {
        let unique = |until, ttl_ms| Uniqueness {
            key: "k".into(),
            until,
            ttl_ms,
            on_conflict: OnConflict::Return,
        };
        assert!(unique(Until::Ttl, Some(1)).validate().is_ok());
        assert!(unique(Until::Ttl, None).validate().is_err());
        assert!(unique(Until::Ttl, Some(0)).validate().is_err());
        assert!(unique(Until::Finished, None).validate().is_ok());
        assert!(unique(Until::Started, Some(1)).validate().is_err());
    }
}
