//! What comes around every handler: the request id, admission, and the form of failures.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::{auth, problem};

const REQUEST_ID: &str = "x-request-id";
/// Longest request id that is taken over.
const MAX_REQUEST_ID: usize = 128;

/// Admits the request or refuses it, and finishes the answer.
pub(super) async fn around(request: Request, next: Next) -> Response {
    let request_id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = match auth::admit(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let mut response = problem::finish(answer, &request_id);
    let status = response.status().as_u16();
    tracing::debug!(%method, path, status, request_id, "answered");
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
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
