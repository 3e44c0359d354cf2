//! PUT and PATCH /v1/schedules/{name}: what a schedule is like.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::create::created;
use super::request::{SetSchedule, check_name, never_fires};
use crate::api::json::Json;
use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{Code, Problem, ReplaceScheduleProblems, UpdateScheduleProblems};
use crate::api::state::ApiState;
use crate::domain::ScheduleName;
use crate::store::schedules::SetOutcome;

/// Replace a schedule
///
/// What is left out gets its default; a schedule that is not there is created. With the same `cron`,
/// `every_ms` and `timezone` as before its moments go on as they were. A paused one stays paused.
#[utoipa::path(put, path = "/v1/schedules/{name}", operation_id = "replaceSchedule", tag = "schedules",
    params(SchedulePath), request_body = SetSchedule,
    responses(
        (status = 200, description = "The schedule was known", body = super::ScheduleView),
        (status = 201, description = "The schedule is new", body = super::ScheduleView, headers(
            ("Location" = String, description = "The schedule's path"))),
        ReplaceScheduleProblems))]
pub(crate) async fn replace_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
    body: Json<SetSchedule>,
) -> Result<Response, Problem> {
    check_name(&name)?;
    let definition = body.value.check(&state.limits)?.whole()?;
    let outcome = state.store.schedules.replace(&name, &definition).await?;
    set(&outcome)
}

/// Change a schedule
///
/// What is left out stays as it is; `task` is taken as a whole.
#[utoipa::path(patch, path = "/v1/schedules/{name}", operation_id = "updateSchedule", tag = "schedules",
    params(SchedulePath), request_body = SetSchedule,
    responses(
        (status = 200, description = "The schedule", body = super::ScheduleView),
        UpdateScheduleProblems))]
pub(crate) async fn update_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
    body: Json<SetSchedule>,
) -> Result<Response, Problem> {
    let change = body.value.check(&state.limits)?;
    let schedules = &state.store.schedules;
    let outcome = schedules
        .change(&name, |now| change.merge(&now.rule, &now.task))
        .await??;
    set(&outcome)
}

fn set(outcome: &SetOutcome) -> Result<Response, Problem> {
    match outcome {
        SetOutcome::New(schedule) => Ok(created(schedule)),
        SetOutcome::Known(schedule) => Ok(super::answer(StatusCode::OK, schedule)),
        SetOutcome::NotFound => Err(Problem::of(Code::ScheduleNotFound)),
        SetOutcome::NeverFires => Err(never_fires()),
    }
}
