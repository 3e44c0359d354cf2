//! GET /v1/tasks/{id}/result: the raw result.

use axum::extract::State;
use axum::response::Response;

use super::get::found;
use crate::api::json;
use crate::api::path::Id;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::TaskId;

/// Reads the result of a finished task; `null` when it has none.
#[utoipa::path(get, path = "/tasks/{id}/result", operation_id = "getTaskResult", tag = "tasks",
    params(("id" = String, Path)),
    responses((status = 200, description = "The result as the worker sent it", body = Object)))]
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
