//! POST /v1/jobs/{id}/cancel: ends a job.

use axum::extract::State;
use axum::response::Response;

use super::{JobView, found};
use crate::api::json;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{CancelJobProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::JobId;
use crate::store::jobs::CancelJobOutcome;

/// Cancel a job
///
/// No more tasks come. Those that wait are cancelled and those that run are told to stop, a page at a time;
/// until the last has ended the job is `running`, with `cancel_requested`. Doing so again is harmless.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", operation_id = "cancelJob", tag = "jobs",
    params(JobPath),
    responses(
        (status = 200, description = "The job", body = JobView),
        CancelJobProblems))]
pub(crate) async fn cancel_job(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    match state.store.jobs.cancel(id).await? {
        CancelJobOutcome::Done => {
            let job = found(&state, id).await?;
            Ok(json::ok(&JobView::written(&job, state.durability())))
        }
        CancelJobOutcome::AlreadyFinished(word) => Err(Problem::new(
            Code::AlreadyFinished,
            format!("the job has ended: it is {word}"),
        )),
        CancelJobOutcome::NotFound => Err(Problem::of(Code::JobNotFound)),
    }
}
