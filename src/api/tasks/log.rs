//! POST and GET /v1/tasks/{id}/logs: lines that a worker leaves with its task.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::report;
use crate::api::json::{self, Json};
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, ReportTaskProblems, TaskPageProblems};
use crate::api::state::ApiState;
use crate::domain::limits::{MAX_LOG_LINE_BYTES, MAX_LOG_LINES};
use crate::domain::{InvalidInput, TaskId, UnixMillis};
use crate::store::LogOutcome;

/// Lines for a task's log.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogTask {
    /// The lease, as the claim gave it.
    lease_token: String,
    /// At most 100, of at most 1 KiB each.
    #[schema(max_items = 100)]
    lines: Vec<String>,
}

impl LogTask {
    fn check(&self) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if self.lines.len() > MAX_LOG_LINES {
            let message = format!("a request has at most {MAX_LOG_LINES} lines");
            faults.push(InvalidInput::new("/lines", message));
        }
        for (index, line) in self.lines.iter().enumerate() {
            if line.len() > MAX_LOG_LINE_BYTES {
                let message = format!("a line has at most {MAX_LOG_LINE_BYTES} bytes");
                faults.push(InvalidInput::new(format!("/lines/{index}"), message));
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// How long the log is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LogAnswer {
    /// Lines that the task has ever got; the last 1,000 are kept.
    lines: u64,
}

/// Log lines
///
/// Adds lines to the log of a running task. The last 1,000 are kept, as long as the task is.
#[utoipa::path(post, path = "/v1/tasks/{id}/logs", operation_id = "logTask", tag = "tasks",
    params(TaskPath), request_body = LogTask,
    responses(
        (status = 200, description = "The lines are kept", body = LogAnswer),
        ReportTaskProblems))]
pub(crate) async fn log_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    body: Json<LogTask>,
) -> Result<Response, Problem> {
    body.value.check()?;
    let token = report::token(&body.value.lease_token)?;
    match state.store.tasks.log(id, &token, &body.value.lines).await? {
        LogOutcome::Kept { count } => Ok(json::ok(&LogAnswer { lines: count })),
        LogOutcome::LeaseLost => Err(Problem::of(Code::LeaseLost)),
        LogOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}

/// A line of a task's log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LogLine {
    /// Its number, from 0, among all that the task has ever got.
    number: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: UnixMillis,
    /// The attempt that it came from.
    attempt: u32,
    line: String,
}

/// One page of a task's log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LogPage {
    items: Vec<LogLine>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List the log of a task
///
/// The oldest line first, of the last 1,000.
#[utoipa::path(get, path = "/v1/tasks/{id}/logs", operation_id = "listTaskLogs", tag = "tasks",
    params(TaskPath, PageParams),
    responses(
        (status = 200, description = "A page of lines", body = LogPage),
        TaskPageProblems))]
pub(crate) async fn list_task_logs(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    page: PageQuery,
) -> Result<Response, Problem> {
    let list = format!("logs-{id}");
    let first = page.number(&list)?.unwrap_or_default();
    let found = state.store.tasks.logs(id, first, page.limit).await?;
    let (lines, next) = found.ok_or_else(|| Problem::of(Code::TaskNotFound))?;
    let items = lines.into_iter().map(|line| LogLine {
        number: line.number,
        at: line.at,
        attempt: line.attempt,
        line: line.text,
    });
    Ok(json::ok(&LogPage {
        items: items.collect(),
        next_cursor: next.map(|number| PageQuery::seal(&list, &number.to_string())),
    }))
}
