//! What fairness keys, limits and classes cost a claim, beside a queue without them.

use std::cell::Cell;
use std::collections::BTreeMap;

use anyhow::ensure;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::{Value, json};

use super::BenchArgs;
use super::client::{Client, Requests};
use super::deployment::Deployment;
use super::http::{self, Connection};
use super::load;
use super::meter::{Meter, Throughput};
use super::report::rounded;

/// Fairness keys, limits and classes of the queues that are measured.
const KEYS: [u64; 3] = [1, 1_000, 100_000];
const LIMITS: [usize; 3] = [0, 2, 4];
const CLASSES: [u64; 2] = [1, 200];

#[derive(Serialize)]
pub(super) struct Fairness {
    /// Tasks that are claimed of each queue.
    tasks: u64,
    /// By `keys_K_limits_L_classes_C`; without keys and limits: the plain queue.
    queues: BTreeMap<String, Measured>,
}

#[derive(Serialize)]
struct Measured {
    claims: Throughput,
    /// Claims a second over those of the plain queue with as many classes.
    ratio: f64,
}

/// A queue to be measured.
#[derive(Clone, Copy)]
struct Shape {
    keys: u64,
    limits: usize,
    classes: u64,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Fairness> {
    let mut queues = BTreeMap::new();
    for classes in CLASSES {
        let plain = Shape {
            keys: 0,
            limits: 0,
            classes,
        };
        let others = KEYS.into_iter().flat_map(|keys| {
            LIMITS.map(|limits| Shape {
                keys,
                limits,
                classes,
            })
        });
        let mut plain_per_s = None;
        for shape in std::iter::once(plain).chain(others) {
            let claims = measure(args, deployment, shape).await?;
            let base = *plain_per_s.get_or_insert(claims.per_s);
            let ratio = rounded(claims.per_s / base);
            queues.insert(shape.name(), Measured { claims, ratio });
        }
    }
    Ok(Fairness {
        tasks: args.fairness_tasks,
        queues,
    })
}

/// Fills the queue, one task a key at least, then claims from it.
async fn measure(
    args: &BenchArgs,
    deployment: &Deployment,
    shape: Shape,
) -> anyhow::Result<Throughput> {
    let (address, queue) = (deployment.address(), deployment.name_of(&shape.name()));
    let mut connection = Connection::open(address).await?;
    let settings = json!({ "limits": shape.limits() }).to_string();
    let put = http::put(address, &format!("/v1/queues/{queue}"), &settings);
    connection.send(&put).await?.require(201)?;
    let filled = if args.quick {
        args.fairness_tasks
    } else {
        args.fairness_tasks.max(shape.keys)
    };
    let numbers: Vec<u64> = (0..filled).collect();
    for batch in numbers.chunks(args.batch_size) {
        let tasks: Vec<Value> = batch
            .iter()
            .map(|number| shape.task(&queue, *number))
            .collect();
        let body = json!({ "tasks": tasks }).to_string();
        let request = http::post(address, "/v1/tasks/batch", &body);
        connection.send(&request).await?.require(200)?;
    }

    let requests = Requests::new(address, &queue, 1);
    let mut clients = Vec::new();
    for index in 0..args.batch_connections {
        let node = format!("{queue}-{index}");
        clients.push(Client::open(address, node, requests.clone()).await?);
    }
    let meter = Meter::start(deployment).await?;
    let claimed = claim(&mut clients, args.fairness_tasks, args.exchange_size).await?;
    meter.stop(claimed).await
}

/// Claims until so many tasks have been given out, or a few more: how many there were.
async fn claim(clients: &mut [Client], tasks: u64, most: usize) -> anyhow::Result<u64> {
    let claimed = Cell::new(0);
    let claimed = &claimed;
    try_join_all(clients.iter_mut().map(|client| async move {
        let mut empty_since = None;
        while claimed.get() < tasks {
            let got = client.exchange(&[], most).await?.len() as u64;
            claimed.set(claimed.get() + got);
            if got > 0 {
                empty_since = None;
                continue;
            }
            let since = *empty_since.get_or_insert_with(std::time::Instant::now);
            ensure!(
                since.elapsed() < load::PATIENCE,
                "tasks that are there cannot be claimed"
            );
        }
        Ok::<_, anyhow::Error>(())
    }))
    .await?;
    Ok(claimed.get())
}

impl Shape {
    fn name(self) -> String {
        let Self {
            keys,
            limits,
            classes,
        } = self;
        format!("keys_{keys}_limits_{limits}_classes_{classes}")
    }

    /// So wide that none of them holds anything: what they cost is the checking.
    fn limits(self) -> Value {
        let (running, rate) = (
            1_000_000_000,
            json!({"per_second": 1_000_000, "burst": 1_000_000}),
        );
        match self.limits {
            0 => json!({}),
            2 => json!({"running": running, "rate": rate}),
            _ => {
                json!({"running": running, "rate": rate, "running_per_key": running, "rate_per_key": rate})
            }
        }
    }

    fn task(self, queue: &str, number: u64) -> Value {
        let mut task = json!({"queue": queue, "type": format!("t{}", number % self.classes)});
        if self.keys > 0 {
            task["fairness_key"] = format!("key-{}", number % self.keys).into();
        }
        task
    }
}
