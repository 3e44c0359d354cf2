//! POST /v1/tasks/batch: submits many tasks, each on its own, or all or none.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::submit::{refusal, replayed, traceparent};
use super::{SubmitHeaders, SubmitTask, TaskView, idempotency};
use crate::api::json::{self, Json};
use crate::api::problem::{Code, Problem, ProblemBody, SubmitTasksProblems};
use crate::api::state::ApiState;
use crate::domain::limits::{MAX_ATOMIC_BYTES, MAX_ATOMIC_ITEMS};
use crate::domain::{Document, InvalidInput, Submission, Task};
use crate::store::SubmitOutcome;

/// Many tasks at once.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitBatch {
    /// At most 1,000 tasks (500 in an atomic batch).
    #[schema(value_type = Vec<SubmitTask>)]
    tasks: Vec<Document>,
    /// Each task on its own, which is the default, or all or none (then all of one queue).
    #[serde(default)]
    mode: Option<BatchMode>,
}

/// How a batch is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchMode {
    /// Each task on its own.
    Partial,
    /// All or none.
    Atomic,
}

/// What became of each task, in the order of the request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BatchResults<'a> {
    /// In the order of the request.
    results: Vec<BatchResult<'a>>,
}

/// What became of one task.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BatchResult<'a> {
    /// The status that a request for this task alone would have had.
    status: u16,
    /// The task, if it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskView<'a>>,
    /// Why the task was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody<'a>>,
}

/// Submit many tasks
///
/// In mode `partial`, the default, each task is taken or refused on its own. In mode `atomic` all are taken
/// or none; they then go to one queue, and are at most 500 and 1 MiB. With an Idempotency-Key each item has
/// the key `KEY#INDEX`.
#[utoipa::path(post, path = "/v1/tasks/batch", operation_id = "submitTasks", tag = "tasks",
    params(SubmitHeaders), request_body = SubmitBatch,
    responses(
        (status = 200, description = "All are taken", body = BatchResults),
        (status = 201, description = "All are taken, in mode `atomic`", body = BatchResults),
        (status = 207, description = "Some are not taken", body = BatchResults),
        SubmitTasksProblems))]
pub(crate) async fn submit_tasks(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Json<SubmitBatch>,
) -> Result<Response, Problem> {
    let atomic = body.value.mode == Some(BatchMode::Atomic);
    check_size(&state, &body.value, body.raw.len(), atomic)?;
    let key = idempotency::key_of(&headers)?;
    let trace = traceparent(&headers);
    let items = body.value.tasks.iter().enumerate().map(|(index, item)| {
        let request: SubmitTask = json::parse(item.as_str().as_bytes())?;
        let mut submission = request.into_submission(&state.limits)?;
        submission.traceparent.clone_from(&trace);
        submission.idempotency = key.as_ref().map(|key| {
            let key = format!("{key}#{index}");
            idempotency::remember(
                "/tasks/batch",
                submission.queue.as_str(),
                &key,
                item.as_str().as_bytes(),
            )
        });
        Ok(submission)
    });
    if atomic {
        submit_atomic(&state, items.collect()).await
    } else {
        submit_partial(&state, items.collect()).await
    }
}

fn check_size(
    state: &ApiState,
    batch: &SubmitBatch,
    bytes: usize,
    atomic: bool,
) -> Result<(), Problem> {
    let (items, most_bytes) = if atomic {
        (
            state.limits.batch_items.min(MAX_ATOMIC_ITEMS),
            state.limits.batch_bytes.min(MAX_ATOMIC_BYTES),
        )
    } else {
        (state.limits.batch_items, state.limits.batch_bytes)
    };
    if batch.tasks.len() > items || bytes > most_bytes {
        return Err(Problem::new(
            Code::BatchTooLarge,
            format!(
                "this batch has {} tasks and {bytes} bytes; it may have {items} tasks and {most_bytes} bytes",
                batch.tasks.len()
            ),
        ));
    }
    Ok(())
}

