//! Tasks: what is submitted, what is stored, what is said about a finished attempt.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::job::{JobId, JobPlace};
use super::lease::{DEFAULT_MAX_LOSSES, MAX_TIMEOUT_MS};
use super::limits::{
    MAX_ATTEMPTS, MAX_DELAY_MS, MAX_ERROR_CODE_BYTES, MAX_ERROR_MESSAGE_BYTES, MAX_TAG_BYTES,
    MAX_TAGS,
};
use super::placement::{Preference, Requirements, TaskClass, validate_preferences};
use super::queue_limits::check_fairness_key;
use super::retry::RetryPolicy;
use super::score::Priority;
use super::uniqueness::Uniqueness;
use super::{
    Dependency, Document, FailureReason, InvalidInput, Limits, Name, NodeId, QueueName, TaskId,
    TaskState, TaskType, UnixMillis,
};

/// When a task may first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunAt {
    /// At once.
    #[default]
    Now,
    /// So many milliseconds after Redis has taken it.
    After(u64),
    /// Not before this moment.
    At(UnixMillis),
}

/// A repeatable submit: the same key and body find the task that the first one made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Digest of what the key is unique in (token, route, queue) and the key itself.
    pub scope: [u8; 16],
    /// Digest of the request body.
    pub body: [u8; 16],
}

/// A task as submitted, checked and complete.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Where it waits.
    pub queue: QueueName,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// The worker's input.
    pub payload: Document,
    /// Higher goes first.
    pub priority: Priority,
    /// When it may first run.
    pub run_at: RunAt,
    /// Attempts that may fail, at least 1; `None` for what the queue says.
    pub max_attempts: Option<u32>,
    /// The loss with this number ends it; 0 and 1 give at-most-once as far as losses go.
    pub max_losses: u32,
    /// When a failed attempt is repeated; `None` for what the queue says.
    pub retry: Option<RetryPolicy>,
    /// How long one attempt may run, milliseconds; `None` for what the queue says.
    pub timeout_ms: Option<u64>,
    /// How long it may wait for its start, milliseconds.
    pub expires_in_ms: Option<u64>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The submitter's own notes: a JSON object.
    pub metadata: Option<Document>,
    /// What a node must have to run it.
    pub requires: Requirements,
    /// What a node had better have.
    pub prefers: Vec<Preference>,
    /// W3C trace context of the submit.
    pub traceparent: Option<String>,
    /// Makes repeating the submit harmless.
    pub idempotency: Option<IdempotencyKey>,
    /// The key that it holds alone in its queue.
    pub unique: Option<Uniqueness>,
    /// Whose turn it is a task of: the keys of a queue take turns.
    pub fairness_key: Option<String>,
    /// The job that it joins, and where in it.
    pub place: Option<JobPlace>,
    /// The tasks that it waits for, each named once.
    pub depends_on: Vec<Dependency>,
    /// What it is called in its graph.
    pub name: Option<Name>,
}

impl Submission {
    /// A task with every default.
    pub fn new(queue: QueueName) -> Self {
        Self {
            queue,
            task_type: TaskType::default(),
            payload: Document::empty_object(),
            priority: Priority::default(),
            run_at: RunAt::Now,
            max_attempts: None,
            max_losses: DEFAULT_MAX_LOSSES,
            retry: None,
            timeout_ms: None,
            expires_in_ms: None,
            tags: Vec::new(),
            metadata: None,
            requires: Requirements::default(),
            prefers: Vec::new(),
            traceparent: None,
            idempotency: None,
            unique: None,
            fairness_key: None,
            place: None,
            depends_on: Vec::new(),
            name: None,
        }
    }

    /// The kind of work that it is inside its queue.
    pub fn class(&self) -> TaskClass {
        TaskClass {
            task_type: self.task_type.clone(),
            requires: self.requires.clone(),
            prefers: self.prefers.clone(),
        }
    }

