//! GET /v1/queues/{name}/stats: flat, exact numbers.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::path::Id;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::{QueueName, TaskState};

/// Numbers of a queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueueNumbers {
    queued: u64,
    /// Claimable now.
    ready: u64,
    scheduled: u64,
    blocked: u64,
    running: u64,
    retry_wait: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    expired: u64,
    /// queued + running: what to scale nodes by.
    backlog: u64,
    oldest_ready_age_ms: u64,
    submitted_per_s: f64,
    finished_per_s: f64,
    paused: bool,
}

/// Reads the numbers of a queue.
#[utoipa::path(get, path = "/queues/{name}/stats", operation_id = "getQueueStats", tag = "queues",
    params(("name" = String, Path)),
    responses((status = 200, description = "The numbers", body = QueueNumbers)))]
pub(crate) async fn get_queue_stats(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    let numbers = state
        .store
        .queues
        .stats(&name)
        .await?
        .ok_or_else(|| Problem::of(Code::QueueNotFound))?;
    Ok(json::ok(&QueueNumbers {
        queued: numbers.count(TaskState::Queued),
        ready: numbers.ready,
        scheduled: numbers.count(TaskState::Scheduled),
        blocked: numbers.count(TaskState::Blocked),
        running: numbers.count(TaskState::Running),
        retry_wait: numbers.count(TaskState::RetryWait),
        succeeded: numbers.count(TaskState::Succeeded),
        failed: numbers.count(TaskState::Failed),
        cancelled: numbers.count(TaskState::Cancelled),
        expired: numbers.count(TaskState::Expired),
        backlog: numbers.backlog(),
        oldest_ready_age_ms: numbers.oldest_ready_age_ms,
        submitted_per_s: numbers.submitted_per_s,
        finished_per_s: numbers.finished_per_s,
        paused: numbers.paused,
    }))
}
