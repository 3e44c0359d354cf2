//! Idempotency-Key: the same key and body find the task that the first request made.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::api::problem::{Code, Problem};
use crate::domain::limits::MAX_KEY_BYTES;
use crate::domain::task::IdempotencyKey;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header's value, bare or quoted, if there is one.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let key = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(Problem::new(
            Code::InvalidRequest,
            "an Idempotency-Key has 1 to 255 visible ASCII characters",
        ));
    }
    Ok(Some(key.to_owned()))
}

/// What the store remembers: digests of the key in its scope, and of the body.
pub(crate) fn remember(route: &str, queue: &str, key: &str, body: &[u8]) -> IdempotencyKey {
    IdempotencyKey {
        scope: digest(&[route.as_bytes(), queue.as_bytes(), key.as_bytes()]),
        body: digest(&[body]),
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        // The lengths keep ("ab", "c") and ("a", "bc") apart.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let full = hasher.finalize();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

/// Marks an answer that tells of what an earlier request made.
pub(crate) fn mark_replayed(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}
