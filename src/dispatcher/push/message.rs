//! What is sent: the task as a claim gives it, and the headers that prove who sends it.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::domain::dependency::Parent;
use crate::domain::push::PushEndpoint;
use crate::domain::{Document, QueueName, TaskId, TaskState, TaskType, UnixMillis};
use crate::store::ClaimedTask;

/// A task in the form in which a claim answers with it.
#[derive(Serialize)]
struct Message<'a> {
    id: TaskId,
    queue: &'a QueueName,
    r#type: &'a TaskType,
    payload: &'a Document,
    attempt: u32,
    lease_token: &'a str,
    fence: u64,
    lease_expires_at: UnixMillis,
    deadline_at: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Document>,
    #[serde(skip_serializing_if = "Parents::is_empty")]
    parents: Parents<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parents_total: Option<u64>,
}

/// The tasks that it has waited for, by name or id.
struct Parents<'a>(&'a [Parent]);

#[derive(Serialize)]
struct Told<'a> {
    task_id: TaskId,
    state: TaskState,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Document>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_bytes: Option<u64>,
}

impl Parents<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Parents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|parent| {
            let id = parent.dependency.parent;
            let name = parent.dependency.name.as_ref();
            let is_left_out = parent.result.is_none()
                && parent.result_bytes > 0
                && parent.state == TaskState::Succeeded;
            let told = Told {
                task_id: id,
                state: parent.state,
                result: parent.result.as_ref(),
                result_bytes: is_left_out.then_some(parent.result_bytes),
            };
            (
                name.map_or_else(|| id.to_string(), ToString::to_string),
                told,
            )
        }))
    }
}

/// The body.
pub(super) fn body(task: &ClaimedTask) -> Result<Bytes, serde_json::Error> {
    let message = Message {
        id: task.id,
        queue: &task.queue,
        r#type: &task.task_type,
        payload: &task.payload,
        attempt: task.attempt,
        lease_token: task.lease_token.as_str(),
        fence: task.fence,
        lease_expires_at: task.lease_expires_at,
        deadline_at: task.deadline_at,
        traceparent: task.traceparent.as_deref(),
        metadata: task.metadata.as_ref(),
        parents: Parents(&task.parents),
        parents_total: (task.parents.len() < task.parents_total)
            .then_some(task.parents_total as u64),
    };
    serde_json::to_vec(&message).map(Bytes::from)
}

/// The headers of Standard Webhooks, and the trace that the task belongs to. An attempt is one message:
/// its id is that of the task and the number of the attempt.
pub(super) fn headers(
    endpoint: &PushEndpoint,
    task: &ClaimedTask,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let id = format!("{}_{}", task.id, task.attempt);
    let timestamp = task.started_at.get() / 1_000;
    let signatures: Vec<String> = endpoint
        .secrets
        .iter()
        .map(|secret| secret.sign(&id, timestamp, body))
        .collect();
    let mut headers = vec![
        ("webhook-signature", signatures.join(" ")),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-id", id),
    ];
    headers.extend(task.traceparent.clone().map(|trace| ("traceparent", trace)));
    headers
}
