//! Queues, as operators see them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::de::IgnoredAny;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

/// Settings of a queue by name; each value is JSON and goes to the service as it is.
pub type QueueSettings = BTreeMap<String, Document>;

impl Client {
    /// GET /v1/queues: the queues by name, a page of them.
    pub async fn list_queues(&self, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/queues".to_owned());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/queues/{name}: a queue and its settings.
    pub async fn get_queue(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/queues/{name}"));
        self.send(&call).await
    }

    /// GET /v1/queues/{name}/stats: exact numbers of its tasks.
    pub async fn get_queue_stats(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/queues/{name}/stats"));
        self.send(&call).await
    }

    /// PUT /v1/queues/{name}: these settings and no others, of a queue that may be new.
    pub async fn put_queue(
        &self,
        name: &str,
        settings: &QueueSettings,
    ) -> Result<Document, ClientError> {
        let call = Call::new(Method::PUT, format!("/v1/queues/{name}")).json(settings)?;
        self.send(&call).await
    }

    /// PATCH /v1/queues/{name}: these settings, the others stay.
    pub async fn update_queue(
        &self,
        name: &str,
        settings: &QueueSettings,
    ) -> Result<Document, ClientError> {
        let call = Call::new(Method::PATCH, format!("/v1/queues/{name}")).json(settings)?;
        self.send(&call).await
    }

    /// POST /v1/queues/{name}/rotate-secret: what is pushed to its target is signed with another one.
    pub async fn rotate_queue_secret(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/queues/{name}/rotate-secret"));
        self.send(&call).await
    }

    /// POST /v1/queues/{name}/purge: deletes the tasks that wait in it.
    pub async fn purge_queue(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/queues/{name}/purge"));
        self.send(&call).await
    }

    /// DELETE /v1/queues/{name}: deletes an empty queue.
    pub async fn delete_queue(&self, name: &str) -> Result<(), ClientError> {
        let call = Call::new(Method::DELETE, format!("/v1/queues/{name}"));
        self.send::<IgnoredAny>(&call).await?;
        Ok(())
    }

    /// POST /v1/queues/{name}/pause: it gives out nothing and still takes tasks.
    pub async fn pause_queue(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/queues/{name}/pause"));
        self.send(&call).await
    }

    /// POST /v1/queues/{name}/resume: the end of a pause.
    pub async fn resume_queue(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/queues/{name}/resume"));
        self.send(&call).await
    }
}
