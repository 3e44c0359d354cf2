//! POST /v1/tasks/{id}/complete: the node that holds the lease hands in the result.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Deserializer};

use super::{SubmitTask, report};
use crate::api::json::Json;
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, ReportTaskProblems};
use crate::api::state::ApiState;
use crate::domain::{Document, InvalidInput, Limits, Submission, TaskId};
use crate::store::{Completion, View};

/// Tasks that one completion may submit.
const MAX_CHILDREN: usize = 100;

/// A finished attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompleteTask {
    /// The lease, as the claim gave it.
    lease_token: String,
    /// The worker's output: any JSON value.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Value>)]
    result: Option<Document>,
    /// At most 100 tasks that come into being with the result, exactly once.
    #[serde(default)]
    #[schema(max_items = 100)]
    submit: Option<Vec<SubmitTask>>,
}

/// A value that is there may be null: `null` is a result too.
pub(crate) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Document>, D::Error> {
    Document::deserialize(deserializer).map(Some)
}

/// Refuses a result that is too large or too deep.
pub(crate) fn check_result(result: Option<&Document>, limits: &Limits) -> Result<(), Problem> {
    let Some(result) = result else { return Ok(()) };
    if result.len() > limits.result_bytes {
        return Err(Problem::new(
            Code::PayloadTooLarge,
            format!(
                "a result has at most {} bytes; this one has {}",
                limits.result_bytes,
                result.len()
            ),
        ));
    }
    if result.is_too_deep() {
        return Err(InvalidInput::new("/result", "a result nests at most 127 levels deep").into());
    }
    Ok(())
}

/// Complete a task
///
/// The node that holds the lease hands in the result. To repeat the request is harmless: the same lease gets
/// the same answer. Tasks in `submit` are created exactly once.
#[utoipa::path(post, path = "/v1/tasks/{id}/complete", operation_id = "completeTask", tag = "tasks",
    params(TaskPath), request_body = CompleteTask,
    responses(
        (status = 200, description = "The task", body = super::TaskView),
        ReportTaskProblems))]
pub(crate) async fn complete_task(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    body: Json<CompleteTask>,
) -> Result<Response, Problem> {
    let request = body.value;
    check_result(request.result.as_ref(), &state.limits)?;
    let completion = Completion {
        id,
        lease_token: report::token(&request.lease_token)?,
        result: request.result,
        submit: children(request.submit.unwrap_or_default(), &state.limits)?,
        view: View::Task,
    };
    let outcome = state.store.tasks.complete(completion).await?;
    report::answer(&state, outcome)
}

fn children(requests: Vec<SubmitTask>, limits: &Limits) -> Result<Vec<Submission>, Problem> {
    if requests.len() > MAX_CHILDREN {
        return Err(InvalidInput::new("/submit", "a completion submits at most 100 tasks").into());
    }
    requests
        .into_iter()
        .enumerate()
        .map(|(index, request)| {
            request
                .into_submission(limits)
                .map_err(|problem| problem.under(&format!("/submit/{index}")))
        })
        .collect()
}
