//! Jobs over HTTP: data sets cut into tasks and gathered again. One file a verb.
//!
//! A job comes as NDJSON (`upload`, a stream of any length, of which `lines` and `chunks` hold a
//! bounded part) or as JSON (`listed`, `graph`). Start with `submit`, which tells the two apart; `results`
//! is the way back.

mod cancel;
mod chunks;
mod get;
mod graph;
mod lines;
mod list;
mod listed;
mod result_pages;
mod results;
mod retry;
mod submit;
mod tasks;
mod upload;

pub(crate) use cancel::*;
pub(crate) use get::*;
pub(crate) use list::*;
pub(crate) use results::*;
pub(crate) use retry::*;
pub(crate) use submit::*;
pub(crate) use tasks::*;

use serde::Serialize;

use super::openapi::schemas;
use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::domain::job::{Job, JobState, StopReason};
use crate::domain::{JobId, Name, QueueName, TaskId, UnixMillis};

/// A job as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView<'a> {
    #[schema(value_type = Uuid)]
    id: JobId,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    name: Option<&'a Name>,
    /// The queue of all its tasks.
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::JobState)]
    state: JobState,
    /// Its tasks; of a range also those to come.
    total: u64,
    /// Tasks that wait.
    queued: u64,
    /// Tasks that run.
    running: u64,
    /// Tasks that succeeded.
    succeeded: u64,
    /// Tasks that failed or expired.
    failed: u64,
    /// Tasks that were cancelled or deleted, or will not come any more.
    cancelled: u64,
    /// Items taken so far: where a broken upload goes on.
    items: u64,
    /// There, and true, while its upload has not ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    open: bool,
    /// The part of its tasks that has ended, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    progress: f64,
    /// There, and true, while its tasks are being cancelled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    cancel_requested: bool,
    /// Why it stops, or did, before all its tasks had ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::JobStopReason>)]
    reason: Option<StopReason>,
    /// When what has not ended is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline_at: Option<UnixMillis>,
    /// The task of `on_finish`: it is there a moment after the job has finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    on_finish_task_id: Option<TaskId>,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    /// When it will have finished, if it goes on as it has so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    estimated_finish_at: Option<UnixMillis>,
    /// When the last of its tasks ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<UnixMillis>,
    /// On answers to writes: how safe the write is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Durability>)]
    durability: Option<&'static str>,
}

impl<'a> JobView<'a> {
    /// The job as a read shows it.
    fn read(job: &'a Job) -> Self {
        Self {
            id: job.id,
            name: job.name.as_ref(),
            queue: &job.queue,
            state: job.state,
            total: job.total,
            queued: job.queued(),
            running: job.running,
            succeeded: job.succeeded,
            failed: job.failed,
            cancelled: job.cancelled,
            items: job.items,
            open: job.open,
            progress: job.fraction(),
            cancel_requested: job.cancel_requested,
            reason: job.stopped_by.filter(|_| job.state != JobState::Succeeded),
            deadline_at: job.deadline,
            on_finish_task_id: job.on_finish,
            created_at: job.created_at,
            estimated_finish_at: job.estimated_finish_at(),
            finished_at: job.finished_at,
            durability: None,
        }
    }

    /// The job as the answer to a write shows it.
    fn written(job: &'a Job, durability: &'static str) -> Self {
        Self {
            durability: Some(durability),
            ..Self::read(job)
        }
    }
}

/// The job, or why there is none.
async fn found(state: &ApiState, id: JobId) -> Result<Job, Problem> {
    let job = state.store.jobs.get(id).await?;
    job.ok_or_else(|| Problem::of(Code::JobNotFound))
}
