//! Whether a claim slows down when the queue is long.

use std::time::Duration;

use serde::Serialize;

use super::BenchArgs;
use super::deployment::Deployment;
use super::load::{self, OpenLoop};
use super::report::rounded;

#[derive(Serialize)]
pub(super) struct ClaimDepth {
    depth: u64,
    shallow: OpenLoop,
    deep: OpenLoop,
    /// The claim's 99th percentile, deep over shallow.
    p99_ratio: f64,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<ClaimDepth> {
    let mut clients = deployment
        .clients(args.connections, args.batch_size)
        .await?;
    let duration = Duration::from_secs_f64(args.seconds);
    load::open_loop(&mut clients, args.rate, duration / 4).await?;

    // Each lifecycle adds one task and takes one, so the depth stays as it is.
    let shallow = load::open_loop(&mut clients, args.rate, duration).await?;
    let loaders = clients.len().min(args.batch_connections);
    let depth = load::enqueue(&mut clients[..loaders], args.depth).await?;
    if let Some(redis) = deployment.redis() {
        redis.settle().await?;
    }
    let deep = load::open_loop(&mut clients, args.rate, duration).await?;

    Ok(ClaimDepth {
        depth,
        p99_ratio: rounded(deep.latency.claim.p99_ms / shallow.latency.claim.p99_ms),
        shallow,
        deep,
    })
}
