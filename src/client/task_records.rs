//! Tasks, as operators see them: find, change, delete.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

/// Which tasks are meant: all that is given has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaskFilter {
    /// The queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The state's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// One of its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The job it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// The node that has it, or had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// Submitted after this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<String>,
    /// Submitted before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<String>,
}

/// What to change of a task; what is absent stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UpdateTask {
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Not before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<String>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Whatever its submitter wants to keep with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// How many reported failures and time-outs end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
}

impl Client {
    /// GET /v1/tasks: the tasks that fit, a page of them.
    pub async fn list_tasks(
        &self,
        filter: &TaskFilter,
        page: &PageOf<'_>,
    ) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/tasks".to_owned())
            .query("queue", filter.queue.as_ref())
            .query("state", filter.state.as_ref())
            .query("type", filter.kind.as_ref())
            .query("tag", filter.tag.as_ref())
            .query("job_id", filter.job_id.as_ref())
            .query("node_id", filter.node_id.as_ref())
            .query("created_after", filter.created_after.as_ref())
            .query("created_before", filter.created_before.as_ref());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/tasks/{id}/attempts: its deliveries, a page of them.
    pub async fn list_attempts(&self, id: &str, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/tasks/{id}/attempts"));
        self.send(&page.ask(call)).await
    }

    /// GET /v1/tasks/{id}/explain: why it runs, waits or has ended.
    pub async fn explain_task(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/tasks/{id}/explain"));
        self.send(&call).await
    }

    /// PATCH /v1/tasks/{id}: changes a task that is not finished.
    pub async fn update_task(
        &self,
        id: &str,
        change: &UpdateTask,
    ) -> Result<Document, ClientError> {
        let call = Call::new(Method::PATCH, format!("/v1/tasks/{id}")).json(change)?;
        self.send(&call).await
    }

    /// POST /v1/tasks/{id}/run-now: queues a task that waits for its time.
    pub async fn run_task_now(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/tasks/{id}/run-now"));
        self.send(&call).await
    }

    /// DELETE /v1/tasks/{id}: deletes a finished task.
    pub async fn delete_task(&self, id: &str) -> Result<(), ClientError> {
        let call = Call::new(Method::DELETE, format!("/v1/tasks/{id}"));
        self.send::<IgnoredAny>(&call).await?;
        Ok(())
    }
}
