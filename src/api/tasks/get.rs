//! GET /v1/tasks/{id}: the task as it is, or as soon as it has finished.

use axum::extract::State;
use axum::response::Response;

use super::TaskView;
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, GetTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{Wait, WaitHeaders, WaitParams};
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
    Wait(wait): Wait,
) -> Result<Response, Problem> {
    let missing = || Problem::of(Code::TaskNotFound);
    if wait.is_zero() {
        let task = state.store.tasks.get(id).await?.ok_or_else(missing)?;
        return Ok(json::ok(&TaskView::read(&task)));
    }
    // Watching begins before the first look, so that an end in between is not missed.
    let ticket = state.wakeups.wait_for_final(id);
    let over = tokio::time::sleep(wait);
    tokio::pin!(over);
    loop {
        let task: Task = state.store.tasks.get(id).await?.ok_or_else(missing)?;
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
