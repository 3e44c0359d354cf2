//! Drain and resume: a node finishes what it holds and gets nothing more.

use serde_json::json;

use super::service::Api;

const DRAIN: &str = "/v1/nodes/n/drain";

#[tokio::test]
async fn a_draining_node_gets_nothing_and_is_told_so() {
    let api = Api::start().await;
    let session = api.register("n", json!({"slots": 5})).await;
    api.submit_one().await;
    let claim = json!({"queues": ["q"], "session": session});
    let lease = api.claim("n", claim.clone()).await.remove(0);
    api.submit_one().await;

    let reply = api.post(DRAIN, json!({"reason": "new kernel"})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["state"], "draining");
    assert_eq!(reply.body["reason"], "new kernel");
    assert_eq!(reply.body["draining_since"], "2026-11-23T07:01:55.000Z");
    for (path, body) in [
        ("claim", claim),
        ("claim", json!({"queues": ["q"], "wait_ms": 20_000})),
        ("heartbeat", json!({"session": session})),
        (
            "exchange",
            json!({"session": session, "claim": {"queues": ["q"]}}),
        ),
        ("exchange", json!({"claim": {"queues": ["q"]}})),
        ("exchange", json!({})),
    ] {
        let reply = api.post(&format!("/v1/nodes/n/{path}"), body.clone()).await;
        assert_eq!(reply.body["directive"], "drain", "{path} {body}");
        let tasks = reply.body.get("tasks").cloned().unwrap_or(json!([]));
        assert_eq!(tasks, json!([]), "{path} {body}");
    }

    assert_eq!(api.report(&lease, "complete", json!({})).await.status, 200);
    assert_eq!(api.get("/v1/nodes/n").await.body["state"], "drained");
    let listed = api.get("/v1/nodes").await.body["items"][0].clone();
    assert_eq!(
        (&listed["state"], &listed["reason"]),
        (&json!("drained"), &json!("new kernel"))
    );
}

#[tokio::test]
async fn a_resumed_node_gets_tasks_again() {
    let api = Api::start().await;
    api.register("n", json!({})).await;
    api.submit_one().await;
    assert_eq!(api.act(DRAIN).await.body["state"], "drained");
    let resumed = api.act("/v1/nodes/n/resume").await;
    assert_eq!(resumed.status, 200, "{}", resumed.text);
    assert_eq!(resumed.body["state"], "ready");
    for gone in ["reason", "draining_since", "drain_deadline_at"] {
        assert!(resumed.body.get(gone).is_none(), "{}", resumed.text);
    }
    assert_eq!(api.act("/v1/nodes/n/resume").await.status, 200);
    assert_eq!(api.claim("n", json!({"queues": ["q"]})).await.len(), 1);
}

#[tokio::test]
async fn a_drain_outlives_the_session() {
    let api = Api::start().await;
    api.register("n", json!({})).await;
    api.act(DRAIN).await;
    let session = api.register("n", json!({})).await;
    api.submit_one().await;
    let claim = json!({"queues": ["q"], "session": session});
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    assert_eq!(reply.body, json!({"tasks": [], "directive": "drain"}));
    assert_eq!(api.get("/v1/nodes/n").await.body["state"], "drained");
}

#[tokio::test]
async fn a_waiting_claim_of_a_node_that_drains_is_answered_at_once() {
    let api = Api::start().await;
    api.register("n", json!({})).await;
    let caller = (*api).clone();
    let waiting = tokio::spawn(async move {
        let claim = json!({"queues": ["q"], "wait_ms": 30_000});
        caller.post("/v1/nodes/n/claim", claim).await
    });
    api.until_a_claim_waits().await;
    api.act(DRAIN).await;
    // The caller's own patience is shorter than the wait.
    let reply = waiting.await.unwrap();
    assert_eq!(reply.body, json!({"tasks": [], "directive": "drain"}));
}

#[tokio::test]
async fn a_repeated_claim_id_finds_its_leases_while_the_node_drains() {
    let api = Api::start().await;
    api.register("n", json!({})).await;
    let id = api.submit_one().await;
    let claim = json!({"queues": ["q"], "claim_id": "c"});
    api.claim("n", claim.clone()).await;
    api.act(DRAIN).await;
    assert_eq!(api.claim("n", claim).await[0].id, id);
}

#[tokio::test]
async fn at_the_deadline_what_is_held_goes_back_free_of_charge() {
    let api = Api::start().await;
    let session = api.register("n", json!({"slots": 5})).await;
    let ids = [api.submit_one().await, api.submit_one().await];
    let with_session = json!({"queues": ["q"], "session": session});
    let lease = api.claim("n", with_session.clone()).await.remove(0);
    // A lease that stands alone goes back as well.
    api.claim("n", json!({"queues": ["q"]})).await;
    let reply = api.post(DRAIN, json!({"deadline_ms": 5_000})).await;
    assert_eq!(reply.body["drain_deadline_at"], "2026-11-23T07:02:00.000Z");
    assert_eq!(reply.body["used"], 2);

    api.test.advance(1_000);
    assert_eq!(api.get("/v1/nodes/n").await.body["state"], "draining");
    api.test.advance(4_000);
    for id in &ids {
        let path = format!("/v1/tasks/{id}");
        let task = api
            .until(&path, |reply| reply.body["state"] == "queued")
            .await;
        assert_eq!(task.body["losses"], 0);
    }
    let late = api.report(&lease, "complete", json!({})).await;
    assert_eq!(late.failure(), (409, "lease_lost"));
    assert_eq!(api.get("/v1/nodes/n").await.body["state"], "drained");
    api.test.audit().await;
}

#[tokio::test]
async fn a_drain_of_no_node_is_404_and_one_that_cannot_be_422() {
    let api = Api::start().await;
    for path in [DRAIN, "/v1/nodes/n/resume", "/v1/nodes/no name/drain"] {
        assert_eq!(api.act(path).await.failure(), (404, "node_unknown"));
    }
    api.register("n", json!({})).await;
    for (body, pointer) in [
        (json!({"deadline_ms": 31_622_400_001_u64}), "/deadline_ms"),
        (json!({"deadline_ms": -1}), "/deadline_ms"),
        (json!({"reason": "x".repeat(1_025)}), "/reason"),
        (json!({"why": "x"}), "/why"),
    ] {
        let reply = api.post(DRAIN, body).await;
        assert_eq!(reply.failure(), (422, "validation_failed"));
        assert_eq!(reply.pointers(), [pointer]);
    }
}
