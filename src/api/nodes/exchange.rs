//! `POST /v1/nodes/{node_id}/exchange`: what a node has done, and its next tasks, in one request.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::checked_claim::CheckedClaim;
use super::claim::ClaimTasks;
use super::claimed::ClaimedTaskView;
use super::exchange_reports::{
    ExchangeComplete, ExchangeFail, ExchangeProgress, ExchangeRelease, Reports,
};
use super::{directive, session};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{ClaimTasksProblems, Code, Problem, ProblemBody};
use crate::api::state::ApiState;
use crate::domain::limits::MAX_HELD_IDS;
use crate::domain::{InvalidInput, NodeId, SessionId, TaskId, TaskState};
use crate::store::nodes::HeartbeatOutcome;

/// Everything a node has to say.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// The node's live session; naming it counts as a heartbeat.
    #[serde(default)]
    session: Option<String>,
    /// Attempts that succeeded. All reports together are at most 1,000.
    #[serde(default)]
    complete: Option<Vec<ExchangeComplete>>,
    /// Attempts that failed.
    #[serde(default)]
    fail: Option<Vec<ExchangeFail>>,
    /// Attempts that go on.
    #[serde(default)]
    progress: Option<Vec<ExchangeProgress>>,
    /// Tasks to give back.
    #[serde(default)]
    release: Option<Vec<ExchangeRelease>>,
    /// As the body of a claim.
    #[serde(default)]
    claim: Option<ClaimTasks>,
}

/// What became of everything, and the next tasks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Exchanged<'a> {
    /// complete, fail, progress, release, each in the order of the request.
    results: Vec<ExchangeResult<'a>>,
    tasks: Vec<ClaimedTaskView<'a>>,
    #[schema(value_type = schemas::Directive)]
    directive: &'static str,
    /// Why the node gets no tasks, while it is quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Tasks to stop.
    #[schema(value_type = Vec<Uuid>)]
    cancel: Vec<TaskId>,
}

/// What became of one report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ExchangeResult<'a> {
    /// The task's id, as the report named it.
    id: &'a str,
    /// The status that a request for this report alone would have had.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::TaskState>)]
    state: Option<TaskState>,
    /// Why the report did not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody<'a>>,
}

/// Report and claim in one request
///
/// What the node has done, and its next tasks. Each report succeeds or fails on its own, and is safe to
/// repeat; to name the session counts as a heartbeat.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/exchange", operation_id = "exchangeTasks", tag = "nodes",
    params(NodePath), request_body = Exchange,
    responses(
        (status = 200, description = "What became of each report, and the next tasks", body = Exchanged),
        ClaimTasksProblems))]
pub(crate) async fn exchange_tasks(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
    body: Json<Exchange>,
) -> Result<Response, Problem> {
    let request = body.value;
    let session = request.session.as_deref().map(session).transpose()?;
    let claim: Option<CheckedClaim> = request
        .claim
        .map(|claim| {
            claim
                .check(node.clone(), session.clone())
                .map_err(|problem| problem.under("/claim"))
        })
        .transpose()?;
    let reports = Reports {
        complete: request.complete.unwrap_or_default(),
        fail: request.fail.unwrap_or_default(),
        progress: request.progress.unwrap_or_default(),
        release: request.release.unwrap_or_default(),
    };
    if reports.count() > MAX_HELD_IDS {
        return Err(InvalidInput::new("", "an exchange has at most 1000 reports").into());
    }
    let mut reason = None;
    let (mut cancel, mut draining) = Box::pin(beat(&state, &node, session.as_ref())).await?;
    // Boxed, as all that is done before a claim waits: in place it would take its room for as long.
    let (settled, to_stop) = Box::pin(reports.settle(&state)).await;
    for id in to_stop {
        if !cancel.contains(&id) {
            cancel.push(id);
        }
    }
    drop(body.raw); // As with a claim alone: nothing of the request is kept while it waits.
    // The reports count whether or not there is more work: a failed claim must not hide them.
    let claimed = match &claim {
        Some(claim) => match claim.run(&state).await {
            Ok((claimed, standing)) => {
                draining |= standing.draining;
                reason = standing.quarantine;
                claimed.deliver()
            }
            Err(problem) if settled.is_empty() => return Err(problem),
            Err(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    let results = settled
        .iter()
        .map(|(id, outcome)| match outcome {
            Ok(state) => ExchangeResult {
                id,
                status: 200,
                state: Some(*state),
                problem: None,
            },
            Err(problem) => ExchangeResult {
                id,
                status: problem.status(),
                state: None,
                problem: Some(problem.of_item()),
            },
        })
        .collect();
    let tasks = claimed.iter().map(ClaimedTaskView::from).collect();
    Ok(json::ok(&Exchanged {
        results,
        tasks,
        directive: directive(draining),
        reason,
        cancel,
    }))
}

/// What the node is to stop, and whether it drains. To name the session is a sign of life.
async fn beat(
    state: &ApiState,
    node: &NodeId,
    session: Option<&SessionId>,
) -> Result<(Vec<TaskId>, bool), Problem> {
    let nodes = &state.store.nodes;
    let Some(session) = session else {
        let facts = nodes.facts(node).await?;
        return Ok((Vec::new(), facts.is_some_and(|facts| facts.draining)));
    };
    match nodes.heartbeat(node, session, None, &[]).await? {
        HeartbeatOutcome::Alive {
            cancel, draining, ..
        } => Ok((cancel, draining)),
        HeartbeatOutcome::SessionEnded => Err(Problem::of(Code::NodeUnknown)),
    }
}
