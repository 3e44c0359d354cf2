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
use crate::domain::fleet::Fleet;
use crate::domain::node::{Load, Node, NodeState, Performance};
use crate::domain::placement::Resources;
use crate::domain::tally::{Kind, Tally, bad_share};
use crate::domain::task::Labels;
use crate::domain::{NodeId, QueueName, TaskType, UnixMillis};

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
    /// Since when it gets no more tasks for its failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    quarantined_since: Option<UnixMillis>,
    /// Why it is to get no more tasks, or gets none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// How fast it is among its peers: 2 for one that takes half the time they take for the same work.
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    /// Share of its attempts that failed or were lost, 0 to 1, of late.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    failures: Option<f64>,
    /// What came of its attempts of late, by queue and type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    work: Vec<NodeWork<'a>>,
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

/// What came of a node's attempts at one kind of work, those of late.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NodeWork<'a> {
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    /// Attempts that ended; older ones count less, and no more than 128.
    attempts: f64,
    /// Share of those that failed or took too long, 0 to 1.
    failed: f64,
    /// Share of those that were lost with the node or their lease, 0 to 1.
    lost: f64,
    /// How long one that succeeds takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_ms: Option<f64>,
    /// How long its tasks had waited before it got them.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_delay_ms: Option<f64>,
}

impl<'a> From<(&'a Kind, &'a Tally)> for NodeWork<'a> {
    fn from((kind, tally): (&'a Kind, &'a Tally)) -> Self {
        let ended = tally.ended();
        let share = |count: f64| {
            if ended > 0.0 {
                rounded(count / ended)
            } else {
                0.0
            }
        };
        Self {
            queue: &kind.queue,
            r#type: &kind.task_type,
            attempts: rounded(ended),
            failed: share(tally.failures),
            lost: share(tally.losses),
            run_ms: tally.mean_run_ms().map(rounded),
            queue_delay_ms: tally.mean_wait_ms().map(rounded),
        }
    }
}

/// To a thousandth: more would only pretend.
fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

impl<'a> NodeView<'a> {
    /// The node, its speed compared with that of the fleet.
    pub(super) fn of(node: &'a Node, fleet: &Fleet) -> Self {
        let (registration, drain) = (&node.registration, node.drain.as_ref());
        let quarantine = node.quarantine.as_ref();
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
            quarantined_since: quarantine.map(|quarantine| quarantine.since),
            reason: match drain {
                Some(drain) => drain.reason.as_deref(),
                None => quarantine.map(|quarantine| quarantine.reason.as_str()),
            },
            speed: fleet.speed(&node.work).map(rounded),
            failures: bad_share(&node.work).map(rounded),
            work: node.work.iter().map(NodeWork::from).collect(),
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
#[utoipa::path(get, path = "/v1/nodes/{node_id}", operation_id = "getNode", tag = "nodes",
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
    Ok(json::ok(&NodeView::of(&node, &state.store.nodes.fleet())))
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
#[utoipa::path(get, path = "/v1/nodes", operation_id = "listNodes", tag = "nodes",
    params(PageParams),
    responses(
        (status = 200, description = "A page of nodes", body = NodePage),
        PageProblems))]
pub(crate) async fn list_nodes(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let place = query.place("nodes")?;
    let (nodes, next) = state.store.nodes.list(place, query.limit).await?;
    let fleet = state.store.nodes.fleet();
    Ok(json::ok(&NodePage {
        items: nodes
            .iter()
            .map(|node| NodeView::of(node, &fleet))
            .collect(),
        next_cursor: next.map(|place| PageQuery::cursor("nodes", place)),
    }))
}
