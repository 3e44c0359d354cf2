//! Parents: whether they are there, and how they ended and with what results.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::dependency::{MAX_TOLD_PARENTS, Parent, TOLD_RESULT_BYTES, TOLD_TASK_BYTES};
use crate::domain::{Dependency, Document, Partition, Submission, TaskId, TaskState};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, Tasks, scripts};

/// Parents that one call reads.
const PAGE: usize = 200;

impl Tasks {
    /// Which of the submissions depend on a task that is not there, by their index, and the place of that task
    /// in what they depend on: the first of each.
    pub async fn unknown_parents(
        &self,
        submissions: &[Submission],
    ) -> Result<BTreeMap<usize, usize>, StoreError> {
        let edges = submissions.iter().flat_map(|task| &task.depends_on);
        let all: HashSet<TaskId> = edges.map(|edge| edge.parent).collect();
        if all.is_empty() {
            return Ok(BTreeMap::new());
        }
        let all: Vec<TaskId> = all.into_iter().collect();
        let found = self.core.parents(&all, 0, &mut 0).await?;
        let lacking = submissions.iter().enumerate().filter_map(|(index, task)| {
            let mut edges = task.depends_on.iter();
            let place = edges.position(|edge| !found.contains_key(&edge.parent))?;
            Some((index, place))
        });
        Ok(lacking.collect())
    }

    /// What a task of a claim is told of those it has waited for; `left` is how many bytes of results the claim
    /// may still bring.
    pub(in crate::store) async fn parents_of(
        &self,
        id: TaskId,
        left: &mut usize,
    ) -> Result<Vec<Parent>, StoreError> {
        let mut args = Args::default();
        args.push(id.compact());
        let mut reply = self
            .core
            .call(&scripts::EDGES, id.partition(), "", &args)
            .await?
            .next_list()?;
        let mut edges = Dependency::unpack(&reply.text()?)
            .ok_or_else(|| StoreError::corrupt("a task's edges"))?;
        let mut answers = reply.next_list()?;
        let mut ends = HashMap::new();
        while answers.left() > 0 {
            ends.insert(answers.text()?, answers.state()?);
        }
        edges.truncate(MAX_TOLD_PARENTS);
        let mut own = TOLD_TASK_BYTES.min(*left);
        let ids: Vec<TaskId> = edges.iter().map(|edge| edge.parent).collect();
        let before = own;
        let mut results = self.core.parents(&ids, TOLD_RESULT_BYTES, &mut own).await?;
        *left -= before - own;
        let told = edges.into_iter().filter_map(|dependency| {
            let state = *ends.get(&dependency.parent.compact())?;
            // A parent that runs once more has no result now.
            let found = results.remove(&dependency.parent).unwrap_or_default();
            Some(Parent {
                dependency,
                state,
                result_bytes: found.bytes,
                result: found.result.filter(|_| state == TaskState::Succeeded),
            })
        });
        Ok(told.collect())
    }
}

/// What of a parent was found.
#[derive(Default)]
pub(super) struct FoundParent {
    bytes: u64,
    result: Option<Document>,
}

impl Core {
    /// Those of the tasks that are there, with results that have at most `longest` bytes each and `left` all
    /// together.
    async fn parents(
        &self,
        ids: &[TaskId],
        longest: usize,
        left: &mut usize,
    ) -> Result<HashMap<TaskId, FoundParent>, StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        for id in ids.iter().filter(|id| self.knows(**id)) {
            by_partition.entry(id.partition()).or_default().push(*id);
        }
        let mut found = HashMap::with_capacity(ids.len());
        for (partition, ids) in by_partition {
            for page in ids.chunks(PAGE) {
                let mut args = Args::default();
                args.push_number(longest as u64).push_number(*left as u64);
                for id in page {
                    args.push(id.compact());
                }
                let mut reply = self.call(&scripts::PARENTS, partition, "", &args).await?;
                for id in page {
                    let mut row = reply.next_list()?;
                    let is_there = !row.text()?.is_empty();
                    let bytes = row.count()?;
                    let result = row.optional_text()?;
                    *left = left.saturating_sub(result.as_ref().map_or(0, String::len));
                    if is_there {
                        let result = result.and_then(Document::parse);
                        found.insert(*id, FoundParent { bytes, result });
                    }
                }
            }
        }
        Ok(found)
    }
}
