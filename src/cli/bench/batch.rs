//! Many tasks a request: batches in, and exchanges that complete and claim at once.

use serde::Serialize;

use super::BenchArgs;
use super::deployment::Deployment;
use super::load;
use super::meter::{Meter, Throughput};
use super::report::rounded;

#[derive(Serialize)]
pub(super) struct Batch {
    /// 1 / (1 / enqueue + 1 / process): all tasks go in, then all are worked off.
    lifecycles_per_s: f64,
    enqueue: Throughput,
    process: Throughput,
    /// Lifecycles while submitters and workers run side by side.
    concurrent: Throughput,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Batch> {
    let count = args.batch_connections;
    let mut clients = deployment.clients(2 * count, args.batch_size).await?;
    let (submitters, workers) = clients.split_at_mut(count);

    let warm_up = load::enqueue(submitters, args.tasks / 10).await?;
    load::drain(workers, warm_up, args.exchange_size).await?;

    let meter = Meter::start(deployment).await?;
    let submitted = load::enqueue(submitters, args.tasks).await?;
    let enqueue = meter.stop(submitted).await?;
    let meter = Meter::start(deployment).await?;
    let completed = load::drain(workers, submitted, args.exchange_size).await?;
    let process = meter.stop(completed).await?;

    let meter = Meter::start(deployment).await?;
    let (_, completed) = tokio::try_join!(
        load::enqueue(submitters, args.tasks),
        load::drain(workers, submitted, args.exchange_size)
    )?;
    let concurrent = meter.stop(completed).await?;

    Ok(Batch {
        lifecycles_per_s: rounded(1.0 / (1.0 / enqueue.per_s + 1.0 / process.per_s)),
        enqueue,
        process,
        concurrent,
    })
}
