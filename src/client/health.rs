//! Whether the service can serve.

use reqwest::Method;

use super::call::Call;
use super::{Client, ClientError, Document};

impl Client {
    /// GET /readyz: ready, and at which level of durability.
    pub async fn get_readiness(&self) -> Result<Document, ClientError> {
        self.send(&Call::new(Method::GET, "/readyz".to_owned()))
            .await
    }
}
