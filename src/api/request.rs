//! What comes around every handler: the request id, admission, and the form of failures.

use std::any::Any;
use std::future::ready;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::Either;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tower_http::catch_panic::CatchPanic;
use uuid::Uuid;

use super::problem::{self, Code, Problem};
use super::{accept, auth};

const REQUEST_ID: &str = "x-request-id";
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

type PanicHandler = fn(Box<dyn Any + Send>) -> Response;

/// Routes, and around them what every request and every answer goes through.
#[derive(Clone, Debug)]
pub struct Surface(TowerToHyperService<CatchPanic<Router, PanicHandler>>);

impl Surface {
    /// Puts it around these routes.
    pub fn of(routes: Router) -> Self {
        let guarded = CatchPanic::custom(routes, panicked as PanicHandler);
        Self(TowerToHyperService::new(guarded))
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
            Ok(()) => Either::Left(self.0.call(request).map(|answer| match answer {
                Ok(answer) => answer.map(Body::new),
                Err(never) => match never {},
            })),
            Err(refusal) => Either::Right(ready(refusal.into_response())),
        };
        answer.map(move |answer| {
            let path: Box<str> = path;
            let mut response = problem::finish(answer, &request_id);
            let status = response.status().as_u16();
            tracing::debug!(%method, path, status, request_id, "answered");
            if let Ok(value) = HeaderValue::from_str(&request_id) {
                response.headers_mut().insert(REQUEST_ID, value);
            }
            response
        })
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands a panic over whole"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
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
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=MAX_REQUEST_ID).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
        })
        .map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
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
        let request = Request::get("/healthz").header(REQUEST_ID, "mine");
        let response = surface.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[REQUEST_ID], "mine");
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
