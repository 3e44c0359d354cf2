//! GET /v1/queues and /v1/queues/{name}: queues as they are.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, GetQueueProblems, PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::queue::Queue;
use crate::domain::{QueueName, UnixMillis};

/// A queue as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
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
}

impl<'a> From<&'a Queue> for QueueView<'a> {
    fn from(queue: &'a Queue) -> Self {
        Self {
            name: &queue.name,
            paused: queue.paused,
            partition: queue.partition,
            created_at: queue.created_at,
        }
    }
}

/// The queue, or why there is none.
pub(super) async fn read(state: &ApiState, name: &QueueName) -> Result<Response, Problem> {
    let queue = state
        .store
        .queues
        .get(name)
        .await?
        .ok_or_else(|| Problem::of(Code::QueueNotFound))?;
    Ok(json::ok(&QueueView::from(&queue)))
}

/// Read a queue
///
/// A queue is there from its first task on.
#[utoipa::path(get, path = "/queues/{name}", operation_id = "getQueue", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The queue", body = QueueView),
        GetQueueProblems))]
pub(crate) async fn get_queue(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    read(&state, &name).await
}

/// One page of a list of queues.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueuePage<'a> {
    items: Vec<QueueView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List queues
///
/// By name.
#[utoipa::path(get, path = "/queues", operation_id = "listQueues", tag = "queues",
    params(PageParams),
    responses(
        (status = 200, description = "A page of queues", body = QueuePage),
        PageProblems))]
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
    Ok(json::ok(&QueuePage { items, next_cursor }))
}
