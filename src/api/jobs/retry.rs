//! POST /v1/jobs/{id}/retry: the failed tasks of a job run again.

use axum::extract::State;
use axum::response::Response;

use super::{JobView, found};
use crate::api::json;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{Code, Problem, RetryJobProblems};
use crate::api::state::ApiState;
use crate::domain::JobId;
use crate::store::jobs::RetryJobOutcome;

/// Retry the failed tasks of a job
///
/// Those that failed or expired run again, and the job goes on until they have ended. Its `on_finish` is not
/// submitted another time, and `failure.stop_after` no longer holds.
#[utoipa::path(post, path = "/v1/jobs/{id}/retry", operation_id = "retryJob", tag = "jobs",
    params(JobPath),
    responses(
        (status = 200, description = "The job", body = JobView),
        RetryJobProblems))]
pub(crate) async fn retry_job(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    match state.store.jobs.retry(id).await? {
        RetryJobOutcome::Done(_) => {
            let job = found(&state, id).await?;
            Ok(json::ok(&JobView::written(&job, state.durability())))
        }
        RetryJobOutcome::InvalidState => Err(Problem::new(
            Code::InvalidState,
            "the job is still being uploaded or cancelled",
        )),
        RetryJobOutcome::NotFound => Err(Problem::of(Code::JobNotFound)),
    }
}
