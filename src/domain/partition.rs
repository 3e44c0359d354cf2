//! Partitions: sets of queues (or nodes) whose keys share one Redis hash tag.

use std::fmt;

use sha2::{Digest, Sha256};

/// Partition numbers fit the last 12 bits of a task id.
pub const MAX_PARTITIONS: u16 = 1 << 12;

/// Partitions of a deployment that names no other number at its first start.
pub const DEFAULT_PARTITIONS: u16 = 16;

/// The number of one partition, below [`MAX_PARTITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(u16);

impl Partition {
    /// The partition with this number.
    ///
    /// Only the low 12 bits count, so every number names a partition that an id can carry.
    pub const fn new(number: u16) -> Self {
        Self(number % MAX_PARTITIONS)
    }

    /// The home of a name (a queue or a node) among `partitions`.
    ///
    /// SHA-256, since a home must be the same on every machine and in every release.
    pub fn of_name(name: &str, partitions: u16) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let number = u64::from_be_bytes([
            digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
        ]);
        let remainder = number % u64::from(partitions.clamp(1, MAX_PARTITIONS));
        Self(u16::try_from(remainder).unwrap_or_default())
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// All partitions of a deployment that has `partitions` of them.
    pub fn all(partitions: u16) -> impl Iterator<Item = Self> + Clone {
        (0..partitions).map(Self::new)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
