//! `POST /v1/nodes/{node_id}/heartbeat`: a session says that it lives.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{directive, session};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{Code, NodeCallProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::limits::MAX_HELD_IDS;
use crate::domain::node::{HEARTBEAT_INTERVAL_MS, Load};
use crate::domain::{InvalidInput, NodeId, TaskId};
use crate::store::nodes::HeartbeatOutcome;

/// A sign of life.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heartbeat {
    /// The session, as the registration gave it.
    session: String,
    /// How busy the node is.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Load>)]
    load: Option<Load>,
    /// Tasks it holds, at most 1,000: those it does not come back as lost.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 1000)]
    held: Option<Vec<TaskId>>,
}

/// What the node is to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HeartbeatAnswer {
    #[schema(value_type = schemas::Directive)]
    directive: &'static str,
    /// Tasks to stop.
    #[schema(value_type = Vec<Uuid>)]
    cancel: Vec<TaskId>,
    /// Tasks it does not hold any more.
    #[schema(value_type = Vec<Uuid>)]
    lost: Vec<TaskId>,
    /// When the next heartbeat is due.
    next_heartbeat_ms: u64,
}

/// Say that a node lives
///
/// Every `heartbeat_interval_ms`. A session that is silent for `dead_after_ms` ends, and its tasks go to
/// others. The answer names tasks to stop, and those of `held` that the node does not hold any more.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/heartbeat", operation_id = "heartbeatNode", tag = "nodes",
    params(NodePath), request_body = Heartbeat,
    responses(
        (status = 200, description = "The session lives", body = HeartbeatAnswer),
        NodeCallProblems))]
pub(crate) async fn heartbeat_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
    body: Json<Heartbeat>,
) -> Result<Response, Problem> {
    let request = body.value;
    let held = request.held.unwrap_or_default();
    if held.len() > MAX_HELD_IDS {
        return Err(InvalidInput::new("/held", "a heartbeat names at most 1000 held tasks").into());
    }
    let session = session(&request.session)?;
    match state
        .store
        .nodes
        .heartbeat(&node, &session, request.load.as_ref(), &held)
        .await?
    {
        HeartbeatOutcome::Alive {
            cancel,
            lost,
            draining,
        } => Ok(json::ok(&HeartbeatAnswer {
            directive: directive(draining),
            cancel,
            lost,
            next_heartbeat_ms: HEARTBEAT_INTERVAL_MS,
        })),
        HeartbeatOutcome::SessionEnded => Err(Problem::of(Code::NodeUnknown)),
    }
}
