//! What a task costs in Redis, queued and finished.

use anyhow::Context;
use serde::Serialize;

use super::BenchArgs;
use super::client::PAYLOAD_BYTES;
use super::deployment::Deployment;
use super::load;
use super::report::rounded;

#[derive(Serialize)]
pub(super) struct Memory {
    tasks: u64,
    payload_bytes: usize,
    bytes_each_queued: f64,
    /// Afterwards, with its result and attempt kept.
    bytes_each_finished: f64,
}

#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Memory> {
    let redis = deployment
        .redis()
        .context("the memory workload reads INFO: name the Redis by --redis-url")?;
    let mut clients = deployment
        .clients(args.batch_connections, args.batch_size)
        .await?;
    // What exists once, like scripts and the queue's own keys, is there before the first reading.
    let warm_up = load::enqueue(&mut clients, 1).await?;
    load::drain(&mut clients, warm_up, args.exchange_size).await?;

    let before = redis.settle().await?.number("used_memory");
    let tasks = load::enqueue(&mut clients, args.memory_tasks).await?;
    let queued = redis.settle().await?.number("used_memory");
    load::drain(&mut clients, tasks, args.exchange_size).await?;
    let finished = redis.settle().await?.number("used_memory");

    Ok(Memory {
        tasks,
        payload_bytes: PAYLOAD_BYTES,
        bytes_each_queued: rounded((queued - before) / tasks as f64),
        bytes_each_finished: rounded((finished - before) / tasks as f64),
    })
}
