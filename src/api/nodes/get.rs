//! `GET /v1/nodes` and `GET /v1/nodes/{node_id}`: nodes as they are.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::page::{Page, PageQuery};
use crate::api::path::Id;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::node::{Load, Node, NodeState, Performance};
use crate::domain::placement::Resources;
use crate::domain::task::Labels;
use crate::domain::{NodeId, TaskType, UnixMillis};
use crate::store::nodes::NodePlace;

/// A node as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeView<'a> {
    #[schema(value_type = String)]
    id: &'a NodeId,
    /// ready, suspect or dead.
    #[schema(value_type = String)]
    state: NodeState,
    slots: u32,
    /// Tasks it holds.
    used: u64,
    #[schema(value_type = Object)]
    labels: &'a Labels,
    #[schema(value_type = Object)]
    resources: &'a Resources,
    #[schema(value_type = Vec<String>)]
    types: &'a [TaskType],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    performance: Option<&'a Performance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    load: Option<Load>,
    #[schema(value_type = String, format = DateTime)]
    last_seen: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    registered_at: UnixMillis,
}

impl<'a> From<&'a Node> for NodeView<'a> {
    fn from(node: &'a Node) -> Self {
        let registration = &node.registration;
        Self {
            id: &node.id,
            state: node.state,
            slots: registration.slots,
            used: node.used,
            labels: &registration.labels,
            resources: &registration.resources,
            types: &registration.types,
            performance: registration.performance.as_ref(),
            version: registration.version.as_deref(),
            load: node.load,
            last_seen: node.last_seen,
            registered_at: node.registered_at,
        }
    }
}

/// Reads a node.
#[utoipa::path(get, path = "/nodes/{node_id}", operation_id = "getNode", tag = "nodes",
    params(("node_id" = String, Path)),
    responses((status = 200, description = "The node", body = NodeView)))]
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

/// Lists nodes.
#[utoipa::path(get, path = "/nodes", operation_id = "listNodes", tag = "nodes",
    params(("limit" = Option<usize>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of nodes", body = Page<NodeView>)))]
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
    Ok(json::ok(&Page {
        items: nodes.iter().map(NodeView::from).collect(),
        next_cursor,
    }))
}
