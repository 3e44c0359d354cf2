//! Results: how a job's tasks ended, in the order of their items, as far as they have.

use std::collections::{BTreeMap, HashMap};

use super::Jobs;
use crate::domain::job::JobPlace;
use crate::domain::{Document, JobId, Name, Partition, TaskId, TaskState};
use crate::store::args::Args;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

/// Tasks of one page.
const PAGE: u64 = 100;
/// Bytes after which a page ends.
const PAGE_BYTES: u64 = 1024 * 1024;

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
    /// Whether no more will come.
    pub is_end: bool,
    /// The task that stands next and has not finished.
    pub next: Option<TaskId>,
}

impl Jobs {
    /// A page of the results from item `from` on, up to the first task that has not finished; `most`
    /// results, about 1 MiB, or one result. `None` when there is no such job.
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
        let is_end = reply.text()? == "1";
        let next = TaskId::from_compact(reply.text()?.as_bytes());
        let mut rows = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            rows.push(Row::read(reply.next_list()?, id.as_run())?);
        }
        self.fill_in(&mut rows).await?;
        let mut page = JobResults {
            results: Vec::with_capacity(rows.len()),
            is_end,
            next,
        };
        for row in rows {
            match row {
                Row::Ended(result) => page.results.push(result),
                Row::Gone => {}
                Row::Unread | Row::Away(_) | Row::Unfinished(_) => {
                    page.is_end = false;
                    page.next = row.unfinished();
                    break;
                }
            }
        }
        Ok(Some(page))
    }

    /// Reads the rows of tasks that are in other partitions, where they are.
    async fn fill_in(&self, rows: &mut [Row]) -> Result<(), StoreError> {
        let mut away: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        for row in rows.iter() {
            if let Row::Away(id) = row {
                away.entry(id.partition()).or_default().push(*id);
            }
        }
        let mut found = HashMap::new();
        for (partition, ids) in away {
            let mut args = Args::default();
            args.push_number(PAGE_BYTES);
            for id in &ids {
                args.push(id.compact());
            }
            let mut reply = self
                .core
                .call(&scripts::JOB_RESULTS, partition, "named", &args)
                .await?;
            for id in ids {
                found.insert(id, Row::read(reply.next_list()?, id)?);
            }
        }
        for row in rows {
            if let Row::Away(id) = row
                && let Some(there) = found.remove(id)
            {
                *row = there;
            }
        }
        Ok(())
    }
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
    Gone,
    /// It has ended, and the page is full.
    Unread,
}

impl Row {
    /// `id` is the task that was asked about, where one was.
    fn read(mut reply: Reply, id: TaskId) -> Result<Self, StoreError> {
        let unreadable = || StoreError::corrupt("a row of a job's results");
        let first = reply.text()?;
        Ok(match first.as_str() {
            "away" => {
                let id = reply.text()?;
                Self::Away(TaskId::from_compact(id.as_bytes()).ok_or_else(unreadable)?)
            }
            "gone" => Self::Gone,
            "unread" => Self::Unread,
            "unfinished" => Self::Unfinished(id),
            place => Self::Ended(JobResult {
                place: JobPlace::unpack(place).ok_or_else(unreadable)?,
                task: TaskId::from_compact(reply.text()?.as_bytes()).ok_or_else(unreadable)?,
                state: TaskState::from_word(&reply.text()?).ok_or_else(unreadable)?,
                document: reply.optional_text()?.and_then(Document::parse),
                name: reply
                    .optional_text()?
                    .and_then(|name| Name::parse(&name).ok()),
            }),
        })
    }

    const fn unfinished(&self) -> Option<TaskId> {
        match self {
            Self::Unfinished(id) => Some(*id),
            _ => None,
        }
    }
}
