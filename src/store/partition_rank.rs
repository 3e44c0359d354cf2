//! Where a list goes on that goes through the partitions one after another.

/// So many rows into a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartitionRank {
    /// The partition's number.
    pub partition: u16,
    /// Rows of it that have been listed.
    pub rank: u64,
}

impl PartitionRank {
    /// The beginning of the next partition.
    #[must_use]
    pub const fn next_partition(self) -> Self {
        Self {
            partition: self.partition + 1,
            rank: 0,
        }
    }
}
