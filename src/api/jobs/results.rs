//! GET /v1/jobs/{id}/results: how the tasks ended, in the order of their items.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::api::budget::Share;
use crate::api::openapi::schemas;
use crate::api::path::{Id, JobPath};
use crate::api::problem::{Code, GetJobProblems, Problem};
use crate::api::state::ApiState;
use crate::api::wait;
use crate::domain::{Document, JobId, Name, TaskId, TaskState};
use crate::store::jobs::{JobResult, JobResults};

/// What a lost signal costs a follower.
const TICK: Duration = Duration::from_secs(1);
/// How soon to look for tasks that have not been made yet.
const NOT_MADE_TICK: Duration = Duration::from_millis(100);

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
#[utoipa::path(get, path = "/jobs/{id}/results", operation_id = "getJobResults", tag = "jobs",
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
    let mut reader = Reader {
        _place: follow.then(|| wait::place(&state)).transpose()?,
        from: params.from.unwrap_or_default(),
        left: params.limit.unwrap_or(u64::MAX),
        follow,
        state,
        id,
    };
    // The first look decides whether there is anything to read at all.
    let first = reader.look().await?;
    let lines = stream::try_unfold((reader, None, Some(first)), step);
    let mut response = Response::new(Body::from_stream(lines));
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
    Ok(response)
}

/// Gives the page at hand out before it waits for the next.
async fn step(
    (mut reader, before, at_hand): (Reader, Option<JobResults>, Option<JobResults>),
) -> io::Result<Option<(Bytes, (Reader, Option<JobResults>, Option<JobResults>))>> {
    let page = match (at_hand, before) {
        (Some(page), _) => Some(page),
        (None, Some(before)) => reader.next(&before).await?,
        (None, None) => None,
    };
    let Some(page) = page else { return Ok(None) };
    let text = lines(&page)?;
    let rest = JobResults {
        results: Vec::new(),
        ..page
    };
    let may_go_on = reader.left > 0 && (!text.is_empty() || reader.follow);
    Ok(Some((text, (reader, may_go_on.then_some(rest), None))))
}

fn lines(page: &JobResults) -> io::Result<Bytes> {
    let mut text = Vec::new();
    for result in &page.results {
        serde_json::to_writer(&mut text, &JobResultLine::from(result))?;
        text.push(b'\n');
    }
    Ok(text.into())
}

/// Reads page after page, and holds one.
struct Reader {
    state: ApiState,
    id: JobId,
    from: u64,
    /// Lines that may still be given out.
    left: u64,
    follow: bool,
    /// A follower's place among those that wait.
    _place: Option<Share>,
}

impl Reader {
    async fn look(&mut self) -> Result<JobResults, Problem> {
        let jobs = &self.state.store.jobs;
        let page = jobs.results(self.id, self.from, self.left).await?;
        let page = page.ok_or_else(|| Problem::of(Code::JobNotFound))?;
        self.left -= page.results.len() as u64;
        if let Some(last) = page.results.last() {
            self.from = last.place.offset + last.place.count;
        }
        Ok(page)
    }

    /// The page behind one that ended there; `None` when none is to be had.
    async fn next(&mut self, before: &JobResults) -> io::Result<Option<JobResults>> {
        let failed = |problem: Problem| io::Error::other(problem.detail().to_owned());
        if before.is_end || (!self.follow && before.next.is_some()) {
            return Ok(None);
        }
        if !self.follow {
            return self.look().await.map(Some).map_err(failed);
        }
        let mut awaited = before.next;
        loop {
            // Watching begins before the look, so that an end in between is not missed.
            let run = awaited.unwrap_or(self.id.as_run());
            let tick = awaited.map_or(NOT_MADE_TICK, |_| TICK);
            let ticket = self.state.wakeups.wait_for_final(run);
            let page = self.look().await.map_err(failed)?;
            if !page.results.is_empty() || page.is_end {
                return Ok(Some(page));
            }
            if page.next != awaited {
                awaited = page.next;
                continue;
            }
            tokio::select! {
                () = ticket.woken() => {}
                () = tokio::time::sleep(tick) => {}
                () = self.state.shutdown.cancelled() => return Ok(None),
            }
        }
    }
}
