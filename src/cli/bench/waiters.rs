//! Thousands of claims that wait: what they cost while nothing happens, and what one task wakes.
//!
//! At first their queue is not there, as when nodes come before the first task; then it is, and empty, and is
//! measured once each claim has found it so.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::stream::{FuturesUnordered, StreamExt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use super::BenchArgs;
use super::client::Client;
use super::deployment::Deployment;
use super::http::{self, Connection};
use super::report::rounded;

/// As long as the service lets a claim wait; those that come back empty ask again.
const CLAIM_WAIT: Duration = Duration::from_secs(30);
/// The time after the last claim was sent until all of them rest.
const SETTLE: Duration = Duration::from_secs(2);
/// Claims that are sent at once, and the pause after them. All at once would overflow the queue of
/// new connections, and would come back all at once.
const OPENED_AT_ONCE: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// Files that are open beside the connections.
const OTHER_FILES: usize = 64;

#[derive(Serialize)]
pub(super) struct Waiters {
    waiting: usize,
    /// Resident memory of the service, what it was before and what the waiting claims add.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_bytes_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_bytes_added: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_each: Option<f64>,
    /// While the queue is there, has no task, and each claim has come again since.
    #[serde(flatten)]
    empty_queue: Rest,
    /// While there is no such queue.
    missing_queue: Rest,
    /// Script calls in the second in which one task was submitted and claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    script_calls_in_a_second_with_a_task: Option<f64>,
    /// The same in a second without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    script_calls_in_a_second_without: Option<f64>,
    /// From the submit to the answer of the claim that got the task.
    wake_up_ms: f64,
}

/// What goes on while nothing happens but claims that ask again after 30 s.
#[derive(Serialize)]
struct Rest {
    /// Processor time, in parts of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_cores_busy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_cores_busy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_calls_per_s: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Waiters> {
    allow_connections(args.waiters)?;
    let before = deployment.service_resident_bytes();
    let waiting = args.waiters;
    let mut claims: FuturesUnordered<_> = FuturesUnordered::new();
    for first in (1..=waiting).step_by(OPENED_AT_ONCE) {
        let numbers = first..(first + OPENED_AT_ONCE).min(waiting + 1);
        let opened = deployment.further_clients(numbers, 1).await?;
        claims.extend(opened.into_iter().map(wait));
        rest_while(&mut claims, PAUSE).await?;
    }
    rest_while(&mut claims, SETTLE).await?;

    // Each claim asks again once in this time.
    let time = if args.quick {
        Duration::from_secs_f64(args.seconds)
    } else {
        CLAIM_WAIT
    };
    let missing_queue = rest_measured(&mut claims, time, deployment).await?;
    create_queue(deployment).await?;
    // Each looks at the queue once, now that it is there; what follows is how they wait for hours.
    rest_while(&mut claims, time).await?;
    let empty_queue = rest_measured(&mut claims, time, deployment).await?;
    // Only now each of them has asked more than once.
    let after = deployment.service_resident_bytes();

    let second = Duration::from_secs(1);
    let calls = script_calls(deployment).await?;
    rest_while(&mut claims, second).await?;
    let without = script_calls(deployment).await?;
    // Opened only now: the service closes connections that come without a request.
    let mut clients = deployment.clients(1, 1).await?;
    let submitter = clients.first_mut().context("no client was opened")?;
    let sent = Instant::now();
    submitter.submit().await?;
    let claimed = claims.next().await.context("no claim waits")??;
    let wake_up = claimed.saturating_duration_since(sent);
    rest_while(&mut claims, second.saturating_sub(sent.elapsed())).await?;
    let with = script_calls(deployment).await?;
    let added = before.zip(after).map(|(before, after)| after - before);
    Ok(Waiters {
        waiting,
        service_bytes_before: before,
        service_bytes_added: added,
        bytes_each: added.map(|bytes| rounded(bytes / waiting as f64)),
        empty_queue,
        missing_queue,
        script_calls_in_a_second_with_a_task: with
            .zip(without)
            .map(|(with, without)| with - without),
        script_calls_in_a_second_without: without
            .zip(calls)
            .map(|(without, calls)| without - calls),
        wake_up_ms: rounded(wake_up.as_secs_f64() * 1_000.0),
    })
}

/// Waits for a task as often as needed; when it got it.
async fn wait(mut client: Client) -> anyhow::Result<Instant> {
    loop {
        if client.claim_waiting(CLAIM_WAIT).await?.is_some() {
            return Ok(Instant::now());
        }
    }
}

/// Lets the claims wait for a time in which none of them gets anything.
async fn rest_while(
    claims: &mut FuturesUnordered<impl Future<Output = anyhow::Result<Instant>>>,
    time: Duration,
) -> anyhow::Result<()> {
    tokio::select! {
        Some(ended) = claims.next() => {
            ended?;
            anyhow::bail!("a claim got a task that nobody had submitted")
        }
        () = tokio::time::sleep(time) => Ok(()),
    }
}

/// The same, and what it costs.
async fn rest_measured(
    claims: &mut FuturesUnordered<impl Future<Output = anyhow::Result<Instant>>>,
    time: Duration,
    deployment: &Deployment,
) -> anyhow::Result<Rest> {
    let (service, redis, scripts) = (
        deployment.service_cpu_seconds(),
        cpu_of_redis(deployment).await?,
        script_calls(deployment).await?,
    );
    rest_while(claims, time).await?;
    let each_second = |before: Option<f64>, after: Option<f64>| {
        Some(rounded((after? - before?) / time.as_secs_f64()))
    };
    Ok(Rest {
        service_cores_busy: each_second(service, deployment.service_cpu_seconds()),
        redis_cores_busy: each_second(redis, cpu_of_redis(deployment).await?),
        script_calls_per_s: each_second(scripts, script_calls(deployment).await?),
    })
}

async fn create_queue(deployment: &Deployment) -> anyhow::Result<()> {
    let address = deployment.address();
    let path = format!("/v1/queues/{}", deployment.queue());
    let mut connection = Connection::open(address).await?;
    let reply = connection.send(&http::put(address, &path, "{}")).await?;
    reply.require(201)?;
    Ok(())
}

async fn cpu_of_redis(deployment: &Deployment) -> anyhow::Result<Option<f64>> {
    let snapshot = deployment.redis_snapshot().await?;
    Ok(snapshot.map(|snapshot| snapshot.cpu_seconds()))
}

async fn script_calls(deployment: &Deployment) -> anyhow::Result<Option<f64>> {
    let snapshot = deployment.redis_snapshot().await?;
    Ok(snapshot.map(|snapshot| snapshot.script_calls().calls))
}

/// Raises the soft limit of open files to the hard one: each claim holds a connection, here and
/// in the service, which does the same.
fn allow_connections(count: usize) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).context("raising the limit of open files")?;
    let most = limit.maximum.unwrap_or(u64::MAX);
    let wanted = (count + OTHER_FILES) as u64;
    ensure!(
        wanted <= most,
        "{count} connections need {wanted} open files, and the hard limit is {most}: raise it \
         (ulimit -Hn), or take fewer by --waiters"
    );
    Ok(())
}
