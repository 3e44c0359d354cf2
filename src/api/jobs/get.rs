//! GET /v1/jobs/{id}: the job as it is, or as soon as it has finished.

use axum::extract::State;
use axum::response::Response;

use super::{JobView, found};
use crate::api::json;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{GetJobProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{End, Wait, WaitHeaders, WaitParams};
use crate::domain::JobId;

/// Read a job
///
/// Its counts are exact. With `wait_ms` it answers as soon as the job has finished, or else as it is when
/// the wait is over.
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "getJob", tag = "jobs",
    params(JobPath, WaitParams, WaitHeaders),
    responses(
        (status = 200, description = "The job", body = JobView, headers(
            ("Preference-Applied" = String, description = "There when Prefer: wait=N was followed"))),
        GetJobProblems))]
pub(crate) async fn get_job(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
    wait: Wait,
) -> Result<Response, Problem> {
    let end = End::Run(id.as_run());
    let look = || found(&state, id);
    let job = wait.until(&state, end, look, |job| job.finished_at.is_some());
    Ok(wait.mark(json::ok(&JobView::read(&job.await?))))
}
