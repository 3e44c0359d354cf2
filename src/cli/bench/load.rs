//! The loads that workloads are made of.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::future::try_join_all;
use serde::Serialize;

use super::client::{Client, Lease};
use super::latency::{Latencies, Percentiles};
use super::pacer::Pacer;
use super::report::rounded;

/// How soon a client that found the queue empty looks again. It does not wait at the
/// service, which would hold the last of them back when all tasks are taken.
const EMPTY_PAUSE: Duration = Duration::from_millis(1);

/// How long tasks that must be there may be missing before a run gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `work` on all clients at once.
pub(super) async fn on_each<T>(
    clients: &mut [Client],
    work: impl AsyncFn(&mut Client) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let work = &work;
    try_join_all(clients.iter_mut().map(|client| work(client))).await
}

/// Submit, claim, complete: three requests, each after the answer to the one before.
pub(super) struct Lifecycles {
    submit: Latencies,
    claim: Latencies,
    complete: Latencies,
    whole: Latencies,
}

/// The latencies of lifecycles.
#[derive(Debug, Serialize)]
pub(super) struct LifecycleLatency {
    lifecycle: Percentiles,
    submit: Percentiles,
    pub(super) claim: Percentiles,
    complete: Percentiles,
}

impl Lifecycles {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            submit: Latencies::new()?,
            claim: Latencies::new()?,
            complete: Latencies::new()?,
            whole: Latencies::new()?,
        })
    }

    /// Runs one; the latencies of it and of its submit are counted from `due`.
    pub(super) async fn run(&self, client: &mut Client, due: Instant) -> anyhow::Result<()> {
        client.submit().await?;
        let submitted = Instant::now();
        self.submit.record(submitted - due);

        // There is a task for each claimer, so an empty answer is rare (a background sweep holds
        // a task for a moment); the time that it costs counts.
        let lease = loop {
            if let Some(lease) = client.claim().await? {
                break lease;
            }
            ensure!(
                submitted.elapsed() < PATIENCE,
                "a submitted task cannot be claimed"
            );
        };
        let claimed = Instant::now();
        self.claim.record(claimed - submitted);

        client.complete(&lease).await?;
        let completed = Instant::now();
        self.complete.record(completed - claimed);
        self.whole.record(completed - due);
        Ok(())
    }

    pub(super) fn latency(&self) -> LifecycleLatency {
        LifecycleLatency {
            lifecycle: self.whole.percentiles(),
            submit: self.submit.percentiles(),
            claim: self.claim.percentiles(),
            complete: self.complete.percentiles(),
        }
    }
}

/// Lifecycles one after another on each connection, for `duration`; how many.
pub(super) async fn closed_loop(
    clients: &mut [Client],
    duration: Duration,
    lifecycles: &Lifecycles,
) -> anyhow::Result<u64> {
    let end = Instant::now() + duration;
    let counts = on_each(clients, async |client| {
        let mut count = 0;
        let mut now = Instant::now();
        while now < end {
            lifecycles.run(client, now).await?;
            now = Instant::now();
            count += 1;
        }
        Ok(count)
    });
    Ok(counts.await?.into_iter().sum())
}

/// Latencies at a rate that does not wait for answers.
#[derive(Debug, Serialize)]
pub(super) struct OpenLoop {
    rate_per_s: f64,
    pub(super) latency: LifecycleLatency,
    /// How late this client itself was: from the intended to the real send time. A share of
    /// the latencies above, caused by a busy machine or by too few connections.
    send_lag: Percentiles,
}

/// Lifecycles that begin at a fixed rate, each on the first connection that is free.
pub(super) async fn open_loop(
    clients: &mut [Client],
    per_s: f64,
    duration: Duration,
) -> anyhow::Result<OpenLoop> {
    let pacer = Pacer::start(per_s, duration);
    let lifecycles = Lifecycles::new()?;
    let send_lag = Latencies::new()?;
    on_each(clients, async |client| {
        while let Some(due) = pacer.next().await {
            send_lag.record(due.elapsed());
            lifecycles.run(client, due).await?;
        }
        Ok(())
    })
    .await?;
    Ok(OpenLoop {
        rate_per_s: rounded(per_s),
        latency: lifecycles.latency(),
        send_lag: send_lag.percentiles(),
    })
}

/// Submits at least `count` tasks in batches; how many.
pub(super) async fn enqueue(clients: &mut [Client], count: u64) -> anyhow::Result<u64> {
    let submitted = Cell::new(0);
    let counts = on_each(clients, async |client| {
        let mut own = 0;
        while submitted.get() < count {
            // Counted before it is sent, so that the clients together stop in time.
            submitted.set(submitted.get() + client.batch_size());
            client.submit_batch().await?;
            own += client.batch_size();
        }
        Ok(own)
    });
    Ok(counts.await?.into_iter().sum())
}

/// Completes and claims `size` tasks a request until `count` are completed.
pub(super) async fn drain(clients: &mut [Client], count: u64, size: usize) -> anyhow::Result<u64> {
    let claimed = Cell::new(0);
    let last_claim = Cell::new(Instant::now());
    on_each(clients, async |client| {
        let mut held: Vec<Lease> = Vec::new();
        while claimed.get() < count || !held.is_empty() {
            let wanted = if claimed.get() < count { size } else { 0 };
            let got = client.exchange(&held, wanted).await?;
            if got.is_empty() && held.is_empty() {
                ensure!(
                    last_claim.get().elapsed() < PATIENCE,
                    "only {} of {count} submitted tasks can be claimed",
                    claimed.get()
                );
                tokio::time::sleep(EMPTY_PAUSE).await;
            } else if !got.is_empty() {
                claimed.set(claimed.get() + got.len() as u64);
                last_claim.set(Instant::now());
            }
            held = got;
        }
        Ok(())
    })
    .await?;
    Ok(claimed.get())
}
