//! Exchanges: reports and the next claim in one request.

use std::time::Instant;

use serde_json::{Value, json};

use super::service::{Api, LIMIT};

#[tokio::test]
async fn an_exchange_settles_everything_and_claims_the_next_tasks() {
    let api = Api::start().await;
    let session = api.register("n", json!({"slots": 10})).await;
    for n in 0..6 {
        api.submit(json!({"queue": "q", "payload": n})).await;
    }
    let claim = json!({"queues": ["q"], "max_tasks": 5, "session": session});
    let leases = api.claim("n", claim).await;
    assert_eq!(leases.len(), 5);
    api.act(&format!("/v1/tasks/{}/cancel", leases[4].id)).await;
    until_told_to_stop(&api, &session, &leases[4].id).await;
    let on = |n: usize| json!({"id": leases[n].id, "lease_token": leases[n].token});
    let with = |n: usize, member: &str, value: Value| {
        let mut report = on(n);
        report[member] = value;
        report
    };
    let reply = api
        .post(
            "/v1/nodes/n/exchange",
            json!({
                "session": session,
                "complete": [with(0, "result", json!(null)), {"id": leases[1].id, "lease_token": "stale"}],
                "fail": [with(1, "error", json!({"code": "x", "message": ""}))],
                "progress": [with(2, "fraction", json!(0.5))],
                "release": [on(3), {"id": "nonsense", "lease_token": "x"}],
                "claim": {"queues": ["q"]},
            }),
        )
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let results: Vec<(u64, &str)> = reply.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let word = result["state"]
                .as_str()
                .or(result["problem"]["code"].as_str());
            (result["status"].as_u64().unwrap(), word.unwrap())
        })
        .collect();
    assert_eq!(
        results,
        [
            (200, "succeeded"),
            (409, "lease_lost"),
            (200, "retry_wait"),
            (200, "running"),
            (200, "queued"),
            (404, "task_not_found"),
        ]
    );
    assert_eq!(reply.leases().len(), 1);
    assert_eq!(reply.leases()[0].id, leases[3].id);
    assert_eq!(reply.body["cancel"], json!([leases[4].id]));
    assert_eq!(reply.body["directive"], "continue");
    let result = api.get(&format!("/v1/tasks/{}/result", leases[0].id)).await;
    assert_eq!(result.text, "null");
}

/// The news of a cancellation goes from the task's partition to the node's.
async fn until_told_to_stop(api: &Api, session: &str, id: &str) {
    let began = Instant::now();
    loop {
        let body = json!({"session": session});
        let reply = api.post("/v1/nodes/n/exchange", body).await;
        if reply.body["cancel"] == json!([id]) {
            return;
        }
        assert!(began.elapsed() < LIMIT, "{}", reply.text);
    }
}

#[tokio::test]
async fn an_exchange_of_nothing_is_well() {
    let api = Api::start().await;
    let reply = api.post("/v1/nodes/n/exchange", json!({})).await;
    assert_eq!(
        reply.body,
        json!({"results": [], "tasks": [], "directive": "continue", "cancel": []})
    );
}

#[tokio::test]
async fn an_exchange_whose_claim_cannot_be_does_nothing() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    let body = json!({
        "complete": [{"id": id, "lease_token": lease.token}],
        "claim": {"queues": []},
    });
    let reply = api.post("/v1/nodes/n/exchange", body).await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/claim/queues"]);
    assert_eq!(api.task(&id).await["state"], "running");
}

#[tokio::test]
async fn an_exchange_of_an_ended_session_is_404() {
    let api = Api::start().await;
    let ended = api.register("n", json!({})).await;
    api.register("n", json!({})).await;
    let reply = api
        .post("/v1/nodes/n/exchange", json!({"session": ended}))
        .await;
    assert_eq!(reply.failure(), (404, "node_unknown"));
}
