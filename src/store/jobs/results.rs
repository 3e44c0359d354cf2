//! Results: how a job's tasks ended, in the order of their items, as far as they have.

use std::collections::BTreeMap;

use super::Jobs;
use crate::domain::job::JobPlace;
use crate::domain::{Document, JobId, Name, Partition, TaskId, TaskState};
use crate::store::args::Args;
use crate::store::reply::{Reply, parse_number};
use crate::store::{StoreError, scripts};

/// Tasks of one page, looked at by one script.
const PAGE: u64 = 200;
/// Bytes after which a page ends.
const PAGE_BYTES: u64 = 512 * 1024;
/// Values of one row.
const ROW: usize = 5;

/// How one task ended.
#[derive(Debug)]
pub struct JobResult {
    /// Where in the job it stands.
    pub place: JobPlace,
    /// What it is called in its graph.
    pub name: Option<Name>,
    /// Its id.
    pub task: TaskId,
    /// How it ended.
    pub state: TaskState,
    /// Its result when it succeeded, its error when it failed.
    pub document: Option<Document>,
}

/// A page of them.
#[derive(Debug)]
pub struct JobResults {
    /// In the order of the items.
    pub results: Vec<JobResult>,
    /// What comes after them.
    pub behind: Behind,
}

/// What stands behind a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// More that can be read at once, from the item with this index on.
    More(u64),
    /// A task that has not ended.
    Unfinished(TaskId),
    /// Tasks that have not been made yet.
    Unmade,
    /// Nothing: the job has ended, and this was its last page.
    End,
}

impl Jobs {
    /// A page of the results from item `from` on, up to the first task that has not finished; `most`
    /// results, about 512 KiB, or one result. `None` when there is no such job.
    pub async fn results(
        &self,
        id: JobId,
        from: u64,
        most: u64,
    ) -> Result<Option<JobResults>, StoreError> {
        if !self.core.knows(id.as_run()) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact())
            .push_number(from)
            .push_number(most.min(PAGE))
            .push_number(PAGE_BYTES);
        let mut reply = self
            .core
            .call(&scripts::JOB_RESULTS, id.as_run().partition(), "", &args)
            .await?;
        if reply.text()? != "done" {
            return Ok(None);
        }
        let behind = read_behind(&reply.text()?)?;
        let mut rows = Vec::with_capacity(reply.left() / ROW);
        while reply.left() > 0 {
            rows.push(Row::read(&mut reply)?);
        }
        self.fill_in(&mut rows).await?;
        Ok(Some(page_of(rows, from, behind)))
    }

    /// Reads the rows of tasks that are in other partitions, where they are.
    async fn fill_in(&self, rows: &mut [Row]) -> Result<(), StoreError> {
        let mut away: BTreeMap<Partition, Vec<usize>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            if let Row::Away(id) = row {
                away.entry(id.partition()).or_default().push(place);
            }
        }
        for (partition, places) in away {
            let mut args = Args::default();
            args.push_number(PAGE_BYTES);
            for place in &places {
                args.push(rows[*place].task().compact());
            }
            let mut reply = self
                .core
                .call(&scripts::JOB_RESULTS, partition, "named", &args)
                .await?;
            for place in places {
                rows[place] = Row::read(&mut reply)?;
            }
        }
        Ok(())
    }
}

/// What the rows come to: up to the first that has no end to tell.
fn page_of(rows: Vec<Row>, from: u64, behind: Behind) -> JobResults {
    let mut page = JobResults {
        results: Vec::with_capacity(rows.len()),
        behind,
    };
    for row in rows {
        match row {
            Row::Ended(result) => page.results.push(result),
            Row::Gone(_) => {}
            Row::Unfinished(id) => {
                page.behind = Behind::Unfinished(id);
                break;
            }
            Row::Unread(_) | Row::Away(_) => {
                page.behind = Behind::More(from);
                break;
            }
        }
    }
    // An item in the midst of a task would bring that task once more.
    if let (Behind::More(next), Some(last)) = (&mut page.behind, page.results.last()) {
        *next = (*next).max(last.place.offset + last.place.count);
    }
    page
}

fn read_behind(text: &str) -> Result<Behind, StoreError> {
    Ok(match text {
        "end" => Behind::End,
        "unmade" => Behind::Unmade,
        text => match TaskId::from_compact(text.as_bytes()) {
            Some(id) => Behind::Unfinished(id),
            None => Behind::More(parse_number(text)?),
        },
    })
}

/// What a script says of one task.
enum Row {
    /// How it ended.
    Ended(JobResult),
    /// It is in another partition.
    Away(TaskId),
    /// It has not ended.
    Unfinished(TaskId),
    /// It is deleted.
    Gone(TaskId),
    /// It has ended, and the page is full.
    Unread(TaskId),
}

impl Row {
    fn read(reply: &mut Reply) -> Result<Self, StoreError> {
        let unreadable = || StoreError::corrupt("a row of a job's results");
        let task = TaskId::from_compact(reply.text()?.as_bytes()).ok_or_else(unreadable)?;
        let state = reply.text()?;
        let place = reply.text()?;
        let document = reply.optional_text()?.and_then(Document::parse);
        let name = reply.optional_text()?;
        Ok(match state.as_str() {
            "away" => Self::Away(task),
            "gone" => Self::Gone(task),
            "unread" => Self::Unread(task),
            "unfinished" => Self::Unfinished(task),
            state => Self::Ended(JobResult {
                place: JobPlace::unpack(&place).ok_or_else(unreadable)?,
                task,
                state: TaskState::from_word(state).ok_or_else(unreadable)?,
                document,
                name: name.and_then(|name| Name::parse(&name).ok()),
            }),
        })
    }

    const fn task(&self) -> TaskId {
        match self {
            Self::Ended(result) => result.task,
            Self::Away(id) | Self::Unfinished(id) | Self::Gone(id) | Self::Unread(id) => *id,
        }
    }
}
