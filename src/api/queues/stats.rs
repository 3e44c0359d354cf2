//! GET /v1/queues/{name}/stats: flat, exact numbers.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, GetQueueProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::{QueueName, TaskState};

/// Numbers of a queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueueNumbers {
    /// Waiting for a node.
    queued: u64,
    /// Claimable now.
    ready: u64,
    /// Waiting for their moment.
    scheduled: u64,
    /// Waiting for other tasks.
    blocked: u64,
    /// Leased to nodes.
    running: u64,
    /// Failed, and running again later.
    retry_wait: u64,
    /// Kept, of those that ended so; the same for the next three.
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    expired: u64,
    /// queued + running: what to scale nodes by.
    backlog: u64,
    /// How long the longest waiting ready task has waited.
    oldest_ready_age_ms: u64,
    /// Submits a second, over the last tens of seconds.
    submitted_per_s: f64,
    /// Finished runs a second, over the last minute.
    finished_per_s: f64,
    /// Of the queued, those that no node may run that takes tasks: the wrong type, labels or resources. Nodes
    /// are looked at every few seconds.
    unplaceable: u64,
    /// Whether the queue gives nothing.
    paused: bool,
}

/// Read the numbers of a queue
///
/// Flat and exact, read in one step.
#[utoipa::path(get, path = "/v1/queues/{name}/stats", operation_id = "getQueueStats", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The numbers", body = QueueNumbers),
        GetQueueProblems))]
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
        unplaceable: numbers.unplaceable,
        paused: numbers.paused,
    }))
}
