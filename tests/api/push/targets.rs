//! Queues with a target: no node is needed.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

#[tokio::test]
async fn tasks_that_waited_before_the_target_came_are_pushed() {
    let api = Api::start().await;
    let ids = api.submit_many(25, json!({"queue": "q"})).await;
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    for id in &ids {
        api.until_state(id, "succeeded").await;
    }
    let heard: Vec<_> = receiver.heard();
    let distinct: BTreeSet<String> = heard.iter().map(|one| one.body["id"].to_string()).collect();
    assert_eq!((heard.len(), distinct.len()), (25, 25));
}

#[tokio::test]
async fn no_more_are_there_at_once_than_the_queue_says() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::bytes("").and_hangs()).await;
    api.target(&receiver, json!({"target_concurrency": 3}))
        .await;
    api.submit_many(8, json!({"queue": "q"})).await;
    receiver.until_heard(3).await;
    api.test.sweep().await;
    assert_eq!(api.get("/v1/queues/q/stats").await.body["running"], 3);
    // More room is used at once.
    let reply = api
        .patch("/v1/queues/q", json!({"target_concurrency": 5}))
        .await;
    assert_eq!(reply.body["target_concurrency"], 5, "{}", reply.text);
    receiver.until_heard(5).await;
    assert_eq!(api.get("/v1/queues/q/stats").await.body["running"], 5);
    assert_eq!(receiver.most_open(), 5);
}

#[tokio::test]
async fn two_replicas_push_each_task_once_and_keep_the_bound_together() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let other = api.other_replica();
    api.target(&receiver, json!({"target_concurrency": 4}))
        .await;
    api.submit_many(200, json!({"queue": "q"})).await;
    api.until("/v1/queues/q/stats", |stats| stats.body["succeeded"] == 200)
        .await;
    assert_eq!(receiver.heard().len(), 200);
    assert!(receiver.most_open() <= 4, "{}", receiver.most_open());
    drop(other);
    api.test.audit().await;
}

#[tokio::test]
async fn a_paused_queue_pushes_nothing_and_a_queue_without_target_neither() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    api.act("/v1/queues/q/pause").await;
    let held = api.submit_one().await;
    api.test.sweep().await;
    assert_eq!(api.task(&held).await["state"], "queued");
    api.act("/v1/queues/q/resume").await;
    api.until_state(&held, "succeeded").await;
    let queue = api.put("/v1/queues/q", json!({})).await;
    assert!(
        queue.body.get("target").is_none() && queue.body.get("target_health").is_none(),
        "{}",
        queue.text
    );
    let id = api.submit_one().await;
    let leases = api
        .claim("n", json!({"queues": ["q"], "wait_ms": 5_000}))
        .await;
    assert_eq!(leases[0].id, id);
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn a_queue_that_waits_for_its_target_costs_no_claims() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit_one().await;
    api.until_state(&id, "succeeded").await;
    api.until_a_claim_waits().await;
    let before = api.test.redis.calls_of("zpopmin").await;
    api.test.pass(5_000).await;
    assert_eq!(api.test.redis.calls_of("zpopmin").await, before);
}
