//! How safe a confirmed write is.

use std::fmt;

/// What survives after a 2xx, from the least to the most.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Durability {
    /// Only Redis's memory holds it: a restart of Redis loses it.
    Memory,
    /// Redis survives a crash with it; a power cut may cost the last second or two.
    DiskSoon,
    /// It is on disk before the reply.
    Disk,
    /// It is on disk, and a replica has it.
    Replica,
}

impl Durability {
    /// The word used in settings, replies and `/readyz`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::DiskSoon => "disk_soon",
            Self::Disk => "disk",
            Self::Replica => "replica",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
