//! POST /v1/schedules: a new schedule.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::request::{CreateSchedule, never_fires};
use crate::api::json::Json;
use crate::api::problem::{Code, CreateScheduleProblems, Problem};
use crate::api::state::ApiState;
use crate::api::tasks::idempotency;
use crate::domain::schedule::Schedule;
use crate::store::schedules::CreateOutcome;

/// Headers of a new schedule.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct CreateScheduleHeaders {
    /// Makes the request safe to repeat for 24 hours: 1 to 255 visible ASCII characters, bare or quoted.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 257)]
    idempotency_key: Option<String>,
}

/// Create a schedule
///
/// It submits its task at every moment that `cron` or `every_ms` names, each once, however many replicas
/// there are. With an Idempotency-Key the request may be repeated for 24 hours: the answer is then the
/// schedule as it is now. Where a change of the clocks leaves an hour out, a fixed time in it fires right
/// after it; where an hour comes twice, a fixed time fires the first time.
#[utoipa::path(post, path = "/v1/schedules", operation_id = "createSchedule", tag = "schedules",
    params(CreateScheduleHeaders), request_body = CreateSchedule,
    responses(
        (status = 201, description = "The schedule", body = super::ScheduleView, headers(
            ("Location" = String, description = "The schedule's path"),
            ("Idempotency-Replayed" = bool, description = "There when the key had made the schedule before"))),
        CreateScheduleProblems))]
pub(crate) async fn create_schedule(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Json<CreateSchedule>,
) -> Result<Response, Problem> {
    let (name, definition) = body.value.check(&state.limits)?;
    let key = idempotency::key_of(&headers)?
        .map(|key| idempotency::remember("/schedules", name.as_str(), &key, &body.raw));
    let schedules = &state.store.schedules;
    match schedules.create(&name, &definition, key.as_ref()).await? {
        CreateOutcome::Created(schedule) => Ok(created(&schedule)),
        CreateOutcome::Replayed(schedule) => Ok(idempotency::mark_replayed(created(&schedule))),
        CreateOutcome::KeyReused => Err(Problem::of(Code::IdempotencyKeyReused)),
        CreateOutcome::Exists => Err(Problem::new(
            Code::InvalidState,
            format!("there is a schedule of this name: PUT /v1/schedules/{name} replaces it"),
        )),
        CreateOutcome::NeverFires => Err(never_fires()),
    }
}

/// 201, and where the schedule is.
pub(super) fn created(schedule: &Schedule) -> Response {
    let mut response = super::answer(StatusCode::CREATED, schedule);
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/schedules/{}", schedule.name)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
