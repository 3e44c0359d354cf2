//! One task a request: the rate, its phases one by one, and the latency below full load.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::BenchArgs;
use super::client::{Client, Lease};
use super::deployment::Deployment;
use super::load::{self, LifecycleLatency, Lifecycles, OpenLoop};
use super::meter::{Meter, Throughput};

#[derive(Serialize)]
pub(super) struct Single {
    lifecycles: Throughput,
    /// At full load each connection waits for its answers, so this says more of the number
    /// of connections than of the service; `open_loop` is the latency that users see.
    latency_at_full_load: LifecycleLatency,
    open_loop: OpenLoop,
    submit_only: Throughput,
    claim_only: Throughput,
    complete_only: Throughput,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Single> {
    let mut clients = deployment.clients(args.connections, 1).await?;
    let duration = Duration::from_secs_f64(args.seconds);
    load::closed_loop(&mut clients, duration / 4, &Lifecycles::new()?).await?;

    let lifecycles = Lifecycles::new()?;
    let meter = Meter::start(deployment).await?;
    let count = load::closed_loop(&mut clients, duration, &lifecycles).await?;
    let throughput = meter.stop(count).await?;

    let rate = throughput.per_s * args.load_fraction;
    let open_loop = load::open_loop(&mut clients, rate, duration).await?;

    let meter = Meter::start(deployment).await?;
    let submitted = submit_for(&mut clients, duration).await?;
    let submit_only = meter.stop(submitted).await?;
    let meter = Meter::start(deployment).await?;
    let leases = claim_all(&mut clients).await?;
    let claim_only = meter
        .stop(leases.iter().map(|held| held.len() as u64).sum())
        .await?;
    let meter = Meter::start(deployment).await?;
    let completed = complete_all(&mut clients, leases).await?;
    let complete_only = meter.stop(completed).await?;

    Ok(Single {
        lifecycles: throughput,
        latency_at_full_load: lifecycles.latency(),
        open_loop,
        submit_only,
        claim_only,
        complete_only,
    })
}

async fn submit_for(clients: &mut [Client], duration: Duration) -> anyhow::Result<u64> {
    let end = Instant::now() + duration;
    let counts = load::on_each(clients, async |client| {
        let mut count = 0;
        while Instant::now() < end {
            client.submit().await?;
            count += 1;
        }
        Ok(count)
    });
    Ok(counts.await?.into_iter().sum())
}

/// Claims until the queue is empty; what each client holds then.
async fn claim_all(clients: &mut [Client]) -> anyhow::Result<Vec<Vec<Lease>>> {
    load::on_each(clients, async |client| {
        let mut held = Vec::new();
        while let Some(lease) = client.claim().await? {
            held.push(lease);
        }
        Ok(held)
    })
    .await
}

async fn complete_all(clients: &mut [Client], leases: Vec<Vec<Lease>>) -> anyhow::Result<u64> {
    let each = clients.iter_mut().zip(leases).map(async |(client, held)| {
        for lease in &held {
            client.complete(lease).await?;
        }
        anyhow::Ok(held.len() as u64)
    });
    let counts = futures_util::future::try_join_all(each).await?;
    Ok(counts.into_iter().sum())
}
