//! The tasks that lists are read from: ten queues, ten types, a tag, a job, and work that is done.

use std::cell::RefCell;

use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bytes::{self, IndexBytes, Measured};
use crate::cli::bench::client::{Client, Requests};
use crate::cli::bench::deployment::Deployment;
use crate::cli::bench::http::{self, Connection};
use crate::cli::bench::redis_info::RedisInfo;
use crate::cli::bench::{BenchArgs, jobs, load};
use crate::client;

const QUEUES: u64 = 10;
const TYPES: u64 = 10;
/// One task in so many has the tag that lists ask for.
const RARE: u64 = 100;
/// The tag of each task of the queue that tells what a tag costs.
const COMMON_TAG: &str = "common";
/// One task in so many is the job's.
const OF_JOB: u64 = 100;

/// What is there now.
pub(super) struct Filled {
    pub(super) tasks: u64,
    /// A queue whose tasks are all queued, without a tag.
    pub(super) queue: String,
    /// A queue whose tasks have all been worked on, by `node`.
    pub(super) finished: String,
    pub(super) node: String,
    pub(super) job: String,
    /// When half of the tasks were there, and when a tenth more were.
    pub(super) middle: String,
    pub(super) later: String,
}

/// Submits the tasks, and completes those of the last queue.
pub(super) async fn fill(
    args: &BenchArgs,
    deployment: &Deployment,
) -> anyhow::Result<(Filled, Option<IndexBytes>)> {
    let queues: Vec<String> = (0..QUEUES)
        .map(|number| deployment.name_of(&number.to_string()))
        .collect();
    let each = args.list_tasks / QUEUES;
    let mut load = Load::open(args, deployment).await?;
    // Records of queues, types and scripts exist once: they are there before the first reading.
    for queue in &queues {
        load.submit(queue, TYPES, |_| None).await?;
    }

    let mut used = [0.0; 3];
    used[0] = used_memory(deployment.redis()).await?;
    load.submit(&queues[0], each, |_| None).await?;
    used[1] = used_memory(deployment.redis()).await?;
    load.submit(&queues[1], each, |_| Some(COMMON_TAG)).await?;
    used[2] = used_memory(deployment.redis()).await?;
    let bytes = match deployment.redis() {
        Some(redis) => {
            let measured = Measured {
                without_tag: &queues[0],
                with_one_tag: &queues[1],
                tag: COMMON_TAG,
                tasks: each,
                classes: TYPES,
                used,
            };
            Some(bytes::read(redis, &measured).await?)
        }
        None => None,
    };

    let client = client::Client::new(&deployment.url(), None)?;
    let of_job = args.list_tasks.div_ceil(OF_JOB);
    let job = jobs::upload(&client, &queues[0], 1, of_job).await?;
    let mut moments = Vec::new();
    for queue in &queues[2..] {
        moments.push(load.submit_one(queue).await?);
        load.submit(queue, each, |task| (task % RARE == 0).then_some("rare"))
            .await?;
    }

    let finished = &queues[queues.len() - 1];
    let node = deployment.name_of("node");
    let requests = Requests::new(deployment.address(), finished, 1);
    let mut worker = [Client::open(deployment.address(), node.clone(), requests).await?];
    load::drain(&mut worker, each + TYPES + 1, args.exchange_size).await?;
    let filled = Filled {
        tasks: (each + TYPES) * QUEUES + moments.len() as u64 + of_job,
        queue: queues[0].clone(),
        finished: finished.clone(),
        node,
        job: job.id,
        middle: moments[3].clone(),
        later: moments[4].clone(),
    };
    Ok((filled, bytes))
}

async fn used_memory(redis: Option<&RedisInfo>) -> anyhow::Result<f64> {
    match redis {
        Some(redis) => Ok(redis.settle().await?.number("used_memory")),
        None => Ok(0.0),
    }
}

/// What of a task counts here.
#[derive(Deserialize)]
struct Submitted {
    created_at: String,
}

/// Connections that submit side by side.
struct Load<'a> {
    connections: Vec<Connection>,
    deployment: &'a Deployment,
    batch_size: usize,
}

impl<'a> Load<'a> {
    async fn open(args: &BenchArgs, deployment: &'a Deployment) -> anyhow::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..args.batch_connections {
            connections.push(Connection::open(deployment.address()).await?);
        }
        Ok(Self {
            connections,
            deployment,
            batch_size: args.batch_size,
        })
    }

    /// Submits one task; when that was.
    async fn submit_one(&mut self, queue: &str) -> anyhow::Result<String> {
        let body = task(queue, 0, None).to_string();
        let request = http::post(self.deployment.address(), "/v1/tasks", &body);
        let reply = self.connections[0].send(&request).await?;
        let task: Submitted = serde_json::from_slice(reply.require(201)?)?;
        Ok(task.created_at)
    }

    /// Submits so many tasks to a queue, with the tag that `tag` has for their number.
    async fn submit(
        &mut self,
        queue: &str,
        tasks: u64,
        tag: impl Fn(u64) -> Option<&'static str>,
    ) -> anyhow::Result<()> {
        let numbers: Vec<u64> = (0..tasks).collect();
        let bodies = RefCell::new(numbers.chunks(self.batch_size).map(|batch| {
            let tasks: Vec<Value> = batch
                .iter()
                .map(|number| task(queue, *number, tag(*number)))
                .collect();
            json!({ "tasks": tasks }).to_string()
        }));
        let (bodies, address) = (&bodies, self.deployment.address());
        try_join_all(self.connections.iter_mut().map(|connection| async move {
            loop {
                let Some(body) = bodies.borrow_mut().next() else {
                    return Ok::<_, anyhow::Error>(());
                };
                let request = http::post(address, "/v1/tasks/batch", &body);
                connection.send(&request).await?.require(200)?;
            }
        }))
        .await?;
        Ok(())
    }
}

fn task(queue: &str, number: u64, tag: Option<&str>) -> Value {
    let mut task =
        json!({"queue": queue, "type": format!("t{}", number % TYPES), "payload": number});
    if let Some(tag) = tag {
        task["tags"] = json!([tag]);
    }
    task
}
