//! A job as JSON: a list of tasks, a graph of them, or a range that makes its tasks itself.

use serde::Deserialize;

use super::graph::Members;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::problem::Problem;
use crate::api::state::ApiState;
use crate::api::tasks::{SubmitTask, refusal, unknown_parent};
use crate::domain::job::JobRange;
use crate::domain::score::Priority;
use crate::domain::{Document, InvalidInput, Name, QueueName, Submission, TaskType};
use crate::store::jobs::Upload;

/// Tasks that travel together.
const SLICE_TASKS: usize = 100;

/// A job to be submitted: `tasks`, `range` or `graph`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitJob {
    /// The queue of all its tasks.
    #[schema(value_type = schemas::Name)]
    pub(super) queue: QueueName,
    /// The type of tasks that name none; `default` by default.
    #[schema(value_type = Option<schemas::Name>)]
    pub(super) r#type: Option<TaskType>,
    /// What people call it.
    #[schema(value_type = Option<schemas::Name>)]
    pub(super) name: Option<Name>,
    /// Higher goes first; for the tasks of a range. 0 by default.
    #[schema(minimum = -100, maximum = 100)]
    pub(super) priority: Option<i64>,
    /// Tasks as POST /v1/tasks takes them, without their queue.
    #[schema(value_type = Option<Vec<Object>>)]
    pub(super) tasks: Option<Vec<Document>>,
    pub(super) range: Option<Range>,
    /// Tasks by name, each with the names of those it depends on: at most 20,000, with 100,000 dependencies. They go to
    /// the job's queue unless they name another.
    #[schema(value_type = Option<std::collections::BTreeMap<String, schemas::GraphTask>>)]
    pub(super) graph: Option<Members>,
    /// A task that is submitted once, when the job has finished, whatever its state. Without a payload of its own
    /// it gets `{"job_id"}`.
    pub(super) on_finish: Option<SubmitTask>,
    pub(super) failure: Option<FailurePolicy>,
    /// How long after its beginning what has not ended is cancelled, as POST /v1/jobs/{id}/cancel does; the job is then
    /// `failed`, with the reason `deadline`. At most 366 days.
    #[schema(minimum = 1)]
    pub(super) deadline_ms: Option<u64>,
}

/// Whole numbers from `from` up to and without `to`, cut into tasks with the payload `{"job_id", "from", "to"}`.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    /// The first number; 0 by default.
    #[serde(default)]
    #[schema(required = false)]
    from: i64,
    /// The first number behind the range.
    to: i64,
    /// Numbers of one task; 1 by default.
    #[serde(default = "one")]
    #[schema(required = false, minimum = 1)]
    step: u64,
}

const fn one() -> u64 {
    1
}

/// What failures do to the job as a whole.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailurePolicy {
    /// When so many tasks have failed, the rest is cancelled.
    #[schema(minimum = 1)]
    pub(super) stop_after: Option<u64>,
}

impl SubmitJob {
    /// The range, checked, and what its tasks are like.
    pub(super) fn range(&self) -> Result<Option<(JobRange, TaskType, Priority)>, Problem> {
        let Some(Range { from, to, step }) = self.range else {
            return Ok(None);
        };
        let range = JobRange { from, to, step };
        range.validate()?;
        let priority = Priority::new(self.priority.unwrap_or_default())?;
        Ok(Some((
            range,
            self.r#type.clone().unwrap_or_default(),
            priority,
        )))
    }

    /// The tasks of the list, each checked.
    pub(super) fn submissions(&self, state: &ApiState) -> Result<Vec<Submission>, Problem> {
        let tasks = self.tasks.iter().flatten().enumerate();
        tasks
            .map(|(index, task)| {
                submission(state, self, task, Queue::OfTheJob)
                    .map_err(|problem| problem.under(&format!("/tasks/{index}")))
            })
            .collect()
    }
}

/// Whether a task of a job may name a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    OfTheJob,
    MayBeNamed,
}

/// A task of a job, with the queue and the type of the job where it names none.
pub(super) fn submission(
    state: &ApiState,
    job: &SubmitJob,
    task: &Document,
    queue: Queue,
) -> Result<Submission, Problem> {
    #[derive(Deserialize)]
    struct Own {
        queue: Option<serde::de::IgnoredAny>,
        r#type: Option<serde::de::IgnoredAny>,
    }
    let text = task.as_str();
    let own: Own = json::parse(text.as_bytes())?;
    let task: SubmitTask = match own.queue {
        Some(_) if queue == Queue::OfTheJob => {
            let message = "the tasks of a job go to its queue, and name none";
            return Err(InvalidInput::new("/queue", message).into());
        }
        Some(_) => json::parse(text.as_bytes())?,
        None => {
            // The task as it would stand alone: with the queue in front of its own members.
            let members = text.trim_start().strip_prefix('{').unwrap_or_default();
            let is_empty = members.trim_start().starts_with('}');
            let comma = if is_empty { "" } else { "," };
            let whole = format!(r#"{{"queue":"{}"{comma}{members}"#, job.queue);
            json::parse(whole.as_bytes())?
        }
    };
    let mut submission = task.into_submission(&state.limits)?;
    if let (None, Some(task_type)) = (own.r#type, &job.r#type) {
        submission.task_type = task_type.clone();
    }
    Ok(submission)
}

/// Refuses tasks that depend on others which are not there.
pub(super) async fn check_parents(
    state: &ApiState,
    submissions: &[Submission],
) -> Result<(), Problem> {
    let unknown = state.store.tasks.unknown_parents(submissions).await?;
    match unknown.into_iter().next() {
        Some((index, parent)) => Err(unknown_parent(parent).under(&format!("/tasks/{index}"))),
        None => Ok(()),
    }
}

/// Brings the tasks that the job does not have yet.
pub(super) async fn bring(
    mut upload: Upload,
    submissions: Vec<Submission>,
) -> Result<Upload, Problem> {
    let known = usize::try_from(upload.items()).unwrap_or(usize::MAX);
    let mut missing = submissions.into_iter().skip(known).peekable();
    while missing.peek().is_some() {
        let slice = missing.by_ref().take(SLICE_TASKS);
        let slice = slice
            .map(|submission| Submission {
                place: Some(upload.next_place(1)),
                ..submission
            })
            .collect();
        if let Some(refused) = upload.submit(slice).await? {
            return Err(refusal(&refused));
        }
    }
    match upload.settle().await? {
        None => Ok(upload),
        Some(refused) => Err(refusal(&refused)),
    }
}
