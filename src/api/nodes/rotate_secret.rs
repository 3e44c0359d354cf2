//! POST /v1/nodes/{node_id}/rotate-secret: what is pushed to the node is signed with another secret.

use axum::extract::State;
use axum::response::Response;

use crate::api::endpoint::{self, RotatedSecret};
use crate::api::path::{Id, NodePath};
use crate::api::problem::{Code, Problem, RotateNodeSecretProblems};
use crate::api::state::ApiState;
use crate::domain::NodeId;
use crate::domain::push::PushOwner;

/// Rotate the secret of a node's endpoint
///
/// Makes another secret, which is told this once. For a day requests carry two signatures, one of each
/// secret, so that the receiver can change over.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/rotate-secret", operation_id = "rotateNodeSecret", tag = "nodes",
    params(NodePath),
    responses(
        (status = 200, description = "The secret", body = RotatedSecret),
        RotateNodeSecretProblems))]
pub(crate) async fn rotate_node_secret(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
) -> Result<Response, Problem> {
    if state.store.nodes.get(&node).await?.is_none() {
        return Err(Problem::of(Code::NodeUnknown));
    }
    endpoint::rotate(&state, &PushOwner::Node(node)).await
}
