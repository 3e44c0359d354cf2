//! PATCH /v1/tasks/{id}: changes a task.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;

use super::{TaskView, etag};
use crate::api::entity_tag::{EntityTags, mark};
use crate::api::json::{self, Json};
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, UpdateTaskProblems};
use crate::api::state::ApiState;
use crate::domain::score::Priority;
use crate::domain::{Document, Limits, Submission, Task, TaskId, UnixMillis};
use crate::store::{TaskChange, TaskVersion, UpdateOutcome};

/// What to change of a task; what is absent stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTask {
    /// Higher goes first. A queued task goes where it would stand, had it been queued with this priority.
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i64>,
    /// Not before this moment: of a queued or scheduled task. One that has passed queues it.
    #[schema(value_type = Option<String>, format = DateTime)]
    run_at: Option<UnixMillis>,
    /// Words to find it by, instead of those before.
    #[schema(max_items = 32)]
    tags: Option<Vec<String>>,
    /// Any JSON object, instead of the one before.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Document>,
    /// Attempts that may fail.
    #[schema(minimum = 1, maximum = 1000)]
    max_attempts: Option<u32>,
}

impl UpdateTask {
    /// Checks the change by the rules that a submit has, as a change of `task`.
    fn check(self, task: &Task, limits: &Limits) -> Result<TaskChange, Problem> {
        let mut faults = Vec::new();
        let priority = self.priority.map(Priority::new).transpose();
        let priority = priority.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        let as_submitted = Submission {
            tags: self.tags.clone().unwrap_or_default(),
            metadata: self.metadata.clone(),
            max_attempts: self.max_attempts,
            ..Submission::new(task.queue.clone())
        };
        faults.extend(as_submitted.validate(limits).err().into_iter().flatten());
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        Ok(TaskChange {
            priority,
            run_at: self.run_at,
            max_attempts: self.max_attempts,
            tags: self.tags,
            metadata: self.metadata,
        })
    }
}

/// Headers of changes.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct UpdateHeaders {
    /// The `ETag` of the task as it was read: 412 when it has changed since.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// Change a task
///
/// Tags and metadata at any time, the others until the task has finished. A new priority keeps the order among those queued:
/// the task goes where it would stand, had it been queued with this priority when it was queued. With
/// `run_at` a queued task becomes scheduled.
#[utoipa::path(patch, path = "/v1/tasks/{id}", operation_id = "updateTask", tag = "tasks",
    params(TaskPath, UpdateHeaders), request_body = UpdateTask,
    responses(
        (status = 200, description = "The task", body = TaskView, headers(
            ("ETag" = String, description = "For If-Match and If-None-Match"))),
        UpdateTaskProblems))]
pub(crate) async fn update_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    headers: HeaderMap,
    body: Json<UpdateTask>,
) -> Result<Response, Problem> {
    let tasks = &state.store.tasks;
    let found = tasks.version(id).await?;
    let (task, version) = found.ok_or_else(|| Problem::of(Code::TaskNotFound))?;
    let change = body.value.check(&task, &state.limits)?;
    let version: Option<&TaskVersion> = match EntityTags::of(&headers, &header::IF_MATCH) {
        None => None,
        Some(wanted) if !wanted.name(&etag::of(&task)) => {
            return Err(Problem::of(Code::PreconditionFailed));
        }
        Some(_) => Some(&version),
    };
    match tasks.update(id, &change, version).await? {
        UpdateOutcome::Updated(task) => {
            let answer = json::ok(&TaskView::written(&task, state.durability()));
            Ok(mark(answer, &etag::of(&task)))
        }
        UpdateOutcome::InvalidState(state) => Err(Problem::new(
            Code::InvalidState,
            format!(
                "the task is {}; this change does not apply to it",
                state.word()
            ),
        )),
        UpdateOutcome::Changed => Err(Problem::of(Code::PreconditionFailed)),
        UpdateOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}
