//! Stage: a graph is kept in pages under its job, and is there at once when it is committed.
//!
//! A row is a task as it will be planted, with its id and those that depend on it. Rows stand so that each task
//! comes behind those that depend on it: whatever ends early finds them there to be told.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::graph::Graph;
use crate::domain::job::JobPlace;
use crate::domain::{Dependency, Partition, QueueName, Submission, TaskId};
use crate::store::args::Args;
use crate::store::codec::{Edges, encode_submission};
use crate::store::{StoreError, scripts};

use super::Upload;

/// Rows, and their bytes, that travel together.
const PAGE_ROWS: usize = 200;
const PAGE_BYTES: usize = 256 * 1024;

/// A row: the task's place in the job, whom it tells how it ends, and the item as submit takes it.
pub(super) type Row = (u64, String, Vec<String>);

impl Upload {
    /// Stages the whole graph; false when the job takes nothing more from this upload.
    pub async fn stage(&mut self, graph: &Graph) -> Result<bool, StoreError> {
        let core = self.core();
        let tasks = graph.tasks();
        let mut ids: Vec<TaskId> = Vec::with_capacity(tasks.len());
        let mut places: BTreeMap<&QueueName, Partition> = BTreeMap::new();
        for task in tasks {
            let queue = &task.task.queue;
            let partition = match places.get(queue) {
                Some(known) => *known,
                None => core.settle(queue).await?,
            };
            places.insert(queue, partition);
            ids.push(core.mint_id(partition));
        }
        let dependents = graph.dependents();
        let (mut page, mut staged) = (Args::default(), 0);
        for place in planting_order(&ids, &dependents) {
            let submission = Submission {
                name: Some(tasks[place].name.clone()),
                depends_on: tasks[place]
                    .depends_on
                    .iter()
                    .map(|(parent, on)| Dependency {
                        parent: ids[*parent],
                        on: *on,
                        name: Some(tasks[*parent].name.clone()),
                    })
                    .collect(),
                place: Some(JobPlace {
                    job: self.id(),
                    offset: place as u64,
                    count: 1,
                }),
                ..tasks[place].task.clone()
            };
            let item =
                encode_submission(&submission, ids[place], "", Edges::Known, core.inline_bytes)?;
            let children = dependents[place].iter().map(|child| ids[*child].compact());
            let children: String = children.map(|child| child + " ").collect();
            page.push(encode_row(place as u64, &children, &item)?);
            if page.count() == PAGE_ROWS || page.bytes() > PAGE_BYTES {
                if !self.send_stage(staged, &page).await? {
                    return Ok(false);
                }
                staged += page.count();
                page = Args::default();
            }
        }
        Ok(page.count() == 0 || self.send_stage(staged, &page).await?)
    }

    async fn send_stage(&mut self, staged: usize, page: &Args) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push_number(staged as u64).append(page);
        let mut reply = self.call(&scripts::STAGE_GRAPH, &args).await?;
        Ok(reply.text()? == "done")
    }

    /// The staged graph is whole: from now on it is there, and its tasks come into being. False when the job
    /// takes nothing more from this upload.
    pub async fn commit(mut self, tasks: usize) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push_number(tasks as u64);
        let mut reply = self.call(&scripts::COMMIT_GRAPH, &args).await?;
        let committed = reply.text()? == "done";
        if committed {
            self.is_whole();
        }
        Ok(committed)
    }
}

/// The places of the tasks in an order in which each follows those that depend on it; those of one partition
/// stand together as far as that goes, since a page is planted in one.
fn planting_order(ids: &[TaskId], dependents: &[Vec<usize>]) -> Vec<usize> {
    let mut depths = vec![0_usize; ids.len()];
    for place in (0..ids.len()).rev() {
        let below = dependents[place].iter().map(|child| depths[*child] + 1);
        depths[place] = below.max().unwrap_or_default();
    }
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|place| (depths[*place], ids[*place].partition(), Reverse(*place)));
    order
}

fn encode_row(place: u64, children: &str, item: &Args) -> Result<String, StoreError> {
    let texts: Result<Vec<&str>, _> = item.iter().map(std::str::from_utf8).collect();
    let texts = texts.map_err(|_| StoreError::corrupt("an argument that is not UTF-8"))?;
    serde_json::to_string(&(place, children, texts))
        .map_err(|error| StoreError::corrupt(error.to_string()))
}
