//! Claims that wait: which of them a task wakes, and what that costs.

use futures_util::stream::{FuturesUnordered, StreamExt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::service::{Api, Reply};

/// A claim on the queue `q` that waits.
fn waiting() -> Value {
    json!({"queues": ["q"], "wait_ms": 30_000})
}

/// So many waiting claims, or as many as this system's limit of open files allows.
fn affordable(count: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    // Both ends of each connection are here, and other tests run beside this one.
    let most = limit.maximum.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    });
    count.min(most / 4)
}

#[tokio::test]
async fn one_task_among_thousands_of_waiting_claims_wakes_one() {
    let api = Api::start().await;
    api.submit_one().await;
    api.claim_one().await;
    let count = affordable(1_000);
    // Each look at a queue with one class is one ZPOPMIN.
    let looks = async || api.test.redis.calls_of("zpopmin").await;
    let before = looks().await;
    let mut claims = FuturesUnordered::new();
    while claims.len() < count {
        for number in claims.len()..count.min(claims.len() + 100) {
            let (path, api) = (format!("/v1/nodes/n{number}/claim"), &api);
            claims.push(async move { api.post(&path, waiting()).await });
        }
        let sent = claims.len();
        tokio::select! {
            Some(reply) = claims.next() => panic!("a claim did not wait: {}", reply.text),
            () = api.until_claims_rest(sent) => {}
        }
    }
    assert_eq!(looks().await - before, count, "each has looked once");
    let before = looks().await;
    let submit = api.submit_one();
    let (id, reply) = tokio::join!(submit, claims.next());
    assert_eq!(reply.unwrap().leases()[0].id, id);
    let woken = looks().await - before;
    // A sweep may look for a lost signal beside it.
    assert!(woken <= 3, "{woken} looks for one task, of {count} claims");
}

#[tokio::test]
async fn the_first_task_of_a_queue_wakes_one_of_those_that_waited_before_it_was_there() {
    let api = Api::start().await;
    let mut claims: FuturesUnordered<_> = (0..20)
        .map(|number| {
            let (path, api) = (format!("/v1/nodes/n{number}/claim"), &api);
            async move { api.post(&path, waiting()).await }
        })
        .collect();
    tokio::select! {
        Some(reply) = claims.next() => panic!("a claim did not wait: {}", reply.text),
        () = api.until_claims_rest(20) => {}
    }
    let (id, reply) = tokio::join!(api.submit_one(), claims.next());
    assert_eq!(reply.unwrap().leases()[0].id, id);
}

/// Claims of two nodes wait, the first first; then the task comes. Which node got it.
async fn winner(api: &Api, nodes: [&str; 2], task: Value) -> usize {
    let paths = nodes.map(|node| format!("/v1/nodes/{node}/claim"));
    let first = api.post(&paths[0], waiting());
    let second = async {
        api.until_claims_rest(1).await;
        api.post(&paths[1], waiting()).await
    };
    let submit = async {
        api.until_claims_rest(2).await;
        api.submit(task).await
    };
    let got = async {
        tokio::select! {
            reply = first => (0, reply),
            reply = second => (1, reply),
        }
    };
    let (id, (node, reply)): (String, (usize, Reply)) = tokio::join!(submit, got);
    assert_eq!(reply.leases()[0].id, id);
    node
}

#[tokio::test]
async fn what_a_task_prefers_decides_among_those_that_wait() {
    let api = Api::start().await;
    api.register("far", json!({"labels": {"zone": "b"}})).await;
    api.register("near", json!({"labels": {"zone": "a"}})).await;
    let prefers = json!([{"labels": {"zone": "a"}, "weight": 10}]);
    let task = json!({"queue": "q", "prefers": prefers});
    assert_eq!(winner(&api, ["far", "near"], task).await, 1);
}

#[tokio::test]
async fn a_task_for_one_node_reaches_its_claim_at_once() {
    let api = Api::start().await;
    api.submit_one().await;
    api.claim_one().await;
    let task = json!({"queue": "q", "requires": {"node": "second"}});
    assert_eq!(winner(&api, ["first", "second"], task).await, 1);
}

#[tokio::test]
async fn a_lost_task_goes_to_another_node_while_there_is_one() {
    let api = Api::start().await;
    for node in ["dies", "lives"] {
        api.register(node, json!({"slots": 4})).await;
    }
    let id = api.submit_one().await;
    let short = json!({"queues": ["q"], "lease_ms": 1_000});
    assert_eq!(api.claim("dies", short.clone()).await[0].id, id);
    api.test.advance(1_500);
    let path = format!("/v1/tasks/{id}");
    api.until(&path, |reply| reply.body["state"] == "queued")
        .await;
    // The fleet is looked at every few seconds: then the other one is known.
    let fleet = api.test.store.nodes.survey().await.unwrap();
    drop(fleet);
    let free = api.submit_one().await;
    let got = api
        .claim("dies", json!({"queues": ["q"], "max_tasks": 5}))
        .await;
    assert_eq!(got.len(), 1, "the lost one is left to others");
    assert_eq!(got[0].id, free);
    assert!(api.claim("dies", short.clone()).await.is_empty());
    assert_eq!(api.claim("lives", short.clone()).await[0].id, id);

    // With nobody else to run it, the node gets it again.
    api.test.advance(1_500);
    api.until(&path, |reply| reply.body["state"] == "queued")
        .await;
    api.act("/v1/nodes/lives/drain").await;
    api.test.store.nodes.survey().await.unwrap();
    assert_eq!(api.claim("dies", short).await[0].id, id);
    api.test.audit().await;
}

#[tokio::test]
async fn a_queue_takes_every_strategy() {
    let api = Api::start().await;
    let queue = api.put("/v1/queues/q", json!({})).await;
    assert_eq!(queue.body["placement"], "balanced");
    for placement in ["fastest", "pack", "spread", "sticky", "balanced"] {
        let queue = api
            .patch("/v1/queues/q", json!({"placement": placement}))
            .await;
        assert_eq!(queue.status, 200, "{}", queue.text);
        assert_eq!(queue.body["placement"], placement);
    }
    let wrong = api.put("/v1/queues/q", json!({"placement": "best"})).await;
    assert_eq!(wrong.failure(), (422, "validation_failed"));
    assert_eq!(wrong.pointers(), ["/placement"]);
}

#[tokio::test]
async fn the_strategy_of_a_queue_holds_for_claims_that_wait() {
    let api = Api::start().await;
    for node in ["empty", "full"] {
        api.register(node, json!({"slots": 4})).await;
    }
    api.submit_one().await;
    assert_eq!(api.claim("full", json!({"queues": ["q"]})).await.len(), 1);
    for (placement, best) in [("pack", 1), ("spread", 0)] {
        api.put("/v1/queues/q", json!({"placement": placement}))
            .await;
        let task = json!({"queue": "q"});
        let order = if best == 1 {
            ["empty", "full"]
        } else {
            ["full", "empty"]
        };
        assert_eq!(winner(&api, order, task).await, 1, "{placement}");
        // Whoever did not get it leaves with the connection.
        api.until_no_claim_waits().await;
    }
}
