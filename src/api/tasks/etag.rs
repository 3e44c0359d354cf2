//! The `ETag` of a task: a digest of the task as a read shows it, so a strong one.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::TaskView;
use crate::domain::Task;

/// The tag of a task, with its quotes.
pub(super) fn of(task: &Task) -> String {
    let body = serde_json::to_vec(&TaskView::read(task)).unwrap_or_default();
    let digest = Sha256::digest(body);
    let head = digest.iter().take(16);
    let digits = head.fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("\"{digits}\"")
}

/// Whether If-Match or If-None-Match names the tag, or `*`.
pub(super) fn is_among(wanted: &HeaderValue, tag: &str) -> bool {
    let text = wanted.to_str().unwrap_or_default();
    let mut tags = text.split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The answer with its tag.
pub(super) fn mark(mut answer: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(header::ETAG, value);
    }
    answer
}
