//! What a node reports in an exchange. Each report counts or fails on its own, as a request for it alone would.

use futures_util::future::{join_all, join4};
use serde::Deserialize;

use crate::api::openapi::schemas;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::api::tasks::{
    ReportProgress, check_delay, check_failure, check_result, present, problem_of, progress_answer,
    status_of,
};
use crate::domain::task::TaskError;
use crate::domain::{Document, LeaseToken, TaskId, TaskState};
use crate::store::{Completion, Failure, Release, ReportOutcome, StoreError, View};

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

/// All reports of an exchange.
pub(super) struct Reports {
    pub(super) complete: Vec<ExchangeComplete>,
    pub(super) fail: Vec<ExchangeFail>,
    pub(super) progress: Vec<ExchangeProgress>,
    pub(super) release: Vec<ExchangeRelease>,
}

/// A report that was answered: its id as the node sent it, and the state or what was wrong.
pub(super) type Settled = (String, Result<TaskState, Problem>);

impl Reports {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.complete.len() + self.fail.len() + self.progress.len() + self.release.len()
    }

    /// What became of them, kind after kind, each in its order; and the tasks that are to stop.
    pub(super) async fn settle(self, state: &ApiState) -> (Vec<Settled>, Vec<TaskId>) {
        let fail = self.fail.into_iter().map(|item| fail_one(state, item));
        let progress = self.progress.into_iter();
        let progress = progress.map(|item| progress_one(state, item));
        let release = self.release.into_iter();
        let release = release.map(|item| release_one(state, item));
        let (mut settled, failed, progressed, released) = join4(
            complete_all(state, self.complete),
            join_all(fail),
            join_all(progress),
            join_all(release),
        )
        .await;
        settled.extend(failed);
        let mut to_stop = Vec::new();
        for (result, stops) in progressed {
            to_stop.extend(stops);
            settled.push(result);
        }
        settled.extend(released);
        (settled, to_stop)
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
