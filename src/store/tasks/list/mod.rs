//! List: the tasks that fit a filter, a page at a time.
//!
//! One index is chosen for a filter ([`index`]), and the rest of the filter is judged by the
//! script, member by member, at most [`MOST_MEMBERS`] for a page. Each part of the index (a
//! partition, or some of its queues) is read on its own, and here the parts are merged: a page goes
//! as far as every part has been read, so that a task which stays where it is comes exactly once.

mod index;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use futures_util::future::join_all;

use self::index::{Index, Part};
use super::Tasks;
use super::report::decode_record;
use crate::domain::task_filter::TaskFilter;
use crate::domain::{Document, Partition, Task, TaskId, TaskType, UnixMillis};
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Members of the index that are looked at for one page: so many for each task that is asked for, within
/// bounds; then the page is short. Each costs Redis some microseconds, and a page of 50 is to take 10 ms at
/// most (`taskyard bench lists`).
const MEMBERS_OF_EACH: usize = 10;
const LEAST_MEMBERS: usize = 1_000;
const MOST_MEMBERS: usize = 5_000;
/// Bytes of payloads and results after which a page is short.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Records that one step reads: more when they come without payloads and results.
const BRIEF_STEP: usize = 250;
const WHOLE_STEP: usize = 8;
/// Ids carry the service's clock, moments that of Redis: this far apart they are still judged right.
const CLOCK_SLACK_MS: u64 = 60_000;

/// Behind which task a list goes on: its place in the order of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPlace {
    /// The score that the index gives it.
    pub score: i64,
    /// Its id, in the compact form.
    pub id: String,
}

/// A part of a list.
#[derive(Debug)]
pub struct TaskPage {
    /// In the order of the list; perhaps fewer than asked for, or none, although more follow.
    pub tasks: Vec<Task>,
    /// Where to go on; `None` at the end.
    pub next: Option<ListPlace>,
}

/// What a part found.
struct Found {
    places: Vec<ListPlace>,
    /// The last place it has looked at, when there may be more behind it.
    reached: Option<ListPlace>,
}

