//! What a worker reports of an attempt: its outcome, or that it gives the task back.

use reqwest::Method;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::call::Call;
use super::{Client, ClientError};

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

impl Client {
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
