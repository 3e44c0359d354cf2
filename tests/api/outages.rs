//! The service while its Redis is killed, hung, emptied or swapped, and after its own death.
//!
//! These run the program itself, with a private Redis that confirms what is on the disk.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::service::{Caller, LIMIT, Reply};
use crate::ops::service::{Service, printed, send, taskyard};

/// A write is answered within this, whatever Redis does.
const IN_TIME: Duration = Duration::from_secs(8);

/// Submits under a key, until the task is taken: every refusal on the way.
async fn submit_until_taken(caller: &Caller, key: &str) -> (String, Vec<Reply>) {
    let (began, mut refusals) = (Instant::now(), Vec::new());
    loop {
        let reply = submit(caller, key).await;
        if reply.status == 201 {
            return (reply.id(), refusals);
        }
        assert_eq!(reply.failure(), (503, "store_unavailable"));
        assert!(reply.body["outcome"].is_string(), "{}", reply.text);
        refusals.push(reply);
        assert!(began.elapsed() < LIMIT, "the service does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn submit(caller: &Caller, key: &str) -> Reply {
    let request = caller
        .request(reqwest::Method::POST, "/v1/tasks")
        .header("idempotency-key", key)
        .json(&json!({"queue": "q", "payload": key}));
    let began = Instant::now();
    let reply = caller.send(request).await;
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
    reply
}

async fn stats(caller: &Caller) -> Value {
    caller.get("/v1/queues/q/stats").await.body
}

/// Runs `taskyard store accept` on the service's data directory.
fn accept(dir: &Path) {
    let mut command = taskyard(dir);
    command.args(["store", "accept", "--data-dir", "data"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", printed(&output));
}

/// Waits until reads say that the store is another one, and checks that writes do.
async fn until_reset(caller: &Caller) {
    let reset = |reply: &Reply| reply.failure() == (503, "store_reset");
    caller.until("/v1/queues", reset).await;
    let write = submit(caller, "refused").await;
    assert!(reset(&write), "{}", write.text);
    assert_eq!(write.body["outcome"], "none");
    let claim = json!({"queues": ["q"]});
    let claim = caller.post("/v1/nodes/n/claim", claim).await;
    assert!(reset(&claim), "{}", claim.text);
    let ready = caller.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "store_reset"));
    assert_eq!(caller.get("/healthz").await.status, 200);
}

/// Waits until the service is ready, then submits, claims and completes a task.
async fn works(caller: &Caller, key: &str) {
    caller.until("/readyz", |reply| reply.status == 200).await;
    let (id, _) = submit_until_taken(caller, key).await;
    let lease = caller.claim_one().await;
    assert_eq!(lease.id, id);
    let done = caller.report(&lease, "complete", json!({})).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_redis_that_is_killed_in_use() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let mut ids = Vec::new();
    for round in 0..3 {
        let submitters = (0..8).map(|submitter| {
            let caller = caller.clone();
            async move {
                let mut ids = Vec::new();
                for n in 0..20 {
                    let key = format!("{round}-{submitter}-{n}");
                    ids.push(submit_until_taken(&caller, &key).await.0);
                }
                ids
            }
        });
        let kill = async {
            let before = round * 160 + 20;
            caller
                .until("/v1/queues/q/stats", |reply| {
                    reply.status == 503 || reply.body["queued"].as_u64() > Some(before)
                })
                .await;
            send(service.redis_pid(), Signal::KILL);
        };
        let (taken, ()) = tokio::join!(futures_util::future::join_all(submitters), kill);
        ids.extend(taken.into_iter().flatten());
    }
    for id in &ids {
        assert_eq!(caller.task(id).await["state"], "queued");
    }
    // Keys made each of them once, also those whose first answer was lost.
    assert_eq!(stats(&caller).await["queued"], ids.len());
}

#[tokio::test]
async fn a_redis_that_is_killed_costs_503_and_nothing_more() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    // Moved away, it cannot be started again until it is back.
    let redis_dir = service.data_dir.join("redis");
    let away = service.data_dir.join("redis.away");
    fs::rename(&redis_dir, &away).unwrap();
    fs::write(&redis_dir, "").unwrap();
    send(service.redis_pid(), Signal::KILL);

    let read = caller
        .until("/v1/queues", |reply| reply.status == 503)
        .await;
    assert_eq!(read.failure(), (503, "store_unavailable"));
    assert_eq!(read.body["retryable"], true);
    let write = submit(&caller, "second").await;
    assert_eq!(write.failure(), (503, "store_unavailable"));
    let ready = caller.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "store_unavailable"));
    assert_eq!(caller.get("/healthz").await.status, 200);

    fs::remove_file(&redis_dir).unwrap();
    fs::rename(&away, &redis_dir).unwrap();
    submit_until_taken(&caller, "second").await;
    assert_eq!(caller.task(&first).await["state"], "queued");
    assert_eq!(stats(&caller).await["queued"], 2);
}

