//! GET /v1/tasks/{id}/result: the raw result.

use axum::extract::State;
use axum::response::Response;

use super::get::found;
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, GetTaskResultProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::TaskId;

/// Read a result
///
/// The result as the worker sent it, and nothing around it. A final task without a result has `null`.
#[utoipa::path(get, path = "/v1/tasks/{id}/result", operation_id = "getTaskResult", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 200, description = "The result: any JSON value", body = Value),
        GetTaskResultProblems))]
pub(crate) async fn get_task_result(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<Response, Problem> {
    let task = found(&state, id).await?;
    if !task.state.is_final() {
        return Err(Problem::of(Code::TaskNotFinished));
    }
    Ok(json::ok(&task.result))
}
