//! GET /v1/schedules and /v1/schedules/{name}: schedules as they are.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::ScheduleView;
use crate::api::json;
use crate::api::page::{PageParams, PageQuery};
use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{Code, GetScheduleProblems, PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::ScheduleName;

/// Read a schedule
///
/// What it submits and when, and what became of its latest moment.
#[utoipa::path(get, path = "/v1/schedules/{name}", operation_id = "getSchedule", tag = "schedules",
    params(SchedulePath),
    responses(
        (status = 200, description = "The schedule", body = ScheduleView),
        GetScheduleProblems))]
pub(crate) async fn get_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
) -> Result<Response, Problem> {
    let schedule = state.store.schedules.get(&name).await?;
    let schedule = schedule.ok_or_else(|| Problem::of(Code::ScheduleNotFound))?;
    Ok(super::answer(StatusCode::OK, &schedule))
}

/// One page of a list of schedules.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SchedulePage<'a> {
    items: Vec<ScheduleView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List schedules
///
/// In no particular order, without the payloads of their tasks.
#[utoipa::path(get, path = "/v1/schedules", operation_id = "listSchedules", tag = "schedules",
    params(PageParams),
    responses(
        (status = 200, description = "A page of schedules", body = SchedulePage),
        PageProblems))]
pub(crate) async fn list_schedules(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let place = query.place("schedules")?;
    let (schedules, next) = state.store.schedules.list(place, query.limit).await?;
    Ok(json::ok(&SchedulePage {
        items: schedules.iter().map(ScheduleView::from).collect(),
        next_cursor: next.map(|place| PageQuery::cursor("schedules", place)),
    }))
}