impl Tasks {
    /// Up to `limit` tasks that fit, behind `place`, without their payloads, which are `null` here,
    /// and results.
    ///
    /// The order follows from the filter. Those of one queue and type that are queued: by their
    /// place in the queue. Those with a tag: by their ids, the newest first. All others: by the moment at
    /// which they were queued, started, ended or are due, the latest first. A task that
    /// stays in its place comes exactly once in the pages of a list; one that moves meanwhile may
    /// come again, or not at all.
    pub async fn list(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<TaskPage, StoreError> {
        self.page(filter, place, limit, "brief").await
    }

    /// The same with payloads and results; a page with 8 MiB of them is short.
    pub async fn list_whole(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<TaskPage, StoreError> {
        self.page(filter, place, limit, "").await
    }

    async fn page(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
        mode: &str,
    ) -> Result<TaskPage, StoreError> {
        let index = Index::of(filter);
        let parts = index.parts(&self.core, filter).await?;
        let found = self.find(index, &parts, filter, place, limit).await?;
        let (mut places, mut next) = merge(index, found, limit);
        let mut tasks = Vec::new();
        let (mut read, mut bytes) = (0, 0);
        let step = if mode == "brief" {
            BRIEF_STEP
        } else {
            WHOLE_STEP
        };
        while read < places.len() && bytes < MOST_BYTES {
            let end = places.len().min(read + step);
            let found = self.read(&places[read..end], mode).await?;
            bytes += found.iter().map(bytes_of).sum::<usize>();
            // One that has moved since it was found may not fit any more.
            tasks.extend(found.into_iter().filter(|task| filter.fits(task)));
            read = end;
        }
        if read < places.len() {
            places.truncate(read);
            next = places.pop();
        }
        Ok(TaskPage { tasks, next })
    }

    /// What the parts hold behind `place`: at most one more than `limit` each.
    async fn find(
        &self,
        index: Index,
        parts: &[Part],
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let members = (MEMBERS_OF_EACH * limit).clamp(LEAST_MEMBERS, MOST_MEMBERS);
        let members = (members / parts.len().max(1)).max(1);
        let mut head = Args::default();
        head.push(index.order()).push(index.kind());
        let start = place.cloned().or_else(|| index.start(filter));
        match &start {
            Some(place) => head.push_number(place.score).push(&place.id),
            None => head.push("").push(""),
        };
        head.push_number(limit as u64 + 1)
            .push_number(members as u64);
        encode_filter(&mut head, index, filter);
        let head = &head;
        let answers = parts.iter().map(|part| async move {
            let mut args = head.clone();
            args.append(&part.sets);
            let call = self
                .core
                .call(&scripts::LIST_TASKS, part.partition, "", &args);
            let mut reply = call.await?;
            let more = reply.text()? == "more";
            let mut last = reply.next_list()?;
            let mut flat = reply.next_list()?;
            let mut places = Vec::with_capacity(flat.left() / 2);
            while flat.left() > 0 {
                let id = flat.text()?;
                let score = flat.number()?;
                places.push(ListPlace { score, id });
            }
            let reached = if more {
                let score = last.number()?;
                let id = last.text()?;
                Some(ListPlace { score, id })
            } else {
                None
            };
            Ok(Found { places, reached })
        });
        join_all(answers).await.into_iter().collect()
    }

    /// The tasks at these places that are still there, in their order.
    async fn read(&self, places: &[ListPlace], mode: &str) -> Result<Vec<Task>, StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        let mut ids = Vec::with_capacity(places.len());
        for place in places {
            let id = TaskId::from_compact(place.id.as_bytes())
                .ok_or_else(|| StoreError::corrupt("a set of tasks lists what is no id"))?;
            by_partition.entry(id.partition()).or_default().push(id);
            ids.push(id);
        }
        let answers = by_partition.into_iter().map(|(partition, ids)| async move {
            let mut args = Args::default();
            for id in &ids {
                args.push(id.compact());
            }
            let call = self.core.call(&scripts::GET_TASK, partition, mode, &args);
            let mut reply = call.await?;
            let mut tasks = Vec::with_capacity(ids.len());
            for id in ids {
                let mut answer = reply.next_list()?;
                if answer.text()? == "done" {
                    tasks.push(decode_record(id, &mut answer)?);
                }
            }
            Ok::<_, StoreError>(tasks)
        });
        let mut tasks = BTreeMap::new();
        for found in join_all(answers).await {
            tasks.extend(found?.into_iter().map(|task| (task.id, task)));
        }
        Ok(ids.iter().filter_map(|id| tasks.remove(id)).collect())
    }
}

fn bytes_of(task: &Task) -> usize {
    task.payload.len() + task.result.as_ref().map_or(0, Document::len)
}

/// What has to fit, as the script takes it: the least score, the ids and the moments between which
/// it was made, and the fields of the record that the index does not cover.
fn encode_filter(args: &mut Args, index: Index, filter: &TaskFilter) {
    let after = filter.created_after.map(UnixMillis::get);
    let before = filter.created_before.map(UnixMillis::get);
    let least = after.map(|millis| millis.saturating_sub(CLOCK_SLACK_MS));
    // No task reaches a moment before it is there.
    args.push_optional(least.filter(|_| index.is_by_moment()))
        .push(least.map_or_else(String::new, TaskId::first_at))
        .push(latest_id(filter).unwrap_or_default())
        .push_optional(after)
        .push_optional(before);
    let mut fields: Vec<(&str, String)> = Vec::new();
    if let Some(queue) = filter.queue.as_ref().filter(|_| index == Index::Held) {
        fields.push(("queue", queue.to_string()));
    }
    if let Some(state) = filter.state.filter(|_| index == Index::Tag) {
        fields.push(("state", state.word().to_owned()));
    }
    if let Some(wanted) = filter.task_type.as_ref().filter(|_| index != Index::Ready) {
        // The record does not name the default.
        let named = *wanted != TaskType::default();
        let value = if named { wanted.as_str() } else { "" };
        fields.push(("type", value.to_owned()));
    }
    if let Some(node) = filter.node_id.as_ref().filter(|_| index != Index::Held) {
        fields.push(("latest", node.to_string()));
    }
    if let Some(job) = filter.job_id {
        fields.push(("job", job.simple().to_string()));
    }
    args.push_number(fields.len() as u64);
    for (field, value) in fields {
        args.push(field).push(value);
    }
}

/// The first id that is certainly too young.
fn latest_id(filter: &TaskFilter) -> Option<String> {
    let before = filter.created_before?;
    Some(TaskId::first_at(before.plus(CLOCK_SLACK_MS).get()))
}

/// The places of a page in their order, and where the next one begins.
fn merge(index: Index, found: Vec<Found>, limit: usize) -> (Vec<ListPlace>, Option<ListPlace>) {
    let order = |one: &ListPlace, other: &ListPlace| {
        let ascending = (one.score, &one.id).cmp(&(other.score, &other.id));
        if index.is_newest_first() {
            ascending.reverse()
        } else {
            ascending
        }
    };
    // Behind the place that some part has not got beyond, others may still be missing.
    let horizon = found
        .iter()
        .filter_map(|part| part.reached.as_ref())
        .min_by(|one, other| order(one, other))
        .cloned();
    let mut places: Vec<ListPlace> = found.into_iter().flat_map(|part| part.places).collect();
    places.sort_by(order);
    if let Some(horizon) = &horizon {
        places.retain(|place| order(place, horizon) != Ordering::Greater);
    }
    if places.len() > limit {
        places.truncate(limit);
        let next = places.last().cloned();
        return (places, next);
    }
    (places, horizon)
}
