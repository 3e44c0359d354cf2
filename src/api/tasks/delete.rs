//! DELETE /v1/tasks/{id}: deletes a finished task.

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, DeleteTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::TaskId;
use crate::store::DeleteOutcome;

/// Delete a finished task
///
/// With its result, attempts and logs. Cancel one that has not finished first.
#[utoipa::path(delete, path = "/v1/tasks/{id}", operation_id = "deleteTask", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 204, description = "The task is no more"),
        DeleteTaskProblems))]
pub(crate) async fn delete_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<StatusCode, Problem> {
    match state.store.tasks.delete(id).await? {
        DeleteOutcome::Deleted => Ok(StatusCode::NO_CONTENT),
        DeleteOutcome::Active(state) => Err(Problem::new(
            Code::TaskActive,
            format!("the task is {}; cancel it first", state.word()),
        )),
        DeleteOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}
