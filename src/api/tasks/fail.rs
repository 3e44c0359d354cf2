//! POST /v1/tasks/{id}/fail: the node that holds the lease says that the attempt failed.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::report;
use crate::api::json::Json;
use crate::api::openapi::schemas;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Problem, ReportTaskProblems};
use crate::api::state::ApiState;
use crate::domain::limits::MAX_DELAY_MS;
use crate::domain::task::TaskError;
use crate::domain::{InvalidInput, Limits, TaskId};
use crate::store::{Failure, View};

/// A failed attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailTask {
    /// The lease, as the claim gave it.
    lease_token: String,
    /// What went wrong.
    #[schema(value_type = schemas::TaskError)]
    error: TaskError,
    /// Whether repeating may help; true by default.
    #[serde(default)]
    retryable: Option<bool>,
    /// When to repeat, instead of the task's own policy.
    #[serde(default)]
    #[schema(maximum = 31_622_400_000_u64)]
    retry_after_ms: Option<u64>,
}

/// Checks the parts of a failure that have limits.
pub(crate) fn check_failure(
    error: &TaskError,
    retry_after_ms: Option<u64>,
    limits: &Limits,
) -> Result<(), Problem> {
    error.validate(limits)?;
    if retry_after_ms.is_some_and(|millis| millis > MAX_DELAY_MS) {
        return Err(
            InvalidInput::new("/retry_after_ms", "retry_after_ms is at most 366 days").into(),
        );
    }
    Ok(())
}

/// Report a failure
///
/// The node that holds the lease says that the attempt failed. The task runs again later, or has failed when
/// it may not be repeated. To repeat the request is harmless.
#[utoipa::path(post, path = "/v1/tasks/{id}/fail", operation_id = "failTask", tag = "tasks",
    params(TaskPath), request_body = FailTask,
    responses(
        (status = 200, description = "The task", body = super::TaskView),
        ReportTaskProblems))]
pub(crate) async fn fail_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    body: Json<FailTask>,
) -> Result<Response, Problem> {
    let request = body.value;
    check_failure(&request.error, request.retry_after_ms, &state.limits)?;
    let failure = Failure {
        id,
        lease_token: report::token(&request.lease_token)?,
        error: request.error,
        retryable: request.retryable.unwrap_or(true),
        retry_after_ms: request.retry_after_ms,
        view: View::Task,
    };
    let outcome = state.store.tasks.fail(failure).await?;
    report::answer(&state, outcome)
}
