//! What comes around every handler: the request id, admission, and the form of failures.

use std::any::Any;
use std::future::ready;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::Either;
use tower_service::Service;
use uuid::{NoContext, Timestamp, Uuid};

use super::problem::{self, Code, Problem};
use super::{accept, auth};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over.
const MAX_REQUEST_ID: usize = 128;
/// Most headers of a request.
const MAX_HEADERS: usize = 100;
/// Most bytes of a request's path, query and headers. The server cuts off heads that are several
/// times as large, before they are whole.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A handler that broke off.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// Routes, and around them what every request and every answer goes through.
#[derive(Clone, Debug)]
pub struct Surface(Router);

impl Surface {
    /// Puts it around these routes.
    pub const fn of(routes: Router) -> Self {
        Self(routes)
    }

    /// Admits a request or refuses it, and finishes the answer.
    ///
    /// Thousands of requests may wait for their answers at once. So it stands around the routes as one, where a
    /// layer on each would box its future, and it is no `async` block, which would have room for the
    /// request twice.
    pub fn answer<B>(
        &self,
        request: axum::http::Request<B>,
    ) -> impl Future<Output = Response> + Send + use<B>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request = request.map(Body::new);
        let request_id = request_id(&request);
        let (method, path) = (request.method().clone(), request.uri().path().into());
        let admitted = check_head(&request)
            .and_then(|()| auth::admit(&request))
            .and_then(|()| accept::check(&request));
        let answer = match admitted {
            Ok(()) => {
                // What a handler leaves behind when it panics is dropped with it.
                let handled = AssertUnwindSafe(self.0.clone().call(request));
                Either::Left(handled.catch_unwind().map(|answer| match answer {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(never)) => match never {},
                    Err(panic) => panicked(&*panic),
                }))
            }
            Err(refusal) => Either::Right(ready(refusal.into_response())),
        };
        answer.map(move |answer| {
            let path: Box<str> = path;
            let mut response = problem::finish(answer, &request_id);
            let status = response.status().as_u16();
            tracing::debug!(%method, path, status, request_id, "answered");
            if let Ok(value) = HeaderValue::try_from(request_id) {
                response.headers_mut().insert(&REQUEST_ID, value);
            }
            response
        })
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(Panicked(message.to_owned())).into_response()
}

fn check_head(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let path = request.uri().path_and_query();
    let bytes = path.map_or(0, |path| path.as_str().len())
        + headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum::<usize>();
    if headers.len() <= MAX_HEADERS && bytes <= MAX_HEAD_BYTES {
        return Ok(());
    }
    Err(Problem::of(Code::HeadersTooLarge))
}

/// The caller's request id when it is fit to be logged, else a new one.
fn request_id(request: &Request) -> String {
    request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=MAX_REQUEST_ID).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
        })
        .map_or_else(
            || {
                let mut buffer = Uuid::encode_buffer();
                let id = Uuid::new_v7(Timestamp::now(NoContext));
                id.as_hyphenated().encode_lower(&mut buffer).to_owned()
            },
            ToOwned::to_owned,
        )
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_in_a_handler_is_500_internal() {
        let broken = || async { assert_eq!("one", "other", "hush") };
        let surface = Surface::of(Router::new().route("/healthz", get(broken)));
        let request = Request::get("/healthz").header(&REQUEST_ID, "mine");
        let response = surface.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[&REQUEST_ID], "mine");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["request_id"], "mine");
        assert!(!problem.to_string().contains("hush"), "{problem}");
    }
}
