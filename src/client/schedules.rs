//! Schedules: rules by which tasks are submitted again and again.

use reqwest::Method;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

/// A schedule to create; what is not given here has the contract's default.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateSchedule {
    /// Its name.
    pub name: String,
    /// When it fires, as a cron expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// When it fires, as milliseconds between two moments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<u64>,
    /// The time zone in which the cron expression is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What becomes of a moment while an earlier task is unfinished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<String>,
    /// What becomes of moments that could not be fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catch_up: Option<String>,
    /// How late a moment may be fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<u64>,
    /// What it submits; JSON that goes to the service as it is.
    pub task: Box<RawValue>,
}

impl Client {
    /// POST /v1/schedules: a new schedule. The same `key` makes a repeat find it.
    pub async fn create_schedule(
        &self,
        schedule: &CreateSchedule,
        key: Option<&str>,
    ) -> Result<Document, ClientError> {
        let mut call = Call::new(Method::POST, "/v1/schedules".to_owned()).json(schedule)?;
        if let Some(key) = key {
            call = call.idempotent(key.to_owned());
        }
        self.send(&call).await
    }

    /// GET /v1/schedules: a page of the schedules.
    pub async fn list_schedules(&self, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/schedules".to_owned());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/schedules/{name}: a schedule as it stands.
    pub async fn get_schedule(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/schedules/{name}"));
        self.send(&call).await
    }

    /// GET /v1/schedules/{name}/preview: the next moments at which it fires.
    pub async fn preview_schedule(
        &self,
        name: &str,
        count: Option<u32>,
    ) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/schedules/{name}/preview"));
        self.send(&call.query("count", count)).await
    }

    /// POST /v1/schedules/{name}/pause: it lets its moments pass.
    pub async fn pause_schedule(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/schedules/{name}/pause"));
        self.send(&call).await
    }

    /// POST /v1/schedules/{name}/resume: the end of a pause.
    pub async fn resume_schedule(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/schedules/{name}/resume"));
        self.send(&call).await
    }

    /// POST /v1/schedules/{name}/trigger: it fires now. Not safe to repeat.
    pub async fn trigger_schedule(&self, name: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/schedules/{name}/trigger"));
        self.send(&call).await
    }

    /// DELETE /v1/schedules/{name}: it is no more; its tasks stay.
    pub async fn delete_schedule(&self, name: &str) -> Result<(), ClientError> {
        let call = Call::new(Method::DELETE, format!("/v1/schedules/{name}"));
        self.send::<IgnoredAny>(&call).await?;
        Ok(())
    }
}
