//! GET /v1/tasks/{id}/attempts: who had the task, and what came of it.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, TaskPageProblems};
use crate::api::state::ApiState;
use crate::domain::{Document, NodeId, TaskId, UnixMillis};
use crate::store::Attempt;

/// One delivery of a task.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptView<'a> {
    /// Its number, from 1.
    attempt: u32,
    #[schema(value_type = schemas::Name)]
    node_id: &'a NodeId,
    #[schema(value_type = String, format = DateTime)]
    started_at: UnixMillis,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<UnixMillis>,
    /// How it ended: succeeded, failed, timeout, lost, released or revoked. Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    /// What it failed with. Of all attempts but the latest only when it has at most 4 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::TaskError>)]
    error: Option<&'a Document>,
}

impl<'a> From<&'a Attempt> for AttemptView<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            attempt: attempt.number,
            node_id: &attempt.node,
            started_at: attempt.started_at,
            ended_at: attempt.ended_at,
            outcome: attempt.outcome.as_deref(),
            error: attempt.error.as_ref(),
        }
    }
}

/// One page of a task's attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AttemptPage<'a> {
    items: Vec<AttemptView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List the attempts of a task
///
/// The first one first. The latest and the 100 before it are kept.
#[utoipa::path(get, path = "/v1/tasks/{id}/attempts", operation_id = "listTaskAttempts", tag = "tasks",
    params(TaskPath, PageParams),
    responses(
        (status = 200, description = "A page of attempts", body = AttemptPage),
        TaskPageProblems))]
pub(crate) async fn list_task_attempts(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    page: PageQuery,
) -> Result<Response, Problem> {
    let list = format!("attempts-{id}");
    let after = page.number(&list)?.unwrap_or_default();
    let found = state.store.tasks.attempts(id).await?;
    let found = found.ok_or_else(|| Problem::of(Code::TaskNotFound))?;
    let mut items: Vec<AttemptView> = found
        .iter()
        .filter(|attempt| u64::from(attempt.number) > after)
        .map(AttemptView::from)
        .collect();
    let more = items.len() > page.limit;
    items.truncate(page.limit);
    let end = items.last().filter(|_| more);
    let next_cursor = end.map(|end| PageQuery::seal(&list, &end.attempt.to_string()));
    Ok(json::ok(&AttemptPage { items, next_cursor }))
}
