//! Orderly stops, seen from outside: first the service says that it goes, then it goes, and no
//! client that asks twice is refused twice.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::service::Service;
use crate::api::service::Caller;
use crate::support::{TestRedis, http_client};

/// Orchestrators usually kill after 30 s.
const STOP_LIMIT: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_announced_before_anything_is_refused() {
    let dir = tempdir().unwrap();
    let mut service = Service::with(dir.path(), |command| {
        command.env("TASKYARD_SHUTDOWN_DELAY_MS", "4000");
    });
    let caller = Caller::new(&service.address);
    let claim = json!({"queues": ["q"], "wait_ms": 30_000});
    let waiting = tokio::spawn({
        let caller = caller.clone();
        async move { caller.post("/v1/nodes/n/claim", claim).await }
    });
    let path = format!(
        "/v1/tasks/{}",
        caller.submit(json!({"queue": "other"})).await
    );
    let result = tokio::spawn({
        let (caller, path) = (caller.clone(), format!("{path}?wait_ms=30000"));
        async move { caller.get(&path).await }
    });
    let began = Instant::now();
    service.signal(Signal::TERM);

    let ready = caller.until("/readyz", |reply| reply.status != 200).await;
    assert_eq!(ready.failure(), (503, "shutting_down"));
    assert_eq!(caller.get("/healthz").await.status, 200);
    // Whoever asks is still served, and whoever waits is answered.
    caller.submit(json!({"queue": "q"})).await;
    let claimed = waiting.await.unwrap();
    // 503 if it came only after the signal.
    assert!(matches!(claimed.status, 200 | 503), "{}", claimed.text);
    let read = result.await.unwrap();
    assert_eq!(read.body["state"], "queued", "{}", read.text);
    assert_eq!(service.exit_code(), Some(0));
    assert!(began.elapsed() < STOP_LIMIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_a_redis_that_hangs_is_in_time_as_well() {
    let dir = tempdir().unwrap();
    let mut service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    caller.submit(json!({"queue": "q"})).await;
    super::service::send(service.redis_pid(), Signal::STOP);
    let began = Instant::now();
    service.signal(Signal::TERM);
    assert_eq!(service.exit_code(), Some(0));
    assert!(began.elapsed() < STOP_LIMIT, "{:?}", began.elapsed());
}

/// Two replicas as a load balancer knows them: where they are now.
struct Replicas {
    addresses: Mutex<[String; 2]>,
    next: AtomicUsize,
    retried: AtomicUsize,
    http: reqwest::Client,
}

impl Replicas {
    fn address(&self, index: usize) -> String {
        self.addresses.lock().unwrap()[index % 2].clone()
    }

    /// Sends the request to one replica and, if that one refuses or is away, once to the other.
    async fn send(&self, method: Method, path: &str, key: &str, body: &Value) -> Value {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut refusals = Vec::new();
        for index in [first, first + 1] {
            let url = format!("http://{}{path}", self.address(index));
            let request = self.http.request(method.clone(), url);
            let request = request.header("idempotency-key", key).json(body);
            match request.send().await {
                Ok(response) if response.status().is_success() => {
                    return response.json().await.unwrap();
                }
                Ok(response) if response.status() == 503 => {
                    refusals.push(response.text().await.unwrap_or_default());
                }
                Ok(response) => panic!("{path}: {}", response.text().await.unwrap()),
                Err(error) => refusals.push(error.to_string()),
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
        }
        panic!("{path} was refused twice: {refusals:?}");
    }

    /// Submits tasks until told to stop: how many.
    async fn submit_all(&self, name: usize, stop: &AtomicBool) -> usize {
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            let key = format!("{name}-{count}");
            let body = json!({"queue": "q", "payload": key});
            self.send(Method::POST, "/v1/tasks", &key, &body).await;
            count += 1;
        }
        count
    }

    /// Claims and completes until the queue is empty for good.
    async fn work(&self, node: usize, stop: &AtomicBool) {
        for turn in 0.. {
            let over = stop.load(Ordering::Relaxed);
            let claim = json!({"queues": ["q"], "max_tasks": 4, "wait_ms": 300, "claim_id": turn.to_string()});
            let path = format!("/v1/nodes/n{node}/claim");
            let claimed = self.send(Method::POST, &path, "none", &claim).await;
            let tasks = claimed["tasks"].as_array().unwrap().clone();
            for task in &tasks {
                let path = format!("/v1/tasks/{}/complete", task["id"].as_str().unwrap());
                let body = json!({"lease_token": task["lease_token"]});
                self.send(Method::POST, &path, "none", &body).await;
            }
            if over && tasks.is_empty() {
                return;
            }
        }
    }
}

/// Stops a replica in order and starts it again, somewhere else.
fn restart(dir: &Path, service: &mut Service, redis_url: &str) {
    let began = Instant::now();
    service.signal(Signal::TERM);
    assert_eq!(service.exit_code(), Some(0));
    assert!(began.elapsed() < STOP_LIMIT);
    *service = Service::on(dir, redis_url);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_request_of_a_client_that_retries_once() {
    let redis = TestRedis::start().await;
    let url = redis.redis.url();
    let dirs = [tempdir().unwrap(), tempdir().unwrap()];
    let mut services = [
        Service::on(dirs[0].path(), &url),
        Service::on(dirs[1].path(), &url),
    ];
    let replicas = Arc::new(Replicas {
        addresses: Mutex::new([services[0].address.clone(), services[1].address.clone()]),
        next: AtomicUsize::new(0),
        retried: AtomicUsize::new(0),
        http: http_client(),
    });
    let (stop, idle) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let submitters: Vec<_> = (0..4)
        .map(|name| {
            let (replicas, stop) = (Arc::clone(&replicas), Arc::clone(&stop));
            tokio::spawn(async move { replicas.submit_all(name, &stop).await })
        })
        .collect();
    let workers: Vec<_> = (0..4)
        .map(|node| {
            let (replicas, idle) = (Arc::clone(&replicas), Arc::clone(&idle));
            tokio::spawn(async move { replicas.work(node, &idle).await })
        })
        .collect();

    for index in [0, 1] {
        let before = replicas.next.load(Ordering::Relaxed);
        tokio::task::block_in_place(|| restart(dirs[index].path(), &mut services[index], &url));
        replicas.addresses.lock().unwrap()[index].clone_from(&services[index].address);
        assert!(replicas.next.load(Ordering::Relaxed) > before, "no load");
    }
    stop.store(true, Ordering::Relaxed);
    let submitted: usize = join_all(submitters)
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum();
    idle.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    assert!(
        replicas.retried.load(Ordering::Relaxed) > 0,
        "nobody noticed"
    );
    let caller = Caller::new(&services[0].address);
    let stats = caller.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["succeeded"], submitted, "{}", stats.text);
    assert_eq!(stats.body["backlog"], 0, "{}", stats.text);
}
