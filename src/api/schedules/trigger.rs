//! POST /v1/schedules/{name}/trigger: a schedule fires now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{Code, Problem, TriggerScheduleProblems};
use crate::api::state::ApiState;
use crate::domain::ScheduleName;
use crate::domain::schedule::FireOutcome;
use crate::store::schedules::TriggerOutcome;

/// Trigger a schedule
///
/// It fires once, now, paused or not, whatever runs of it; its moments stay as they are. `last_task_id`
/// names the task.
#[utoipa::path(post, path = "/v1/schedules/{name}/trigger", operation_id = "triggerSchedule", tag = "schedules",
    params(SchedulePath),
    responses(
        (status = 200, description = "The schedule", body = super::ScheduleView),
        TriggerScheduleProblems))]
pub(crate) async fn trigger_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
) -> Result<Response, Problem> {
    match state.store.schedules.trigger(&name).await? {
        TriggerOutcome::Triggered(schedule)
            if schedule.last_outcome == Some(FireOutcome::Refused) =>
        {
            Err(Problem::of(Code::QueueFull))
        }
        TriggerOutcome::Triggered(schedule) => Ok(super::answer(StatusCode::OK, &schedule)),
        TriggerOutcome::NotFound => Err(Problem::of(Code::ScheduleNotFound)),
    }
}
