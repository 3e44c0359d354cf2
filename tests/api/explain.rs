//! Explain: why a task is where it is.

use serde_json::{Value, json};

use super::service::Api;

/// The codes of a task's reasons, and the whole answer.
async fn explain(api: &Api, id: &str) -> (Vec<String>, Value) {
    let reply = api.get(&format!("/v1/tasks/{id}/explain")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reasons = reply.body["reasons"].as_array().unwrap().iter();
    let codes = reasons
        .map(|reason| {
            assert!(reason["message"].is_string(), "{reason}");
            reason["code"].as_str().unwrap().to_owned()
        })
        .collect();
    (codes, reply.body)
}

#[tokio::test]
async fn a_task_is_explained_from_its_submit_to_its_end() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "q", "delay_ms": 1_000})).await;
    let (codes, answer) = explain(&api, &id).await;
    assert_eq!(codes, ["scheduled"]);
    assert_eq!(answer["state"], "scheduled");
    assert_eq!(answer["reasons"][0]["at"], "2026-11-23T07:01:56.000Z");
    assert_eq!(answer["estimated_start_at"], "2026-11-23T07:01:56.000Z");
    api.act("/v1/queues/q/pause").await;
    assert_eq!(explain(&api, &id).await.0, ["scheduled", "queue_paused"]);
    api.act("/v1/queues/q/resume").await;

    api.test.advance(1_000);
    api.until(&format!("/v1/tasks/{id}"), |reply| {
        reply.body["state"] == "queued"
    })
    .await;
    let (codes, answer) = explain(&api, &id).await;
    assert_eq!(codes, ["in_turn"]);
    assert_eq!(answer["position"], 1);
    assert!(
        answer.get("estimated_start_at").is_none(),
        "nothing has ended yet"
    );

    let lease = api.claim_one().await;
    let (codes, answer) = explain(&api, &id).await;
    assert_eq!(codes, ["running"]);
    assert_eq!(answer["reasons"][0]["node_id"], "n");
    let error =
        json!({"error": {"code": "x", "message": ""}, "retryable": true, "retry_after_ms": 5_000});
    api.report(&lease, "fail", error).await;
    assert_eq!(explain(&api, &id).await.0, ["retry_wait"]);
    api.act(&format!("/v1/tasks/{id}/cancel")).await;
    let (codes, answer) = explain(&api, &id).await;
    assert_eq!(codes, ["cancelled"]);
    assert!(answer.get("position").is_none());

    let nobody = api
        .get("/v1/tasks/0199b7e0-7a4e-7001-8abc-000000000000/explain")
        .await;
    assert_eq!(nobody.failure(), (404, "task_not_found"));
}

#[tokio::test]
async fn what_no_node_has_is_named() {
    let api = Api::start().await;
    let requires = json!({"labels": {"gpu": "a100"}, "resources": {"memory_mb": 2048.5}});
    let task = json!({"queue": "q", "type": "train", "requires": requires});
    let id = api.submit(task).await;
    let (codes, answer) = explain(&api, &id).await;
    assert_eq!(codes, ["no_matching_node"]);
    assert_eq!(answer["reasons"][0]["missing"]["requires"], requires);

    let node = json!({"resources": {"memory_mb": 4096}, "types": ["other"]});
    api.register("other", node).await;
    let (_, answer) = explain(&api, &id).await;
    let missing = &answer["reasons"][0]["missing"];
    assert_eq!(missing["requires"], json!({"labels": {"gpu": "a100"}}));
    assert_eq!(missing["type"], "train");

    let fits = json!({"labels": {"gpu": "a100"}, "resources": {"memory_mb": 2048.5}, "slots": 1});
    let session = api.register("fits", fits).await;
    assert_eq!(explain(&api, &id).await.0, ["in_turn"]);
    let second = api
        .submit(json!({"queue": "q", "type": "train", "requires": requires}))
        .await;
    let claim = json!({"queues": ["q"], "session": session});
    assert_eq!(api.claim("fits", claim).await[0].id, id);
    let (codes, answer) = explain(&api, &second).await;
    assert_eq!(codes, ["nodes_full"]);
    assert_eq!(answer["reasons"][0]["nodes"], 1);
    api.test.advance(31_000);
    let dead = format!("/v1/tasks/{second}/explain");
    api.until(&dead, |reply| {
        reply.body["reasons"][0]["code"] == "nodes_dead"
    })
    .await;
}

#[tokio::test]
async fn the_position_counts_the_ready_tasks_of_every_class_that_go_first() {
    let api = Api::start().await;
    for (kind, priority) in [("a", 0), ("a", 5), ("b", 0), ("b", 7), ("c", 1)] {
        api.submit(json!({"queue": "q", "type": kind, "priority": priority}))
            .await;
    }
    let last = api
        .submit(json!({"queue": "q", "type": "b", "priority": 0}))
        .await;
    let first = api
        .submit(json!({"queue": "q", "type": "a", "priority": 9}))
        .await;
    assert_eq!(explain(&api, &last).await.1["position"], 7);
    assert_eq!(explain(&api, &first).await.1["position"], 1);

    // Six runs end: a tenth of a run each second of the last minute.
    for _ in 0..6 {
        let lease = api.claim_one().await;
        api.report(&lease, "complete", json!({})).await;
    }
    let more = api.submit(json!({"queue": "q"})).await;
    let (_, answer) = explain(&api, &more).await;
    assert_eq!(answer["position"], 2);
    assert_eq!(answer["estimated_start_at"], "2026-11-23T07:02:05.000Z");

    api.test.advance(61_000);
    assert_eq!(explain(&api, &more).await.0, ["no_recent_claims"]);
}
