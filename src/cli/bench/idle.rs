//! An idle deployment: how soon a waiting claim hears of a new task.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde::Serialize;

use super::BenchArgs;
use super::client::Client;
use super::deployment::Deployment;
use super::latency::{Latencies, Percentiles};

const CLAIM_WAIT: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE_MS: u64 = 20;
const LONGEST_PAUSE_MS: u64 = 200;

#[derive(Serialize)]
pub(super) struct Idle {
    /// From just before the submit is sent to the answer of the waiting claim.
    wake_up: Percentiles,
    /// From just before the submit is sent to its own answer.
    submit: Percentiles,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Idle> {
    let mut clients = deployment.clients(2, 1).await?;
    let [submitter, worker] = clients.as_mut_slice() else {
        unreachable!("two clients were opened")
    };
    let wake_up = Latencies::new()?;
    let submit = Latencies::new()?;
    for _ in 0..args.rounds {
        // At random, so that no round trip falls into step with a timer of the service.
        let pause_ms =
            SHORTEST_PAUSE_MS + getrandom::u64()? % (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS + 1);
        let ((sent, answered), claimed) = tokio::try_join!(
            submit_after(submitter, Duration::from_millis(pause_ms)),
            claim_and_note_when(worker)
        )?;
        ensure!(
            claimed > sent,
            "a claim was answered before its task was submitted"
        );
        wake_up.record(claimed - sent);
        submit.record(answered - sent);
    }
    Ok(Idle {
        wake_up: wake_up.percentiles(),
        submit: submit.percentiles(),
    })
}

async fn submit_after(client: &mut Client, pause: Duration) -> anyhow::Result<(Instant, Instant)> {
    tokio::time::sleep(pause).await;
    let sent = Instant::now();
    client.submit().await?;
    Ok((sent, Instant::now()))
}

async fn claim_and_note_when(client: &mut Client) -> anyhow::Result<Instant> {
    let lease = client.claim_waiting(CLAIM_WAIT).await?;
    let claimed = Instant::now();
    client
        .complete(&lease.context("a waiting claim came back empty")?)
        .await?;
    Ok(claimed)
}
