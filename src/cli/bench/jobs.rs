//! A whole job: lines in as one stream, worked on by nodes that do nothing, results out as one
//! stream; and how much memory a long stream takes of the service, which should be next to none.

use std::pin::Pin;
use std::task::{Context as Polled, Poll};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, ReadBuf};

use super::BenchArgs;
use super::client::PAYLOAD_BYTES;
use super::deployment::Deployment;
use super::load;
use super::meter::{Meter, Throughput};
use super::report::rounded;
use crate::client::{Client, JobUpload};

/// Nodes of the job.
const NODES: usize = 4;

#[derive(Serialize)]
pub(super) struct Jobs {
    lines: u64,
    line_bytes: usize,
    chunk: u64,
    tasks: u64,
    /// Lines: from the first byte to the answer that all of them are stored.
    ingest: Throughput,
    /// Of the service, above what it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    ingest_memory_rise_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_bytes_each_line: Option<f64>,
    /// Tasks, by four nodes that complete them at once.
    process: Throughput,
    /// Lines of the job's results.
    results: Throughput,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<Stream>,
}

/// A stream so long that whoever held it whole would show.
#[derive(Serialize)]
struct Stream {
    bytes: u64,
    bytes_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_rise_bytes: Option<u64>,
}

/// What of a job counts here.
#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    total: u64,
    items: u64,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Jobs> {
    let client = Client::new(&deployment.url(), None)?;
    let queue = deployment.queue();
    // What exists once is there before the first reading.
    upload(&client, &format!("{queue}-warm-up"), args.chunk, 1_000).await?;

    let redis_before = used_memory(deployment).await?;
    let before = deployment.start_peak_memory()?;
    let meter = Meter::start(deployment).await?;
    let job = upload(&client, &queue, args.chunk, args.lines).await?;
    let ingest = meter.stop(args.lines).await?;
    let ingest_memory_rise_bytes = deployment.memory_rise(before);
    ensure!(job.items == args.lines, "the job has {} items", job.items);
    let redis_after = used_memory(deployment).await?;

    let mut nodes = deployment.clients(NODES, 1).await?;
    let meter = Meter::start(deployment).await?;
    load::drain(&mut nodes, job.total, args.exchange_size).await?;
    let process = meter.stop(job.total).await?;

    let meter = Meter::start(deployment).await?;
    let lines = read_results(&client, &job.id).await?;
    let results = meter.stop(lines).await?;
    ensure!(lines == job.total, "{lines} results of {} tasks", job.total);

    let stream = match args.stream_bytes {
        0 => None,
        bytes => Some(stream(&client, &queue, args.chunk, bytes, deployment).await?),
    };
    Ok(Jobs {
        lines: args.lines,
        line_bytes: PAYLOAD_BYTES,
        chunk: args.chunk,
        tasks: job.total,
        ingest,
        ingest_memory_rise_bytes,
        redis_bytes_each_line: each_line(redis_before, redis_after, args.lines),
        process,
        results,
        stream,
    })
}

#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
fn each_line(before: Option<f64>, after: Option<f64>, lines: u64) -> Option<f64> {
    Some(rounded((after? - before?) / lines.max(1) as f64))
}

async fn used_memory(deployment: &Deployment) -> anyhow::Result<Option<f64>> {
    match deployment.redis() {
        Some(redis) => Ok(Some(redis.settle().await?.number("used_memory"))),
        None => Ok(None),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
async fn stream(
    client: &Client,
    queue: &str,
    chunk: u64,
    bytes: u64,
    deployment: &Deployment,
) -> anyhow::Result<Stream> {
    let before = deployment.start_peak_memory()?;
    let meter = Meter::start(deployment).await?;
    let lines = bytes.div_ceil(PAYLOAD_BYTES as u64 + 1);
    upload(client, &format!("{queue}-stream"), chunk, lines).await?;
    let through = meter.stop(lines).await?;
    Ok(Stream {
        bytes,
        bytes_per_s: rounded(bytes as f64 / through.seconds),
        memory_rise_bytes: deployment.memory_rise(before),
    })
}

/// Uploads a job of so many lines.
pub(super) async fn upload(
    client: &Client,
    queue: &str,
    chunk: u64,
    lines: u64,
) -> anyhow::Result<Job> {
    let upload = JobUpload {
        queue: queue.to_owned(),
        chunk: Some(chunk),
        ..JobUpload::default()
    };
    let job = client.upload_job(&upload, Lines::new(lines), |_| {}).await;
    serde_json::from_str(job.context("the upload")?.get()).context("the job cannot be read")
}

/// How many lines the results have.
async fn read_results(client: &Client, job: &str) -> anyhow::Result<u64> {
    let mut results = client.get_job_results(job, 0, None, false).await?;
    let mut lines = 0;
    while let Some(piece) = results.next().await? {
        lines += piece.split(|byte| *byte == b'\n').count() as u64 - 1;
    }
    Ok(lines)
}

/// NDJSON of so many lines, made while it is read.
struct Lines {
    /// Some lines, all of one length.
    block: Vec<u8>,
    /// Bytes of the block that have gone.
    at: usize,
    left: u64,
}

impl Lines {
    fn new(lines: u64) -> Self {
        let frame = r#"{"data":""}"#.len();
        let line = format!("{{\"data\":\"{}\"}}\n", "x".repeat(PAYLOAD_BYTES - frame));
        let left = lines * line.len() as u64;
        let block = line.repeat(600).into_bytes();
        Self { block, at: 0, left }
    }
}

impl AsyncRead for Lines {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Polled<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = into.remaining().min(most).min(self.block.len() - self.at);
        into.put_slice(&self.block[self.at..self.at + count]);
        self.at = (self.at + count) % self.block.len();
        self.left -= count as u64;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn lines_are_json_of_the_stated_size_and_number() {
        let mut text = String::new();
        let mut lines = Lines::new(1_501);
        lines.read_to_string(&mut text).await.unwrap();
        assert_eq!(text.lines().count(), 1_501);
        for line in text.lines() {
            assert_eq!(line.len(), PAYLOAD_BYTES);
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}
