//! The level `replica`: confirmed is what a replica has as well.

use serde_json::json;
use tempfile::tempdir;

use super::pair::{replicate, start_redis, until_replicated};
use super::{stats, submit};
use crate::api::service::Caller;
use crate::ops::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn what_no_replica_has_is_503_durability_unconfirmed() {
    let dir = tempdir().unwrap();
    let (_master, master) = start_redis(&dir.path().join("master")).await;
    let (_replica, replica) = start_redis(&dir.path().join("replica")).await;
    let (host, port) = master.split_once(':').unwrap();
    replicate(&replica, host, port);
    until_replicated(&master);
    let service = Service::with(dir.path(), |command| {
        command
            .env("REDIS_URL", format!("redis://:shared@{master}"))
            .env("TASKYARD_DURABILITY", "replica");
    });
    let caller = Caller::new(&service.address);
    let first = submit(&caller, "first").await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.body["durability"], "replica");

    replicate(&replica, "NO", "ONE");
    let refused = submit(&caller, "second").await;
    assert_eq!(refused.failure(), (503, "durability_unconfirmed"));
    assert_eq!(refused.body["outcome"], "unknown");
    assert_eq!(refused.body["retryable"], true);
    // It is there, and what is no promise goes on.
    assert_eq!(stats(&caller).await["queued"], 2);
    let lease = caller.claim_one().await;
    let ready = caller
        .until("/readyz", |reply| reply.body["durability"] == "disk")
        .await;
    assert_eq!(ready.status, 200);

    replicate(&replica, host, port);
    until_replicated(&master);
    caller
        .until("/readyz", |reply| reply.body["durability"] == "replica")
        .await;
    let again = submit(&caller, "second").await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(stats(&caller).await["queued"], 1);
    let done = caller.report(&lease, "complete", json!({})).await;
    assert_eq!(done.status, 200, "{}", done.text);
}
