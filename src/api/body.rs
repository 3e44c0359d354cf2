//! Reading a request's body: in time, up to its limit, and within what this service can hold.
//!
//! Bytes count as they arrive rather than as announced: else a client that announces much and
//! sends nothing would keep others out.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use bytes::BytesMut;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::budget::Share;
use super::problem::{Code, Problem};
use super::state::ApiState;

/// A body that was read, and its share of the bytes in flight.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Bytes,
    _share: Share,
}

impl std::ops::Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a body to its end.
pub(crate) async fn read(body: Body, state: &ApiState, limit: usize) -> Result<Held, Problem> {
    let mut collected = pin!(collect(body, state, limit));
    // Nearly every body has come with its head: then there is nothing to wait for.
    if let Some(read) = collected.as_mut().now_or_never() {
        return read;
    }
    let time = Duration::from_millis(state.limits.body_ms);
    match tokio::time::timeout(time, collected).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            Code::RequestTimeout,
            format!(
                "the body did not come in within {} ms; nothing was done",
                state.limits.body_ms
            ),
        )),
    }
}

async fn collect(mut body: Body, state: &ApiState, limit: usize) -> Result<Held, Problem> {
    let too_large = || {
        Problem::new(
            Code::PayloadTooLarge,
            format!("a body has at most {limit} bytes"),
        )
    };
    // One that says itself that it is too large need not be sent.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let overloaded = || Problem::not_done(Code::Overloaded);
    let mut share = state.in_flight().take(0).ok_or_else(overloaded)?;
    // Nearly every body comes in one piece, which is then not copied.
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(
                Code::InvalidRequest,
                "the body ended early or is not what its headers say",
            )
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + all.len() + data.len() > limit {
            return Err(too_large());
        }
        if !share.grow(data.len()) {
            return Err(overloaded());
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    let bytes = if all.is_empty() { first } else { all.freeze() };
    Ok(Held {
        bytes,
        _share: share,
    })
}
