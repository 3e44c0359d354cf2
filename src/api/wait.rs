//! Long polls: how long a read or a claim may wait.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;

use super::budget::Share;
use super::problem::{Code, Problem};
use super::state::ApiState;

/// How long a read is willing to wait: `?wait_ms=` or `Prefer: wait=N` (seconds, RFC 7240).
pub(crate) struct Wait(pub(crate) Duration);

#[derive(Deserialize)]
struct WaitQuery {
    wait_ms: Option<u64>,
}

impl FromRequestParts<ApiState> for Wait {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let axum::extract::Query(query) =
            axum::extract::Query::<WaitQuery>::try_from_uri(&parts.uri).map_err(|_| {
                Problem::new(Code::InvalidRequest, "wait_ms is a number of milliseconds")
            })?;
        let preferred = parts
            .headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ';']))
            .find_map(|preference| preference.trim().strip_prefix("wait=")?.parse::<u64>().ok());
        let wait_ms = query
            .wait_ms
            .or(preferred.map(|seconds| seconds.saturating_mul(1_000)))
            .unwrap_or(0);
        Ok(Self(Duration::from_millis(
            wait_ms.min(state.limits.wait_ms),
        )))
    }
}

/// Takes a place among the requests that wait here; it is left when the place is dropped.
pub(crate) fn place(state: &ApiState) -> Result<Share, Problem> {
    state
        .waiters()
        .take(1)
        .ok_or_else(|| Problem::not_done(Code::TooManyWaiters))
}
