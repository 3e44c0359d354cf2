//! `DELETE /v1/nodes/{node_id}`: forgets a node; its tasks go back at once.

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::path::{Id, NodePath};
use crate::api::problem::{ChangeNodeProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::NodeId;

/// Forget a node
///
/// Its session ends, and its tasks go back at once.
#[utoipa::path(delete, path = "/v1/nodes/{node_id}", operation_id = "deleteNode", tag = "nodes",
    params(NodePath),
    responses(
        (status = 204, description = "The node is forgotten"),
        ChangeNodeProblems))]
pub(crate) async fn delete_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
) -> Result<StatusCode, Problem> {
    if state.store.nodes.remove(&node).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::of(Code::NodeUnknown))
    }
}
