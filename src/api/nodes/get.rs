//! `GET /v1/nodes` and `GET /v1/nodes/{node_id}`: nodes as they are.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::endpoint::HealthView;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, NodePath};
use crate::api::problem::{Code, GetNodeProblems, PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::node::{Load, Node, NodeState, Performance};
use crate::domain::placement::Resources;
use crate::domain::task::Labels;
use crate::domain::{NodeId, QueueName, TaskType, UnixMillis};
use crate::store::nodes::NodePlace;

/// A node as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeView<'a> {
    /// Its name.
    #[schema(value_type = schemas::Name)]
    id: &'a NodeId,
    #[schema(value_type = schemas::NodeState)]
    state: NodeState,
    /// Tasks it works on at once.
    slots: u32,
    /// Tasks it holds.
    used: u64,
    /// Facts that requirements are matched against.
    #[schema(value_type = BTreeMap<String, String>)]
    labels: &'a Labels,
    /// Amounts it has, by name.
    #[schema(value_type = BTreeMap<String, f64>)]
    resources: &'a Resources,
    /// What the tasks that it holds take of them.
    #[schema(value_type = BTreeMap<String, f64>)]
    resources_used: &'a Resources,
    /// Types it takes; none stands for all.
    #[schema(value_type = Vec<schemas::Name>)]
    types: &'a [TaskType],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Performance>)]
    performance: Option<&'a Performance>,
    /// The version of its program.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Load>)]
    load: Option<Load>,
    /// Since when it is to get no more tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    draining_since: Option<UnixMillis>,
    /// When what it still holds goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    drain_deadline_at: Option<UnixMillis>,
    /// Why it is to get no more tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Where its tasks are pushed to, for a node that claims none itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    /// The queues that those come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schemas::Name>>)]
    queues: Option<&'a [QueueName]>,
    /// How its endpoint fares.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthView<'a>>,
    /// When it was last heard of.
    #[schema(value_type = String, format = DateTime)]
    last_seen: UnixMillis,
    /// When it first registered.
    #[schema(value_type = String, format = DateTime)]
    registered_at: UnixMillis,
}

impl<'a> From<&'a Node> for NodeView<'a> {
    fn from(node: &'a Node) -> Self {
        let (registration, drain) = (&node.registration, node.drain.as_ref());
        let push = registration.push.as_ref();
        Self {
            id: &node.id,
            state: node.state,
            slots: registration.slots,
            used: node.used,
            labels: &registration.labels,
            resources: &registration.resources,
            resources_used: &node.taken,
            types: &registration.types,
            performance: registration.performance.as_ref(),
            version: registration.version.as_deref(),
            load: node.load,
            draining_since: drain.map(|drain| drain.since),
            drain_deadline_at: drain.and_then(|drain| drain.deadline_at),
            reason: drain.and_then(|drain| drain.reason.as_deref()),
            endpoint: push.map(|push| push.endpoint.as_str()),
            queues: push.map(|push| &push.queues[..]),
            health: node.health.as_ref().map(HealthView::from),
            last_seen: node.last_seen,
            registered_at: node.registered_at,
        }
    }
}

/// Read a node
///
/// How the node stands, what it said of itself, and how many tasks it holds.
#[utoipa::path(get, path = "/nodes/{node_id}", operation_id = "getNode", tag = "nodes",
    params(NodePath),
    responses(
        (status = 200, description = "The node", body = NodeView),
        GetNodeProblems))]
pub(crate) async fn get_node(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
) -> Result<Response, Problem> {
    let node = state
        .store
        .nodes
        .get(&node)
        .await?
        .ok_or_else(|| Problem::of(Code::NodeUnknown))?;
    Ok(json::ok(&NodeView::from(&node)))
}

/// One page of a list of nodes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NodePage<'a> {
    items: Vec<NodeView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List nodes
///
/// Registered nodes, in no particular order.
#[utoipa::path(get, path = "/nodes", operation_id = "listNodes", tag = "nodes",
    params(PageParams),
    responses(
        (status = 200, description = "A page of nodes", body = NodePage),
        PageProblems))]
pub(crate) async fn list_nodes(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let place = match query.place("nodes")? {
        Some((partition, rank)) => NodePlace { partition, rank },
        None => NodePlace::default(),
    };
    let (nodes, next) = state.store.nodes.list(place, query.limit).await?;
    let next_cursor = next.map(|place| PageQuery::cursor("nodes", place.partition, place.rank));
    Ok(json::ok(&NodePage {
        items: nodes.iter().map(NodeView::from).collect(),
        next_cursor,
    }))
}
