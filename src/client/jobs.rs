//! Jobs: data sets that go to the service as a stream, and whose results come back as one.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use reqwest::{Body, Method, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// What an upload says of itself.
#[derive(Debug, Clone, Default)]
pub struct JobUpload {
    /// The queue of all its tasks.
    pub queue: String,
    /// What kind of work they are.
    pub task_type: Option<String>,
    /// Lines of one task.
    pub chunk: Option<u64>,
    /// Higher goes first.
    pub priority: Option<i64>,
    /// What people call it.
    pub name: Option<String>,
    /// Failed tasks after which the rest is cancelled.
    pub stop_after: Option<u64>,
    /// How long after its beginning what has not ended is cancelled.
    pub deadline_ms: Option<u64>,
    /// JSON: a task that is submitted when the job has finished.
    pub on_finish: Option<String>,
    /// Makes a broken upload one that can go on.
    pub idempotency_key: Option<String>,
}

/// A job as a graph of tasks.
#[derive(Debug, Serialize)]
pub struct SubmitGraph {
    /// The queue of tasks that name none.
    pub queue: String,
    /// What kind of work those are that say nothing.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tasks by name.
    pub graph: Box<RawValue>,
}

/// The results of a job on their way.
#[derive(Debug)]
pub struct JobResults(Response);

impl JobResults {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        let url = self.0.url().to_string();
        let broken = |source: reqwest::Error| ClientError::Unreachable {
            url,
            source: source.without_url(),
        };
        self.0.chunk().await.map_err(broken)
    }
}

impl Client {
    /// POST /v1/jobs: a job of the lines of `input`, which may be of any length and is read as fast
    /// as the service takes it. `tell` hears how many bytes have gone. It is sent once.
    pub async fn upload_job(
        &self,
        upload: &JobUpload,
        input: impl AsyncRead + Send + Unpin + 'static,
        tell: impl FnMut(u64) + Send + 'static,
    ) -> Result<Document, ClientError> {
        let mut call = Call::new(Method::POST, "/v1/jobs".to_owned())
            .query("queue", Some(&upload.queue))
            .query("type", upload.task_type.as_ref())
            .query("chunk", upload.chunk)
            .query("priority", upload.priority)
            .query("name", upload.name.as_ref())
            .query("stop_after", upload.stop_after)
            .query("deadline_ms", upload.deadline_ms)
            .query("on_finish", upload.on_finish.as_ref())
            .waiting(Duration::MAX);
        if let Some(key) = &upload.idempotency_key {
            call = call.idempotent(key.clone());
        }
        self.stream(&call, body(input, tell)).await
    }

    /// POST /v1/jobs: a job of a graph.
    pub async fn submit_graph(
        &self,
        job: &SubmitGraph,
        idempotency_key: Option<&str>,
    ) -> Result<Document, ClientError> {
        let mut call = Call::new(Method::POST, "/v1/jobs".to_owned()).json(job)?;
        if let Some(key) = idempotency_key {
            call = call.idempotent(key.to_owned());
        }
        self.send(&call).await
    }

    /// GET /v1/jobs: a page of all jobs.
    pub async fn list_jobs(&self, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/jobs".to_owned());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/jobs/{id}: the job, as soon as it has finished or `wait` is over.
    pub async fn get_job(&self, id: &str, wait: Duration) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/jobs/{id}"))
            .query("wait_ms", (!wait.is_zero()).then_some(wait.as_millis()))
            .waiting(wait);
        self.send(&call).await
    }

    /// GET /v1/jobs/{id}/tasks: a page of its tasks, of any state or of one.
    pub async fn list_job_tasks(
        &self,
        id: &str,
        state: Option<&str>,
        page: &PageOf<'_>,
    ) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/jobs/{id}/tasks")).query("state", state);
        self.send(&page.ask(call)).await
    }

    /// GET /v1/jobs/{id}/results: NDJSON, from that item on, so many lines at most.
    pub async fn get_job_results(
        &self,
        id: &str,
        from: u64,
        limit: Option<u64>,
        follow: bool,
    ) -> Result<JobResults, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/jobs/{id}/results"))
            .query("from", Some(from))
            .query("limit", limit)
            .query("follow", Some(follow))
            .waiting(Duration::MAX);
        self.open(&call).await.map(JobResults)
    }

    /// POST /v1/jobs/{id}/cancel: no more tasks, and an end of those that are there.
    pub async fn cancel_job(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/jobs/{id}/cancel"));
        self.send(&call).await
    }

    /// POST /v1/jobs/{id}/retry: its failed tasks run again.
    pub async fn retry_job(&self, id: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/jobs/{id}/retry"));
        self.send(&call).await
    }
}

fn body(
    input: impl AsyncRead + Send + Unpin + 'static,
    tell: impl FnMut(u64) + Send + 'static,
) -> Body {
    let pieces = stream::try_unfold((input, tell, 0), |(mut input, mut tell, sent)| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        if input.read_buf(&mut piece).await? == 0 {
            return Ok::<_, io::Error>(None);
        }
        let sent = sent + piece.len() as u64;
        tell(sent);
        Ok(Some((piece.freeze(), (input, tell, sent))))
    });
    Body::wrap_stream(pieces)
}
