//! Attempts: the history of a task's deliveries.

use super::Tasks;
use crate::domain::{Document, NodeId, TaskId, UnixMillis};
use crate::store::args::Args;
use crate::store::reply::parse_number;
use crate::store::{StoreError, scripts};

/// One delivery of a task to a node.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// Who had the task.
    pub node: NodeId,
    /// When it began.
    pub started_at: UnixMillis,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<UnixMillis>,
    /// How it ended: succeeded, failed, timeout, lost, released or revoked.
    pub outcome: Option<String>,
    /// What it failed with, as `{code, message, detail?}`; not kept when it is long and the attempt
    /// is not the latest.
    pub error: Option<Document>,
}

impl Tasks {
    /// The attempts of a task, the first one first: the latest and up to 100 before it. `None` when
    /// there is no such task.
    pub async fn attempts(&self, id: TaskId) -> Result<Option<Vec<Attempt>>, StoreError> {
        if !self.core.knows(id) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let call = self
            .core
            .call(&scripts::ATTEMPTS, id.partition(), "", &args);
        let mut reply = call.await?;
        if reply.text()? == "not_found" {
            return Ok(None);
        }
        let mut attempts = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            let mut row = reply.next_list()?;
            let number = parse_number(&row.text()?)?;
            let node = NodeId::parse(&row.text()?)
                .map_err(|_| StoreError::corrupt("an attempt's node"))?;
            let started_at = UnixMillis::new(row.count()?);
            let ended = row.optional_text()?;
            let ended = ended.map(|text| parse_number::<u64>(&text)).transpose()?;
            let outcome = row.optional_text()?;
            attempts.push(Attempt {
                number,
                node,
                started_at,
                ended_at: ended.map(UnixMillis::new),
                outcome,
                error: row.optional_text()?.and_then(Document::parse),
            });
        }
        Ok(Some(attempts))
    }
}
