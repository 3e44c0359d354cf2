//! Start: a change of many tasks begins.

use super::{Operations, decode};
use crate::domain::Partition;
use crate::domain::operation::{BulkChange, Operation, OperationId, Selection};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::{StoreError, scripts};

impl Operations {
    /// Begins an operation; the sweeps do its work. `change` has been checked.
    pub async fn start(&self, change: &BulkChange) -> Result<Operation, StoreError> {
        // Spread over the partitions: each has its own sweep.
        let uuid = self.core.shared.clock.new_uuid();
        let partition = Partition::of_name(&uuid.to_string(), self.core.partitions);
        let id = OperationId::mint(uuid, partition);
        let mut args = Args::default();
        args.push(id.compact());
        encode(&mut args, change)?;
        let mut reply = self
            .core
            .call(&scripts::START_OPERATION, partition, "", &args)
            .await?;
        decode(id, Record::read(reply.value()?)?)
    }
}

fn encode(args: &mut Args, change: &BulkChange) -> Result<(), StoreError> {
    let (size, interval) = change.pace();
    let mut fields = vec![
        ("action", change.action.word().to_owned()),
        ("size", size.to_string()),
        ("interval", interval.to_string()),
    ];
    if let Some(priority) = change.action.priority() {
        fields.push(("priority", priority.get().to_string()));
    }
    if change.dry_run {
        fields.push(("dry", "1".to_owned()));
    }
    if let Some(rate) = change.rate_per_s {
        fields.push(("rate", rate.to_string()));
    }
    match &change.selection {
        Selection::Ids(_) => fields.push(("scanned", "1".to_owned())),
        Selection::Filter(filter) => {
            let filter = serde_json::to_string(filter)
                .map_err(|error| StoreError::corrupt(error.to_string()))?;
            fields.push(("filter", filter));
        }
    }
    args.push_number(fields.len() as u64);
    for (field, value) in fields {
        args.push(field).push(value);
    }
    if let Selection::Ids(ids) = &change.selection {
        for id in ids {
            args.push(id.compact());
        }
    }
    Ok(())
}
