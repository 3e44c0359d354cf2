//! GET /v1/tasks/{id}: the task as it is, or as soon as it has finished.

use axum::extract::State;
use axum::response::Response;

use super::TaskView;
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, GetTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{self, Wait, WaitHeaders, WaitParams};
use crate::domain::{Task, TaskId};

/// Read a task
///
/// With `wait_ms` it answers as soon as the task is final, or else as it is when the wait is over.
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "getTask", tag = "tasks",
    params(TaskPath, WaitParams, WaitHeaders),
    responses(
        (status = 200, description = "The task", body = TaskView),
        GetTaskProblems))]
pub(crate) async fn get_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    Wait(most): Wait,
) -> Result<Response, Problem> {
    if most.is_zero() {
        let task = found(&state, id).await?;
        return Ok(json::ok(&TaskView::read(&task)));
    }
    let _place = wait::place(&state)?;
    // Watching begins before the first look, so that an end in between is not missed.
    let ticket = state.wakeups.wait_for_final(id);
    let over = tokio::time::sleep(most);
    tokio::pin!(over);
    loop {
        let task = found(&state, id).await?;
        if task.state.is_final() || state.shutdown.is_cancelled() {
            return Ok(json::ok(&TaskView::read(&task)));
        }
        tokio::select! {
            () = ticket.woken() => {}
            () = state.shutdown.cancelled() => {}
            () = &mut over => return Ok(json::ok(&TaskView::read(&task))),
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
