//! GET /v1/queues and /v1/queues/{name}: queues as they are.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::page::{Page, PageQuery};
use crate::api::path::Id;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::queue::Queue;
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Ordering;
use crate::domain::{QueueName, UnixMillis};

/// A queue as it is shown, with what it is like.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueView<'a> {
    #[schema(value_type = String)]
    name: &'a QueueName,
    paused: bool,
    partition: u16,
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    #[schema(value_type = String, example = "strict")]
    ordering: Ordering,
    aging_step_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tasks: Option<u64>,
    lease_ms: u64,
    timeout_ms: u64,
    max_attempts: u32,
    #[schema(value_type = Object)]
    retry: RetryPolicy,
    retention: RetentionView,
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
            retry: settings.retry,
            retention: RetentionView {
                succeeded_ms: settings.retention.succeeded_ms,
                failed_ms: settings.retention.failed_ms,
                max_finished: settings.retention.max_finished,
                max_bytes: settings.retention.max_bytes,
            },
        }
    }
}

/// The queue, or why there is none. Its `ETag` is for the If-Match of PUT and PATCH.
pub(super) async fn answer(
    state: &ApiState,
    name: &QueueName,
    status: StatusCode,
) -> Result<Response, Problem> {
    let queue = state
        .store
        .queues
        .get(name)
        .await?
        .ok_or_else(|| Problem::of(Code::QueueNotFound))?;
    let mut response = json::answer(status, &QueueView::from(&queue));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", queue.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Reads a queue.
#[utoipa::path(get, path = "/queues/{name}", operation_id = "getQueue", tag = "queues",
    params(("name" = String, Path)),
    responses((status = 200, description = "The queue", body = QueueView)))]
pub(crate) async fn get_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    answer(&state, &name, StatusCode::OK).await
}

/// Lists queues by name.
#[utoipa::path(get, path = "/queues", operation_id = "listQueues", tag = "queues",
    params(("limit" = Option<usize>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of queues", body = Page<QueueView>)))]
pub(crate) async fn list_queues(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let first = query
        .place("queues")?
        .map_or(0, |(_, rank)| usize::try_from(rank).unwrap_or(usize::MAX));
    let queues = state.store.queues.list().await?;
    let items: Vec<QueueView> = queues
        .iter()
        .skip(first)
        .take(query.limit)
        .map(QueueView::from)
        .collect();
    let next = first.saturating_add(items.len());
    let next_cursor = (next < queues.len()).then(|| PageQuery::cursor("queues", 0, next as u64));
    Ok(json::ok(&Page { items, next_cursor }))
}
