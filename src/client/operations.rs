//! Changes of many tasks at once, and the operations that carry them out.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf, TaskFilter};

/// What to do with which tasks.
#[derive(Debug, Clone, Serialize)]
pub struct BulkTasks {
    /// `retry`, `cancel`, `delete` or `reprioritise`.
    pub action: &'static str,
    /// These tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Or those that fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<TaskFilter>,
    /// Says that a filter which fits every task is meant.
    #[serde(skip_serializing_if = "is_false")]
    pub all: bool,
    /// Only tell what would be done.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// How many tasks a second at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<u32>,
    /// The new priority, of `reprioritise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Client {
    /// POST /v1/tasks/bulk: the operation that does it.
    pub async fn bulk_tasks(&self, bulk: &BulkTasks) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, "/v1/tasks/bulk".to_owned()).json(bulk)?;
        self.send(&call).await
    }

    /// GET /v1/operations: the newest first, a page of them.
    pub async fn list_operations(&self, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/operations".to_owned());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/operations/{id}: how far it is, as soon as it is over or the wait is.
    pub async fn get_operation(
        &self,
        id: &str,
        wait_ms: Option<u64>,
    ) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/operations/{id}"))
            .query("wait_ms", wait_ms)
            .waiting(Duration::from_millis(wait_ms.unwrap_or_default()));
        self.send(&call).await
    }

    /// POST /v1/operations/{id}/pause: it does nothing more for now.
    pub async fn pause_operation(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/operations/{id}/pause"));
        self.send(&call).await
    }

    /// POST /v1/operations/{id}/resume: it goes on.
    pub async fn resume_operation(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/operations/{id}/resume"));
        self.send(&call).await
    }

    /// POST /v1/operations/{id}/abort: it ends; what it did stays.
    pub async fn abort_operation(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/operations/{id}/abort"));
        self.send(&call).await
    }
}
