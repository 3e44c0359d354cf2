//! POST /v1/tasks/{id}/cancel: ends a task that waits, tells a running one to stop.

use axum::extract::State;
use axum::response::Response;

use super::TaskView;
use crate::api::json::{self};
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{CancelTaskProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::TaskId;
use crate::store::CancelOutcome;

/// Cancel a task
///
/// One that waits ends at once. A running one is told to stop, and keeps its lease for a grace of 30 s.
#[utoipa::path(post, path = "/v1/tasks/{id}/cancel", operation_id = "cancelTask", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 200, description = "The task; a running one with `cancel_requested`", body = TaskView),
        CancelTaskProblems))]
pub(crate) async fn cancel_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<Response, Problem> {
    match state.store.tasks.cancel(id).await? {
        CancelOutcome::Done(task) => Ok(json::ok(&TaskView::written(&task, state.durability()))),
        CancelOutcome::AlreadyFinished(state) => Err(Problem::new(
            Code::AlreadyFinished,
            format!("the task has already ended as {}", state.word()),
        )),
        CancelOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}
