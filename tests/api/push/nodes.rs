//! Push nodes: the service claims for them, by the rules of any other node.

use serde_json::json;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

#[tokio::test]
async fn a_push_node_is_ready_without_heartbeats_and_gets_what_it_may_run() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q", "r"], "types": ["thumb"], "labels": {"gpu": "a100"}});
    assert_eq!(api.put("/v1/nodes/hook", node).await.status, 201);
    let other = api.submit_one().await;
    let labelled = json!({"queue": "r", "type": "thumb", "requires": {"labels": {"gpu": "a100"}}});
    let fitting = api.submit(labelled).await;
    let task = api.until_state(&fitting, "succeeded").await;
    assert_eq!(task["node_id"], "hook");
    assert_eq!(api.task(&other).await["state"], "queued");
    api.test.pass(120_000).await;
    let node = api.get("/v1/nodes/hook").await;
    assert_eq!(node.body["state"], "ready");
    assert_eq!(node.body["endpoint"], receiver.url);
    assert_eq!(node.body["queues"], json!(["q", "r"]));
    assert_eq!(node.body["health"]["breaker"], "closed");
    assert_eq!(node.body["last_seen"], node.body["registered_at"]);
    api.test.audit().await;
}

#[tokio::test]
async fn its_slots_bound_what_it_has_at_once() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("202 Accepted", "", "")).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"], "slots": 2});
    api.register("hook", node).await;
    for _ in 0..5 {
        api.submit_one().await;
    }
    let heard = receiver.until_heard(2).await;
    api.until("/v1/nodes/hook", |node| node.body["used"] == 2)
        .await;
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["running"], 2, "{}", stats.text);
    for request in heard {
        let id = request.body["id"].as_str().unwrap();
        let report = json!({"lease_token": request.body["lease_token"]});
        assert_eq!(
            api.post(&format!("/v1/tasks/{id}/complete"), report)
                .await
                .status,
            200
        );
    }
    receiver.until_heard(4).await;
    assert_eq!(api.get("/v1/queues/q/stats").await.body["running"], 2);
}

#[tokio::test]
async fn a_draining_push_node_gets_nothing_until_it_is_resumed() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"]});
    api.register("hook", node).await;
    let first = api.submit_one().await;
    api.until_state(&first, "succeeded").await;
    assert_eq!(
        api.act("/v1/nodes/hook/drain").await.body["state"],
        "drained"
    );
    let second = api.submit_one().await;
    api.test.pass(3_000).await;
    assert_eq!(api.task(&second).await["state"], "queued");
    api.act("/v1/nodes/hook/resume").await;
    api.until_state(&second, "succeeded").await;
    assert_eq!(receiver.heard().len(), 2);
}

#[tokio::test]
async fn a_node_says_anew_what_it_is_and_loses_nothing() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("202 Accepted", "", "")).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"]});
    let first = api.put("/v1/nodes/hook", node.clone()).await;
    assert!(first.body["secret"].as_str().unwrap().starts_with("whsec_"));
    let id = api.submit_one().await;
    let heard = receiver.until_heard(1).await.remove(0);
    let again = api.put("/v1/nodes/hook", node.clone()).await;
    assert_eq!(again.status, 200);
    assert!(
        again.body.get("secret").is_none(),
        "told once: {}",
        again.text
    );
    let mut update = node;
    update["session"] = again.body["session"].clone();
    update["slots"] = json!(3);
    assert_eq!(api.put("/v1/nodes/hook", update).await.status, 200);
    assert_eq!(api.get("/v1/nodes/hook").await.body["slots"], 3);
    let report = json!({"lease_token": heard.body["lease_token"]});
    assert_eq!(
        api.post(&format!("/v1/tasks/{id}/complete"), report)
            .await
            .body["losses"],
        0
    );
}

#[tokio::test]
async fn a_node_without_its_endpoint_claims_for_itself_again() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"]});
    api.register("hook", node).await;
    let pushed = api.submit_one().await;
    api.until_state(&pushed, "succeeded").await;
    let session = api.register("hook", json!({})).await;
    let node = api.get("/v1/nodes/hook").await;
    assert!(
        node.body.get("endpoint").is_none() && node.body.get("health").is_none(),
        "{}",
        node.text
    );
    let id = api.submit_one().await;
    let leases = api
        .claim(
            "hook",
            json!({"queues": ["q"], "session": session, "wait_ms": 5_000}),
        )
        .await;
    assert_eq!(leases[0].id, id);
    api.test.pass(31_000).await;
    assert_eq!(api.get("/v1/nodes/hook").await.body["state"], "dead");
    assert_eq!(receiver.heard().len(), 1);
}
