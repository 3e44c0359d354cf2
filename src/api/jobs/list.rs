//! GET /v1/jobs: all jobs.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::JobView;
use crate::api::json;
use crate::api::page::{PageParams, PageQuery};
use crate::api::problem::{PageProblems, Problem};
use crate::api::state::ApiState;

/// One page of a list of jobs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobPage<'a> {
    items: Vec<JobView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List jobs
///
/// Those of one partition stand together, the oldest first.
#[utoipa::path(get, path = "/v1/jobs", operation_id = "listJobs", tag = "jobs",
    params(PageParams),
    responses(
        (status = 200, description = "A page of jobs", body = JobPage),
        PageProblems))]
pub(crate) async fn list_jobs(
    State(state): State<ApiState>,
    query: PageQuery,
) -> Result<Response, Problem> {
    let place = query.place("jobs")?;
    let (jobs, next) = state.store.jobs.list(place, query.limit).await?;
    Ok(json::ok(&JobPage {
        items: jobs.iter().map(JobView::read).collect(),
        next_cursor: next.map(|place| PageQuery::cursor("jobs", place)),
    }))
}
