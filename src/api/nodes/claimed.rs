//! A task as the node that has got it reads it, claimed or pushed.

use serde::Serialize;

use super::parents::ParentsView;
use crate::api::openapi::schemas;
use crate::domain::{Document, QueueName, TaskId, TaskType, UnixMillis};
use crate::store::ClaimedTask;

/// A task that the node has got.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClaimedTask)]
pub(crate) struct ClaimedTaskView<'a> {
    #[schema(value_type = Uuid)]
    id: TaskId,
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    /// The input: any JSON value.
    #[schema(value_type = Value)]
    payload: &'a Document,
    /// Which delivery this is, from 1.
    attempt: u32,
    /// The right to finish it: for complete, fail, release and progress.
    lease_token: &'a str,
    /// Rises with every attempt, for a database of your own.
    fence: u64,
    /// When the lease ends unless it is renewed.
    #[schema(value_type = String, format = DateTime)]
    lease_expires_at: UnixMillis,
    /// When the attempt has taken too long.
    #[schema(value_type = String, format = DateTime)]
    deadline_at: UnixMillis,
    /// The submit's W3C trace context.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Document>,
    /// The tasks that it has waited for, by their names in the graph or by their ids; the first 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, super::parents::ParentView>>)]
    parents: Option<ParentsView<'a>>,
    /// How many tasks it has waited for, when `parents` does not hold them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    parents_total: Option<u64>,
}

impl<'a> From<&'a ClaimedTask> for ClaimedTaskView<'a> {
    fn from(task: &'a ClaimedTask) -> Self {
        Self {
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
            parents: ParentsView::of(&task.parents),
            parents_total: (task.parents.len() < task.parents_total)
                .then_some(task.parents_total as u64),
        }
    }
}

/// A task as a claim answers with it: what is pushed to those who claim nothing themselves.
pub fn task_body(task: &ClaimedTask) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&ClaimedTaskView::from(task))
}
