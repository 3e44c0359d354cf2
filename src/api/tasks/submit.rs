//! POST /v1/tasks: submits one task.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{SubmitTask, TaskView, idempotency};
use crate::api::json::{self, Json};
use crate::api::problem::{Code, Problem, SubmitTaskProblems};
use crate::api::state::ApiState;
use crate::domain::{Task, TaskId};
use crate::store::SubmitOutcome;

/// Longest trace context that is taken over: its one defined form has 55 characters.
const MAX_TRACEPARENT: usize = 128;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Headers of submits.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct SubmitHeaders {
    /// Makes the request safe to repeat for 24 hours: 1 to 255 visible ASCII characters, bare or quoted.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 257)]
    idempotency_key: Option<String>,
    /// W3C trace context, given with the claim.
    traceparent: Option<String>,
}

/// Submit a task
///
/// The queue comes into being with its first task. With an Idempotency-Key the request may be repeated
/// for 24 hours: the answer is then the task as it is now. With `unique`, one task at a time holds a key of the
/// queue: while another holds it, `return` answers 200 with that one and `Taskyard-Deduplicated: true`, `reject`
/// 409 `duplicate_task`, and `replace` cancels the other if it still waits (409 if it does not). With `depends_on` it is
/// `blocked` until those tasks have ended as asked, and fails with the reason `dependency` when one ends otherwise.
#[utoipa::path(post, path = "/v1/tasks", operation_id = "submitTask", tag = "tasks",
    params(SubmitHeaders), request_body = SubmitTask,
    responses(
        (status = 201, description = "The task is stored, at the level of durability that it names", body = TaskView, headers(
            ("Location" = String, description = "The task's path"),
            ("Idempotency-Replayed" = bool, description = "There when the key had made the task before"))),
        (status = 200, description = "Another task holds the unique key: that one", body = TaskView, headers(
            ("Taskyard-Deduplicated" = bool, description = "true"))),
        SubmitTaskProblems))]
pub(crate) async fn submit_task(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Json<SubmitTask>,
) -> Result<Response, Problem> {
    let mut submission = body.value.into_submission(&state.limits)?;
    submission.traceparent = traceparent(&headers);
    submission.idempotency = idempotency::key_of(&headers)?
        .map(|key| idempotency::remember("/tasks", submission.queue.as_str(), &key, &body.raw));
    match state.store.tasks.submit(submission).await? {
        SubmitOutcome::Created(task) => Ok(created(&state, &task)),
        SubmitOutcome::Replayed(id) => {
            let task = replayed(&state, id).await?;
            Ok(idempotency::mark_replayed(created(&state, &task)))
        }
        SubmitOutcome::Duplicate(id) => {
            let task = replayed(&state, id).await?;
            Ok(deduplicated(json::ok(&TaskView::written(
                &task,
                state.durability(),
            ))))
        }
        refused => Err(refusal(&refused)),
    }
}

/// Why a task was not taken.
pub(crate) fn refusal(outcome: &SubmitOutcome) -> Problem {
    match outcome {
        // What was taken is refused only as a second one under its key.
        SubmitOutcome::Created(_) | SubmitOutcome::Replayed(_) | SubmitOutcome::KeyReused => {
            Problem::of(Code::IdempotencyKeyReused)
        }
        SubmitOutcome::Duplicate(id) | SubmitOutcome::RefusedDuplicate(id) => {
            Problem::duplicate(*id)
        }
        SubmitOutcome::TooManyClasses => too_many_classes(),
        SubmitOutcome::QueueFull => Problem::of(Code::QueueFull),
        SubmitOutcome::Rejected => Problem::of(Code::BatchRejected),
        SubmitOutcome::UnknownParent(index) => unknown_parent(*index),
        SubmitOutcome::JobClosed => Problem::new(
            Code::InvalidState,
            "the job takes no more tasks: it was cancelled or stopped while they came in",
        ),
        SubmitOutcome::OutOfOrder => Problem::of(Code::IdempotencyInProgress),
    }
}

/// Says that the task was there before, and holds the unique key.
fn deduplicated(mut response: Response) -> Response {
    response.headers_mut().insert(
        HeaderName::from_static("taskyard-deduplicated"),
        HeaderValue::from_static("true"),
    );
    response
}

/// The task that a key has made before, as it is now.
pub(super) async fn replayed(state: &ApiState, id: TaskId) -> Result<Task, Problem> {
    state
        .store
        .tasks
        .get(id)
        .await?
        .ok_or_else(|| Problem::of(Code::Purged))
}

/// A queue has as many kinds of tasks as it may have.
pub(super) fn too_many_classes() -> Problem {
    Problem::invalid(vec![crate::domain::InvalidInput::new(
        "/requires",
        "the queue already holds 1000 combinations of type and requires; use another queue for more",
    )])
}

/// A task depends on one that is not there.
pub(crate) fn unknown_parent(index: usize) -> Problem {
    Problem::invalid(vec![crate::domain::InvalidInput::new(
        format!("/depends_on/{index}"),
        "there is no such task: it was never submitted here, or is deleted",
    )])
}

/// W3C trace context, when it is there and sane.
pub(super) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&TRACEPARENT)?.to_str().ok()?;
    let sane = text.len() <= MAX_TRACEPARENT
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    sane.then(|| text.to_owned())
}

fn created(state: &ApiState, task: &Task) -> Response {
    let mut response = json::answer(
        StatusCode::CREATED,
        &TaskView::written(task, state.durability()),
    );
    if let Ok(location) = HeaderValue::try_from(format!("/v1/tasks/{}", task.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
