//! Look: how far one page goes through an index, and what of a filter the script judges.
//!
//! What a page looks at is bounded, so that one that nothing fits takes milliseconds too; it is spent in calls that hold
//! Redis for a few of them at most.

use futures_util::future::join_all;

use super::index::{Home, Index, Part};
use super::order::Found;
use super::{CLOCK_SLACK_MS, LOOKS_FOR_EACH, ListPlace};
use crate::domain::task_filter::TaskFilter;
use crate::domain::{TaskId, TaskType, UnixMillis};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

/// Members of an index that one page looks at. Most cost Redis a microsecond; where a record has to be read for it,
/// four: of those there are [`LOOKS_FOR_EACH`] for each task that is asked for, and these at least.
const MOST_MEMBERS: usize = 5_000;
const LEAST_RECORDS: usize = 1_000;
/// Of one call.
const MEMBERS_OF_CALL: usize = 1_000;

/// A look through an index for a page.
pub(super) struct Look<'a> {
    pub(super) core: &'a Core,
    pub(super) index: Index,
    pub(super) filter: &'a TaskFilter,
    /// Tasks of the page.
    pub(super) limit: usize,
}

/// What a part may still look at.
#[derive(Clone, Copy)]
struct Budget {
    members: usize,
    records: usize,
}

impl Look<'_> {
    /// What the parts hold behind `place`, at most one more than `limit` each; `None` when the job whose index it is
    /// is not there.
    pub(super) async fn through(
        &self,
        parts: &[Part],
        place: Option<&ListPlace>,
    ) -> Result<Option<Vec<Found>>, StoreError> {
        let records = (LOOKS_FOR_EACH * self.limit).clamp(LEAST_RECORDS, MOST_MEMBERS);
        let share = |of: usize| (of / parts.len().max(1)).max(1);
        let budget = Budget {
            members: share(MOST_MEMBERS),
            records: share(records),
        };
        let start = place.cloned().or_else(|| self.start());
        let judged = self.judged();
        let looks = parts
            .iter()
            .map(|part| self.through_part(part, &judged, start.clone(), budget));
        join_all(looks).await.into_iter().collect()
    }

    /// `judged` is what the script takes of the filter.
    async fn through_part(
        &self,
        part: &Part,
        judged: &Args,
        mut place: Option<ListPlace>,
        mut budget: Budget,
    ) -> Result<Option<Found>, StoreError> {
        let mut places = Vec::new();
        loop {
            let mut args = Args::default();
            part.home.push_to(&mut args);
            args.append(judged);
            match &place {
                Some(place) => args.push_number(place.score).push(&place.id),
                None => args.push("").push(""),
            };
            args.push_number((self.limit + 1 - places.len()) as u64)
                .push_number(budget.members.min(MEMBERS_OF_CALL) as u64)
                .push_number(budget.records as u64)
                .append(&part.sets);
            let mut reply = self.call(part, &args).await?;
            let word = reply.text()?;
            if word == "not_found" {
                let is_empty = !matches!(part.home, Home::Job(_));
                return Ok(is_empty.then_some(Found {
                    places,
                    reached: None,
                }));
            }
            budget.take(&mut reply)?;
            let mut last = reply.next_list()?;
            read_places(reply.next_list()?, &mut places)?;
            if word == "end" {
                return Ok(Some(Found {
                    places,
                    reached: None,
                }));
            }
            place = Some(read_place(&mut last)?);
            if places.len() > self.limit || budget.is_spent() {
                return Ok(Some(Found {
                    places,
                    reached: place,
                }));
            }
        }
    }

    async fn call(&self, part: &Part, args: &Args) -> Result<Reply, StoreError> {
        let script = &scripts::LIST_TASKS;
        let partition = match &part.home {
            Home::Queue(queue) => return self.core.call_at_queue(script, queue, "", args).await,
            Home::Job(job) => job.as_run().partition(),
            Home::Partition(partition) => *partition,
        };
        self.core.call_abreast(script, partition, "", args).await
    }

    /// Where a list by ids begins that leaves out the youngest.
    fn start(&self) -> Option<ListPlace> {
        let id = self.surely_behind().filter(|_| self.index == Index::Tag)?;
        Some(ListPlace { score: 0, id })
    }

    /// The first id whose task was certainly not stored before the end of the span.
    fn surely_behind(&self) -> Option<String> {
        self.filter.created_before.map(surely_since)
    }

    /// What the script judges: the order, the span, and the fields of the record that the index does not cover.
    fn judged(&self) -> Args {
        let Self { index, filter, .. } = *self;
        let mut args = Args::default();
        args.push(index.order())
            .push(index.kind())
            .push(if index.is_by_moment() { "1" } else { "" })
            .push_optional(filter.created_after.map(UnixMillis::get))
            .push_optional(filter.created_before.map(UnixMillis::get))
            .push(filter.created_after.map(surely_since).unwrap_or_default())
            .push(self.surely_behind().unwrap_or_default());
        let fields = fields(index, filter);
        args.push_number(fields.len() as u64);
        for (field, value) in fields {
            args.push(field).push(value);
        }
        args
    }
}

/// The fields of a record that have to have a value.
fn fields(index: Index, filter: &TaskFilter) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    let mut add = |field, value: Option<String>| fields.extend(value.map(|value| (field, value)));
    let queue = filter.queue.as_ref();
    add(
        "queue",
        queue
            .filter(|_| !index.is_of_queue())
            .map(ToString::to_string),
    );
    let state = filter.state.filter(|_| !index.is_of_state());
    add("state", state.map(|state| state.word().to_owned()));
    let task_type = filter.task_type.as_ref().filter(|_| index != Index::Ready);
    // The record does not name the default.
    let named = |wanted: &TaskType| {
        if *wanted == TaskType::default() {
            String::new()
        } else {
            wanted.to_string()
        }
    };
    add("type", task_type.map(named));
    let node = filter.node_id.as_ref().filter(|_| index != Index::Held);
    add("latest", node.map(ToString::to_string));
    let job = filter.job_id.filter(|_| index != Index::Job);
    add("job", job.map(|job| job.simple().to_string()));
    // As it stands in the record's list of tags.
    let tag = filter.tag.as_ref().filter(|_| index != Index::Tag);
    add("tags", tag.and_then(|tag| serde_json::to_string(tag).ok()));
    fields
}

/// The first id whose task was certainly stored after that moment.
fn surely_since(moment: UnixMillis) -> String {
    TaskId::first_at(moment.plus(CLOCK_SLACK_MS).get())
}

fn read_places(mut flat: Reply, places: &mut Vec<ListPlace>) -> Result<(), StoreError> {
    places.reserve(flat.left() / 2);
    while flat.left() > 0 {
        let id = flat.text()?;
        let score = flat.number()?;
        places.push(ListPlace { score, id });
    }
    Ok(())
}

fn read_place(reply: &mut Reply) -> Result<ListPlace, StoreError> {
    let score = reply.number()?;
    let id = reply.text()?;
    Ok(ListPlace { score, id })
}

impl Budget {
    /// Takes off what a call has looked at.
    fn take(&mut self, reply: &mut Reply) -> Result<(), StoreError> {
        for left in [&mut self.members, &mut self.records] {
            let spent = usize::try_from(reply.count()?).unwrap_or(usize::MAX);
            *left = left.saturating_sub(spent);
        }
        Ok(())
    }

    const fn is_spent(self) -> bool {
        self.members == 0 || self.records == 0
    }
}
