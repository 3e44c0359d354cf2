//! GET /v1/tasks/{id}/explain: why a task runs, waits or has ended.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::get::missing;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{ExplainTaskProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::explanation::{self, Missing, Reason};
use crate::domain::placement::Requirements;
use crate::domain::{NodeId, TaskId, TaskState, TaskType, UnixMillis};
use crate::store::PartitionRank;

/// Nodes that are looked at: more would make one question a burden.
const MOST_NODES: usize = 1_000;

/// Why a task is where it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct ExplanationView<'a> {
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// At least one.
    reasons: Vec<ReasonView<'a>>,
    /// Its place among the ready tasks of its queue; 1 is the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// When it will start if the queue keeps its pace of the last minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    estimated_start_at: Option<UnixMillis>,
}

/// Something that holds the task where it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonView<'a> {
    /// A stable word: `scheduled`, `retry_wait`, `blocked`, `queue_paused`, `limit_reached`, `no_matching_node`, `nodes_full`,
    /// `resources_in_use`, `nodes_draining`, `nodes_quarantined`, `nodes_dead`, `endpoints_backing_off`, `target_backing_off`,
    /// `no_recent_claims`, `in_turn`, `running`, `cancel_requested`, or the
    /// final state. There may be more one day.
    code: &'static str,
    /// A sentence for people.
    message: &'a str,
    /// The moment it speaks of: the due time, the start, the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<UnixMillis>,
    /// The node it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    node_id: Option<&'a NodeId>,
    /// How many nodes it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<MissingView<'a>>,
    /// How many tasks a blocked one waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<u64>,
    /// Up to 20 of those tasks.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Uuid>, required = false)]
    task_ids: &'a [TaskId],
    /// The limit of its queue that holds it, as a path in the queue's `limits`, such as `running` or
    /// `types.render.rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
}

/// What no registered node has.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Missing)]
pub(crate) struct MissingView<'a> {
    /// The type, when no node takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    r#type: Option<&'a TaskType>,
    #[serde(skip_serializing_if = "Requirements::is_empty")]
    #[schema(value_type = Option<schemas::Requirements>)]
    requires: &'a Requirements,
}

impl<'a> From<&'a Reason> for ReasonView<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            code: reason.code,
            message: &reason.message,
            at: reason.at,
            node_id: reason.node_id.as_ref(),
            nodes: reason.nodes,
            missing: reason.missing.as_ref().map(MissingView::from),
            waits_for: reason.waits_for,
            task_ids: &reason.task_ids,
            limit: reason.limit.as_deref(),
        }
    }
}

impl<'a> From<&'a Missing> for MissingView<'a> {
    fn from(missing: &'a Missing) -> Self {
        Self {
            r#type: missing.task_type.as_ref(),
            requires: &missing.requires,
        }
    }
}

/// Explain a task
///
/// Why it runs, waits or has ended, and its place in the queue. Of the registered nodes the first 1,000 are
/// looked at.
#[utoipa::path(get, path = "/v1/tasks/{id}/explain", operation_id = "explainTask", tag = "tasks",
    params(TaskPath),
    responses(
        (status = 200, description = "Why it is where it is", body = ExplanationView),
        ExplainTaskProblems))]
pub(crate) async fn explain_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
) -> Result<Response, Problem> {
    let Some(situation) = state.store.tasks.explain(id).await? else {
        return Err(missing(&state, id).await?);
    };
    let (nodes, _) = if situation.task.state == TaskState::Queued {
        state
            .store
            .nodes
            .list(PartitionRank::default(), MOST_NODES)
            .await?
    } else {
        (Vec::new(), None)
    };
    let explanation = explanation::explain(&situation, &nodes);
    Ok(json::ok(&ExplanationView {
        state: situation.task.state,
        reasons: explanation.reasons.iter().map(ReasonView::from).collect(),
        position: explanation.position,
        estimated_start_at: explanation.estimated_start_at,
    }))
}
