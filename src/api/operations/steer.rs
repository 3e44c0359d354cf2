//! POST /v1/operations/{id}/pause, /resume and /abort.

use axum::extract::State;
use axum::response::Response;

use super::OperationView;
use crate::api::json;
use crate::api::path::{Id, OperationPath};
use crate::api::problem::{Code, Problem, SteerOperationProblems};
use crate::api::state::ApiState;
use crate::domain::operation::OperationId;
use crate::store::SteerOutcome;

/// Pause an operation
///
/// It does nothing more for now. A step under way, of at most 200 tasks, ends first.
#[utoipa::path(post, path = "/v1/operations/{id}/pause", operation_id = "pauseOperation", tag = "operations",
    params(OperationPath),
    responses(
        (status = 200, description = "The operation", body = OperationView),
        SteerOperationProblems))]
pub(crate) async fn pause_operation(
    State(state): State<ApiState>,
    Id(id): Id<OperationId>,
) -> Result<Response, Problem> {
    answer(&state.store.operations.pause(id).await?)
}

/// Resume an operation
///
/// It goes on where it was paused.
#[utoipa::path(post, path = "/v1/operations/{id}/resume", operation_id = "resumeOperation", tag = "operations",
    params(OperationPath),
    responses(
        (status = 200, description = "The operation", body = OperationView),
        SteerOperationProblems))]
pub(crate) async fn resume_operation(
    State(state): State<ApiState>,
    Id(id): Id<OperationId>,
) -> Result<Response, Problem> {
    answer(&state.store.operations.resume(id).await?)
}

/// Abort an operation
///
/// It ends, and what it did stays. A step under way, of at most 200 tasks, ends first and is counted.
#[utoipa::path(post, path = "/v1/operations/{id}/abort", operation_id = "abortOperation", tag = "operations",
    params(OperationPath),
    responses(
        (status = 200, description = "The operation", body = OperationView),
        SteerOperationProblems))]
pub(crate) async fn abort_operation(
    State(state): State<ApiState>,
    Id(id): Id<OperationId>,
) -> Result<Response, Problem> {
    answer(&state.store.operations.abort(id).await?)
}

fn answer(outcome: &SteerOutcome) -> Result<Response, Problem> {
    match outcome {
        SteerOutcome::Done(operation) => Ok(json::ok(&OperationView::from(operation.as_ref()))),
        SteerOutcome::Over(state) => Err(Problem::new(
            Code::InvalidState,
            format!("the operation has already ended as {}", state.word()),
        )),
        SteerOutcome::NotFound => Err(Problem::of(Code::OperationNotFound)),
    }
}
