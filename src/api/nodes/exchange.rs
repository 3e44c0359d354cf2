//! `POST /v1/nodes/{node_id}/exchange`: what a node has done, and its next tasks, in one request.

use axum::extract::State;
use axum::response::Response;
use futures_util::future::{join_all, join4};
use serde::{Deserialize, Serialize};

use super::claim::{CheckedClaim, ClaimTasks};
use super::claimed::ClaimedTaskView;
use super::{directive, session};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{ClaimTasksProblems, Code, Problem, ProblemBody};
use crate::api::state::ApiState;
use crate::api::tasks::{
    ReportProgress, check_delay, check_failure, check_result, present, problem_of, progress_answer,
    status_of,
};
use crate::domain::limits::MAX_HELD_IDS;
use crate::domain::task::TaskError;
use crate::domain::{Document, InvalidInput, LeaseToken, NodeId, SessionId, TaskId, TaskState};
use crate::store::nodes::HeartbeatOutcome;
use crate::store::{Completion, Failure, Release, ReportOutcome, StoreError, View};

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

/// A finished attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeComplete {
    /// The task.
    id: String,
    /// The lease, as the claim gave it.
    lease_token: String,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Value>)]
    result: Option<Document>,
}

/// A failed attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeFail {
    /// The task.
    id: String,
    /// The lease, as the claim gave it.
    lease_token: String,
    #[schema(value_type = schemas::TaskError)]
    error: TaskError,
    /// Whether repeating may help; true by default.
    #[serde(default)]
    retryable: Option<bool>,
    /// When to repeat, instead of the task's own policy.
    #[serde(default)]
    #[schema(maximum = 31_622_400_000_u64)]
    retry_after_ms: Option<u64>,
}

/// News of an attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeProgress {
    /// The task.
    id: String,
    /// The lease, as the claim gave it.
    lease_token: String,
    /// Between 0 and 1; a smaller one than before is not taken.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    fraction: Option<f64>,
    /// A sentence for people; at most 1 KiB.
    #[serde(default)]
    message: Option<String>,
    /// The lease's new length from now, 1 s to 7 days.
    #[serde(default)]
    #[schema(minimum = 1000, maximum = 604_800_000_u64)]
    extend_ms: Option<u64>,
}

/// A task that goes back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRelease {
    /// The task.
    id: String,
    /// The lease, as the claim gave it.
    lease_token: String,
    /// How long the task is to wait; without, it keeps its place in the queue.
    #[serde(default)]
    #[schema(maximum = 31_622_400_000_u64)]
    delay_ms: Option<u64>,
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

/// A report that was answered: its id as the node sent it, and the state or what was wrong.
type Settled = (String, Result<TaskState, Problem>);

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
    let (complete, fail) = (
        request.complete.unwrap_or_default(),
        request.fail.unwrap_or_default(),
    );
    let (progress, release) = (
        request.progress.unwrap_or_default(),
        request.release.unwrap_or_default(),
    );
    if complete.len() + fail.len() + progress.len() + release.len() > MAX_HELD_IDS {
        return Err(InvalidInput::new("", "an exchange has at most 1000 reports").into());
    }
    let mut reason = None;
    let (mut cancel, mut draining) = Box::pin(beat(&state, &node, session.as_ref())).await?;
    // Boxed, as all that is done before a claim waits: in place it would take its room for as long.
    let reports = Box::pin(join4(
        complete_all(&state, complete),
        join_all(fail.into_iter().map(|item| fail_one(&state, item))),
        join_all(progress.into_iter().map(|item| progress_one(&state, item))),
        join_all(release.into_iter().map(|item| release_one(&state, item))),
    ));
    let (mut settled, failed, progressed, released) = reports.await;
    settled.extend(failed);
    for (result, to_stop) in progressed {
        cancel.extend(to_stop.filter(|id| !cancel.contains(id)));
        settled.push(result);
    }
    settled.extend(released);
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

