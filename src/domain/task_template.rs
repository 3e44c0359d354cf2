//! What a schedule submits, kept for years: a task in the words of the API, not in those of a script
//! or of today's types.

use serde::{Deserialize, Serialize};

use super::lease::DEFAULT_MAX_LOSSES;
use super::placement::{Preference, Requirements};
use super::retry::RetryPolicy;
use super::score::Priority;
use super::task::RunAt;
use super::uniqueness::Uniqueness;
use super::{Document, InvalidInput, QueueName, Submission, TaskType};

/// A task to be submitted again and again. Its fields mean what those of a [`Submission`] do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is that of `Submission`")]
pub struct TaskTemplate {
    pub queue: QueueName,
    #[serde(rename = "type", default)]
    pub task_type: TaskType,
    /// Kept beside the rest, since lists leave it out.
    #[serde(skip)]
    pub payload: Option<Document>,
    #[serde(default)]
    pub priority: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_losses: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Document>,
    #[serde(default, skip_serializing_if = "Requirements::is_empty")]
    pub requires: Requirements,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefers: Vec<Preference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Uniqueness>,
}

impl TaskTemplate {
    /// Takes a checked submission for a template. One for a fixed moment cannot be submitted again.
    pub fn of(submission: Submission) -> Result<Self, InvalidInput> {
        // Named one by one, so that what a task gets in addition cannot be forgotten here. The headers
        // of the request that says the template are not part of it.
        let Submission {
            queue,
            task_type,
            payload,
            priority,
            run_at,
            max_attempts,
            max_losses,
            retry,
            timeout_ms,
            expires_in_ms,
            tags,
            metadata,
            requires,
            prefers,
            unique,
            depends_on,
            fairness_key,
            traceparent: _,
            idempotency: _,
            place: _,
            name: _,
        } = submission;
        if !depends_on.is_empty() {
            let message = "what is submitted again and again depends on no task";
            return Err(InvalidInput::new("/depends_on", message));
        }
        let delay_ms = match run_at {
            RunAt::Now => None,
            RunAt::After(millis) => Some(millis),
            RunAt::At(_) => {
                let message = "the schedule says when: leave run_at out, or use delay_ms";
                return Err(InvalidInput::new("/run_at", message));
            }
        };
        Ok(Self {
            queue,
            task_type,
            payload: Some(payload),
            priority: i64::from(priority.get()),
            delay_ms,
            max_attempts,
            max_losses: (max_losses != DEFAULT_MAX_LOSSES).then_some(max_losses),
            retry,
            timeout_ms,
            expires_in_ms,
            tags,
            metadata,
            requires,
            prefers,
            unique,
            fairness_key,
        })
    }

    /// The task to be submitted now.
    pub fn submission(&self) -> Result<Submission, InvalidInput> {
        Ok(Submission {
            task_type: self.task_type.clone(),
            payload: self.payload.clone().unwrap_or_else(Document::empty_object),
            priority: Priority::new(self.priority)?,
            run_at: self.delay_ms.map_or(RunAt::Now, RunAt::After),
            max_attempts: self.max_attempts,
            max_losses: self.max_losses.unwrap_or(DEFAULT_MAX_LOSSES),
            retry: self.retry,
            timeout_ms: self.timeout_ms,
            expires_in_ms: self.expires_in_ms,
            tags: self.tags.clone(),
            metadata: self.metadata.clone(),
            requires: self.requires.clone(),
            prefers: self.prefers.clone(),
            unique: self.unique.clone(),
            fairness_key: self.fairness_key.clone(),
            ..Submission::new(self.queue.clone())
        })
    }
}
