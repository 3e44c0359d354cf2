//! Records: the tasks at some places of a list, as they are now.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{Extent, ListPlace};
use crate::domain::{Partition, Task, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::tasks::report::decode_record;
use crate::store::{StoreError, scripts};

/// The task at each place, `None` where it is not there any more.
pub(super) async fn read(
    core: &Core,
    places: &[ListPlace],
    extent: Extent,
) -> Result<Vec<Option<Task>>, StoreError> {
    let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
    let mut ids = Vec::with_capacity(places.len());
    for place in places {
        let id = TaskId::from_compact(place.id.as_bytes())
            .ok_or_else(|| StoreError::corrupt("a set of tasks lists what is no id"))?;
        by_partition.entry(id.partition()).or_default().push(id);
        ids.push(id);
    }
    let answers = by_partition
        .into_iter()
        .map(|(partition, ids)| read_in(core, partition, ids, extent));
    let mut tasks = BTreeMap::new();
    for found in join_all(answers).await {
        tasks.extend(found?.into_iter().map(|task| (task.id, task)));
    }
    Ok(ids.iter().map(|id| tasks.remove(id)).collect())
}

async fn read_in(
    core: &Core,
    partition: Partition,
    ids: Vec<TaskId>,
    extent: Extent,
) -> Result<Vec<Task>, StoreError> {
    let mut args = Args::default();
    for id in &ids {
        args.push(id.compact());
    }
    let mut reply = core
        .call_abreast(&scripts::GET_TASK, partition, extent.word(), &args)
        .await?;
    let mut tasks = Vec::with_capacity(ids.len());
    for id in ids {
        let mut answer = reply.next_list()?;
        if answer.text()? == "done" {
            tasks.push(decode_record(id, &mut answer)?);
        }
    }
    Ok(tasks)
}
