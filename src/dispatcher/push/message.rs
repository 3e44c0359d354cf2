//! The headers that prove who sends a task.

use crate::domain::push::PushEndpoint;
use crate::store::ClaimedTask;

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