async fn submit_partial(
    state: &ApiState,
    items: Vec<Result<Submission, Problem>>,
) -> Result<Response, Problem> {
    let mut settled: Vec<Option<Result<Taken, Problem>>> = Vec::with_capacity(items.len());
    let mut submissions = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Ok(submission) => {
                submissions.push(submission);
                settled.push(None);
            }
            Err(problem) => settled.push(Some(Err(problem))),
        }
    }
    let mut outcomes = state
        .store
        .tasks
        .submit_batch(submissions)
        .await
        .into_iter();
    let mut replay = !settled.is_empty();
    for place in &mut settled {
        if place.is_some() {
            replay = false;
        } else if let Some(outcome) = outcomes.next() {
            replay &= matches!(outcome, Ok(SubmitOutcome::Replayed(_)));
            *place = Some(match outcome {
                Ok(outcome) => task_of(state, outcome).await,
                Err(error) => Err(Problem::from(error)),
            });
        }
    }
    let settled: Vec<Result<Taken, Problem>> = settled.into_iter().flatten().collect();
    // A store that is away fails every item: then the request has failed, and may be repeated.
    if let Some(Err(problem)) = settled.first()
        && problem.status() == 503
        && settled
            .iter()
            .all(|item| item.as_ref().is_err_and(|problem| problem.status() == 503))
    {
        return Err(problem.clone());
    }
    let all_well = settled.iter().all(Result::is_ok);
    let status = if all_well {
        StatusCode::OK
    } else {
        StatusCode::MULTI_STATUS
    };
    let answer = json::answer(status, &results(state, &settled));
    Ok(marked(answer, replay && all_well))
}

/// An answer is a replay as a whole: when each of its tasks was made before.
fn marked(answer: Response, replay: bool) -> Response {
    if replay {
        idempotency::mark_replayed(answer)
    } else {
        answer
    }
}

async fn submit_atomic(
    state: &ApiState,
    items: Vec<Result<Submission, Problem>>,
) -> Result<Response, Problem> {
    let mut submissions = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Ok(submission) => submissions.push(submission),
            Err(problem) => faults.push(InvalidInput::new(
                format!("/tasks/{index}"),
                problem.detail().to_owned(),
            )),
        }
    }
    let mixed = submissions
        .windows(2)
        .position(|pair| pair[0].queue != pair[1].queue);
    if let (Some(index), true) = (mixed, faults.is_empty()) {
        faults.push(InvalidInput::new(
            format!("/tasks/{}/queue", index + 1),
            "all tasks of an atomic batch go to one queue",
        ));
    }
    if !faults.is_empty() {
        return Err(Problem::rejected(faults));
    }
    let outcomes = state.store.tasks.submit_atomic(submissions).await?;
    let mut tasks = Vec::with_capacity(outcomes.len());
    let mut rejected = false;
    let replay = !outcomes.is_empty()
        && outcomes
            .iter()
            .all(|outcome| matches!(outcome, SubmitOutcome::Replayed(_)));
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            SubmitOutcome::Rejected => rejected = true,
            outcome => match task_of(state, outcome).await {
                Ok(task) => tasks.push(Ok(task)),
                Err(problem) => {
                    faults.push(InvalidInput::new(
                        format!("/tasks/{index}"),
                        problem.detail().to_owned(),
                    ));
                }
            },
        }
    }
    if !faults.is_empty() {
        return Err(Problem::rejected(faults));
    }
    if rejected {
        // Some items were made by the same key before, and others were not: not the same batch.
        return Err(Problem::of(Code::IdempotencyKeyReused));
    }
    let answer = json::answer(StatusCode::CREATED, &results(state, &tasks));
    Ok(marked(answer, replay))
}

/// A task of the batch that was taken, or is there already under its unique key.
struct Taken {
    status: u16,
    task: Task,
}

async fn task_of(state: &ApiState, outcome: SubmitOutcome) -> Result<Taken, Problem> {
    let taken = |status, task| Taken { status, task };
    match outcome {
        SubmitOutcome::Created(task) => Ok(taken(201, *task)),
        SubmitOutcome::Replayed(id) => Ok(taken(201, replayed(state, id).await?)),
        SubmitOutcome::Duplicate(id) => Ok(taken(200, replayed(state, id).await?)),
        refused => Err(refusal(&refused)),
    }
}

fn results<'a>(state: &ApiState, settled: &'a [Result<Taken, Problem>]) -> BatchResults<'a> {
    let results = settled
        .iter()
        .map(|item| match item {
            Ok(taken) => BatchResult {
                status: taken.status,
                task: Some(TaskView::written(&taken.task, state.durability())),
                problem: None,
            },
            Err(problem) => BatchResult {
                status: problem.status(),
                task: None,
                problem: Some(problem.of_item()),
            },
        })
        .collect();
    BatchResults { results }
}