    /// Checks every value against the limits; all faults, not only the first.
    pub fn validate(&self, limits: &Limits) -> Result<(), Vec<InvalidInput>> {
        let mut faults = Vec::new();
        let mut refuse = |wrong: bool, pointer: &str, message: fmt::Arguments<'_>| {
            if wrong {
                faults.push(InvalidInput::new(pointer, message.to_string()));
            }
        };
        refuse(
            self.payload.is_too_deep(),
            "/payload",
            format_args!("a payload nests at most 127 levels deep"),
        );
        refuse(
            self.max_attempts
                .is_some_and(|attempts| !(1..=MAX_ATTEMPTS).contains(&attempts)),
            "/max_attempts",
            format_args!("max_attempts lies between 1 and {MAX_ATTEMPTS}"),
        );
        refuse(
            self.max_losses > MAX_ATTEMPTS,
            "/max_losses",
            format_args!("max_losses lies between 0 and {MAX_ATTEMPTS}"),
        );
        refuse(
            self.timeout_ms
                .is_some_and(|millis| !(1..=MAX_TIMEOUT_MS).contains(&millis)),
            "/timeout_ms",
            format_args!("timeout_ms lies between 1 and {MAX_TIMEOUT_MS} (7 days)"),
        );
        refuse(
            self.expires_in_ms
                .is_some_and(|millis| !(1..=MAX_DELAY_MS).contains(&millis)),
            "/expires_in_ms",
            format_args!("expires_in_ms lies between 1 and {MAX_DELAY_MS} (366 days)"),
        );
        refuse(
            matches!(self.run_at, RunAt::After(millis) if millis > MAX_DELAY_MS),
            "/delay_ms",
            format_args!("delay_ms is at most {MAX_DELAY_MS} (366 days)"),
        );
        refuse(
            self.tags.len() > MAX_TAGS,
            "/tags",
            format_args!("a task has at most {MAX_TAGS} tags"),
        );
        for (index, tag) in self.tags.iter().enumerate() {
            refuse(
                tag.is_empty() || tag.len() > MAX_TAG_BYTES || tag.chars().any(char::is_control),
                &format!("/tags/{index}"),
                format_args!("a tag has 1 to {MAX_TAG_BYTES} bytes and no control characters"),
            );
        }
        if let Some(metadata) = &self.metadata {
            refuse(
                !metadata.is_object(),
                "/metadata",
                format_args!("metadata is a JSON object"),
            );
            refuse(
                metadata.len() > limits.metadata_bytes || metadata.is_too_deep(),
                "/metadata",
                format_args!(
                    "metadata has at most {} bytes and 127 levels",
                    limits.metadata_bytes
                ),
            );
        }
        if let Err(fault) = self.retry.as_ref().map_or(Ok(()), RetryPolicy::validate) {
            faults.push(fault.under("/retry"));
        }
        if let Err(fault) = self.unique.as_ref().map_or(Ok(()), Uniqueness::validate) {
            faults.push(fault.under("/unique"));
        }
        if let Some(Err(message)) = self.fairness_key.as_deref().map(check_fairness_key) {
            faults.push(InvalidInput::new("/fairness_key", message));
        }
        if let Err(fault) = self.requires.validate() {
            faults.push(fault.under("/requires"));
        }
        faults.extend(Dependency::validate(&self.depends_on).err());
        if let Err(fault) = validate_preferences(&self.prefers) {
            faults.push(fault.under("/prefers"));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

/// What an attempt or a task went wrong with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskError {
    /// A short word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Anything more, as the worker sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Document>,
}

impl TaskError {
    /// Checks the sizes.
    pub fn validate(&self, limits: &Limits) -> Result<(), InvalidInput> {
        if self.code.is_empty() || self.code.len() > MAX_ERROR_CODE_BYTES {
            return Err(InvalidInput::new("/error/code", "code has 1 to 128 bytes"));
        }
        if self.message.len() > MAX_ERROR_MESSAGE_BYTES {
            return Err(InvalidInput::new(
                "/error/message",
                "message has at most 16384 bytes",
            ));
        }
        match &self.detail {
            Some(detail) if detail.len() > limits.result_bytes || detail.is_too_deep() => {
                Err(InvalidInput::new(
                    "/error/detail",
                    format!(
                        "detail has at most {} bytes and 127 levels",
                        limits.result_bytes
                    ),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// How far an attempt has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Between 0 and 1; never falls within an attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A task as it stands.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Where it waits.
    pub queue: QueueName,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// Where it stands.
    pub state: TaskState,
    /// Higher goes first.
    pub priority: Priority,
    /// Deliveries so far.
    pub attempt: u32,
    /// Attempts that may fail.
    pub max_attempts: u32,
    /// Attempts of this run that failed or timed out.
    pub failures: u32,
    /// Deliveries of this run that were lost with their node or lease.
    pub losses: u32,
    /// The loss with this number ends it.
    pub max_losses: u32,
    /// The worker's input.
    pub payload: Document,
    /// The worker's output.
    pub result: Option<Document>,
    /// The last failure, as `{code, message, detail?}`.
    pub error: Option<Document>,
    /// Why it ended as failed.
    pub reason: Option<FailureReason>,
    /// How far the attempt has come.
    pub progress: Option<Progress>,
    /// The node of the latest attempt.
    pub node_id: Option<NodeId>,
    /// When the lease ends, while running.
    pub lease_expires_at: Option<UnixMillis>,
    /// Whether a running task is to stop.
    pub cancel_requested: bool,
    /// When Redis took it.
    pub created_at: UnixMillis,
    /// The moment it was submitted for.
    pub run_at: Option<UnixMillis>,
    /// When the latest attempt began.
    pub started_at: Option<UnixMillis>,
    /// When the run ended.
    pub finished_at: Option<UnixMillis>,
    /// When a failed task runs again.
    pub next_run_at: Option<UnixMillis>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The submitter's own notes.
    pub metadata: Option<Document>,
    /// Whose turn it is a task of.
    pub fairness_key: Option<String>,
    /// The job that it belongs to.
    pub job_id: Option<JobId>,
    /// The tasks that it waits for, or has waited for; left out of lists.
    pub depends_on: Vec<Dependency>,
    /// What it is called in its graph.
    pub name: Option<Name>,
}

/// Label values and resource amounts by name.
pub type Labels = BTreeMap<String, String>;
