//! Tasks, as whoever submits them sees them.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::call::Call;
use super::{Client, ClientError, Document};

/// A task to submit; what is not given here has the contract's default.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SubmitTask {
    /// The queue it waits in.
    pub queue: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Anything JSON; it reaches the handler as it is.
    pub payload: Box<RawValue>,
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// How long it waits before it may be claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The same as a time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<String>,
    /// How long it may wait to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    /// How many reported failures and time-outs end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// How many lost workers end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_losses: Option<u32>,
    /// How long an attempt may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whatever its submitter wants to keep with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Tasks that have to end first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependsOn>,
}

/// A task that another waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DependsOn {
    /// Its id.
    pub id: String,
    /// How it has to end: `success`, `finish` or `failure`; success by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

/// A task as the service tells it: the fields that the commands look at.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    /// The id.
    pub id: String,
    /// Where it stands.
    pub state: TaskState,
    /// The accepted result, as the handler gave it.
    #[serde(default)]
    pub result: Option<Box<RawValue>>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<TaskError>,
    /// Why it ended as it did, where that was not the handler's doing.
    #[serde(default)]
    pub reason: Option<String>,
    /// The node that has it, or had it last.
    #[serde(default)]
    pub node_id: Option<String>,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Finished, with its result if it has one.
    Succeeded,
    /// Final: no attempt is left, or its error may not be retried.
    Failed,
    /// Final: someone cancelled it.
    Cancelled,
    /// Final: its time passed before it was done.
    Expired,
    /// Any state that is not final.
    #[serde(other)]
    Open,
}

/// Why a task failed.
#[derive(Debug, Clone, Deserialize)]
pub struct TaskError {
    /// The handler's code, such as `exit_3`.
    pub code: String,
    /// The handler's words.
    pub message: String,
}

impl Client {
    /// POST /v1/tasks: submits one task. With `key` (an `Idempotency-Key`) a repeat finds
    /// the task that the first one made.
    pub async fn submit_task(
        &self,
        task: &SubmitTask,
        key: Option<&str>,
    ) -> Result<Document, ClientError> {
        let mut call = Call::new(Method::POST, "/v1/tasks".to_owned()).json(task)?;
        if let Some(key) = key {
            call = call.idempotent(key.to_owned());
        }
        self.send(&call).await
    }

    /// GET /v1/tasks/{id}: answers as soon as the task is final, else as it is when
    /// `wait` (at most 30 s) is over. Read as a [`Task`], or whole as a [`Document`].
    pub async fn get_task<T: DeserializeOwned>(
        &self,
        id: &str,
        wait: Duration,
    ) -> Result<T, ClientError> {
        let wait_ms = (!wait.is_zero()).then_some(wait.as_millis());
        let call = Call::new(Method::GET, format!("/v1/tasks/{id}"))
            .query("wait_ms", wait_ms)
            .waiting(wait);
        self.send(&call).await
    }

    /// GET /v1/tasks/{id}/result: the result of a finished task; `null` when it has none.
    pub async fn get_task_result(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/tasks/{id}/result"));
        self.send(&call).await
    }

    /// POST /v1/tasks/{id}/cancel: a running task is told to stop.
    pub async fn cancel_task(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/tasks/{id}/cancel"));
        self.send(&call).await
    }

    /// POST /v1/tasks/{id}/retry: a finished task is queued once more.
    pub async fn retry_task(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/tasks/{id}/retry"));
        self.send(&call).await
    }
}
