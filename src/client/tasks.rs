//! Tasks: submit many, wait for one, report an attempt's outcome.

use std::time::Duration;

use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::call::Call;
use super::{Client, ClientError, Problem};

/// A task to submit; what is not given here has the contract's default.
#[derive(Debug, Clone, Serialize)]
pub struct SubmitTask {
    /// The queue it waits in.
    pub queue: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Anything JSON; it reaches the handler as it is.
    pub payload: Box<RawValue>,
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

/// A failure to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// A short stable word, such as `exit_3`.
    pub code: String,
    /// What a person should read.
    pub message: String,
    /// Whether another attempt may do better.
    pub retryable: bool,
}

/// One answer of a batch, in request order.
#[derive(Debug, Clone, Deserialize)]
pub struct BatchItem {
    /// The HTTP status of this item alone.
    pub status: u16,
    /// The task, where it was stored.
    #[serde(default)]
    pub task: Option<Task>,
    /// The problem, where it was not.
    #[serde(default)]
    pub problem: Option<Problem>,
}

#[derive(Deserialize)]
struct BatchReply {
    results: Vec<BatchItem>,
}

impl Client {
    /// POST /v1/tasks/batch: submits up to 1,000 tasks or 8 MiB. Each stands alone:
    /// one that is refused does not hold the others back.
    pub async fn submit_batch(&self, tasks: &[SubmitTask]) -> Result<Vec<BatchItem>, ClientError> {
        let call = Call::new(Method::POST, "/v1/tasks/batch".to_owned())
            .idempotent(Uuid::now_v7().to_string())
            .json(&serde_json::json!({ "tasks": tasks }))?;
        let reply: BatchReply = self.send(&call).await?;
        Ok(reply.results)
    }

    /// GET /v1/tasks/{id}: answers as soon as the task is final, else as it is when
    /// `wait` (at most 30 s) is over.
    pub async fn get_task(&self, id: &str, wait: Duration) -> Result<Task, ClientError> {
        let path = format!("/v1/tasks/{id}?wait_ms={}", wait.as_millis());
        self.send(&Call::new(Method::GET, path).waiting(wait)).await
    }

    /// POST /v1/tasks/{id}/complete: the attempt succeeded.
    pub async fn complete(
        &self,
        id: &str,
        lease_token: &str,
        result: Option<&RawValue>,
    ) -> Result<(), ClientError> {
        #[derive(Serialize)]
        struct Complete<'a> {
            lease_token: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            result: Option<&'a RawValue>,
        }
        let body = Complete {
            lease_token,
            result,
        };
        self.report(id, "complete", &body).await
    }

    /// POST /v1/tasks/{id}/fail: the attempt failed.
    pub async fn fail(
        &self,
        id: &str,
        lease_token: &str,
        failure: &TaskFailure,
    ) -> Result<(), ClientError> {
        let body = serde_json::json!({
            "lease_token": lease_token,
            "error": { "code": failure.code, "message": failure.message },
            "retryable": failure.retryable,
        });
        self.report(id, "fail", &body).await
    }

    /// POST /v1/tasks/{id}/release: the node gives the task back, at no cost to it.
    pub async fn release(&self, id: &str, lease_token: &str) -> Result<(), ClientError> {
        let body = serde_json::json!({ "lease_token": lease_token });
        self.report(id, "release", &body).await
    }

    async fn report(&self, id: &str, verb: &str, body: &impl Serialize) -> Result<(), ClientError> {
        let call = Call::new(Method::POST, format!("/v1/tasks/{id}/{verb}")).json(body)?;
        self.send::<IgnoredAny>(&call).await?;
        Ok(())
    }
}
