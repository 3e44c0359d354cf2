//! GET /v1/jobs/{id}/results: how the tasks ended, in the order of their items.

use std::io;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::result_pages::ResultPages;
use crate::api::openapi::schemas;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{Code, GetJobProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait;
use crate::domain::{Document, JobId, Name, TaskId, TaskState};
use crate::store::jobs::JobResult;

/// What a line with a small result takes; longer ones make the room grow.
const LINE_BYTES: usize = 160;

/// Which results, and how long.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultsParams {
    /// The index of the first item wanted: `offset` + `count` of the last line that was read.
    #[param(default = 0)]
    from: Option<u64>,
    /// Lines at most; as many as there are by default.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// Go on as tasks end, until the last has.
    #[param(default = false)]
    follow: Option<bool>,
}

/// How one task of a job ended: a line of NDJSON.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = JobResult)]
pub(crate) struct JobResultLine<'a> {
    /// The index of its first item.
    offset: u64,
    /// How many items it held.
    count: u64,
    /// What it is called in its graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    name: Option<&'a Name>,
    #[schema(value_type = Uuid)]
    task_id: TaskId,
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// The worker's output, of one that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    result: Option<&'a Document>,
    /// The last failure, of one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::TaskError>)]
    error: Option<&'a Document>,
}

impl<'a> From<&'a JobResult> for JobResultLine<'a> {
    fn from(result: &'a JobResult) -> Self {
        let document = result.document.as_ref();
        Self {
            offset: result.place.offset,
            count: result.place.count,
            name: result.name.as_ref(),
            task_id: result.task,
            state: result.state,
            result: document.filter(|_| result.state == TaskState::Succeeded),
            error: document.filter(|_| result.state != TaskState::Succeeded),
        }
    }
}

/// Read the results of a job
///
/// NDJSON, a line a task in the order of their items, as far as they have ended: it stops at the first that has not.
/// With `follow` it goes on to the last. What failed stands in its place.
#[utoipa::path(get, path = "/v1/jobs/{id}/results", operation_id = "getJobResults", tag = "jobs",
    params(JobPath, ResultsParams),
    responses(
        (status = 200, description = "A line a task", body = JobResultLine, content_type = "application/x-ndjson"),
        GetJobProblems))]
pub(crate) async fn get_job_results(
    State(state): State<ApiState>,
    Id(id): Id<JobId>,
    query: Result<Query<ResultsParams>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let refuse = || {
        let due = "from is the index of an item, limit is at least 1, follow is true or false";
        Problem::new(Code::InvalidRequest, due)
    };
    let Query(params) = query.map_err(|_| refuse())?;
    let follow = params.follow.unwrap_or_default();
    if params.limit == Some(0) {
        return Err(refuse());
    }
    let place = follow.then(|| wait::place(&state)).transpose()?;
    let left = params.limit.unwrap_or(u64::MAX);
    let pages = ResultPages::open(state, id, params.from.unwrap_or_default(), left, place).await?;
    let lines = stream::try_unfold(pages, step);
    let mut response = Response::new(Body::from_stream(lines));
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
    Ok(response)
}

/// Lines of the next page.
async fn step(mut pages: ResultPages) -> io::Result<Option<(Bytes, ResultPages)>> {
    let failed = |problem: Problem| io::Error::other(problem.detail().to_owned());
    let Some(results) = pages.next().await.map_err(failed)? else {
        return Ok(None);
    };
    Ok(Some((lines(&results)?, pages)))
}

fn lines(results: &[JobResult]) -> io::Result<Bytes> {
    let mut text = Vec::with_capacity(results.len() * LINE_BYTES);
    for result in results {
        serde_json::to_writer(&mut text, &JobResultLine::from(result))?;
        text.push(b'\n');
    }
    Ok(text.into())
}
