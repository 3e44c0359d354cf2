//! The lines of a body as they come in: one at a time, and no more held than one line and a frame.

use std::time::Duration;

use axum::body::Body;
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::job::UPLOAD_LEASE_MS;

/// A body, line by line.
pub(super) struct Lines<'a> {
    body: Body,
    state: &'a ApiState,
    buffer: BytesMut,
    /// Bytes of the buffer in which there is no end of a line.
    searched: usize,
    has_ended: bool,
    /// The number of the latest line, from 1.
    pub(super) number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(body: Body, state: &'a ApiState) -> Self {
        Self {
            body,
            state,
            buffer: BytesMut::new(),
            searched: 0,
            has_ended: false,
            number: 0,
        }
    }

    /// The next line, without its end; `None` after the last. A body that stalls is 408, one that
    /// merely takes long is not.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let unsearched = &self.buffer[self.searched..];
            if let Some(at) = unsearched.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + at).freeze();
                self.buffer.advance(1);
                self.searched = 0;
                self.number += 1;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.has_ended {
                let rest = self.buffer.split().freeze();
                self.searched = 0;
                self.number += 1;
                return Ok((!rest.is_empty()).then_some(rest));
            }
            if self.buffer.len() > self.state.limits.payload_bytes {
                self.number += 1;
                return Err(self.too_long());
            }
            self.read_on().await?;
        }
    }

    /// One item that no task could carry.
    pub(super) fn too_long(&self) -> Problem {
        let limit = self.state.limits.payload_bytes;
        Problem::new(
            Code::PayloadTooLarge,
            format!(
                "line {} is too long: a payload has at most {limit} bytes",
                self.number
            ),
        )
    }

    async fn read_on(&mut self) -> Result<(), Problem> {
        // Shorter than the upload's lease, so that whoever is still there cannot lose it.
        let patience = self.state.limits.body_ms.min(UPLOAD_LEASE_MS / 2);
        let frame = tokio::select! {
            frame = tokio::time::timeout(Duration::from_millis(patience), self.body.frame()) => frame,
            () = self.state.shutdown.cancelled() => return Err(Problem::not_done(Code::ShuttingDown)),
        };
        match frame {
            Err(_) => Err(Problem::new(
                Code::RequestTimeout,
                format!(
                    "nothing came in for {patience} ms after line {}",
                    self.number
                ),
            )),
            Ok(None) => {
                self.has_ended = true;
                Ok(())
            }
            Ok(Some(Err(_))) => Err(Problem::new(
                Code::InvalidRequest,
                format!("the body ended early, after line {}", self.number),
            )),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    self.buffer.extend_from_slice(&data);
                }
                Ok(())
            }
        }
    }
}
