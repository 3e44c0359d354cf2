//! Long polls: how long a read or a claim may wait.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::watch;

use super::budget::Share;
use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::dispatcher::FinalTicket;
use crate::domain::TaskId;

/// How long a read is willing to wait: `?wait_ms=` or `Prefer: wait=N` (seconds, RFC 7240).
pub(crate) struct Wait {
    /// How long at most.
    most: Duration,
    /// The seconds of the `Prefer` header, where that is what counts.
    preferred: Option<u64>,
}

/// How a read is asked to wait.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct WaitParams {
    /// How long to wait, milliseconds; more than 30 s counts as 30 s.
    #[param(default = 0)]
    wait_ms: Option<u64>,
}

/// The same in a header.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct WaitHeaders {
    /// `wait=N`: how long to wait, seconds (RFC 7240).
    #[param(rename = "Prefer", example = "wait=10")]
    prefer: Option<String>,
}

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
        let preferred = preferred.filter(|_| query.wait_ms.is_none());
        let wait_ms = query
            .wait_ms
            .or(preferred.map(|seconds| seconds.saturating_mul(1_000)))
            .unwrap_or(0);
        Ok(Self {
            most: Duration::from_millis(wait_ms.min(state.limits.wait_ms)),
            preferred: preferred.map(|seconds| seconds.min(state.limits.wait_ms / 1_000)),
        })
    }
}

/// What may end while a request waits for it.
pub(crate) enum End {
    /// Of a task's or a job's run.
    Run(TaskId),
    /// Of some operation.
    Operation,
}

/// How its end is heard of.
enum Watch {
    Run(FinalTicket),
    Operation(watch::Receiver<()>),
}

impl Watch {
    async fn heard(&mut self) {
        match self {
            Self::Run(ticket) => ticket.woken().await,
            Self::Operation(ends) => {
                // The sender lives as long as the service.
                let _ = ends.changed().await;
            }
        }
    }
}

impl Wait {
    /// What `look` finds: at once without a wait, else as soon as it is final, or as it is when the
    /// wait is over or the service stops.
    pub(crate) async fn until<T, F>(
        &self,
        state: &ApiState,
        end: End,
        look: impl Fn() -> F,
        is_final: impl Fn(&T) -> bool,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        if self.most.is_zero() {
            return look().await;
        }
        let _place = place(state)?;
        // Watching begins before the first look, so that an end in between is not missed.
        let mut watch = match end {
            End::Run(id) => Watch::Run(state.wakeups.wait_for_final(id)),
            End::Operation => Watch::Operation(state.wakeups.watch_operations()),
        };
        let over = tokio::time::sleep(self.most);
        tokio::pin!(over);
        loop {
            let found = look().await?;
            if is_final(&found) || state.shutdown.is_cancelled() {
                return Ok(found);
            }
            tokio::select! {
                () = watch.heard() => {}
                () = state.shutdown.cancelled() => {}
                () = &mut over => return Ok(found),
            }
        }
    }

    /// The answer, which says so when `Prefer: wait=N` was followed.
    pub(crate) fn mark(&self, mut answer: Response) -> Response {
        let preferred = self.preferred.map(|seconds| format!("wait={seconds}"));
        if let Some(Ok(applied)) = preferred.map(HeaderValue::try_from) {
            answer.headers_mut().insert("preference-applied", applied);
        }
        answer
    }
}

/// Takes a place among the requests that wait here; it is left when the place is dropped.
pub(crate) fn place(state: &ApiState) -> Result<Share, Problem> {
    state
        .waiters()
        .take(1)
        .ok_or_else(|| Problem::not_done(Code::TooManyWaiters))
}
