//! GET /v1/tasks/{id}: the task as it is, or as soon as it has finished.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{TaskView, etag};
use crate::api::entity_tag::{EntityTags, mark};
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, GetTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{End, Wait, WaitHeaders, WaitParams};
use crate::domain::{Task, TaskId};

/// Headers of reads.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct ReadHeaders {
    /// An `ETag`: 304 while the task is as it was then.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// Read a task
///
/// With `wait_ms` it answers as soon as the task is final, or else as it is when the wait is over.
#[utoipa::path(get, path = "/v1/tasks/{id}", operation_id = "getTask", tag = "tasks",
    params(TaskPath, WaitParams, WaitHeaders, ReadHeaders),
    responses(
        (status = 200, description = "The task", body = TaskView, headers(
            ("ETag" = String, description = "For If-Match and If-None-Match"),
            ("Preference-Applied" = String, description = "There when Prefer: wait=N was followed"))),
        (status = 304, description = "The task is as If-None-Match says"),
        GetTaskProblems))]
pub(crate) async fn get_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    headers: HeaderMap,
    wait: Wait,
) -> Result<Response, Problem> {
    let look = || found(&state, id);
    let task = wait.until(&state, End::Run(id), look, |task| task.state.is_final());
    let task = task.await?;
    let tag = etag::of(&task);
    let known = EntityTags::of(&headers, &header::IF_NONE_MATCH);
    let answer = if known.is_some_and(|known| known.name(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json::ok(&TaskView::read(&task))
    };
    Ok(mark(wait.mark(answer), &tag))
}

/// Why there is no such task.
pub(super) async fn missing(state: &ApiState, id: TaskId) -> Result<Problem, Problem> {
    let purged = state.store.tasks.was_purged(id).await?;
    Ok(Problem::of(if purged {
        Code::Purged
    } else {
        Code::TaskNotFound
    }))
}

/// The task, or why there is none.
pub(super) async fn found(state: &ApiState, id: TaskId) -> Result<Task, Problem> {
    if let Some(task) = state.store.tasks.get(id).await? {
        return Ok(task);
    }
    Err(missing(state, id).await?)
}
