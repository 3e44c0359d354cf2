//! GET /v1/queues and /v1/queues/{name}: queues as they are.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::api::endpoint::HealthView;
use crate::api::entity_tag::mark;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, GetQueueProblems, PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::egress::Endpoint;
use crate::domain::placement::Strategy;
use crate::domain::push::PushOwner;
use crate::domain::queue::Queue;
use crate::domain::queue_limits::{FairBy, QueueLimits, Weights};
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Ordering;
use crate::domain::signature::SigningSecret;
use crate::domain::{QueueName, UnixMillis};

/// A queue as it is shown, with what it is like.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueView<'a> {
    #[schema(value_type = schemas::Name)]
    name: &'a QueueName,
    /// Whether it gives nothing.
    paused: bool,
    /// Where it is stored; tasks' ids name the same.
    partition: u16,
    /// When it came into being.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    #[schema(value_type = schemas::Ordering)]
    ordering: Ordering,
    aging_step_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tasks: Option<u64>,
    lease_ms: u64,
    timeout_ms: u64,
    max_attempts: u32,
    #[schema(value_type = schemas::RetryPolicy)]
    retry: RetryPolicy,
    retention: RetentionView,
    /// Which of the nodes that wait gets a task.
    #[schema(value_type = schemas::Placement)]
    placement: Strategy,
    #[serde(skip_serializing_if = "QueueLimits::is_empty")]
    #[schema(value_type = Option<schemas::QueueLimits>)]
    limits: &'a QueueLimits,
    /// What fairness keys weigh.
    #[serde(skip_serializing_if = "Weights::is_empty")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
    weights: &'a Weights,
    /// What a turn costs a fairness key.
    #[schema(value_type = schemas::FairBy)]
    fair_by: FairBy,
    /// Where its tasks are pushed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    /// Most of them that are there at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_concurrency: Option<u32>,
    /// How the target fares; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_health: Option<HealthView<'a>>,
    /// The secret that was made for the target. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_secret: Option<&'a str>,
}

/// What becomes of finished tasks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Retention)]
pub(crate) struct RetentionView {
    succeeded_ms: u64,
    failed_ms: u64,
    max_finished: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<u64>,
}

impl<'a> From<&'a Queue> for QueueView<'a> {
    fn from(queue: &'a Queue) -> Self {
        let settings = &queue.settings;
        Self {
            name: &queue.name,
            paused: queue.paused,
            partition: queue.partition,
            created_at: queue.created_at,
            ordering: settings.ordering,
            aging_step_ms: settings.aging_step_ms,
            max_tasks: settings.max_tasks,
            lease_ms: settings.lease_ms,
            timeout_ms: settings.timeout_ms,
            max_attempts: settings.max_attempts,
            placement: settings.placement,
            retry: settings.retry,
            retention: RetentionView {
                succeeded_ms: settings.retention.succeeded_ms,
                failed_ms: settings.retention.failed_ms,
                max_finished: settings.retention.max_finished,
                max_bytes: settings.retention.max_bytes,
            },
            limits: &settings.limits,
            weights: &settings.weights,
            fair_by: settings.fair_by,
            target: settings.target.as_ref().map(Endpoint::as_str),
            target_concurrency: settings
                .target
                .is_some()
                .then_some(settings.target_concurrency),
            target_health: None,
            target_secret: None,
        }
    }
}

/// The queue, or why there is none. Its `ETag` is for the If-Match of PUT and PATCH.
pub(super) async fn answer(
    state: &ApiState,
    name: &QueueName,
    status: StatusCode,
) -> Result<Response, Problem> {
    answer_with(state, name, status, None).await
}

/// The same, with the secret that was made for its target.
pub(super) async fn answer_with(
    state: &ApiState,
    name: &QueueName,
    status: StatusCode,
    secret: Option<SigningSecret>,
) -> Result<Response, Problem> {
    let queue = state
        .store
        .queues
        .get(name)
        .await?
        .ok_or_else(|| Problem::of(Code::QueueNotFound))?;
    let health = if queue.settings.target.is_some() {
        let owner = PushOwner::Queue(name.clone());
        state.store.endpoints.health(&owner).await?
    } else {
        None
    };
    let view = QueueView {
        target_health: health.as_ref().map(HealthView::from),
        target_secret: secret.as_ref().map(SigningSecret::expose),
        ..QueueView::from(&queue)
    };
    let response = json::answer(status, &view);
    Ok(mark(response, &tag(&queue)))
}

/// The tag of a queue: the revision of its settings.
pub(super) fn tag(queue: &Queue) -> String {
    format!("\"{}\"", queue.revision)
}

/// Read a queue
///
/// A queue is there from its first task on.
#[utoipa::path(get, path = "/v1/queues/{name}", operation_id = "getQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The queue", body = QueueView, headers(
            ("ETag" = String, description = "The revision of its settings, for If-Match"))),
        GetQueueProblems))]
pub(crate) async fn get_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    answer(&state, &name, StatusCode::OK).await
}

/// One page of a list of queues.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct QueuePage<'a> {
    items: Vec<QueueView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List queues
///
/// By name.
#[utoipa::path(get, path = "/v1/queues", operation_id = "listQueues", tag = "queues",
    params(PageParams),
    responses(
        (status = 200, description = "A page of queues", body = QueuePage),
        PageProblems))]
pub(crate) async fn list_queues(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let first = query.number("queues")?.unwrap_or_default();
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let queues = state.store.queues.list().await?;
    let items: Vec<QueueView> = queues
        .iter()
        .skip(first)
        .take(query.limit)
        .map(QueueView::from)
        .collect();
    let next = first.saturating_add(items.len());
    let next_cursor = (next < queues.len()).then(|| PageQuery::seal("queues", &next.to_string()));
    Ok(json::ok(&QueuePage { items, next_cursor }))
}
