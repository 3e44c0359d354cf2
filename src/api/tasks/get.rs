//! GET /v1/tasks/{id}: the task as it is, or as soon as it has finished.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{TaskView, etag};
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, GetTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{self, Wait, WaitHeaders, WaitParams};
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
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "getTask", tag = "tasks",
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
    let task = awaited(&state, id, wait.most).await?;
    let tag = etag::of(&task);
    let known = headers.get(header::IF_NONE_MATCH);
    let mut answer = if known.is_some_and(|known| etag::is_among(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json::ok(&TaskView::read(&task))
    };
    let preferred = wait.preferred.map(|seconds| format!("wait={seconds}"));
    if let Some(Ok(applied)) = preferred.map(HeaderValue::try_from) {
        answer.headers_mut().insert("preference-applied", applied);
    }
    Ok(etag::mark(answer, &tag))
}

/// The task as soon as it is final, or as it is when the wait is over.
async fn awaited(state: &ApiState, id: TaskId, most: Duration) -> Result<Task, Problem> {
    if most.is_zero() {
        return found(state, id).await;
    }
    let _place = wait::place(state)?;
    // Watching begins before the first look, so that an end in between is not missed.
    let ticket = state.wakeups.wait_for_final(id);
    let over = tokio::time::sleep(most);
    tokio::pin!(over);
    loop {
        let task = found(state, id).await?;
        if task.state.is_final() || state.shutdown.is_cancelled() {
            return Ok(task);
        }
        tokio::select! {
            () = ticket.woken() => {}
            () = state.shutdown.cancelled() => {}
            () = &mut over => return Ok(task),
        }
    }
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
