//! GET /v1/jobs/{id}/tasks: the tasks of a job.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::found;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, JobPath};
use crate::api::problem::{Code, ListJobTasksProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::job::JobTask;
use crate::domain::{JobId, Name, NodeId, QueueName, TaskId, TaskState, TaskType, UnixMillis};

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
    /// What it is called in its graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    name: Option<&'a Name>,
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// Deliveries so far.
    attempt: u32,
    /// The node that has its latest attempt, or had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    node_id: Option<&'a NodeId>,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    /// When the run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<UnixMillis>,
}

/// Which tasks of the job.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListJobTasks {
    /// Those in this state.
    #[param(value_type = Option<schemas::TaskState>)]
    state: Option<TaskState>,
}

/// One page of the tasks of a job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobTaskPage<'a> {
    /// With `state` perhaps fewer than `limit`, or none, although more follow.
    items: Vec<JobTaskView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List the tasks of a job
///
/// In the order of their items; those of a graph behind the ones that they depend on. Of a range they are those that have
/// been made so far. With `state` a page may be short,
/// even empty, while it has a `next_cursor`: what a page looks at is bounded.
#[utoipa::path(get, path = "/v1/jobs/{id}/tasks", operation_id = "listJobTasks", tag = "jobs",
    params(JobPath, ListJobTasks, PageParams),
    responses(
        (status = 200, description = "A page of tasks", body = JobTaskPage),
        ListJobTasksProblems))]
pub(crate) async fn list_job_tasks(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
    filter: Result<Query<ListJobTasks>, QueryRejection>,
    page: PageQuery,
) -> Result<Response, Problem> {
    let Query(filter) =
        filter.map_err(|_| Problem::new(Code::InvalidRequest, "state is a task's state"))?;
    let list = filter.state.map_or_else(
        || format!("job {id}"),
        |state| format!("job {id} {}", state.word()),
    );
    let after = page.number(&list)?;
    found(&state, id).await?;
    let jobs = &state.store.jobs;
    let found = jobs.tasks(id, filter.state, after, page.limit).await?;
    Ok(json::ok(&JobTaskPage {
        items: found.tasks.iter().map(view).collect(),
        next_cursor: found
            .next
            .map(|offset| PageQuery::seal(&list, &offset.to_string())),
    }))
}

fn view(task: &JobTask) -> JobTaskView<'_> {
    JobTaskView {
        id: task.id,
        job_id: task.place.job,
        offset: task.place.offset,
        count: task.place.count,
        name: task.name.as_ref(),
        queue: &task.queue,
        r#type: &task.task_type,
        state: task.state,
        attempt: task.attempt,
        node_id: task.node.as_ref(),
        created_at: task.created_at,
        finished_at: task.finished_at,
    }
}
