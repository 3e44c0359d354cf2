//! GET /v1/operations: those that go on, and those that ended in the last 24 hours.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::OperationView;
use crate::api::json;
use crate::api::page::{PageParams, PageQuery};
use crate::api::problem::{PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::operation::OperationId;

/// The list that its cursors belong to.
const LIST: &str = "operations";

/// One page of a list of operations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OperationPage<'a> {
    items: Vec<OperationView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List operations
///
/// Those that go on, and those that ended in the last 24 hours, the newest first.
#[utoipa::path(get, path = "/v1/operations", operation_id = "listOperations", tag = "operations",
    params(PageParams),
    responses(
        (status = 200, description = "A page of operations", body = OperationPage),
        PageProblems))]
pub(crate) async fn list_operations(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let behind = query.read(LIST, OperationId::parse)?;
    let (operations, more) = state.store.operations.list(behind, query.limit).await?;
    let last = operations.last().filter(|_| more);
    Ok(json::ok(&OperationPage {
        items: operations.iter().map(OperationView::from).collect(),
        next_cursor: last.map(|last| PageQuery::seal(LIST, &last.id.to_string())),
    }))
}
