//! Results: how a job's tasks ended, in the order of their items, as far as they have.

use super::Jobs;
use crate::domain::job::JobPlace;
use crate::domain::{Document, JobId, TaskId, TaskState};
use crate::store::args::Args;
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
        let mut results = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            let mut row = reply.next_list()?;
            let unreadable = || StoreError::corrupt("a row of a job's results");
            results.push(JobResult {
                place: JobPlace::unpack(&row.text()?).ok_or_else(unreadable)?,
                task: TaskId::from_compact(row.text()?.as_bytes()).ok_or_else(unreadable)?,
                state: TaskState::from_word(&row.text()?).ok_or_else(unreadable)?,
                document: row.optional_text()?.and_then(Document::parse),
            });
        }
        Ok(Some(JobResults {
            results,
            is_end,
            next,
        }))
    }
}
