//! DELETE /v1/queues/{name}: a queue goes, with its finished tasks.

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, DeleteQueueProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::QueueName;
use crate::store::RemoveOutcome;

/// Delete a queue
///
/// One with unfinished tasks stays. The finished ones go with it.
#[utoipa::path(delete, path = "/v1/queues/{name}", operation_id = "deleteQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 204, description = "It is gone"),
        DeleteQueueProblems))]
pub(crate) async fn delete_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<StatusCode, Problem> {
    match state.store.queues.remove(&name).await? {
        RemoveOutcome::Removed => Ok(StatusCode::NO_CONTENT),
        RemoveOutcome::NotFound => Err(Problem::of(Code::QueueNotFound)),
        RemoveOutcome::HasTasks => Err(Problem::new(
            Code::InvalidState,
            "the queue has tasks that are not finished; purge it, and let the running ones end",
        )),
    }
}
