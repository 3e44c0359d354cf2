//! GET /v1/jobs/{id}: the job as it is, or as soon as it has finished.

use axum::extract::State;
use axum::response::Response;

use super::{JobView, found};
use crate::api::json;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{GetJobProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait::{self, Wait, WaitHeaders, WaitParams};
use crate::domain::JobId;

/// Read a job
///
/// Its counts are exact. With `wait_ms` it answers as soon as the job has finished, or else as it is when
/// the wait is over.
#[utoipa::path(get, path = "/jobs/{id}", operation_id = "getJob", tag = "jobs",
    params(JobPath, WaitParams, WaitHeaders),
    responses(
        (status = 200, description = "The job", body = JobView),
        GetJobProblems))]
pub(crate) async fn get_job(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
    Wait { most, .. }: Wait,
) -> Result<Response, Problem> {
    if most.is_zero() {
        return Ok(json::ok(&JobView::read(&found(&state, id).await?)));
    }
    let _place = wait::place(&state)?;
    // Watching begins before the first look, so that an end in between is not missed.
    let ticket = state.wakeups.wait_for_final(id.as_run());
    let over = tokio::time::sleep(most);
    tokio::pin!(over);
    loop {
        let job = found(&state, id).await?;
        if job.finished_at.is_some() || state.shutdown.is_cancelled() {
            return Ok(json::ok(&JobView::read(&job)));
        }
        tokio::select! {
            () = ticket.woken() => {}
            () = state.shutdown.cancelled() => {}
            () = &mut over => return Ok(json::ok(&JobView::read(&job))),
        }
    }
}
