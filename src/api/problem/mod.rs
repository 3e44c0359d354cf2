//! What a client is told when something cannot be: one code, one status, one page.
//!
//! This is the one place that knows status codes of failures. A [`Problem`] becomes
//! `application/problem+json` (RFC 9457) in [`finish`], where the request id is known.

mod code;
mod page;
mod responses;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

pub(crate) use code::Code;
pub(crate) use page::*;
pub(crate) use responses::*;

use super::openapi::schemas;
use crate::domain::{InvalidInput, TaskId};
use crate::store::{Outcome, StoreError};

/// Seconds after which a refused request may be repeated.
const RETRY_AFTER_S: u16 = 1;

/// A failure on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    errors: Vec<InvalidInput>,
    outcome: Option<Outcome>,
    /// The task that stands in the way.
    task_id: Option<TaskId>,
    /// For the log; a client never sees it.
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The body of every failure, as application/problem+json (RFC 9457).
///
/// Programs look at `code`, people read `detail`; GET /problems lists all codes and
/// GET /problems/{code} explains one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Where the code is explained: /problems/{code}.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// The code in a short line.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do.
    detail: &'a str,
    /// Stable word for programs.
    #[schema(value_type = schemas::ProblemCode)]
    code: &'static str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// The answer's X-Request-Id; problems inside an answer have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// What is wrong in the body, by JSON pointer.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault<'a>>,
    /// On 503 of writes: whether it may have happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Outcome>)]
    outcome: Option<&'static str>,
    /// On `duplicate_task`: the task that holds the unique key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    task_id: Option<TaskId>,
}

/// One wrong value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ProblemFault)]
pub(crate) struct Fault<'a> {
    /// RFC 6901, into the request body.
    pointer: &'a str,
    /// What is wrong with it.
    message: &'a str,
}

impl Problem {
    /// A problem with the code's own words.
    pub(crate) fn of(code: Code) -> Self {
        Self::new(code, code.advice())
    }

    /// A problem with words for the case at hand.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            outcome: None,
            task_id: None,
            cause: None,
        }
    }

    /// Another task holds the unique key.
    pub(crate) fn duplicate(holder: TaskId) -> Self {
        Self {
            task_id: Some(holder),
            ..Self::new(
                Code::DuplicateTask,
                format!("the task {holder} holds this unique key"),
            )
        }
    }

    /// A refusal before anything was done.
    pub(crate) fn not_done(code: Code) -> Self {
        Self {
            outcome: Some(Outcome::None),
            ..Self::of(code)
        }
    }

    /// A fault of the service.
    pub(crate) fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..Self::of(Code::Internal)
        }
    }

    /// A body that parses and is wrong.
    pub(crate) fn invalid(errors: Vec<InvalidInput>) -> Self {
        let detail = errors.first().map_or_else(
            || Code::ValidationFailed.advice().to_owned(),
            ToString::to_string,
        );
        Self {
            errors,
            ..Self::new(Code::ValidationFailed, detail)
        }
    }

    /// An atomic batch of which some items cannot be taken.
    pub(crate) fn rejected(errors: Vec<InvalidInput>) -> Self {
        Self {
            errors,
            ..Self::of(Code::BatchRejected)
        }
    }

    /// A graph whose tasks depend on each other in a circle.
    pub(crate) fn cyclic(detail: String, errors: Vec<InvalidInput>) -> Self {
        Self {
            errors,
            ..Self::new(Code::CyclicDependency, detail)
        }
    }

    /// The same problem, seen from a document that holds the value under `prefix`.
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        self.errors = self
            .errors
            .into_iter()
            .map(|error| error.under(prefix))
            .collect();
        if let (Code::ValidationFailed, Some(first)) = (self.code, self.errors.first()) {
            self.detail = first.to_string();
        }
        self
    }

    /// What happened and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status.
    pub(crate) const fn status(&self) -> u16 {
        self.code.status()
    }

    /// The body for one item of a request: the request's own answer has the request id.
    pub(crate) fn of_item(&self) -> ProblemBody<'_> {
        self.log(None);
        self.body(None)
    }

    /// Logs the cause, once: a fault of ours loudly, a store that is away softly, since every
    /// request meets it and the watch over the store has told it already.
    fn log(&self, request_id: Option<&str>) {
        let Some(cause) = self.cause.as_deref() else {
            return;
        };
        let (code, cause): (_, &dyn std::error::Error) = (self.code.word(), cause);
        if self.code == Code::Internal {
            tracing::error!(code, request_id, error = cause, "a request failed");
        } else {
            tracing::debug!(code, request_id, error = cause, "a request was refused");
        }
    }

    fn body<'a>(&'a self, request_id: Option<&'a str>) -> ProblemBody<'a> {
        ProblemBody {
            r#type: format!("/problems/{}", self.code.word()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            code: self.code.word(),
            retryable: self.code.retryable(),
            request_id,
            errors: self
                .errors
                .iter()
                .map(|fault| Fault {
                    pointer: &fault.pointer,
                    message: &fault.message,
                })
                .collect(),
            outcome: self.outcome.map(|outcome| match outcome {
                Outcome::None => "none",
                Outcome::Unknown => "unknown",
            }),
            task_id: self.task_id,
        }
    }
}

