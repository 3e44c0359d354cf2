//! POST /v1/schedules/{name}/pause and /resume: a paused schedule lets its moments pass.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{ChangeScheduleProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::ScheduleName;
use crate::domain::schedule::Schedule;

/// Pause a schedule
///
/// It lets its moments pass for good; a trigger still fires it.
#[utoipa::path(post, path = "/v1/schedules/{name}/pause", operation_id = "pauseSchedule", tag = "schedules",
    params(SchedulePath),
    responses(
        (status = 200, description = "The schedule", body = super::ScheduleView),
        ChangeScheduleProblems))]
pub(crate) async fn pause_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
) -> Result<Response, Problem> {
    changed(state.store.schedules.pause(&name).await?)
}

/// Resume a schedule
///
/// It fires again, from its next moment on.
#[utoipa::path(post, path = "/v1/schedules/{name}/resume", operation_id = "resumeSchedule", tag = "schedules",
    params(SchedulePath),
    responses(
        (status = 200, description = "The schedule", body = super::ScheduleView),
        ChangeScheduleProblems))]
pub(crate) async fn resume_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
) -> Result<Response, Problem> {
    changed(state.store.schedules.resume(&name).await?)
}

fn changed(schedule: Option<Schedule>) -> Result<Response, Problem> {
    let schedule = schedule.ok_or_else(|| Problem::of(Code::ScheduleNotFound))?;
    Ok(super::answer(StatusCode::OK, &schedule))
}
