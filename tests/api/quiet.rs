//! Claims that wait for a queue without tasks, and rest without a look of their own: whatever concerns one of
//! them still reaches it.

use std::time::Instant;

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};

use super::service::{Api, Caller, LIMIT, Reply};

/// A claim on the queue `q` that waits.
fn waiting() -> Value {
    json!({"queues": ["q"], "wait_ms": 30_000})
}

async fn claim(caller: Caller, node: String, claim: Value) -> Reply {
    caller.post(&format!("/v1/nodes/{node}/claim"), claim).await
}

/// Claims of so many nodes, the first first, that rest as none of them has looked. Their answers.
async fn resting(api: &Api, nodes: &[&str], body: &Value) -> Vec<tokio::task::JoinHandle<Reply>> {
    let looks = async || api.test.redis.calls_of("zpopmin").await;
    let began = Instant::now();
    // The first time each looks; it rests on a sweep's look when it comes again, once there was one.
    loop {
        let before = looks().await;
        let mut claims = Vec::new();
        for node in nodes {
            let sent = claim((**api).clone(), (*node).to_owned(), body.clone());
            claims.push(tokio::spawn(sent));
            api.until_claims_rest(claims.len()).await;
        }
        if looks().await == before {
            return claims;
        }
        assert!(began.elapsed() < LIMIT, "they look again and again");
        for claim in claims {
            claim.abort();
        }
        api.until_no_claim_waits().await;
    }
}

/// A service with the queue `q`, which is empty.
async fn quiet() -> Api {
    let api = Api::start().await;
    api.submit_one().await;
    api.claim_one().await;
    api
}

#[tokio::test]
async fn a_task_reaches_the_claim_that_has_rested_longest() {
    let api = quiet().await;
    let mut claims = resting(&api, &["a", "b", "c"], &waiting()).await;
    while !claims.is_empty() {
        let before = api.test.redis.calls_of("zpopmin").await;
        let id = api.submit_one().await;
        let reply = claims.remove(0).await.unwrap();
        assert_eq!(reply.leases()[0].id, id);
        let looks = api.test.redis.calls_of("zpopmin").await - before;
        // A sweep may look for a lost signal beside it.
        assert!(looks <= 3, "{looks} looks for one task");
    }
    api.test.audit().await;
}

#[tokio::test]
async fn each_of_several_tasks_reaches_a_claim_of_its_own() {
    let api = quiet().await;
    let nodes = ["a", "b", "c", "d", "e", "f"];
    let claims = resting(&api, &nodes, &waiting()).await;
    api.submit_many(nodes.len(), json!({"queue": "q"})).await;
    let mut claims: FuturesUnordered<_> = claims.into_iter().collect();
    let mut got = Vec::new();
    while let Some(reply) = claims.next().await {
        got.extend(reply.unwrap().leases().into_iter().map(|lease| lease.id));
    }
    got.sort();
    got.dedup();
    assert_eq!(got.len(), nodes.len());
    api.test.audit().await;
}

#[tokio::test]
async fn a_lost_message_costs_a_claim_that_rests_no_task() {
    let api = quiet().await;
    let mut claims = resting(&api, &["a"], &waiting()).await;
    api.test.redis.deafen().await;
    let id = api.submit_one().await;
    let reply = claims.remove(0).await.unwrap();
    assert_eq!(reply.leases()[0].id, id);
}

#[tokio::test]
async fn a_claim_that_rests_has_a_look_at_what_it_alone_may_run() {
    let api = quiet().await;
    for (node, zone) in [("a", "x"), ("b", "y")] {
        api.register(node, json!({"labels": {"zone": zone}})).await;
    }
    let mut claims = resting(&api, &["c"], &waiting()).await;
    claims.extend(
        [("a", "x"), ("b", "y")]
            .map(|(node, _)| tokio::spawn(claim((*api).clone(), node.to_owned(), waiting()))),
    );
    api.until_claims_rest(3).await;
    let task = json!({"queue": "q", "requires": {"labels": {"zone": "y"}}});
    let id = api.submit(task).await;
    assert_eq!(claims.remove(2).await.unwrap().leases()[0].id, id);
    let task = json!({"queue": "q", "requires": {"node": "c"}});
    let id = api.submit(task).await;
    assert_eq!(claims.remove(0).await.unwrap().leases()[0].id, id);
    api.test.audit().await;
}

#[tokio::test]
async fn a_claim_that_rests_ends_with_the_drain_of_its_node() {
    let api = quiet().await;
    let session = api.register("a", json!({})).await;
    let mut body = waiting();
    body["session"] = json!(session);
    let mut claims = resting(&api, &["a"], &body).await;
    api.act("/v1/nodes/a/drain").await;
    let reply = claims.remove(0).await.unwrap();
    assert_eq!(reply.body, json!({"tasks": [], "directive": "drain"}));
}

#[tokio::test]
async fn a_session_that_ends_gets_nothing_through_a_claim_that_rests() {
    let api = quiet().await;
    let session = api.register("a", json!({})).await;
    let mut body = waiting();
    body["session"] = json!(session);
    let mut claims = resting(&api, &["a"], &body).await;
    // Another process takes its place.
    api.register("a", json!({})).await;
    let id = api.submit_one().await;
    let reply = claims.remove(0).await.unwrap();
    assert_eq!(reply.failure(), (404, "node_unknown"));
    assert_eq!(api.claim_one().await.id, id);
    api.test.audit().await;
}

#[tokio::test]
async fn a_repeated_claim_id_finds_what_another_claim_of_it_has_got() {
    let api = quiet().await;
    resting(&api, &["a"], &waiting()).await;
    let id = api.submit(json!({"queue": "other"})).await;
    let claim = json!({"queues": ["other"], "claim_id": "c"});
    assert_eq!(api.claim("b", claim).await[0].id, id);
    let again = json!({"queues": ["other"], "claim_id": "c", "wait_ms": 30_000});
    assert_eq!(api.claim("b", again).await[0].id, id);
}

#[tokio::test]
async fn a_short_wait_finds_what_was_submitted_before() {
    let api = quiet().await;
    for _ in 0..20 {
        let id = api.submit_one().await;
        let claim = json!({"queues": ["q"], "wait_ms": 1});
        assert_eq!(api.claim("a", claim).await[0].id, id);
    }
}
