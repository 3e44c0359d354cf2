//! POST /v1/jobs: a large data set as one request.

use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::graph;
use super::listed::{self, SubmitJob};
use super::upload::{self, Cut, HELD_BYTES};
use super::{JobView, found};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::problem::{Code, Problem, SubmitJobProblems};
use crate::api::state::ApiState;
use crate::api::tasks::{SubmitHeaders, SubmitTask, idempotency};
use crate::domain::job::{DEFAULT_CHUNK_ITEMS, MAX_CHUNK_ITEMS, NewJob};
use crate::domain::score::Priority;
use crate::domain::{InvalidInput, JobId, Name, QueueName, Submission, TaskType};
use crate::store::jobs::{BeginOutcome, Upload};

/// What an upload of NDJSON says of itself.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadParams {
    /// For NDJSON: the queue of all its tasks.
    #[param(value_type = Option<schemas::Name>)]
    queue: QueueName,
    /// For NDJSON: what kind of work its tasks are.
    #[param(value_type = Option<schemas::Name>)]
    r#type: Option<TaskType>,
    /// For NDJSON: items of one task at most.
    #[param(minimum = 1, maximum = 10000, default = 100)]
    chunk: Option<u64>,
    /// For NDJSON: higher goes first.
    #[param(minimum = -100, maximum = 100, default = 0)]
    priority: Option<i64>,
    /// For NDJSON: what people call it.
    #[param(value_type = Option<schemas::Name>)]
    name: Option<Name>,
    /// For NDJSON: when so many tasks have failed, the rest is cancelled.
    #[param(minimum = 1)]
    stop_after: Option<u64>,
    /// For NDJSON: how long after its beginning what has not ended is cancelled.
    #[param(minimum = 1)]
    deadline_ms: Option<u64>,
    /// For NDJSON: JSON, a task that is submitted once, when the job has finished. Without a payload of its own it gets
    /// `{"job_id"}`. With curl: `--url-query 'on_finish={"queue": "done"}'`.
    #[param(example = r#"{"queue":"done"}"#)]
    on_finish: Option<String>,
    /// For NDJSON with an Idempotency-Key: the index of the first item of this body, when an earlier upload broke off.
    #[param(default = 0)]
    offset: Option<u64>,
}

/// Submit a job
///
/// NDJSON is cut into tasks while it comes in, `chunk` lines each, with the payload `{"job_id", "offset", "items"}`, `offset`
/// being the index of the first item; it may be of any length. A broken upload without an Idempotency-Key cancels the job. With one
/// the same request goes on where it broke off: from its beginning, or from `offset`, at most the job's `items`.
/// JSON brings a list of tasks, a range of numbers whose tasks are made as they are needed, or a graph: tasks by name, each
/// with the names of those it waits for. A graph is stored whole or not at all; its tasks come into being within moments.
#[utoipa::path(post, path = "/v1/jobs", operation_id = "submitJob", tag = "jobs",
    params(UploadParams, SubmitHeaders),
    request_body(content((SubmitJob = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 201, description = "The job and all its tasks are stored; of a range the first of them", body = JobView, headers(
            ("Location" = String, description = "The job's path"),
            ("Idempotency-Replayed" = bool, description = "There when the key had made the job before"))),
        SubmitJobProblems))]
pub(crate) async fn submit_job(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, Problem> {
    if is_ndjson(request.headers()) {
        submit_stream(&state, request).await
    } else {
        submit_listed(&state, request).await
    }
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    let text = media_type.and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| {
        let essence = essence.trim();
        [
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
        ]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
    })
}

async fn submit_stream(state: &ApiState, request: Request) -> Result<Response, Problem> {
    let refuse = |what: String| Problem::new(Code::InvalidRequest, what);
    let Query(params) = Query::<UploadParams>::try_from_uri(request.uri())
        .map_err(|error| refuse(format!("the query is not of its form: {error}")))?;
    let chunk = params.chunk.unwrap_or(DEFAULT_CHUNK_ITEMS);
    if !(1..=MAX_CHUNK_ITEMS).contains(&chunk) {
        return Err(refuse(format!(
            "chunk lies between 1 and {MAX_CHUNK_ITEMS}"
        )));
    }
    let priority = Priority::new(params.priority.unwrap_or_default())
        .map_err(|fault| refuse(fault.to_string()))?;
    let key = idempotency::key_of(request.headers())?;
    let offset = params.offset.unwrap_or_default();
    if offset > 0 && key.is_none() {
        return Err(refuse("an offset goes with an Idempotency-Key".into()));
    }
    // The stream's bytes are counted at once, as what it may hold at most.
    let share = state
        .in_flight()
        .take(HELD_BYTES.min(state.limits.in_flight_bytes));
    let _share = share.ok_or_else(|| Problem::not_done(Code::Overloaded))?;
    let cut = Cut {
        queue: params.queue,
        task_type: params.r#type.unwrap_or_default(),
        priority,
        chunk,
        offset,
    };
    let asked = format!(
        "{} {chunk} {} {:?} {:?} {:?} {:?}",
        cut.task_type,
        priority.get(),
        params.name,
        params.stop_after,
        params.deadline_ms,
        params.on_finish
    );
    let on_finish = params.on_finish.map(|text| {
        let task: SubmitTask = json::parse(text.as_bytes())?;
        task.into_submission(&state.limits)
    });
    let new = NewJob {
        name: params.name,
        stop_after: params.stop_after,
        deadline_ms: params.deadline_ms,
        on_finish: under_on_finish(on_finish)?,
        idempotency: key
            .map(|key| idempotency::remember("/jobs", cut.queue.as_str(), &key, asked.as_bytes())),
        ..NewJob::new(cut.queue.clone())
    };
    new.validate()
        .map_err(|fault| refuse(fault.message.into_owned()))?;
    match begin(state, new).await? {
        Begun::Open(upload) if cut.offset > upload.items() => Err(refuse(format!(
            "the job has taken {} items so far: offset is at most that",
            upload.items()
        ))),
        Begun::Open(upload) => {
            let upload = upload::run(state, upload, request.into_body(), cut).await?;
            close(state, upload).await
        }
        Begun::Whole(id, is_replay) => answer(state, id, is_replay).await,
    }
}

