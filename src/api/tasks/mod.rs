//! Tasks over HTTP: one file a verb.
//!
//! Here are the two forms they share: what a client submits, checked into a domain submission,
//! and the task as it is shown. What a transition does is decided in its script. Start with
//! `submit`, then `report`, which answers complete, fail and release.

mod attempts;
mod batch;
mod bulk;
mod cancel;
mod complete;
mod delete;
pub(crate) mod depends_on;
mod etag;
mod explain;
mod fail;
mod get;
pub(crate) mod idempotency;
mod list;
mod log;
mod progress;
mod release;
mod report;
mod result;
mod retry;
mod run_now;
mod submit;
mod update;

pub(crate) use attempts::*;
pub(crate) use batch::*;
pub(crate) use bulk::*;
pub(crate) use cancel::*;
pub(crate) use complete::*;
pub(crate) use delete::*;
pub(crate) use explain::*;
pub(crate) use fail::*;
pub(crate) use get::*;
pub(crate) use list::*;
pub(crate) use log::*;
pub(crate) use progress::*;
pub(crate) use release::*;
pub(crate) use report::{problem_of, status_of};
pub(crate) use result::*;
pub(crate) use retry::*;
pub(crate) use run_now::*;
pub(crate) use submit::*;
pub(crate) use update::*;

use serde::{Deserialize, Serialize};

use self::depends_on::DependsOn;
use super::openapi::schemas;
use super::problem::{Code, Problem};
use crate::domain::lease::DEFAULT_MAX_LOSSES;
use crate::domain::placement::{Preference, Requirements};
use crate::domain::retry::RetryPolicy;
use crate::domain::score::Priority;
use crate::domain::task::{Progress, RunAt};
use crate::domain::uniqueness::Uniqueness;
use crate::domain::{
    Document, FailureReason, InvalidInput, JobId, Limits, Name, NodeId, QueueName, Submission,
    Task, TaskId, TaskState, TaskType, UnixMillis,
};

/// A task to be submitted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitTask {
    /// Where it waits; the queue comes into being with its first task.
    #[schema(value_type = schemas::Name)]
    queue: QueueName,
    /// What kind of work it is; `default` by default.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Name>)]
    r#type: Option<TaskType>,
    /// The worker's input: any JSON value; {} by default.
    #[serde(default = "Document::empty_object")]
    #[schema(value_type = Value, required = false)]
    payload: Document,
    /// Higher goes first; 0 by default.
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i64>,
    /// Runs so many milliseconds from now at the earliest; at most 366 days. Not with `run_at`.
    #[schema(maximum = 31_622_400_000_u64)]
    delay_ms: Option<u64>,
    /// Runs at this moment at the earliest. Not with `delay_ms`.
    #[schema(value_type = Option<String>, format = DateTime)]
    run_at: Option<UnixMillis>,
    /// Attempts that may fail; 3 unless the queue says otherwise.
    #[schema(minimum = 1, maximum = 1000)]
    max_attempts: Option<u32>,
    /// Times its node may die or its lease run out; 0 gives at-most-once, 3 is the default.
    #[schema(maximum = 1000)]
    max_losses: Option<u32>,
    /// When a failed attempt is repeated.
    #[schema(value_type = Option<schemas::RetryPolicy>)]
    retry: Option<RetryPolicy>,
    /// How long one attempt may run; 30 minutes unless the queue says otherwise, at most 7 days.
    #[schema(minimum = 1, maximum = 604_800_000_u64)]
    timeout_ms: Option<u64>,
    /// Expires when it has not started so many milliseconds from now; at most 366 days.
    #[schema(minimum = 1, maximum = 31_622_400_000_u64)]
    expires_in_ms: Option<u64>,
    /// Words to find it by, 1 to 64 bytes each.
    #[schema(max_items = 32)]
    tags: Option<Vec<String>>,
    /// The submitter's own notes: any JSON object.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Document>,
    /// What a node must have to run it.
    #[schema(value_type = Option<schemas::Requirements>)]
    requires: Option<Requirements>,
    /// What a node had better have: of those that wait, one with more weight goes first.
    #[schema(value_type = Option<Vec<schemas::Preference>>, max_items = 16)]
    prefers: Option<Vec<Preference>>,
    /// The key that it is to hold alone in its queue.
    #[schema(value_type = Option<schemas::Uniqueness>)]
    unique: Option<Uniqueness>,
    /// Tasks of any queue that have to end first; at most 1,000.
    #[schema(value_type = Option<Vec<schemas::Dependency>>, max_items = 1000)]
    depends_on: Option<Vec<DependsOn>>,
    /// Whose task it is, for one: the keys of a queue take turns, and limits may hold for each. 1 to 128 bytes.
    #[schema(min_length = 1, max_length = 128)]
    fairness_key: Option<String>,
}