impl From<InvalidInput> for Problem {
    fn from(error: InvalidInput) -> Self {
        Self::invalid(vec![error])
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = match &error {
            StoreError::Unavailable { outcome, .. } => {
                let detail = match outcome {
                    Outcome::None => {
                        "The store does not answer; nothing was done. Repeat the request."
                    }
                    Outcome::Unknown => {
                        "The store did not answer in time; the write may have happened. Repeat the request with the \
                         same Idempotency-Key, claim_id or lease_token to find out."
                    }
                };
                Self {
                    outcome: Some(*outcome),
                    ..Self::new(Code::StoreUnavailable, detail)
                }
            }
            StoreError::Unconfirmed => Self {
                outcome: Some(Outcome::Unknown),
                ..Self::of(Code::DurabilityUnconfirmed)
            },
            StoreError::Evicts => Self {
                outcome: Some(Outcome::None),
                ..Self::new(
                    Code::StoreUnavailable,
                    "The store is set to forget tasks when it is full: an operator has to set its maxmemory-policy to \
                     noeviction.",
                )
            },
            StoreError::Full => Self::not_done(Code::StoreFull),
            StoreError::Reset => Self::not_done(Code::StoreReset),
            StoreError::Overloaded => Self::not_done(Code::Overloaded),
            StoreError::Broken(_) => Self {
                outcome: Some(Outcome::Unknown),
                ..Self::of(Code::Internal)
            },
            StoreError::Corrupt(_) => Self::of(Code::Internal),
        };
        Self {
            cause: Some(Arc::new(error)),
            ..problem
        }
    }
}

impl IntoResponse for Problem {
    /// Carries the problem to [`finish`], which writes the body.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// Whether such an answer says when to repeat the request.
const fn is_to_be_repeated(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// Gives every failure its body, also those that axum made itself (404, 405, a panic).
pub(crate) fn finish(response: Response, request_id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response
        .extensions()
        .get::<Problem>()
        .cloned()
        .unwrap_or_else(|| Problem::of(Code::of_status(status.as_u16())));
    problem.log(Some(request_id));
    let body = serde_json::to_vec(&problem.body(Some(request_id))).unwrap_or_default();
    let mut finished = Response::new(Body::from(body));
    *finished.status_mut() =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = finished.headers_mut();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        headers.insert(header::ALLOW, allow.clone());
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if problem.code == Code::RequestTimeout {
        // What is left of the body may still come, and would be taken for the next request.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if is_to_be_repeated(problem.status()) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    finished
}

/// The whole answer, in bytes, to what is no request: no handler ever sees it.
pub fn unreadable(status: u16) -> Vec<u8> {
    let problem = match Code::of_status(status) {
        Code::InvalidRequest => Problem::new(
            Code::InvalidRequest,
            "What came is not a request of HTTP/1.1: its first line or a header is not of its form.",
        ),
        code => Problem::of(code),
    };
    let request_id = Uuid::now_v7().to_string();
    let body = serde_json::to_string(&problem.body(Some(&request_id))).unwrap_or_default();
    let (status, title, length) = (problem.status(), problem.code.title(), body.len());
    format!(
        "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\nx-request-id: {request_id}\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
