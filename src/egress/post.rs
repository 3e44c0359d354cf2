//! One POST, bounded in time and bytes.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, RETRY_AFTER};

use super::Egress;
use crate::domain::egress::{Endpoint, ForbiddenAddress};

/// What is kept of an answer that is no success: enough to see what is wrong.
const EXCERPT_BYTES: usize = 1_024;

/// A JSON document on its way to an endpoint.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// Headers beside those of the body.
    pub headers: Vec<(&'static str, String)>,
    /// The document.
    pub body: Bytes,
    /// Most bytes of the body of a success.
    pub most_bytes: usize,
    /// From the connecting to the last byte of the answer.
    pub patience: Duration,
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// `Retry-After`, when it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The body of a success (2xx), else its beginning.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address must not be connected to.
    #[error("{0}")]
    Forbidden(ForbiddenAddress),
    /// This machine has no certificates to know others by, or none that can be read.
    #[error("TLS cannot be used on this machine: {0}")]
    NoTls(String),
    /// No connection came about.
    #[error("no connection to {host}: {cause}")]
    Unreachable {
        /// The host.
        host: String,
        /// What went wrong.
        cause: String,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection to {host} broke: {cause}")]
    Broken {
        /// The host.
        host: String,
        /// What went wrong.
        cause: String,
    },
    /// It took too long.
    #[error("no whole answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The answer has more bytes than it may have.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The answer is compressed, which was not asked for.
    #[error("the answer is compressed, which was not asked for")]
    Compressed,
}

impl Egress {
    /// Sends it, and reads the answer.
    pub async fn post(&self, post: Post<'_>) -> Result<Answer, SendError> {
        let patience = post.patience;
        tokio::time::timeout(patience, self.exchange(post))
            .await
            .unwrap_or(Err(SendError::TimedOut(patience)))
    }

    async fn exchange(&self, post: Post<'_>) -> Result<Answer, SendError> {
        let secure = post.endpoint.is_secure();
        // A client resolves names only; an address is connected to as it is.
        if let Some(address) = post.endpoint.address() {
            let judged = self.0.rules.judge(address, secure);
            judged.map_err(SendError::Forbidden)?;
        }
        let host = post.endpoint.host();
        let mut request = self
            .client(secure)?
            .post(post.endpoint.as_str())
            .header("content-type", "application/json")
            .body(post.body);
        for (name, value) in post.headers {
            request = request.header(name, value);
        }
        let response = request
            .send()
            .await
            .map_err(|error| classify(host, &error))?;
        read(host, response, post.most_bytes).await
    }
}

async fn read(host: &str, mut response: Response, most_bytes: usize) -> Result<Answer, SendError> {
    let status = response.status();
    let (most, is_success) = if status.is_success() {
        (most_bytes, true)
    } else {
        (EXCERPT_BYTES, false)
    };
    let encoding = response.headers().get(CONTENT_ENCODING);
    if is_success && encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(SendError::Compressed);
    }
    let mut body = BytesMut::new();
    // What is beyond the bound is not read: the connection goes with the response.
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| classify(host, &error))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            if is_success {
                return Err(SendError::TooLarge(most));
            }
            body.truncate(most);
            break;
        }
    }
    Ok(Answer {
        status: status.as_u16(),
        retry_after: retry_after(response.headers()),
        body: body.freeze(),
    })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().map(Duration::from_secs)
}

fn classify(host: &str, error: &reqwest::Error) -> SendError {
    if let Some(forbidden) = sources(error).find_map(|source| source.downcast_ref()) {
        return SendError::Forbidden(ForbiddenAddress::clone(forbidden));
    }
    let (host, cause) = (host.to_owned(), cause(error));
    if error.is_connect() {
        SendError::Unreachable { host, cause }
    } else {
        SendError::Broken { host, cause }
    }
}

fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
}

/// The innermost cause: what is around it speaks of the client's own parts.
pub(super) fn cause(error: &reqwest::Error) -> String {
    sources(error)
        .last()
        .map_or_else(String::new, ToString::to_string)
}
