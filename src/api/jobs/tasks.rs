//! GET /v1/jobs/{id}/tasks: the tasks of a job.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::found;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, JobPath};
use crate::api::problem::{ListJobTasksProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::job::JobTask;
use crate::domain::{JobId, QueueName, TaskId, TaskState, TaskType, UnixMillis};

/// A task of a job in a list: GET /v1/tasks/{id} has the rest.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = JobTask)]
pub(crate) struct JobTaskView<'a> {
    #[schema(value_type = Uuid)]
    id: TaskId,
    #[schema(value_type = Uuid)]
    job_id: JobId,
    /// The index of its first item.
    offset: u64,
    /// How many items it holds.
    count: u64,
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// Deliveries so far.
    attempt: u32,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    /// When the run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<UnixMillis>,
}

/// One page of the tasks of a job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobTaskPage<'a> {
    items: Vec<JobTaskView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List the tasks of a job
///
/// In the order of their items. Of a range they are those that have been made so far.
#[utoipa::path(get, path = "/jobs/{id}/tasks", operation_id = "listJobTasks", tag = "jobs",
    params(JobPath, PageParams),
    responses(
        (status = 200, description = "A page of tasks", body = JobTaskPage),
        ListJobTasksProblems))]
pub(crate) async fn list_job_tasks(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let list = format!("job {id}");
    let after = query.place(&list)?.map(|(_, offset)| offset);
    let job = found(&state, id).await?;
    let tasks = state.store.jobs.tasks(id, after, query.limit).await?;
    let is_full = tasks.len() == query.limit;
    let end = tasks.last().filter(|_| is_full);
    let next_cursor = end.map(|task| PageQuery::cursor(&list, 0, task.place.offset));
    let view = |task| view(&job.queue, task);
    Ok(json::ok(&JobTaskPage {
        items: tasks.iter().map(view).collect(),
        next_cursor,
    }))
}

const fn view<'a>(queue: &'a QueueName, task: &'a JobTask) -> JobTaskView<'a> {
    JobTaskView {
        id: task.id,
        job_id: task.place.job,
        offset: task.place.offset,
        count: task.place.count,
        queue,
        r#type: &task.task_type,
        state: task.state,
        attempt: task.attempt,
        created_at: task.created_at,
        finished_at: task.finished_at,
    }
}
