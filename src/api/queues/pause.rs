//! POST /v1/queues/{name}/pause and /resume: a paused queue gives nothing and still takes tasks.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::get::answer;
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{ChangeQueueProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::QueueName;

/// Pause a queue
///
/// It gives no task and still takes tasks. What runs goes on.
#[utoipa::path(post, path = "/v1/queues/{name}/pause", operation_id = "pauseQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The queue", body = super::QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        ChangeQueueProblems))]
pub(crate) async fn pause_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    if !state.store.queues.pause(&name).await? {
        return Err(Problem::of(Code::QueueNotFound));
    }
    answer(&state, &name, StatusCode::OK).await
}

/// Resume a queue
///
/// It gives tasks again.
#[utoipa::path(post, path = "/v1/queues/{name}/resume", operation_id = "resumeQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The queue", body = super::QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        ChangeQueueProblems))]
pub(crate) async fn resume_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    if !state.store.queues.resume(&name).await? {
        return Err(Problem::of(Code::QueueNotFound));
    }
    answer(&state, &name, StatusCode::OK).await
}
