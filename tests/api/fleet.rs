//! The fleet: what the service finds out about nodes, and those that it quarantines.

use serde_json::{Value, json};

use super::service::{Api, Lease};

/// The node takes so many tasks of the queue `q`, one after the other, and reports each.
async fn work(
    api: &Api,
    node: &str,
    count: usize,
    report: impl Fn(usize) -> (&'static str, Value),
) {
    for number in 0..count {
        api.submit_one().await;
        let leases = api.claim(node, json!({"queues": ["q"]})).await;
        let (verb, body) = report(number);
        let reply = api.report(&leases[0], verb, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

fn complete(_: usize) -> (&'static str, Value) {
    ("complete", json!({}))
}

fn fail(_: usize) -> (&'static str, Value) {
    let error = json!({"code": "broken", "message": "it broke"});
    ("fail", json!({"error": error, "retryable": false}))
}

/// Waits until the node is in quarantine, and answers how it is shown.
async fn until_quarantined(api: &Api, node: &str) -> Value {
    let quarantined = |reply: &super::service::Reply| reply.body["state"] == "quarantined";
    api.until(&format!("/v1/nodes/{node}"), quarantined)
        .await
        .body
}

async fn three_nodes_of_which_one_fails(api: &Api) {
    for node in ["good", "fine", "bad"] {
        api.register(node, json!({"slots": 4})).await;
    }
    work(api, "good", 15, complete).await;
    work(api, "fine", 15, complete).await;
    work(api, "bad", 22, fail).await;
}

#[tokio::test]
async fn a_node_that_fails_far_more_than_its_peers_is_quarantined_and_says_why() {
    let api = Api::start().await;
    three_nodes_of_which_one_fails(&api).await;
    let node = until_quarantined(&api, "bad").await;
    let reason = node["reason"].as_str().unwrap();
    assert!(reason.contains("22 of its last 22 attempts"), "{reason}");
    assert!(node["quarantined_since"].is_string());
    assert_eq!(node["failures"].as_f64(), Some(1.0));
    let list = api.get("/v1/nodes").await.body;
    let items = list["items"].as_array().unwrap();
    let bad = items.iter().find(|item| item["id"] == "bad").unwrap();
    assert_eq!(bad["reason"], node["reason"]);
    assert_eq!(api.get("/v1/nodes/good").await.body["state"], "ready");

    let id = api.submit_one().await;
    let reply = api
        .post("/v1/nodes/bad/claim", json!({"queues": ["q"]}))
        .await;
    assert_eq!(reply.body["tasks"], json!([]));
    assert_eq!(reply.body["directive"], "continue");
    assert_eq!(reply.body["reason"], node["reason"]);
    // It lasts over sessions.
    let session = api.register("bad", json!({"slots": 4})).await;
    let claim = json!({"queues": ["q"], "session": session});
    assert!(api.claim("bad", claim.clone()).await.is_empty());

    let resumed = api.act("/v1/nodes/bad/resume").await;
    assert_eq!(resumed.body["state"], "ready", "{}", resumed.text);
    assert!(resumed.body.get("reason").is_none());
    assert!(resumed.body.get("failures").is_none(), "it is judged anew");
    assert_eq!(api.claim("bad", claim).await[0].id, id);
}

#[tokio::test]
async fn a_claim_that_waits_in_quarantine_gets_a_task_when_its_node_is_resumed() {
    let api = Api::start().await;
    three_nodes_of_which_one_fails(&api).await;
    until_quarantined(&api, "bad").await;
    let id = api
        .submit(json!({"queue": "q", "requires": {"node": "bad"}}))
        .await;
    let answer = api.get(&format!("/v1/tasks/{id}/explain")).await.body;
    assert_eq!(
        answer["reasons"][0]["code"], "nodes_quarantined",
        "{answer}"
    );
    let claim = api.post(
        "/v1/nodes/bad/claim",
        json!({"queues": ["q"], "wait_ms": 30_000}),
    );
    let resume = async {
        api.until_a_claim_waits().await;
        api.act("/v1/nodes/bad/resume").await
    };
    let (reply, _) = tokio::join!(claim, resume);
    let leases: Vec<Lease> = reply.leases();
    assert_eq!(leases[0].id, id);
}

#[tokio::test]
async fn run_time_failures_and_queue_delay_are_kept_by_node_and_type() {
    let api = Api::start().await;
    for node in ["fast", "slow"] {
        api.register(node, json!({})).await;
    }
    for (node, millis) in [("fast", 100), ("slow", 300)] {
        for _ in 0..4 {
            let id = api.submit_one().await;
            api.test.advance(50);
            let leases = api.claim(node, json!({"queues": ["q"]})).await;
            assert_eq!(leases[0].id, id);
            api.test.advance(millis);
            api.report(&leases[0], "complete", json!({})).await;
        }
    }
    work(&api, "slow", 1, fail).await;
    let fast = api
        .until("/v1/nodes/fast", |reply| {
            reply.body["speed"].as_f64() == Some(2.0)
        })
        .await;
    assert_eq!(fast.body["failures"].as_f64(), Some(0.0));
    let slow = api
        .until("/v1/nodes/slow", |reply| {
            reply.body["failures"].as_f64() == Some(0.2)
        })
        .await;
    assert_eq!(slow.body["speed"].as_f64(), Some(0.667));
    let work = &slow.body["work"][0];
    assert_eq!(
        (&work["queue"], &work["type"]),
        (&json!("q"), &json!("default"))
    );
    assert_eq!(work["run_ms"].as_f64(), Some(300.0));
    assert_eq!(work["queue_delay_ms"].as_f64(), Some(40.0));
    assert_eq!(work["attempts"].as_f64(), Some(5.0));
}

#[tokio::test]
async fn lost_attempts_count_against_their_node() {
    let api = Api::start().await;
    api.register("n", json!({"slots": 4})).await;
    api.submit_one().await;
    let leases = api
        .claim("n", json!({"queues": ["q"], "lease_ms": 1_000}))
        .await;
    assert_eq!(leases.len(), 1);
    api.test.advance(1_500);
    api.until("/v1/nodes/n", |reply| {
        reply.body["work"][0]["lost"].as_f64() == Some(1.0)
    })
    .await;
}

#[tokio::test]
async fn tasks_that_no_living_node_can_run_are_counted() {
    let api = Api::start().await;
    let gpu = json!({"queue": "q", "requires": {"labels": {"gpu": "a100"}}});
    api.submit(gpu.clone()).await;
    api.submit(gpu).await;
    api.submit_one().await;
    let stats = api.get("/v1/queues/q/stats").await.body;
    assert_eq!(
        (&stats["queued"], &stats["unplaceable"]),
        (&json!(3), &json!(2))
    );
    api.register("strong", json!({"labels": {"gpu": "a100"}}))
        .await;
    let placeable = |reply: &super::service::Reply| reply.body["unplaceable"] == 0;
    api.until("/v1/queues/q/stats", placeable).await;
    api.act("/v1/nodes/strong/drain").await;
    let unplaceable = |reply: &super::service::Reply| reply.body["unplaceable"] == 2;
    api.until("/v1/queues/q/stats", unplaceable).await;
}

#[tokio::test]
async fn a_page_of_nodes_costs_the_same_however_many_there_are() {
    let api = Api::start().await;
    let register = async |from: usize, to: usize| {
        for number in from..to {
            api.register(&format!("n{number}"), json!({})).await;
        }
    };
    // What the background work does beside it is little, and not nothing: the least of a few counts.
    let cost = async || {
        let mut least = usize::MAX;
        for _ in 0..5 {
            let before = api.test.redis.script_calls().await;
            let page = api.get("/v1/nodes?limit=20").await;
            assert_eq!(page.body["items"].as_array().unwrap().len(), 20);
            least = least.min(api.test.redis.script_calls().await - before);
        }
        least
    };
    register(0, 60).await;
    let few = cost().await;
    register(60, 600).await;
    let many = cost().await;
    assert!(many <= few && few <= 10, "{few} calls, then {many}");
    for command in ["keys", "scan", "smembers"] {
        assert_eq!(api.test.redis.calls_of(command).await, 0, "{command}");
    }
}