impl SubmitTask {
    /// Checks everything that is not a matter of form.
    pub(crate) fn into_submission(self, limits: &Limits) -> Result<Submission, Problem> {
        if self.payload.len() > limits.payload_bytes {
            return Err(Problem::new(
                Code::PayloadTooLarge,
                format!(
                    "a payload has at most {} bytes; this one has {}",
                    limits.payload_bytes,
                    self.payload.len()
                ),
            ));
        }
        let mut faults = Vec::new();
        let priority = Priority::new(self.priority.unwrap_or_default()).unwrap_or_else(|fault| {
            faults.push(fault);
            Priority::default()
        });
        let run_at = match (self.delay_ms, self.run_at) {
            (None, None) => RunAt::Now,
            (Some(millis), None) => RunAt::After(millis),
            (None, Some(moment)) => RunAt::At(moment),
            (Some(_), Some(_)) => {
                faults.push(InvalidInput::new("/run_at", "delay_ms or run_at, not both"));
                RunAt::Now
            }
        };
        let depends_on = depends_on::read(self.depends_on.unwrap_or_default(), &mut faults);
        let submission = Submission {
            task_type: self.r#type.unwrap_or_default(),
            payload: self.payload,
            priority,
            run_at,
            max_attempts: self.max_attempts,
            max_losses: self.max_losses.unwrap_or(DEFAULT_MAX_LOSSES),
            retry: self.retry,
            timeout_ms: self.timeout_ms,
            expires_in_ms: self.expires_in_ms,
            tags: self.tags.unwrap_or_default(),
            metadata: self.metadata,
            requires: self.requires.unwrap_or_default(),
            prefers: self.prefers.unwrap_or_default(),
            unique: self.unique,
            depends_on,
            fairness_key: self.fairness_key,
            ..Submission::new(self.queue)
        };
        faults.extend(submission.validate(limits).err().into_iter().flatten());
        if faults.is_empty() {
            Ok(submission)
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// A task as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Task)]
pub(crate) struct TaskView<'a> {
    #[schema(value_type = Uuid)]
    id: TaskId,
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// Higher goes first.
    #[schema(value_type = i32, minimum = -100, maximum = 100)]
    priority: Priority,
    /// Deliveries so far.
    attempt: u32,
    /// Attempts that may fail.
    max_attempts: u32,
    /// Deliveries of this run that were lost with their node or lease.
    losses: u32,
    /// The worker's input, equal in value to what was submitted. Lists leave it out, and the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    payload: Option<&'a Document>,
    /// The worker's output: any JSON value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    result: Option<&'a Document>,
    /// The last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::TaskError>)]
    error: Option<&'a Document>,
    /// Why it ended as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::FailureReason>)]
    reason: Option<FailureReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Progress>)]
    progress: Option<&'a Progress>,
    /// The node of the latest attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    node_id: Option<&'a NodeId>,
    /// When the lease ends, while running.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_expires_at: Option<UnixMillis>,
    /// There, and true, while a running task is to stop.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    cancel_requested: bool,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    /// The moment it was submitted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    run_at: Option<UnixMillis>,
    /// When the latest attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<UnixMillis>,
    /// When the run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<UnixMillis>,
    /// When a failed task runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_run_at: Option<UnixMillis>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    tags: &'a [String],
    /// The submitter's own notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Document>,
    /// Whose turn it is a task of.
    #[serde(skip_serializing_if = "Option::is_none")]
    fairness_key: Option<&'a str>,
    /// The job that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    job_id: Option<JobId>,
    /// What it is called in its graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Name>)]
    name: Option<&'a Name>,
    /// The tasks that it waits for, or has waited for. Lists leave them out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Uuid>, required = false)]
    depends_on: Vec<TaskId>,
    /// On answers to writes: how safe the write is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Durability>)]
    durability: Option<&'static str>,
}

impl<'a> TaskView<'a> {
    /// The task as a read shows it.
    pub(crate) fn read(task: &'a Task) -> Self {
        Self {
            id: task.id,
            queue: &task.queue,
            r#type: &task.task_type,
            state: task.state,
            priority: task.priority,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            losses: task.losses,
            payload: Some(&task.payload),
            result: task.result.as_ref(),
            error: task.error.as_ref(),
            reason: task.reason,
            progress: task.progress.as_ref(),
            node_id: task.node_id.as_ref(),
            lease_expires_at: task.lease_expires_at,
            cancel_requested: task.cancel_requested,
            created_at: task.created_at,
            run_at: task.run_at,
            started_at: task.started_at,
            finished_at: task.finished_at,
            next_run_at: task.next_run_at,
            tags: &task.tags,
            metadata: task.metadata.as_ref(),
            fairness_key: task.fairness_key.as_deref(),
            job_id: task.job_id,
            name: task.name.as_ref(),
            depends_on: task.depends_on.iter().map(|edge| edge.parent).collect(),
            durability: None,
        }
    }

    /// The task as a list shows it.
    pub(crate) fn brief(task: &'a Task) -> Self {
        Self {
            payload: None,
            result: None,
            ..Self::read(task)
        }
    }

    /// The task as the answer to a write shows it.
    pub(crate) fn written(task: &'a Task, durability: &'static str) -> Self {
        Self {
            durability: Some(durability),
            ..Self::read(task)
        }
    }
}
