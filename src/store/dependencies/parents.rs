//! Parents: whether they are there, and how they ended and with what results.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::dependency::{
    MAX_TOLD_PARENTS, Parent, TOLD_CLAIM_BYTES, TOLD_RESULT_BYTES, TOLD_TASK_BYTES,
};
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

    /// What the tasks of a claim are told of those they have waited for, as far as the bytes go.
    pub(in crate::store) async fn parents_of(
        &self,
        ids: &[TaskId],
    ) -> Result<HashMap<TaskId, Vec<Parent>>, StoreError> {
        let edges = self.core.edges(ids).await?;
        let mut wanted: Vec<TaskId> = edges
            .values()
            .flat_map(|(edges, _)| edges.iter().map(|edge| edge.parent))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut left = TOLD_CLAIM_BYTES;
        let found = self
            .core
            .parents(&wanted, TOLD_RESULT_BYTES, &mut left)
            .await?;
        let mut left = TOLD_CLAIM_BYTES;
        let told = ids.iter().filter_map(|id| {
            let (edges, ends) = edges.get(id)?;
            let mut own = TOLD_TASK_BYTES.min(left);
            let before = own;
            let parents = edges.iter().filter_map(|edge| {
                let state = *ends.get(&edge.parent.compact())?;
                Some(told(edge, state, found.get(&edge.parent), &mut own))
            });
            let parents = parents.collect();
            left -= before - own;
            Some((*id, parents))
        });
        Ok(told.collect())
    }
}

/// What is told of one parent. One that runs once more has no result now.
fn told(
    dependency: &Dependency,
    state: TaskState,
    found: Option<&FoundParent>,
    left: &mut usize,
) -> Parent {
    let result = found.and_then(|found| found.result.as_ref());
    let result = result.filter(|result| state == TaskState::Succeeded && result.len() <= *left);
    *left -= result.map_or(0, Document::len);
    Parent {
        dependency: dependency.clone(),
        state,
        result_bytes: found.map_or(0, |found| found.bytes),
        result: result.cloned(),
    }
}

/// What of a parent was found.
#[derive(Default)]
pub(super) struct FoundParent {
    bytes: u64,
    result: Option<Document>,
}

/// Whom a task depends on, the first of them, and how those ended that have told it.
type Edges = (Vec<Dependency>, HashMap<String, TaskState>);

impl Core {
    async fn edges(&self, ids: &[TaskId]) -> Result<HashMap<TaskId, Edges>, StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        for id in ids {
            by_partition.entry(id.partition()).or_default().push(*id);
        }
        let mut found = HashMap::with_capacity(ids.len());
        for (partition, ids) in by_partition {
            let mut args = Args::default();
            for id in &ids {
                args.push(id.compact());
            }
            let mut reply = self.call(&scripts::EDGES, partition, "", &args).await?;
            for id in ids {
                let mut row = reply.next_list()?;
                let mut edges = Dependency::unpack(&row.text()?)
                    .ok_or_else(|| StoreError::corrupt("a task's edges"))?;
                edges.truncate(MAX_TOLD_PARENTS);
                let (mut answers, mut ends) = (row.next_list()?, HashMap::new());
                while answers.left() > 0 {
                    ends.insert(answers.text()?, answers.state()?);
                }
                found.insert(id, (edges, ends));
            }
        }
        Ok(found)
    }

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
