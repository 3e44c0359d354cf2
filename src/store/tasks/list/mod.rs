//! List: the tasks that fit a filter, a page at a time.
//!
//! One index is chosen for a filter ([`index`]), and the rest of the filter is judged by the
//! script, member by member, so many for a page ([`look`]). Each part of the index (a partition, or
//! some of its queues) is read on its own, and the parts are put together ([`order`]): a page goes as far
//! as every part has been read, so that a task which stays where it is comes exactly once. Then
//! the records of the page are read, and only those ([`records`]).

mod index;
mod look;
mod order;
mod records;

use std::borrow::Cow;

use self::index::Index;
use self::look::Look;
use super::Tasks;
use crate::domain::task_filter::TaskFilter;
use crate::domain::{Document, Task, TaskId, UnixMillis};
use crate::store::StoreError;

/// Tasks that may be looked at for each that is asked for.
const LOOKS_FOR_EACH: usize = 10;
/// Bytes of payloads and results after which a page is short.
const MOST_BYTES: usize = 8 * 1024 * 1024;

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

/// How much of each task is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All but payloads, which are `null`, and results.
    Brief,
    Whole,
}

impl Tasks {
    /// Up to `limit` tasks that fit, behind `place`, without their payloads, which are `null` here,
    /// and results.
    ///
    /// The order follows from the filter. Those of a job, while that is not forgotten: by their items, the last first. Those with
    /// a tag: by their ids, the newest first. Those of one queue and type that are queued: by their
    /// place in the queue. All others: by the moment at which they were queued, started, ended or
    /// are due, the latest first, or the earliest first where the filter names both ends of a span. A
    /// task that stays in its place comes exactly once in the pages of a list; one that moves
    /// meanwhile may come again, or not at all.
    pub async fn list(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<TaskPage, StoreError> {
        self.page(Index::of, filter, place, limit, Extent::Brief)
            .await
    }

    /// The same with payloads and results; a page with 8 MiB of them is short.
    pub async fn list_whole(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<TaskPage, StoreError> {
        self.page(Index::of, filter, place, limit, Extent::Whole)
            .await
    }

    /// Like [`Self::list`], for one who changes what it finds: by moments always the latest first, so that what is
    /// changed goes where the list has been.
    pub(crate) async fn scan(
        &self,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
    ) -> Result<TaskPage, StoreError> {
        self.page(Index::of_scan, filter, place, limit, Extent::Brief)
            .await
    }

    async fn page(
        &self,
        choose: fn(&TaskFilter) -> Index,
        filter: &TaskFilter,
        place: Option<&ListPlace>,
        limit: usize,
        extent: Extent,
    ) -> Result<TaskPage, StoreError> {
        let mut filter = Cow::Borrowed(filter);
        let mut index = choose(&filter);
        let mut parts = index.parts(&self.core, &filter).await?;
        let mut page = TaskPage {
            tasks: Vec::new(),
            next: place.cloned(),
        };
        let mut bytes = 0;
        // What was found may turn out not to fit: then there is room for more.
        for _ in 0..LOOKS_FOR_EACH {
            let look = Look {
                core: &self.core,
                index,
                filter: &filter,
                limit,
            };
            let Some(found) = look.through(&parts, page.next.as_ref()).await? else {
                // The job is forgotten, and its tasks are still there.
                filter = Cow::Owned(since_its_job(&filter));
                index = choose(&TaskFilter {
                    job_id: None,
                    ..filter.as_ref().clone()
                });
                parts = index.parts(&self.core, &filter).await?;
                continue;
            };
            let (places, next) = order::merge(index, found, limit);
            let is_cut = places.len() == limit;
            page.next = next;
            bytes += self.add(&places, &filter, limit, extent, &mut page).await?;
            if !is_cut || page.next.is_none() || page.tasks.len() == limit || bytes >= MOST_BYTES {
                break;
            }
        }
        Ok(page)
    }

    /// Adds the tasks at these places that fit, as many as there is room for; how many bytes were read. Where places are
    /// left, the page goes on behind the last that was not.
    async fn add(
        &self,
        places: &[ListPlace],
        filter: &TaskFilter,
        limit: usize,
        extent: Extent,
        page: &mut TaskPage,
    ) -> Result<usize, StoreError> {
        let mut bytes = 0;
        for step in places.chunks(extent.step()) {
            let tasks = records::read(&self.core, step, extent).await?;
            for (place, task) in step.iter().zip(tasks) {
                let Some(task) = task else { continue };
                bytes += bytes_of(&task);
                // One that has moved since it was found may not fit any more.
                if filter.fits(&task) {
                    page.tasks.push(task);
                }
                let is_full = page.tasks.len() == limit || bytes >= MOST_BYTES;
                if is_full && places.last() != Some(place) {
                    page.next = Some(place.clone());
                    return Ok(bytes);
                }
            }
        }
        Ok(bytes)
    }
}

impl Extent {
    /// Records that one step reads.
    const fn step(self) -> usize {
        match self {
            Self::Brief => 250,
            Self::Whole => 8,
        }
    }

    /// The mode of the script that reads.
    const fn word(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Whole => "",
        }
    }
}

/// The same filter with a beginning: no task of a job was stored before the job's id was made.
fn since_its_job(filter: &TaskFilter) -> TaskFilter {
    let id = filter.job_id.map(|id| id.simple().to_string());
    let id = id.and_then(|id| TaskId::from_compact(id.as_bytes()));
    let made = id.map(|id| {
        let millis = id.created_at().get();
        UnixMillis::new(millis.saturating_sub(CLOCK_SLACK_MS))
    });
    TaskFilter {
        created_after: filter.created_after.max(made),
        ..filter.clone()
    }
}

fn bytes_of(task: &Task) -> usize {
    task.payload.len() + task.result.as_ref().map_or(0, Document::len)
}
