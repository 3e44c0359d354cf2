//! DELETE /v1/schedules/{name}: a schedule is no more.

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{ChangeScheduleProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::domain::ScheduleName;

/// Delete a schedule
///
/// The tasks that it has submitted stay.
#[utoipa::path(delete, path = "/v1/schedules/{name}", operation_id = "deleteSchedule", tag = "schedules",
    params(SchedulePath),
    responses(
        (status = 204, description = "It is gone"),
        ChangeScheduleProblems))]
pub(crate) async fn delete_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
) -> Result<StatusCode, Problem> {
    if state.store.schedules.remove(&name).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::of(Code::ScheduleNotFound))
    }
}
