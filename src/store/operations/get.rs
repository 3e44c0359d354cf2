//! Get and list: operations as they are.

use futures_util::future::join_all;

use super::{Operations, decode, read_id};
use crate::domain::operation::{Operation, OperationId};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::{StoreError, scripts};

impl Operations {
    /// The operation, or `None` when there is none with that id.
    pub async fn get(&self, id: OperationId) -> Result<Option<Operation>, StoreError> {
        if !self.knows(id) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let mut reply = self
            .core
            .call(&scripts::GET_OPERATION, id.partition(), "", &args)
            .await?;
        let record = Record::read(reply.value()?)?;
        if record.is_empty() {
            return Ok(None);
        }
        decode(id, record).map(Some)
    }

    /// Up to `limit` operations, the newest first, from behind the one with the id `behind`; and
    /// whether there are more.
    pub async fn list(
        &self,
        behind: Option<OperationId>,
        limit: usize,
    ) -> Result<(Vec<Operation>, bool), StoreError> {
        let mut args = Args::default();
        args.push(behind.map(OperationId::compact).unwrap_or_default())
            .push_number(limit as u64 + 1);
        let args = &args;
        let answers = self.core.all_partitions().map(|partition| async move {
            self.core
                .call(&scripts::LIST_OPERATIONS, partition, "", args)
                .await
        });
        let mut operations = Vec::new();
        for reply in join_all(answers).await {
            let mut reply = reply?;
            while reply.left() > 0 {
                let id = read_id(&mut reply)?;
                operations.push(decode(id, Record::read(reply.value()?)?)?);
            }
        }
        operations.sort_unstable_by_key(|operation| std::cmp::Reverse(operation.id));
        let more = operations.len() > limit;
        operations.truncate(limit);
        Ok((operations, more))
    }

    /// Whether an id can name an operation here.
    pub(super) fn knows(&self, id: OperationId) -> bool {
        id.partition().number() < self.core.partitions
    }
}
