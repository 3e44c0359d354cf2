//! POST /v1/tasks/{id}/retry: runs a finished task again.

use axum::extract::State;
use axum::response::Response;

use super::TaskView;
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, RetryTaskProblems};
use crate::api::state::ApiState;
use crate::domain::TaskId;
use crate::store::RetryOutcome;

/// Run a finished task again
///
/// A new run begins; the history is kept. A unique task takes its key again.
#[utoipa::path(post, path = "/v1/tasks/{id}/retry", operation_id = "retryTask", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 200, description = "The task", body = TaskView),
        RetryTaskProblems))]
pub(crate) async fn retry_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<Response, Problem> {
    match state.store.tasks.retry(id).await? {
        RetryOutcome::Queued(task) => Ok(json::ok(&TaskView::written(&task, state.durability()))),
        RetryOutcome::InvalidState(state) => Err(Problem::new(
            Code::InvalidState,
            format!(
                "the task is {}; only a finished one can be retried",
                state.word()
            ),
        )),
        RetryOutcome::Duplicate(holder) => Err(Problem::duplicate(holder)),
        RetryOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}