async fn submit_listed(state: &ApiState, request: Request) -> Result<Response, Problem> {
    let key = idempotency::key_of(request.headers())?;
    let Json {
        value: mut job,
        raw,
    } = Json::<SubmitJob>::from_request(request, state).await?;
    let fault = |pointer, message: &'static str| Problem::from(InvalidInput::new(pointer, message));
    let graph = job.graph.take();
    let forms = [job.tasks.is_some(), job.range.is_some(), graph.is_some()];
    if forms.into_iter().filter(|is_there| *is_there).count() != 1 {
        return Err(fault("", "a job has tasks, a range or a graph"));
    }
    let stop_after = job.failure.and_then(|failure| failure.stop_after);
    if job.range.is_none() && job.priority.is_some() {
        return Err(fault(
            "/priority",
            "the tasks of a list or a graph have priorities of their own",
        ));
    }
    let submissions = job.submissions(state)?;
    let is_keyed = key.is_some();
    if !is_keyed {
        listed::check_parents(state, &submissions).await?;
    }
    let graph = graph.map(|members| graph::read(state, &job, members));
    let graph = graph.transpose()?;
    if let (Some(graph), false) = (&graph, is_keyed) {
        graph::check_room(state, graph).await?;
    }
    let range = job.range()?;
    let on_finish = job
        .on_finish
        .map(|task| task.into_submission(&state.limits));
    let new = NewJob {
        idempotency: key.map(|key| idempotency::remember("/jobs", job.queue.as_str(), &key, &raw)),
        queue: job.queue,
        name: job.name,
        is_graph: graph.is_some(),
        range,
        stop_after,
        deadline_ms: job.deadline_ms,
        on_finish: under_on_finish(on_finish)?,
    };
    new.validate()?;
    match begin(state, new).await? {
        Begun::Open(upload) => {
            // A key that has made the job before counts, whatever has been deleted since.
            let Some(graph) = graph else {
                if is_keyed {
                    listed::check_parents(state, &submissions).await?;
                }
                return close(state, listed::bring(upload, submissions).await?).await;
            };
            if is_keyed {
                graph::check_room(state, &graph).await?;
            }
            let id = graph::bring(upload, &graph).await?;
            answer(state, id, false).await
        }
        Begun::Whole(id, is_replay) => answer(state, id, is_replay).await,
    }
}

/// The checked task of `on_finish`; its faults point to where it stands.
fn under_on_finish(
    task: Option<Result<Submission, Problem>>,
) -> Result<Option<Submission>, Problem> {
    task.transpose()
        .map_err(|problem| problem.under("/on_finish"))
}

/// How a job stands after its beginning.
enum Begun {
    /// It takes tasks.
    Open(Upload),
    /// It has, or makes, all its tasks; whether that was so before this request.
    Whole(JobId, bool),
}

async fn begin(state: &ApiState, new: NewJob) -> Result<Begun, Problem> {
    Ok(match state.store.jobs.begin(new).await? {
        BeginOutcome::Open(upload) => Begun::Open(upload),
        BeginOutcome::Made(id) => Begun::Whole(id, false),
        BeginOutcome::Replayed(id) => Begun::Whole(id, true),
        BeginOutcome::InProgress(id) => {
            return Err(Problem::new(
                Code::IdempotencyInProgress,
                format!(
                    "another upload with this key is on its way, to job {id}; repeat the request when it has ended"
                ),
            ));
        }
        BeginOutcome::KeyReused => return Err(Problem::of(Code::IdempotencyKeyReused)),
        BeginOutcome::Gone => return Err(Problem::of(Code::Purged)),
    })
}

async fn close(state: &ApiState, upload: Upload) -> Result<Response, Problem> {
    let id = upload.id();
    upload.close().await?;
    answer(state, id, false).await
}

async fn answer(state: &ApiState, id: JobId, is_replay: bool) -> Result<Response, Problem> {
    let job = found(state, id).await?;
    let mut response = json::answer(
        StatusCode::CREATED,
        &JobView::written(&job, state.durability()),
    );
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/jobs/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(if is_replay {
        idempotency::mark_replayed(response)
    } else {
        response
    })
}
