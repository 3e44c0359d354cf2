//! `POST /v1/nodes/{node_id}/drain` and `/resume`: a draining node finishes what it holds and gets nothing more.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::NodeView;
use crate::api::json::{self, OptionalJson};
use crate::api::path::{Id, NodePath};
use crate::api::problem::{ChangeNodeProblems, Code, NodeCallProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::NodeId;
use crate::domain::node::Drain;

/// How a node is to be drained.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrainNode {
    /// After so long what it still holds goes back; without, it may take any time. At most 366 days.
    #[serde(default)]
    #[schema(maximum = 31_622_400_000_u64)]
    deadline_ms: Option<u64>,
    /// Why, for people; at most 1 KiB.
    #[serde(default)]
    reason: Option<String>,
}

/// Drain a node
///
/// It finishes what it holds and gets nothing more, also in later sessions, until it is resumed: its claims
/// are answered with no task and the directive `drain`. At the deadline what it still holds goes back at
/// once, as a release, which is free of charge. To drain it again gives it another deadline and reason.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/drain", operation_id = "drainNode", tag = "nodes",
    params(NodePath), request_body = Option<DrainNode>,
    responses(
        (status = 200, description = "The node: `draining`, or `drained` when it holds nothing", body = NodeView),
        NodeCallProblems))]
pub(crate) async fn drain_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
    OptionalJson(request): OptionalJson<DrainNode>,
) -> Result<Response, Problem> {
    let (deadline_ms, reason) = (request.deadline_ms, request.reason.as_deref());
    Drain::validate(deadline_ms, reason)?;
    let is_known = state.store.nodes.drain(&node, deadline_ms, reason).await?;
    answer(&state, &node, is_known).await
}

/// Resume a node
///
/// It gets tasks again, after a drain or a quarantine, and is judged anew. Another one stays as it is.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/resume", operation_id = "resumeNode", tag = "nodes",
    params(NodePath),
    responses(
        (status = 200, description = "The node", body = NodeView),
        ChangeNodeProblems))]
pub(crate) async fn resume_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
) -> Result<Response, Problem> {
    let is_known = state.store.nodes.resume(&node).await?;
    answer(&state, &node, is_known).await
}

async fn answer(state: &ApiState, node: &NodeId, is_known: bool) -> Result<Response, Problem> {
    let node = if is_known {
        state.store.nodes.get(node).await?
    } else {
        None
    };
    let node = node.ok_or_else(|| Problem::of(Code::NodeUnknown))?;
    Ok(json::ok(&NodeView::of(&node, &state.store.nodes.fleet())))
}
