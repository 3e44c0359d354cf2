//! `PUT /v1/nodes/{node_id}`: a node says what it is.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::session;
use crate::api::json::{self, OptionalJson};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{Code, NodeCallProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::node::{DEAD_AFTER_MS, HEARTBEAT_INTERVAL_MS, Performance, Registration};
use crate::domain::{NodeId, TaskType, UnixMillis};
use crate::store::nodes::RegisterOutcome;

/// What a node says of itself.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterNode {
    /// Facts to match requirements against.
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    /// Tasks it works on at once; 1 by default.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000)]
    slots: Option<u32>,
    /// Amounts it has, by name.
    #[serde(default)]
    resources: Option<BTreeMap<String, f64>>,
    /// Types it takes; all by default.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::Name>>, max_items = 1000)]
    types: Option<Vec<TaskType>>,
    /// Its own measure of itself.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Performance>)]
    performance: Option<Performance>,
    /// The version of its program.
    #[serde(default)]
    version: Option<String>,
    /// Its current session, to update what it said; without, a new session begins.
    #[serde(default)]
    session: Option<String>,
}

/// A node's session, and what it is to keep to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RegisteredNode {
    /// For heartbeats and claims.
    session: String,
    /// How often to send a heartbeat.
    heartbeat_interval_ms: u64,
    /// Silence after which the session ends.
    dead_after_ms: u64,
    /// The service's clock.
    #[schema(value_type = String, format = DateTime)]
    server_time: UnixMillis,
}

/// Register a node
///
/// A new session begins, and what an earlier one held goes back at once. With its current session a node
/// updates what it said of itself.
#[utoipa::path(put, path = "/nodes/{node_id}", operation_id = "registerNode", tag = "nodes",
    params(NodePath), request_body = Option<RegisterNode>,
    responses(
        (status = 200, description = "The node was known", body = RegisteredNode),
        (status = 201, description = "The node is new", body = RegisteredNode),
        NodeCallProblems))]
pub(crate) async fn register_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
    OptionalJson(request): OptionalJson<RegisterNode>,
) -> Result<Response, Problem> {
    let registration = Registration {
        labels: request.labels.unwrap_or_default(),
        slots: request.slots.unwrap_or(1),
        resources: request.resources.unwrap_or_default(),
        types: request.types.unwrap_or_default(),
        performance: request.performance,
        version: request.version,
    };
    registration.validate()?;
    let current = request.session.as_deref().map(session).transpose()?;
    match state
        .store
        .nodes
        .register(&node, &registration, current.as_ref())
        .await?
    {
        RegisterOutcome::Registered(registered) => {
            let status = if registered.is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            Ok(json::answer(
                status,
                &RegisteredNode {
                    session: registered.session.as_str().to_owned(),
                    heartbeat_interval_ms: HEARTBEAT_INTERVAL_MS,
                    dead_after_ms: DEAD_AFTER_MS,
                    server_time: registered.server_time,
                },
            ))
        }
        RegisterOutcome::SessionEnded => Err(Problem::of(Code::NodeUnknown)),
    }
}
