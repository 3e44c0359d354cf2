//! `POST /v1/nodes/{node_id}/heartbeat`: a session says that it lives.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{CONTINUE, session};
use crate::api::json::{self, Json};
use crate::api::path::Id;
use crate::api::problem::{Code, Problem};
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
    #[schema(value_type = Option<Object>)]
    load: Option<Load>,
    /// Tasks it holds, at most 1,000: those it does not come back as lost.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    held: Option<Vec<TaskId>>,
}

/// What the node is to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HeartbeatAnswer {
    directive: &'static str,
    /// Tasks to stop.
    #[schema(value_type = Vec<String>)]
    cancel: Vec<TaskId>,
    /// Tasks it does not hold any more.
    #[schema(value_type = Vec<String>)]
    lost: Vec<TaskId>,
    next_heartbeat_ms: u64,
}

/// Notes that a session lives.
#[utoipa::path(post, path = "/nodes/{node_id}/heartbeat", operation_id = "heartbeatNode", tag = "nodes",
    params(("node_id" = String, Path)), request_body = Heartbeat,
    responses((status = 200, description = "The session lives", body = HeartbeatAnswer)))]
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
        HeartbeatOutcome::Alive { cancel, lost } => Ok(json::ok(&HeartbeatAnswer {
            directive: CONTINUE,
            cancel,
            lost,
            next_heartbeat_ms: HEARTBEAT_INTERVAL_MS,
        })),
        HeartbeatOutcome::SessionEnded => Err(Problem::of(Code::NodeUnknown)),
    }
}
