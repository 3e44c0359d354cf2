//! GET /v1/operations/{id}: the operation as it is, or as soon as it is over.

use axum::extract::State;
use axum::response::Response;

use super::OperationView;
use crate::api::json;
use crate::api::path::{Id, OperationPath};
use crate::api::problem::{Code, GetOperationProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{self, Wait, WaitHeaders, WaitParams};
use crate::domain::operation::{Operation, OperationId};

/// Read an operation
///
/// How far it is. With `wait_ms` it answers as soon as the operation is over, or else as it is when the wait
/// is over.
#[utoipa::path(get, path = "/operations/{id}", operation_id = "getOperation", tag = "operations",
    params(OperationPath, WaitParams, WaitHeaders),
    responses(
        (status = 200, description = "The operation", body = OperationView),
        GetOperationProblems))]
pub(crate) async fn get_operation(
    State(state): State<ApiState>,
    Id(id): Id<OperationId>,
    Wait { most, .. }: Wait,
) -> Result<Response, Problem> {
    if most.is_zero() {
        return Ok(json::ok(&OperationView::from(&found(&state, id).await?)));
    }
    let _place = wait::place(&state)?;
    // Watching begins before the first look, so that an end in between is not missed.
    let mut ends = state.wakeups.watch_operations();
    let over = tokio::time::sleep(most);
    tokio::pin!(over);
    loop {
        let operation = found(&state, id).await?;
        if operation.state.is_final() || state.shutdown.is_cancelled() {
            return Ok(json::ok(&OperationView::from(&operation)));
        }
        tokio::select! {
            _ = ends.changed() => {}
            () = state.shutdown.cancelled() => {}
            () = &mut over => return Ok(json::ok(&OperationView::from(&operation))),
        }
    }
}

async fn found(state: &ApiState, id: OperationId) -> Result<Operation, Problem> {
    let operation = state.store.operations.get(id).await?;
    operation.ok_or_else(|| Problem::of(Code::OperationNotFound))
}
