//! What the limits of a queue say of its running tasks holds for pushed ones, whoever pushes them.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

fn limited(running: u64) -> Value {
    json!({"limits": {"running": running}, "target_concurrency": 50, "max_attempts": 1})
}

/// How many tasks of the queue are in that state.
async fn count(api: &Api, state: &str) -> u64 {
    let reply = api.get("/v1/queues/q/stats").await;
    reply.body[state].as_u64().unwrap()
}

/// Waits until all of the queue has ended, so many of it well. Never are more running than that.
async fn until_ended(api: &Api, most: u64, succeeded: u64, failed: u64) {
    api.until("/v1/queues/q/stats", |stats| {
        let running = stats.body["running"].as_u64().unwrap();
        assert!(running <= most, "{}", stats.text);
        stats.body["succeeded"] == succeeded && stats.body["failed"] == failed
    })
    .await;
}

#[tokio::test]
async fn two_replicas_push_as_many_as_the_limit_of_the_queue_lets_run() {
    let api = Api::start().await;
    let other = api.other_replica();
    // Every third fails: never enough in a row for the endpoint to be left alone.
    let receiver = Receiver::answering(|heard| match heard.body["payload"].as_u64() {
        Some(number) if number % 3 == 0 => Says::status("500 Oops", "", ""),
        _ => done(),
    })
    .await;
    api.target(&receiver, limited(3)).await;
    let numbered = |number| json!({"queue": "q", "payload": number});
    let tasks: Vec<Value> = (0..150).map(numbered).collect();
    api.submit_all(&tasks).await;
    until_ended(&api, 3, 100, 50).await;
    assert_eq!(receiver.heard().len(), 150);
    assert!(receiver.most_open() <= 3, "{}", receiver.most_open());
    drop(other);
    api.test.audit().await;
}

#[tokio::test]
async fn the_endpoints_of_several_nodes_share_the_limit_of_the_queue() {
    let api = Api::start().await;
    let other = api.other_replica();
    let reply = api
        .put("/v1/queues/q", json!({"limits": {"running": 2}}))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let receiver = Receiver::saying(done()).await;
    for name in ["a", "b", "c"] {
        let node = json!({"endpoint": receiver.url, "queues": ["q"], "slots": 10});
        api.register(name, node).await;
    }
    api.submit_many(100, json!({"queue": "q"})).await;
    until_ended(&api, 2, 100, 0).await;
    assert!(receiver.most_open() <= 2, "{}", receiver.most_open());
    drop(other);
    api.test.audit().await;
}

#[tokio::test]
async fn the_place_of_a_push_that_failed_is_used_again() {
    let api = Api::start().await;
    let other = api.other_replica();
    let answers = CancellationToken::new();
    let receiver = Receiver::saying(Says::status("500 Oops", "", "").after(&answers)).await;
    api.target(&receiver, limited(2)).await;
    api.submit_many(4, json!({"queue": "q"})).await;
    receiver.until_heard(2).await;
    api.test.sweep().await;
    assert_eq!(
        (count(&api, "running").await, count(&api, "queued").await),
        (2, 2)
    );
    answers.cancel();
    receiver.until_heard(4).await;
    until_ended(&api, 2, 0, 4).await;
    assert!(receiver.most_open() <= 2, "{}", receiver.most_open());
    drop(other);
    api.test.audit().await;
}

#[tokio::test]
async fn the_place_of_a_push_that_ran_out_of_time_is_used_again() {
    let api = Api::start().await;
    let receiver = Receiver::answering(|heard| match heard.body["payload"].as_u64() {
        Some(99) => Says::bytes("").and_hangs(),
        _ => done(),
    })
    .await;
    api.target(&receiver, limited(1)).await;
    // The first push makes the client, which takes a while.
    let first = api.submit_one().await;
    api.until_state(&first, "succeeded").await;
    let slow = json!({"queue": "q", "payload": 99, "timeout_ms": 1_000});
    let slow = api.submit(slow).await;
    api.submit_many(3, json!({"queue": "q"})).await;
    receiver.until_hung_up(1).await;
    // Its time is over by the clock of whoever pushes, not yet by that of its lease.
    assert_eq!(count(&api, "running").await, 1);
    assert_eq!(receiver.heard().len(), 2);
    api.test.pass(1_000).await;
    api.until_state(&slow, "failed").await;
    until_ended(&api, 1, 4, 1).await;
    assert_eq!(receiver.most_open(), 1);
    api.test.audit().await;
}

#[tokio::test]
async fn the_place_of_a_push_that_was_cancelled_or_given_back_is_used_again() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::bytes("").and_hangs()).await;
    api.target(&receiver, limited(1)).await;
    let first = api.submit_one().await;
    receiver.until_heard(1).await;
    let second = api.submit_one().await;
    api.act(&format!("/v1/tasks/{first}/cancel")).await;
    // Broken off, it makes room for the next.
    let heard = receiver.until_heard(2).await;
    assert_eq!(heard[1].body["id"], second);
    let lease = json!({"lease_token": heard[1].body["lease_token"]});
    receiver.now_says(done());
    let reply = api
        .post(&format!("/v1/tasks/{second}/release"), lease)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    api.until_state(&second, "succeeded").await;
    assert_eq!(count(&api, "running").await, 0);
    api.test.audit().await;
}
