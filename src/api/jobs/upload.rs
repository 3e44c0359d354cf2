//! A job as NDJSON: cut into tasks while it comes in, with back-pressure, never held whole.

use std::time::{Duration, Instant};

use axum::body::Body;
use serde_json::value::RawValue;

use super::chunks::Chunk;
use super::lines::Lines;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::api::tasks::refusal;
use crate::domain::document::{MAX_DEPTH, nests_deeper};
use crate::domain::job::UPLOAD_LEASE_MS;
use crate::domain::score::Priority;
use crate::domain::{QueueName, Submission, TaskType};
use crate::store::jobs::Upload;

/// Bytes, and tasks, that travel together.
const SLICE_BYTES: usize = 128 * 1024;
const SLICE_TASKS: usize = 100;
/// What an upload may hold at once: some slices, a chunk, a line and a frame.
pub(super) const HELD_BYTES: usize = 2 * 1024 * 1024;
/// The upload of a stream from which no task comes for so long says that it is still there.
const RENEW_AFTER: Duration = Duration::from_millis(UPLOAD_LEASE_MS / 3);

/// What each task of the job is to be.
pub(super) struct Cut {
    pub(super) queue: QueueName,
    pub(super) task_type: TaskType,
    pub(super) priority: Priority,
    pub(super) chunk: u64,
    /// The index of the first item that the body brings.
    pub(super) offset: u64,
}

/// Reads the body to its end. What is returned is settled, and the job may be closed.
pub(super) async fn run(
    state: &ApiState,
    mut upload: Upload,
    body: Body,
    cut: Cut,
) -> Result<Upload, Problem> {
    let mut stream = Stream {
        state,
        cut: &cut,
        slice: Vec::new(),
        slice_bytes: 0,
        chunk: Chunk::new(cut.chunk, state.limits.payload_bytes),
        renewed: Instant::now(),
    };
    let mut lines = Lines::of(body, state);
    // Items that an earlier upload has brought come again and are passed over.
    let mut known = upload.items().saturating_sub(cut.offset);
    while let Some(line) = lines.next().await? {
        let Some(item) = read_item(&line, lines.number)? else {
            continue;
        };
        if known > 0 {
            known -= 1;
            continue;
        }
        if !stream.chunk.can_hold(item) {
            return Err(lines.too_long());
        }
        if stream.chunk.is_full_for(item) {
            stream.finish_chunk(&mut upload).await?;
        }
        stream.chunk.push(item);
        stream.renew(&mut upload).await?;
    }
    if stream.chunk.count() > 0 {
        stream.finish_chunk(&mut upload).await?;
    }
    stream.send(&mut upload).await?;
    check(upload.settle().await?)?;
    Ok(upload)
}

/// The item of a line; `None` for a blank one.
fn read_item(line: &[u8], number: u64) -> Result<Option<&str>, Problem> {
    let refuse = |why: &str| Problem::new(Code::InvalidJson, format!("line {number} {why}"));
    let text = std::str::from_utf8(line).map_err(|_| refuse("is not UTF-8"))?;
    let item = text.trim_matches([' ', '\t', '\r']);
    if item.is_empty() {
        return Ok(None);
    }
    if let Err(error) = serde_json::from_str::<&RawValue>(item) {
        return Err(refuse(&format!("is not one JSON value: {error}")));
    }
    // The payload around it has two levels of its own.
    if nests_deeper(item, MAX_DEPTH - 2) {
        return Err(refuse("nests more than 125 levels deep"));
    }
    Ok(Some(item))
}

fn check(refused: crate::store::jobs::Refusal) -> Result<(), Problem> {
    refused.map_or(Ok(()), |outcome| Err(refusal(&outcome)))
}

struct Stream<'a> {
    state: &'a ApiState,
    cut: &'a Cut,
    slice: Vec<Submission>,
    slice_bytes: usize,
    chunk: Chunk,
    renewed: Instant,
}

impl Stream<'_> {
    async fn finish_chunk(&mut self, upload: &mut Upload) -> Result<(), Problem> {
        let place = upload.next_place(self.chunk.count());
        let payload = self.chunk.take(place.job, place.offset);
        let payload = payload.ok_or_else(|| Problem::of(Code::InvalidJson))?;
        self.slice_bytes += payload.len();
        self.slice.push(Submission {
            task_type: self.cut.task_type.clone(),
            priority: self.cut.priority,
            payload,
            place: Some(place),
            ..Submission::new(self.cut.queue.clone())
        });
        if self.slice_bytes >= SLICE_BYTES || self.slice.len() >= SLICE_TASKS {
            self.send(upload).await?;
        }
        Ok(())
    }

    /// Sends what was gathered. Nothing more is read of the body while too much is on its way.
    async fn send(&mut self, upload: &mut Upload) -> Result<(), Problem> {
        if self.slice.is_empty() {
            return Ok(());
        }
        self.slice_bytes = 0;
        self.renewed = Instant::now();
        check(upload.submit(std::mem::take(&mut self.slice)).await?)
    }

    async fn renew(&mut self, upload: &mut Upload) -> Result<(), Problem> {
        if self.renewed.elapsed() < RENEW_AFTER || self.state.shutdown.is_cancelled() {
            return Ok(());
        }
        self.renewed = Instant::now();
        if upload.renew().await? {
            return Ok(());
        }
        Err(refusal(&crate::store::SubmitOutcome::JobClosed))
    }
}
