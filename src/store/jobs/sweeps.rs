//! The background passes of jobs, as the sweeper of a partition calls them.

use crate::domain::Partition;
use crate::domain::lease::CANCEL_GRACE_MS;
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Tasks that one call makes or cancels.
const PAGE: u64 = 200;

impl Core {
    /// Makes the next tasks of the ranges whose windows have room.
    pub(crate) async fn extend_jobs(&self, partition: Partition) -> Result<(), StoreError> {
        loop {
            // They stay due, and their tasks come as soon as there is room.
            if self.is_full() {
                return Ok(());
            }
            let mut args = Args::default();
            args.push_number(self.inline_bytes as u64);
            for _ in 0..PAGE {
                args.push(self.mint_id(partition).compact());
            }
            let mut reply = self
                .call(&scripts::EXTEND_JOBS, partition, "", &args)
                .await?;
            if reply.count()? < PAGE {
                return Ok(());
            }
        }
    }

    /// Ends what is due at jobs: broken uploads, tasks of cancelled jobs, jobs of long ago.
    pub(crate) async fn end_jobs(&self, partition: Partition) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE).push_number(CANCEL_GRACE_MS);
        while self
            .call(&scripts::END_JOBS, partition, "", &args)
            .await?
            .text()?
            == "1"
        {}
        Ok(())
    }
}
