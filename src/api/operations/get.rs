//! GET /v1/operations/{id}: the operation as it is, or as soon as it is over.

use axum::extract::State;
use axum::response::Response;

use super::OperationView;
use crate::api::json;
use crate::api::path::{Id, OperationPath};
use crate::api::problem::{Code, GetOperationProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{End, Wait, WaitHeaders, WaitParams};
use crate::domain::operation::{Operation, OperationId};

/// Read an operation
///
/// How far it is. With `wait_ms` it answers as soon as the operation is over, or else as it is when the wait
/// is over.
#[utoipa::path(get, path = "/v1/operations/{id}", operation_id = "getOperation", tag = "operations",
    params(OperationPath, WaitParams, WaitHeaders),
    responses(
        (status = 200, description = "The operation", body = OperationView, headers(
            ("Preference-Applied" = String, description = "There when Prefer: wait=N was followed"))),
        GetOperationProblems))]
pub(crate) async fn get_operation(
    State(state): State<ApiState>,
    Id(id): Id<OperationId>,
    wait: Wait,
) -> Result<Response, Problem> {
    let look = || found(&state, id);
    let operation = wait.until(&state, End::Operation, look, |operation| {
        operation.state.is_final()
    });
    let operation = operation.await?;
    Ok(wait.mark(json::ok(&OperationView::from(&operation))))
}

async fn found(state: &ApiState, id: OperationId) -> Result<Operation, Problem> {
    let operation = state.store.operations.get(id).await?;
    operation.ok_or_else(|| Problem::of(Code::OperationNotFound))
}
