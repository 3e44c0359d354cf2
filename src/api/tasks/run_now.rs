//! POST /v1/tasks/{id}/run-now: queues a task that waits for its moment.

use axum::extract::State;
use axum::response::Response;

use super::TaskView;
use crate::api::json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, RunTaskNowProblems};
use crate::api::state::ApiState;
use crate::domain::TaskId;
use crate::store::RunNowOutcome;

/// Run a waiting task now
///
/// A scheduled task, or one that waits for its next attempt, is queued at once, behind those of its
/// priority.
#[utoipa::path(post, path = "/v1/tasks/{id}/run-now", operation_id = "runTaskNow", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 200, description = "The task", body = TaskView),
        RunTaskNowProblems))]
pub(crate) async fn run_task_now(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<Response, Problem> {
    match state.store.tasks.run_now(id).await? {
        RunNowOutcome::Queued(task) => Ok(json::ok(&TaskView::written(&task, state.durability()))),
        RunNowOutcome::InvalidState(state) => Err(Problem::new(
            Code::InvalidState,
            format!(
                "the task is {}; only one that is scheduled or waits for its next attempt can be run now",
                state.word()
            ),
        )),
        RunNowOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}
