//! Ranges make their tasks as they are needed.

use serde_json::json;

use super::super::service::Api;
use super::{assert_counts, claimed, complete, path, submitted};

#[tokio::test]
async fn a_range_of_ten_million_has_a_window_of_tasks_only() {
    let api = Api::start().await;
    let range = json!({ "from": -5, "to": 9_999_995, "step": 10 });
    let job = submitted(
        &api,
        json!({ "queue": "q", "type": "scan", "priority": -3, "range": range }),
    )
    .await;
    assert_counts(&job, [1_000_000, 1_000_000, 0, 0, 0, 0]);
    let there = async || {
        api.get("/v1/queues/q/stats").await.body["queued"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(there().await, 1_000);
    // What ends makes room for what comes.
    let (mut done, mut payloads) = (0, Vec::new());
    while done < 600 {
        for task in claimed(&api, 100).await {
            complete(&api, &task, json!(1)).await;
            done += 1;
            assert_eq!(task["type"], "scan");
            payloads.push(task["payload"].clone());
        }
    }
    assert_eq!(
        payloads[0],
        json!({ "job_id": job["id"], "from": -5, "to": 5 })
    );
    let queued = |reply: &super::Reply| reply.body["queued"].as_u64().unwrap();
    let filled = |reply: &super::Reply| (500..=1_000).contains(&queued(reply));
    api.until("/v1/queues/q/stats", filled).await;
    let job = api.get(&path(&job)).await.body;
    assert_counts(&job, [1_000_000, 1_000_000 - done, 0, done, 0, 0]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_range_ends_with_its_last_part() {
    let api = Api::start().await;
    let job = submitted(
        &api,
        json!({ "queue": "q", "range": { "to": 5, "step": 2 } }),
    )
    .await;
    let mut parts = Vec::new();
    for task in claimed(&api, 9).await {
        let payload = &task["payload"];
        parts.push((
            payload["from"].as_u64().unwrap(),
            payload["to"].as_u64().unwrap(),
        ));
        complete(&api, &task, json!(1)).await;
    }
    assert_eq!(parts, [(0, 2), (2, 4), (4, 5)]);
    let job = api.get(&path(&job)).await.body;
    assert_eq!(
        (&job["state"], &job["items"]),
        (&json!("succeeded"), &json!(5))
    );
    let empty = submitted(&api, json!({ "queue": "q", "range": { "to": 0 } })).await;
    assert_eq!(empty["state"], "succeeded");
}

#[tokio::test]
async fn a_cancelled_range_makes_no_more_tasks() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "range": { "to": 1_000_000 } })).await;
    let running = claimed(&api, 1).await.remove(0);
    let reply = api.act(&format!("{}/cancel", path(&job))).await;
    assert_eq!(
        (reply.status, &reply.body["cancel_requested"]),
        (200, &json!(true))
    );
    let rest_gone = |reply: &super::Reply| reply.body["cancelled"] == 999_999;
    api.until(&path(&job), rest_gone).await;
    assert!(claimed(&api, 1).await.is_empty());
    // Who runs may still end well.
    complete(&api, &running, json!(1)).await;
    let job = api.get(&path(&job)).await.body;
    assert_counts(&job, [1_000_000, 0, 0, 1, 0, 999_999]);
    assert_eq!(job["state"], "cancelled");
    let again = api.act(&format!("{}/cancel", path(&job))).await;
    assert_eq!(again.status, 200);
    api.test.audit().await;
}
