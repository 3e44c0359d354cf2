//! PUT and PATCH /v1/queues/{name}: what a queue is like.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::get::answer;
use crate::api::json::OptionalJson;
use crate::api::openapi::schemas;
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, ConfigureQueueProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::QueueName;
use crate::domain::placement::Strategy;
use crate::domain::queue_limits::{QueueLimits, Weights};
use crate::domain::queue_settings::QueueChange;
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Ordering;
use crate::store::ConfigureOutcome;

/// What a queue is to be like. PUT gives what is left out its default, PATCH leaves it as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigureQueue {
    /// strict, aging or fifo. Another one than now is refused while tasks are queued or running.
    #[schema(value_type = Option<schemas::Ordering>)]
    ordering: Option<Ordering>,
    /// What one priority is worth under `aging`.
    aging_step_ms: Option<u64>,
    /// Unfinished tasks it may have; submits beyond are 429 `queue_full`.
    max_tasks: Option<u64>,
    /// Length of a lease without a session, when the claim names none.
    lease_ms: Option<u64>,
    /// How long an attempt may run, when the task says nothing.
    timeout_ms: Option<u64>,
    /// Attempts that may fail, when the task says nothing.
    max_attempts: Option<u32>,
    /// When a failed attempt is repeated, when the task says nothing.
    #[schema(value_type = Option<schemas::RetryPolicy>)]
    retry: Option<RetryPolicy>,
    /// What becomes of finished tasks.
    retention: Option<ConfigureRetention>,
    /// Which of the nodes that wait gets a task.
    #[schema(value_type = Option<schemas::Placement>)]
    placement: Option<Strategy>,
    /// How many tasks run at once, and how many start in a time. A PATCH that names them replaces all of them:
    /// {} takes them away.
    #[schema(value_type = Option<schemas::QueueLimits>)]
    limits: Option<QueueLimits>,
    /// What fairness keys weigh: twice the weight is twice the share; 1 for a key that is not named. A PATCH that
    /// names them replaces all of them.
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
    weights: Option<Weights>,
}

/// How long finished tasks are kept, and how many.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigureRetention {
    /// Succeeded, cancelled and expired ones.
    succeeded_ms: Option<u64>,
    /// Failed ones.
    failed_ms: Option<u64>,
    /// In each final state.
    max_finished: Option<u64>,
    /// Bytes of their payloads and results together; counted for tasks that finish from now on.
    max_bytes: Option<u64>,
}

/// Headers that name a revision.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct RevisionHeaders {
    /// Only if the queue is still at this revision, as its `ETag` names it; `*` for any.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// Configure a queue
///
/// What is left out gets its default. A queue that is not there comes into being.
#[utoipa::path(put, path = "/queues/{name}", operation_id = "configureQueue", tag = "queues",
    params(QueuePath, RevisionHeaders), request_body = ConfigureQueue,
    responses(
        (status = 200, description = "The queue was known", body = super::QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        (status = 201, description = "The queue is new", body = super::QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        ConfigureQueueProblems))]
pub(crate) async fn configure_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
    headers: HeaderMap,
    OptionalJson(request): OptionalJson<ConfigureQueue>,
) -> Result<Response, Problem> {
    let (change, revision) = (request.check()?, revision(&headers)?);
    let queues = &state.store.queues;
    let outcome = queues
        .configure(&name, &change, revision.as_deref())
        .await?;
    configured(&state, &name, outcome).await
}

/// Change a queue
///
/// What is left out stays as it is.
#[utoipa::path(patch, path = "/queues/{name}", operation_id = "mergeQueue", tag = "queues",
    params(QueuePath, RevisionHeaders), request_body = ConfigureQueue,
    responses(
        (status = 200, description = "The queue", body = super::QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        ConfigureQueueProblems))]
pub(crate) async fn merge_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
    headers: HeaderMap,
    OptionalJson(request): OptionalJson<ConfigureQueue>,
) -> Result<Response, Problem> {
    let (change, revision) = (request.check()?, revision(&headers)?);
    let queues = &state.store.queues;
    let outcome = queues.merge(&name, &change, revision.as_deref()).await?;
    configured(&state, &name, outcome).await
}

impl ConfigureQueue {
    fn check(self) -> Result<QueueChange, Problem> {
        let retention = self.retention.unwrap_or_default();
        let change = QueueChange {
            ordering: self.ordering,
            aging_step_ms: self.aging_step_ms,
            max_tasks: self.max_tasks,
            lease_ms: self.lease_ms,
            timeout_ms: self.timeout_ms,
            max_attempts: self.max_attempts,
            retry: self.retry,
            succeeded_ms: retention.succeeded_ms,
            failed_ms: retention.failed_ms,
            max_finished: retention.max_finished,
            max_bytes: retention.max_bytes,
            placement: self.placement,
            limits: self.limits,
            weights: self.weights,
        };
        change.validate().map_err(Problem::invalid)?;
        Ok(change)
    }
}

/// The revision that If-Match names: that of an `ETag`, or `*`.
fn revision(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let revision = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    if revision == "*" || revision.parse::<u64>().is_ok() {
        return Ok(Some(revision.to_owned()));
    }
    Err(Problem::of(Code::PreconditionFailed))
}

async fn configured(
    state: &ApiState,
    name: &QueueName,
    outcome: ConfigureOutcome,
) -> Result<Response, Problem> {
    let status = match outcome {
        ConfigureOutcome::New => StatusCode::CREATED,
        ConfigureOutcome::Known => StatusCode::OK,
        ConfigureOutcome::NotFound => return Err(Problem::of(Code::QueueNotFound)),
        ConfigureOutcome::OtherRevision => return Err(Problem::of(Code::PreconditionFailed)),
        ConfigureOutcome::HasTasks => {
            return Err(Problem::new(
                Code::InvalidState,
                "the ordering cannot change while tasks are queued or running: they have places in the present one",
            ));
        }
    };
    answer(state, name, status).await
}
