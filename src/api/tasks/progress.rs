//! POST /v1/tasks/{id}/progress: how far an attempt has come; to say so renews the lease.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::report;
use crate::api::json::{self, Json};
use crate::api::path::{Id, TaskPath};
use crate::api::problem::{Code, Problem, ReportTaskProblems};
use crate::api::state::ApiState;
use crate::domain::lease::validate_lease_ms;
use crate::domain::limits::MAX_PROGRESS_MESSAGE_BYTES;
use crate::domain::{InvalidInput, TaskId, UnixMillis};
use crate::store::{ProgressOutcome, ProgressReport};

/// News of an attempt.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportProgress {
    /// The lease, as the claim gave it.
    pub(crate) lease_token: String,
    /// Between 0 and 1; a smaller one than before is not taken.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) fraction: Option<f64>,
    /// A sentence for people; at most 1 KiB.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// The lease's new length from now, 1 s to 7 days.
    #[serde(default)]
    #[schema(minimum = 1000, maximum = 604_800_000_u64)]
    pub(crate) extend_ms: Option<u64>,
}

impl ReportProgress {
    /// Checks the news of task `id`.
    pub(crate) fn check(self, id: TaskId) -> Result<ProgressReport, Problem> {
        if self
            .fraction
            .is_some_and(|fraction| !(0.0..=1.0).contains(&fraction))
        {
            return Err(InvalidInput::new("/fraction", "a fraction lies between 0 and 1").into());
        }
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.len() > MAX_PROGRESS_MESSAGE_BYTES)
        {
            return Err(InvalidInput::new("/message", "a message has at most 1024 bytes").into());
        }
        if let Some(extend_ms) = self.extend_ms {
            validate_lease_ms("/extend_ms", extend_ms)?;
        }
        Ok(ProgressReport {
            id,
            lease_token: report::token(&self.lease_token)?,
            fraction: self.fraction,
            message: self.message,
            extend_ms: self.extend_ms,
            session_remaining_ms: None,
        })
    }
}

/// The lease after the news.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProgressAnswer {
    /// Whether the task is to stop.
    pub(crate) cancel_requested: bool,
    /// When the lease ends now.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) lease_expires_at: UnixMillis,
}

/// What the store says of the news, as an answer.
pub(crate) fn progress_answer(outcome: &ProgressOutcome) -> Result<ProgressAnswer, Problem> {
    match outcome {
        ProgressOutcome::Renewed {
            cancel_requested,
            lease_expires_at,
        } => Ok(ProgressAnswer {
            cancel_requested: *cancel_requested,
            lease_expires_at: *lease_expires_at,
        }),
        ProgressOutcome::LeaseLost => Err(Problem::of(Code::LeaseLost)),
        ProgressOutcome::NotFound => Err(Problem::of(Code::TaskNotFound)),
    }
}

/// Report progress
///
/// To say how far the attempt has come renews its lease.
#[utoipa::path(post, path = "/v1/tasks/{id}/progress", operation_id = "reportTaskProgress", tag = "tasks",
    params(TaskPath), request_body = ReportProgress,
    responses(
        (status = 200, description = "The lease", body = ProgressAnswer),
        ReportTaskProblems))]
pub(crate) async fn report_progress(
    State(state): State<ApiState>,
    Id(id): Id<TaskId>,
    body: Json<ReportProgress>,
) -> Result<Response, Problem> {
    let report = body.value.check(id)?;
    let outcome = state.store.tasks.progress(report).await?;
    Ok(json::ok(&progress_answer(&outcome)?))
}