#[tokio::test]
async fn a_redis_that_hangs_is_answered_for_in_time() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    let redis = service.redis_pid();
    send(redis, Signal::STOP);

    let unknown = submit(&caller, "second").await;
    assert_eq!(unknown.failure(), (503, "store_unavailable"));
    assert_eq!(unknown.body["outcome"], "unknown");
    let began = Instant::now();
    let read = caller.get(&format!("/v1/tasks/{first}")).await;
    assert_eq!(read.failure(), (503, "store_unavailable"));
    let ready = caller.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "store_unavailable"));
    assert!(began.elapsed() < IN_TIME * 2);

    send(redis, Signal::CONT);
    submit_until_taken(&caller, "second").await;
    assert_eq!(caller.task(&first).await["state"], "queued");
    assert_eq!(stats(&caller).await["queued"], 2);
}

#[tokio::test]
async fn a_killed_service_finds_everything_when_it_starts_again() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(submit_until_taken(&caller, &n.to_string()).await.0);
    }
    let session = caller.register("n", json!({"slots": 2})).await;
    let claim = json!({"queues": ["q"], "max_tasks": 2, "session": session});
    let leases = caller.claim("n", claim).await;
    service.crash();

    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    assert_eq!(stats(&caller).await["queued"], 18);
    for id in &ids {
        let running = leases.iter().any(|lease| lease.id == *id);
        let state = if running { "running" } else { "queued" };
        assert_eq!(caller.task(id).await["state"], state);
    }
    // Sessions and leases are kept as well: the node has not noticed anything.
    let beat = json!({"session": session, "held": [leases[0].id]});
    let beat = caller.post("/v1/nodes/n/heartbeat", beat).await;
    assert_eq!(beat.body["lost"], json!([]), "{}", beat.text);
    let done = caller.report(&leases[0], "complete", json!({})).await;
    assert_eq!(done.body["state"], "succeeded", "{}", done.text);
    let again = submit(&caller, "0").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn an_emptied_store_is_refused_until_an_operator_accepts_it() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let train = json!({"queue": "q", "type": "a"});
    caller.submit(train).await;
    let leases = caller.claim("n", json!({"queues": ["q"]})).await;
    assert_eq!(leases.len(), 1);
    let () = service.redis(&["FLUSHALL"]);

    until_reset(&caller).await;
    accept(dir.path());
    works(&caller, "after").await;
    let lost = caller.get(&format!("/v1/tasks/{}", leases[0].id)).await;
    assert_eq!(lost.failure(), (404, "task_not_found"));
}

#[tokio::test]
async fn a_store_that_was_wiped_while_stopped_is_refused_until_accepted() {
    let dir = tempdir().unwrap();
    let mut service = Service::start(dir.path());
    submit_until_taken(&Caller::new(&service.address), "first").await;
    service.signal(Signal::TERM);
    assert_eq!(service.exit_code(), Some(0));
    fs::remove_dir_all(service.data_dir.join("redis")).unwrap();

    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    until_reset(&caller).await;
    accept(dir.path());
    works(&caller, "after").await;
    // It is known from then on.
    service.crash();
    let service = Service::start(dir.path());
    works(&Caller::new(&service.address), "later").await;
}

#[test]
fn accepting_needs_a_data_directory_and_a_redis() {
    let dir = tempdir().unwrap();
    let run = || {
        let mut command = taskyard(dir.path());
        command.args(["store", "accept", "--data-dir", "data"]);
        let output = command.output().unwrap();
        (output.status.code(), printed(&output))
    };
    let (code, said) = run();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no data directory data"), "{said}");
    fs::create_dir(dir.path().join("data")).unwrap();
    let (code, said) = run();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("start the service first"), "{said}");
}
