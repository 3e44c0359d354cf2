//! An endpoint that fails is left alone for a while.

use serde_json::json;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

#[tokio::test]
async fn five_failures_in_a_row_open_it_and_one_success_closes_it() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("500 Oops", "", "")).await;
    api.target(
        &receiver,
        json!({"target_concurrency": 1, "max_attempts": 1}),
    )
    .await;
    for _ in 0..5 {
        let id = api.submit_one().await;
        api.until_state(&id, "failed").await;
    }
    let open = api
        .until("/v1/queues/q", |queue| {
            queue.body["target_health"]["breaker"] == "open"
        })
        .await;
    assert_eq!(open.body["target_health"]["failures"], 5);
    assert_eq!(open.body["target_health"]["opened"], 1);
    assert_eq!(
        open.body["target_health"]["error"],
        "the endpoint answered 500"
    );
    receiver.now_says(done());
    let id = api.submit_one().await;
    let why = api.get(&format!("/v1/tasks/{id}/explain")).await;
    assert_eq!(
        why.body["reasons"][0]["code"], "target_backing_off",
        "{}",
        why.text
    );
    // The clock of what is shown is the test's.
    api.test.pass(2_000).await;
    let half = api.get("/v1/queues/q").await;
    assert_ne!(
        half.body["target_health"]["breaker"], "open",
        "{}",
        half.text
    );
    api.until_state(&id, "succeeded").await;
    let closed = api
        .until("/v1/queues/q", |queue| {
            queue.body["target_health"]["breaker"] == "closed"
        })
        .await;
    assert_eq!(closed.body["target_health"]["opened"], 1);
    assert!(closed.body["target_health"].get("open_until").is_none());
    assert_eq!(receiver.heard().len(), 6);
}

#[tokio::test]
async fn while_it_is_half_open_one_push_finds_out() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("500 Oops", "", "")).await;
    api.target(&receiver, json!({"max_attempts": 1})).await;
    for _ in 0..5 {
        let id = api.submit_one().await;
        api.until_state(&id, "failed").await;
    }
    receiver.now_says(Says::bytes("").and_hangs());
    for _ in 0..3 {
        api.submit_one().await;
    }
    receiver.until_heard(6).await;
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(
        (&stats.body["running"], &stats.body["queued"]),
        (&json!(1), &json!(2)),
        "{}",
        stats.text
    );
}

#[tokio::test]
async fn a_node_whose_endpoint_fails_is_suspect() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("500 Oops", "", "")).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"]});
    assert_eq!(api.put("/v1/nodes/hook", node).await.status, 201);
    for _ in 0..5 {
        let id = api.submit(json!({"queue": "q", "max_attempts": 1})).await;
        api.until_state(&id, "failed").await;
    }
    let node = api
        .until("/v1/nodes/hook", |node| {
            node.body["health"]["breaker"] == "open"
        })
        .await;
    assert_eq!(node.body["state"], "suspect");
    let list = api.get("/v1/nodes").await;
    assert_eq!(
        list.body["items"][0]["health"]["breaker"], "open",
        "{}",
        list.text
    );
    let id = api.submit_one().await;
    let why = api.get(&format!("/v1/tasks/{id}/explain")).await;
    assert_eq!(
        why.body["reasons"][0]["code"], "endpoints_backing_off",
        "{}",
        why.text
    );
}

#[tokio::test]
async fn another_url_starts_afresh() {
    let api = Api::start().await;
    let broken = Receiver::saying(Says::status("503 Busy", "retry-after: 3000\r\n", "")).await;
    api.target(&broken, json!({})).await;
    let id = api.submit_one().await;
    api.until("/v1/queues/q", |queue| {
        queue.body["target_health"]["breaker"] == "open"
    })
    .await;
    let working = Receiver::saying(done()).await;
    let queue = api.target(&working, json!({})).await;
    assert_eq!(queue.body["target_health"]["breaker"], "closed");
    api.until_state(&id, "succeeded").await;
}
