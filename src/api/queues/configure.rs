//! PUT and PATCH /v1/queues/{name}: what a queue is like.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::get::{answer_with, tag};
use crate::api::endpoint;
use crate::api::entity_tag::EntityTags;
use crate::api::json::OptionalJson;
use crate::api::openapi::schemas;
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, ConfigureQueueProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::placement::Strategy;
use crate::domain::queue_limits::{FairBy, QueueLimits, Weights};
use crate::domain::queue_settings::QueueChange;
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Ordering;
use crate::domain::{InvalidInput, QueueName};
use crate::store::ConfigureOutcome;

/// What a queue is to be like. PUT gives what is left out its default, PATCH leaves it as it is.
#[derive(Deserialize, utoipa::ToSchema)]
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
    /// What a turn costs a fairness key: `tasks`, each the same, or `run_time`, the time for which its attempts run.
    #[schema(value_type = Option<schemas::FairBy>)]
    fair_by: Option<FairBy>,
    /// Where its tasks are pushed to, so that it needs no node: an `https` URL.
    target: Option<String>,
    /// Most of its tasks that are at the target at once; 10 by default.
    #[schema(minimum = 1, maximum = 1000)]
    target_concurrency: Option<u32>,
    /// What requests to the target are signed with, `whsec_` and 24 to 64 bytes in Base64. Without it the target keeps
    /// the one it has; a new one is made and told once.
    target_secret: Option<String>,
    /// The partition that it is to live in, by default the one that its name hashes to. It is chosen when the queue
    /// comes into being: another one than it lives in is 409 `invalid_state`.
    partition: Option<u16>,
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
#[utoipa::path(put, path = "/v1/queues/{name}", operation_id = "configureQueue", tag = "queues",
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
    let change = request.check(&state).await?;
    let revision = revision(&state, &name, &headers).await?;
    let queues = &state.store.queues;
    let outcome = queues
        .configure(&name, &change, revision.as_deref())
        .await?;
    configured(&state, &name, outcome).await
}

/// Change a queue
///
/// What is left out stays as it is.
#[utoipa::path(patch, path = "/v1/queues/{name}", operation_id = "mergeQueue", tag = "queues",
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
    let change = request.check(&state).await?;
    let revision = revision(&state, &name, &headers).await?;
    let queues = &state.store.queues;
    let outcome = queues.merge(&name, &change, revision.as_deref()).await?;
    configured(&state, &name, outcome).await
}

impl ConfigureQueue {
    async fn check(self, state: &ApiState) -> Result<QueueChange, Problem> {
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
            fair_by: self.fair_by,
            target: None,
            partition: self.partition,
            target_concurrency: self.target_concurrency,
            target_secret: self
                .target_secret
                .map(|text| endpoint::secret("/target_secret", &text))
                .transpose()?,
        };
        change.validate().map_err(Problem::invalid)?;
        // Last, since it asks others.
        let target = match &self.target {
            Some(url) => Some(endpoint::endpoint(state, "/target", url).await?),
            None => None,
        };
        Ok(QueueChange { target, ..change })
    }
}

/// The revision that the queue must have, by If-Match.
async fn revision(
    state: &ApiState,
    name: &QueueName,
    headers: &HeaderMap,
) -> Result<Option<String>, Problem> {
    let Some(wanted) = EntityTags::of(headers, &header::IF_MATCH) else {
        return Ok(None);
    };
    if matches!(wanted, EntityTags::Any) {
        return Ok(Some("*".to_owned()));
    }
    match state.store.queues.get(name).await? {
        Some(queue) if !wanted.name(&tag(&queue)) => Err(Problem::of(Code::PreconditionFailed)),
        Some(queue) => Ok(Some(queue.revision.to_string())),
        // What is not there has no revision; whether that is 404 or 412 depends on the verb.
        None => Ok(Some("0".to_owned())),
    }
}

async fn configured(
    state: &ApiState,
    name: &QueueName,
    outcome: ConfigureOutcome,
) -> Result<Response, Problem> {
    let (status, secret) = match outcome {
        ConfigureOutcome::New(secret) => (StatusCode::CREATED, secret),
        ConfigureOutcome::Known(secret) => (StatusCode::OK, secret),
        ConfigureOutcome::NotFound => return Err(Problem::of(Code::QueueNotFound)),
        ConfigureOutcome::OtherRevision => return Err(Problem::of(Code::PreconditionFailed)),
        ConfigureOutcome::HasTasks => {
            return Err(Problem::new(
                Code::InvalidState,
                "the ordering cannot change while tasks are queued or running: they have places in the present one",
            ));
        }
        ConfigureOutcome::Elsewhere(partition) => {
            let message = format!(
                "the queue lives in partition {partition}: it can have another one only after it was deleted"
            );
            return Err(Problem::new(Code::InvalidState, message));
        }
        ConfigureOutcome::NoSuchPartition { partitions } => {
            let message = format!("partition lies between 0 and {}", partitions - 1);
            return Err(InvalidInput::new("/partition", message).into());
        }
        ConfigureOutcome::NoTarget => {
            let message = "a secret is for a queue with a target";
            return Err(InvalidInput::new("/target_secret", message).into());
        }
    };
    answer_with(state, name, status, secret).await
}
