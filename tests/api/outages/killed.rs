//! Redis dies, and is started again; or the service does.

use std::fs;

use rustix::process::Signal;
use serde_json::json;
use tempfile::tempdir;

use super::{stats, submit, submit_until_taken};
use crate::api::service::Caller;
use crate::ops::service::{Service, send};

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
