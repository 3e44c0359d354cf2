//! POST /v1/queues/{name}/purge: deletes the tasks that wait.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{ChangeQueueProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::QueueName;

/// What a purge has deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PurgedQueue {
    /// Tasks that waited and are no more.
    #[schema(example = 42)]
    purged: u64,
}

/// Purge a queue
///
/// Deletes its tasks that wait: queued, scheduled, blocked or between two attempts. What runs goes on.
#[utoipa::path(post, path = "/v1/queues/{name}/purge", operation_id = "purgeQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "How many there were", body = PurgedQueue),
        ChangeQueueProblems))]
pub(crate) async fn purge_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    let purged = state.store.queues.purge(&name).await?;
    let purged = purged.ok_or_else(|| Problem::of(Code::QueueNotFound))?;
    Ok(json::ok(&PurgedQueue { purged }))
}
