//! GET /v1/schedules/{name}/preview and POST /v1/schedules/preview: when a schedule fires, or would.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::api::json::{self, Json};
use crate::api::path::{Id, SchedulePath};
use crate::api::problem::{Code, PreviewProblems, PreviewScheduleProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::schedule::Rule;
use crate::domain::{InvalidInput, ScheduleName, UnixMillis};

const DEFAULT_COUNT: u32 = 5;
const MAX_COUNT: u32 = 100;
const COUNT_RANGE: &str = "count lies between 1 and 100";

/// Moments to come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SchedulePreview {
    /// In their order; fewer than asked for when there are no more.
    #[schema(value_type = Vec<String>)]
    fires: Vec<UnixMillis>,
}

/// A rule to be tried.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewSchedule {
    /// As in a schedule.
    #[schema(max_length = 256)]
    cron: String,
    /// The IANA time zone in which it is read.
    #[schema(default = "UTC")]
    timezone: Option<String>,
    /// Moments at most.
    #[schema(minimum = 1, maximum = 100, default = 5)]
    count: Option<u32>,
}

/// How many moments are asked for.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct PreviewParams {
    /// Moments at most.
    #[param(minimum = 1, maximum = 100, default = 5)]
    count: Option<u32>,
}

/// How many moments are asked for, in range.
pub(crate) struct Count(usize);

#[derive(Deserialize)]
struct CountQuery {
    count: Option<u32>,
}

impl FromRequestParts<ApiState> for Count {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let refuse = || Problem::new(Code::InvalidRequest, COUNT_RANGE);
        let axum::extract::Query(query) =
            axum::extract::Query::<CountQuery>::try_from_uri(&parts.uri).map_err(|_| refuse())?;
        in_range(query.count).map(Self).ok_or_else(refuse)
    }
}

fn in_range(count: Option<u32>) -> Option<usize> {
    let count = count.unwrap_or(DEFAULT_COUNT);
    (1..=MAX_COUNT)
        .contains(&count)
        .then(|| usize::try_from(count).ok())
        .flatten()
}

/// Preview a schedule
///
/// The moments at which it fires next, jitter included; of a paused one, those at which it would.
#[utoipa::path(get, path = "/v1/schedules/{name}/preview", operation_id = "previewSchedule", tag = "schedules",
    params(SchedulePath, PreviewParams),
    responses(
        (status = 200, description = "Moments to come", body = SchedulePreview),
        PreviewScheduleProblems))]
pub(crate) async fn preview_schedule(
    State(state): State<ApiState>,
    Id(name): Id<ScheduleName>,
    Count(count): Count,
) -> Result<Response, Problem> {
    let schedules = &state.store.schedules;
    let schedule = schedules.get(&name).await?;
    let schedule = schedule.ok_or_else(|| Problem::of(Code::ScheduleNotFound))?;
    let timing = schedule.rule.timing().map_err(Problem::invalid)?;
    let from = match schedule.next {
        // The next moment itself, which may be a little late.
        Some(next) => UnixMillis::new(next.get() - 1),
        None => schedules.now().await?,
    };
    let fires = timing.upcoming(schedule.anchor, from, count);
    let fires = fires.into_iter().map(|moment| schedule.with_jitter(moment));
    Ok(json::ok(&SchedulePreview {
        fires: fires.collect(),
    }))
}

/// Try a cron rule
///
/// The moments that it names from now on. Nothing is stored.
#[utoipa::path(post, path = "/v1/schedules/preview", operation_id = "previewRule", tag = "schedules",
    request_body = PreviewSchedule,
    responses(
        (status = 200, description = "Moments to come", body = SchedulePreview),
        PreviewProblems))]
pub(crate) async fn preview_rule(
    State(state): State<ApiState>,
    body: Json<PreviewSchedule>,
) -> Result<Response, Problem> {
    let request = body.value;
    let invalid = |fault: InvalidInput| Problem::invalid(vec![fault]);
    let count =
        in_range(request.count).ok_or_else(|| invalid(InvalidInput::new("/count", COUNT_RANGE)))?;
    let rule = Rule {
        cron: Some(request.cron),
        timezone: request.timezone.unwrap_or_else(|| "UTC".to_owned()),
        ..Rule::default()
    };
    let timing = rule.timing().map_err(Problem::invalid)?;
    let now = state.store.schedules.now().await?;
    Ok(json::ok(&SchedulePreview {
        fires: timing.upcoming(now, now, count),
    }))
}
