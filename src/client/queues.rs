//! Queues, as operators see them.

use reqwest::Method;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

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
