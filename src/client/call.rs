//! One call: request, answer, and repeating it while the service is away.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::{Backoff, ClientError, Problem, Token};

/// How long a service may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take, beyond the wait the call itself asks for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a call is repeated unless [`Client::patient`] says otherwise.
const USUAL_PATIENCE: Duration = Duration::from_secs(30);

/// A connection pool to one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    base: String,
    pub(super) token: Option<Token>,
    patience: Duration,
}

/// A base URL that this client cannot use.
#[derive(Debug, thiserror::Error)]
#[error("{url} is no service URL: {reason}")]
pub struct BadUrl {
    url: String,
    reason: String,
}

impl Client {
    /// A client of the service at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str, token: Option<Token>) -> Result<Self, BadUrl> {
        let bad = |reason: String| BadUrl {
            url: base.to_owned(),
            reason,
        };
        let url = Url::parse(base).map_err(|error| bad(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(bad("it must start with http://".to_owned()));
        }
        // It speaks no TLS, but the library wants to be told how, and that nobody is trusted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .tls_certs_only([])
            .connect_timeout(CONNECT_TIMEOUT);
        // A proxy meant for the outside world cannot reach this machine's loopback.
        if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(|error| bad(error.to_string()))?,
            base: base.trim_end_matches('/').to_owned(),
            token,
            patience: USUAL_PATIENCE,
        })
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The same client, repeating calls for `patience` while the service is busy or
    /// away. Zero tries once, [`Duration::MAX`] for ever.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// Sends `call` and repeats it while that can help and patience lasts.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ClientError> {
        let started = Instant::now();
        let mut backoff = Backoff::default();
        loop {
            let error = match self.send_once(call).await {
                Ok(body) => return call.read(&body),
                Err(error) => error,
            };
            let pause = backoff
                .next_pause()
                .max(error.retry_after().unwrap_or_default());
            if !error.is_passing() || started.elapsed().saturating_add(pause) > self.patience {
                return Err(error);
            }
            tracing::debug!(call = %call.name(), %error, ?pause, "the call is repeated");
            sleep(pause).await;
        }
    }

    async fn send_once(&self, call: &Call) -> Result<Bytes, ClientError> {
        let response = self.answered(self.request(call)).await?;
        response.bytes().await.map_err(|error| self.away(error))
    }

    /// Sends `call` once, and hands out an answer that may be of any length.
    pub(super) async fn open(&self, call: &Call) -> Result<Response, ClientError> {
        self.answered(self.request(call)).await
    }

    /// Sends `call` once, with a body that may be of any length.
    pub(super) async fn stream<T: DeserializeOwned>(
        &self,
        call: &Call,
        body: reqwest::Body,
    ) -> Result<T, ClientError> {
        let request = self.request(call).body(body);
        let request = request.header(CONTENT_TYPE, "application/x-ndjson");
        let response = self.answered(request).await?;
        let body = response.bytes().await.map_err(|error| self.away(error))?;
        call.read(&body)
    }

    fn away(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            url: self.base.clone(),
            source: source.without_url(),
        }
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.away(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(&response);
        let body = response.bytes().await.map_err(|error| self.away(error))?;
        Err(ClientError::Refused {
            problem: Box::new(Problem::read(status.as_u16(), &body)),
            retry_after,
        })
    }

    fn request(&self, call: &Call) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}{}", self.base, call.path))
            .query(&call.query);
        // A stream takes as long as it takes.
        if let Some(limit) = call.wait.checked_add(ANSWER_TIMEOUT) {
            request = request.timeout(limit);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        match &call.body {
            Some(body) => request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
            None => request,
        }
    }
}

/// What is sent. The body is encoded once and repeated as it is.
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    idempotency_key: Option<String>,
    wait: Duration,
}

impl Call {
    pub(super) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            idempotency_key: None,
            wait: Duration::ZERO,
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, ClientError> {
        let bytes = serde_json::to_vec(body).map_err(|source| self.unreadable(source))?;
        self.body = Some(bytes.into());
        Ok(self)
    }

    /// Adds a parameter to the path, unless there is nothing to say.
    pub(super) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query
            .extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Makes a repeat of this call find the effect of the first one.
    pub(super) fn idempotent(mut self, key: String) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// The service may hold the answer back this long.
    pub(super) fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        // 204 has no body; for whoever wants nothing of it, `null` is the same.
        let body = if body.is_empty() { b"null" } else { body };
        serde_json::from_slice(body).map_err(|source| self.unreadable(source))
    }

    fn unreadable(&self, source: serde_json::Error) -> ClientError {
        ClientError::Unreadable {
            call: self.name(),
            source,
        }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// `Retry-After` in its form of whole seconds, the only one the service sends.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn a_url_that_cannot_be_called_is_refused() {
        for url in ["127.0.0.1:8080", "https://example.org", "", "ftp://x"] {
            assert!(Client::new(url, None).is_err(), "{url}");
        }
        assert_eq!(
            Client::new("http://127.0.0.1:8080/", None).unwrap().url(),
            "http://127.0.0.1:8080"
        );
    }
}
