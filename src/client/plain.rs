//! A request as its caller wrote it, for `taskyard api`: sent once, and answered with
//! whatever came back.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::{Client, ClientError};

/// Longer than any wait a request can ask for.
const PATIENCE: Duration = Duration::from_mins(10);

/// A request to be sent as it is.
#[derive(Debug)]
pub struct PlainRequest {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Bytes>,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct PlainReply {
    /// The HTTP status.
    pub status: u16,
    /// Its words, such as `Not Found`.
    pub reason: &'static str,
    /// The body.
    pub body: Bytes,
}

/// What cannot be sent. Each is a sentence for whoever wrote the request.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    /// Not a word that can be a method.
    #[error("{0:?} is no HTTP method")]
    Method(String),
    /// Not a path of the service.
    #[error("{0:?} is no path: it begins with /, as /v1/queues does")]
    Path(String),
    /// Not a header.
    #[error("{0:?} is no header: it is written Name: value")]
    Header(String),
}

impl PlainRequest {
    /// A request without headers and body.
    pub fn new(method: &str, path: &str) -> Result<Self, BadRequest> {
        if !path.starts_with('/') {
            return Err(BadRequest::Path(path.to_owned()));
        }
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
            .map_err(|_| BadRequest::Method(method.to_owned()))?;
        Ok(Self {
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        })
    }

    /// Adds a header, written `Name: value`.
    pub fn header(mut self, line: &str) -> Result<Self, BadRequest> {
        let bad = || BadRequest::Header(line.to_owned());
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad())?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| bad())?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Gives it a body, which is JSON unless a header says otherwise.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        let json = HeaderValue::from_static("application/json");
        self.headers.entry(CONTENT_TYPE).or_insert(json);
        self
    }
}

impl Client {
    /// Sends `request`, once.
    pub async fn send_plain(&self, request: PlainRequest) -> Result<PlainReply, ClientError> {
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            url: self.url().to_owned(),
            source: source.without_url(),
        };
        let url = format!("{}{}", self.url(), request.path);
        let mut builder = self
            .http
            .request(request.method, url)
            .timeout(PATIENCE)
            .headers(request.headers.clone());
        if let Some(token) = &self.token
            && !request.headers.contains_key(AUTHORIZATION)
        {
            builder = builder.bearer_auth(token.reveal());
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let response = builder.send().await.map_err(unreachable)?;
        let status = response.status();
        Ok(PlainReply {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
            body: response.bytes().await.map_err(unreachable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PlainRequest;

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert!(PlainRequest::new("G T", "/v1/queues").is_err());
        assert!(PlainRequest::new("get", "v1/queues").is_err());
        let request = || PlainRequest::new("get", "/v1/queues").unwrap();
        assert!(request().header("no colon").is_err());
        assert!(request().header("Two words: x").is_err());
        assert!(request().header("If-Match: \"3\"").is_ok());
    }
}
