//! `PUT /v1/nodes/{node_id}`: a node says what it is.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::session;
use crate::api::endpoint;
use crate::api::json::{self, OptionalJson};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{Code, NodeCallProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::node::{
    DEAD_AFTER_MS, HEARTBEAT_INTERVAL_MS, Performance, PushRegistration, Registration,
};
use crate::domain::{InvalidInput, NodeId, QueueName, TaskType, UnixMillis};
use crate::store::nodes::RegisterOutcome;

/// Where the tasks of an endpoint come from that names no queues.
const DEFAULT_QUEUE: &str = "default";

/// What a node says of itself.
#[derive(Deserialize, utoipa::ToSchema)]
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
    /// Where its tasks are pushed to, for a node that claims none itself: an `https` URL.
    #[serde(default)]
    endpoint: Option<String>,
    /// With an endpoint: the secret that requests are signed with, `whsec_` and 24 to 64 bytes in Base64. Without it
    /// the node keeps the one it has; a new one is made and told once.
    #[serde(default)]
    secret: Option<String>,
    /// With an endpoint: the queues that its tasks come from, in this order; `default` unless they are named.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::Name>>, min_items = 1, max_items = 64)]
    queues: Option<Vec<QueueName>>,
    /// Its current session, to update what it said; without, a new session begins.
    #[serde(default)]
    session: Option<String>,
}

/// A node's session, and what it is to keep to.
#[derive(Serialize, utoipa::ToSchema)]
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
    /// The secret that was made for its endpoint. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Register a node
///
/// A new session begins, and what an earlier one held goes back at once. With its current session a node
/// updates what it said of itself. To a node with an endpoint tasks are pushed: it needs no heartbeats, and its
/// session lives until another takes its place.
#[utoipa::path(put, path = "/v1/nodes/{node_id}", operation_id = "registerNode", tag = "nodes",
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
    let push = push(&state, &request).await?;
    let registration = Registration {
        labels: request.labels.unwrap_or_default(),
        slots: request.slots.unwrap_or(1),
        resources: request.resources.unwrap_or_default(),
        types: request.types.unwrap_or_default(),
        performance: request.performance,
        version: request.version,
        push,
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
                    secret: registered.secret.map(|secret| secret.expose().to_owned()),
                },
            ))
        }
        RegisterOutcome::SessionEnded => Err(Problem::of(Code::NodeUnknown)),
    }
}

/// How it is to get its tasks without claiming.
async fn push(
    state: &ApiState,
    request: &RegisterNode,
) -> Result<Option<PushRegistration>, Problem> {
    let Some(url) = &request.endpoint else {
        let only = |pointer| InvalidInput::new(pointer, "this is for a node with an endpoint");
        return match (&request.secret, &request.queues) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(only("/secret").into()),
            (None, Some(_)) => Err(only("/queues").into()),
        };
    };
    let secret = request.secret.as_deref();
    let queues = match &request.queues {
        Some(queues) => queues.clone(),
        None => QueueName::parse(DEFAULT_QUEUE).into_iter().collect(),
    };
    Ok(Some(PushRegistration {
        secret: secret
            .map(|text| endpoint::secret("/secret", text))
            .transpose()?,
        queues,
        endpoint: endpoint::endpoint(state, "/endpoint", url).await?,
    }))
}
