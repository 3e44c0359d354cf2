//! POST /v1/tasks/{id}/release: gives a running task back, unharmed.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::report;
use crate::api::json::OptionalJson;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Problem, ReleaseTaskProblems};
use crate::api::state::ApiState;
use crate::domain::limits::MAX_DELAY_MS;
use crate::domain::{InvalidInput, TaskId};
use crate::store::{Release, View};

/// A task that goes back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseTask {
    /// The lease, as the claim gave it; an operator needs none.
    #[serde(default)]
    lease_token: Option<String>,
    /// How long it is to wait; without, it keeps its place in the queue.
    #[serde(default)]
    #[schema(maximum = 31_622_400_000_u64)]
    delay_ms: Option<u64>,
}

/// Refuses a delay that is too long.
pub(crate) fn check_delay(delay_ms: Option<u64>) -> Result<(), Problem> {
    if delay_ms.is_some_and(|millis| millis > MAX_DELAY_MS) {
        return Err(InvalidInput::new("/delay_ms", "delay_ms is at most 366 days").into());
    }
    Ok(())
}

/// Give a task back
///
/// The attempt counts as none, and the task keeps its place in the queue unless it is to wait. An operator
/// may release a running task without its lease.
#[utoipa::path(post, path = "/v1/tasks/{id}/release", operation_id = "releaseTask", tag = "tasks",
    params(TaskPath), request_body = Option<ReleaseTask>,
    responses(
        (status = 200, description = "The task", body = super::TaskView),
        ReleaseTaskProblems))]
pub(crate) async fn release_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    OptionalJson(request): OptionalJson<ReleaseTask>,
) -> Result<Response, Problem> {
    check_delay(request.delay_ms)?;
    let release = Release {
        id,
        lease_token: request
            .lease_token
            .as_deref()
            .map(report::token)
            .transpose()?,
        delay_ms: request.delay_ms,
        view: View::Task,
    };
    let outcome = state.store.tasks.release(release).await?;
    report::answer(&state, outcome)
}
