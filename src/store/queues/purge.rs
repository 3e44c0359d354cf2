//! Purge: deletes the tasks of a queue that wait.

use super::Queues;
use crate::domain::QueueName;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Tasks that one call deletes.
const PAGE: u64 = 200;

impl Queues {
    /// Deletes the tasks of a queue that wait, a page at a time, and says how many; `None` when
    /// there is no such queue. Cut off half-way it leaves the rest, and may be called again.
    ///
    /// Tasks that come meanwhile may be among them; it ends when it has deleted as many as waited
    /// at its start.
    pub async fn purge(&self, name: &QueueName) -> Result<Option<u64>, StoreError> {
        let mut args = Args::default();
        args.push(name.as_str()).push_number(PAGE);
        let (mut purged, mut wanted) = (0, None);
        loop {
            let mut reply = self
                .core
                .call_at_queue(&scripts::PURGE, name, "", &args)
                .await?;
            if reply.text()? != "done" {
                return Ok(wanted.map(|_| purged));
            }
            let (deleted, left) = (reply.count()?, reply.count()?);
            purged += deleted;
            if left == 0 || purged >= *wanted.get_or_insert(purged + left) {
                return Ok(Some(purged));
            }
        }
    }
}