fn lease(id: &str, lease_token: &str) -> Result<(TaskId, LeaseToken), Problem> {
    let id = TaskId::parse(id).ok_or_else(|| Problem::of(Code::TaskNotFound))?;
    let token = LeaseToken::parse(lease_token).ok_or_else(|| Problem::of(Code::LeaseLost))?;
    Ok((id, token))
}

fn state_of(outcome: Result<ReportOutcome, StoreError>) -> Result<TaskState, Problem> {
    let outcome = outcome?;
    status_of(&outcome)
        .ok_or_else(|| problem_of(&outcome).unwrap_or_else(|| Problem::of(Code::Internal)))
}

async fn complete_all(state: &ApiState, items: Vec<ExchangeComplete>) -> Vec<Settled> {
    let mut settled: Vec<Settled> = Vec::with_capacity(items.len());
    let (mut completions, mut places) = (
        Vec::with_capacity(items.len()),
        Vec::with_capacity(items.len()),
    );
    for item in items {
        let checked = check_result(item.result.as_ref(), &state.limits)
            .and_then(|()| lease(&item.id, &item.lease_token));
        match checked {
            Ok((id, lease_token)) => {
                let result = item.result;
                completions.push(Completion {
                    id,
                    lease_token,
                    result,
                    submit: Vec::new(),
                    view: View::State,
                });
                places.push(settled.len());
                settled.push((item.id, Err(Problem::of(Code::Internal))));
            }
            Err(problem) => settled.push((item.id, Err(problem))),
        }
    }
    let outcomes = state.store.tasks.complete_all(&completions).await;
    for (place, outcome) in places.into_iter().zip(outcomes) {
        settled[place].1 = state_of(outcome);
    }
    settled
}

async fn fail_one(state: &ApiState, item: ExchangeFail) -> Settled {
    let checked = check_failure(&item.error, item.retry_after_ms, &state.limits)
        .and_then(|()| lease(&item.id, &item.lease_token));
    let result = match checked {
        Ok((id, lease_token)) => {
            let failure = Failure {
                id,
                lease_token,
                error: item.error,
                retryable: item.retryable.unwrap_or(true),
                retry_after_ms: item.retry_after_ms,
                view: View::State,
            };
            state_of(state.store.tasks.fail(failure).await)
        }
        Err(problem) => Err(problem),
    };
    (item.id, result)
}

/// The result, and the task's id when it is to stop.
async fn progress_one(state: &ApiState, item: ExchangeProgress) -> (Settled, Option<TaskId>) {
    let check = || {
        let id = TaskId::parse(&item.id).ok_or_else(|| Problem::of(Code::TaskNotFound))?;
        let news = ReportProgress {
            lease_token: item.lease_token,
            fraction: item.fraction,
            message: item.message,
            extend_ms: item.extend_ms,
        };
        news.check(id)
    };
    let report = match check() {
        Ok(report) => report,
        Err(problem) => return ((item.id, Err(problem)), None),
    };
    let id = report.id;
    let outcome = state
        .store
        .tasks
        .progress(report)
        .await
        .map_err(Problem::from)
        .and_then(|outcome| progress_answer(&outcome));
    match outcome {
        Ok(answer) => (
            (item.id, Ok(TaskState::Running)),
            answer.cancel_requested.then_some(id),
        ),
        Err(problem) => ((item.id, Err(problem)), None),
    }
}

async fn release_one(state: &ApiState, item: ExchangeRelease) -> Settled {
    let result = match check_delay(item.delay_ms).and_then(|()| lease(&item.id, &item.lease_token))
    {
        Ok((id, lease_token)) => {
            let lease_token = Some(lease_token);
            let release = Release {
                id,
                lease_token,
                delay_ms: item.delay_ms,
                view: View::State,
            };
            state_of(state.store.tasks.release(release).await)
        }
        Err(problem) => Err(problem),
    };
    (item.id, result)
}
