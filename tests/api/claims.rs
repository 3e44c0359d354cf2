//! Claims: who gets what, and who waits.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn a_missing_queue_has_nothing_to_do() {
    let api = Api::start().await;
    let reply = api
        .post("/v1/nodes/n/claim", json!({"queues": ["none"]}))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"tasks": [], "directive": "continue"}));
    let queue = api.get("/v1/queues/none").await;
    assert_eq!(queue.failure(), (404, "queue_not_found"));
}

#[tokio::test]
async fn a_node_without_registration_gets_a_lease_of_a_minute() {
    let api = Api::start().await;
    let task = json!({"queue": "q", "payload": [1], "metadata": {"who": "me"}});
    let id = api.submit(task).await;
    let reply = api
        .post("/v1/nodes/laptop/claim", json!({"queues": ["q"]}))
        .await;
    let claimed = &reply.body["tasks"][0];
    assert_eq!(claimed["id"], id);
    assert_eq!(claimed["queue"], "q");
    assert_eq!(claimed["type"], "default");
    assert_eq!(claimed["payload"], json!([1]));
    assert_eq!(claimed["metadata"], json!({"who": "me"}));
    assert_eq!(claimed["attempt"], 1);
    assert!(claimed["fence"].is_u64());
    assert_eq!(claimed["lease_expires_at"], "2026-11-23T07:02:55.000Z");
    assert_eq!(claimed["deadline_at"], "2026-11-23T07:31:55.000Z");
    let task = api.task(&id).await;
    assert_eq!(task["state"], "running");
    assert_eq!(task["node_id"], "laptop");
}

#[tokio::test]
async fn the_highest_priority_goes_first_and_then_the_oldest() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for priority in [0, 5, -5, 5] {
        ids.push(
            api.submit(json!({"queue": "q", "priority": priority}))
                .await,
        );
    }
    let leases = api
        .claim("n", json!({"queues": ["q"], "max_tasks": 10}))
        .await;
    let got: Vec<&String> = leases.iter().map(|lease| &lease.id).collect();
    assert_eq!(got, [&ids[1], &ids[3], &ids[0], &ids[2]]);
}

#[tokio::test]
async fn a_claim_that_waits_gets_the_task_that_is_submitted() {
    let api = Api::start().await;
    let began = Instant::now();
    let waiting = api.claim("n", json!({"queues": ["q"], "wait_ms": 15_000}));
    let submit = async {
        api.until_a_claim_waits().await;
        api.submit_one().await
    };
    let (leases, id) = tokio::join!(waiting, submit);
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].id, id);
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn a_claim_that_waits_gets_a_task_whose_moment_comes() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "q", "delay_ms": 60_000})).await;
    let waiting = api.claim("n", json!({"queues": ["q"], "wait_ms": 15_000}));
    let later = async {
        api.until_a_claim_waits().await;
        api.test.advance(60_000);
    };
    let (leases, ()) = tokio::join!(waiting, later);
    assert_eq!(leases[0].id, id);
}

#[tokio::test]
async fn a_waiting_claim_keeps_no_task_from_those_behind_it() {
    let api = Api::start().await;
    let claim =
        |types: &str, wait_ms: u64| json!({"queues": ["q"], "types": [types], "wait_ms": wait_ms});
    let first = api.claim("one", claim("a", 18_000));
    let tasks = async {
        api.until_claims_wait(1).await;
        for _ in 0..5 {
            let second = api.claim("two", claim("b", 12_000));
            let submit = async {
                api.until_claims_wait(2).await;
                api.submit(json!({"queue": "q", "type": "b"})).await
            };
            let (leases, id) = tokio::join!(second, submit);
            assert_eq!(leases.len(), 1, "it waited behind a claim of another type");
            assert_eq!(leases[0].id, id);
        }
        api.submit(json!({"queue": "q", "type": "a"})).await
    };
    let (leases, id) = tokio::join!(first, tasks);
    assert_eq!(leases[0].id, id);
}

#[tokio::test]
async fn a_lost_message_costs_a_waiting_claim_no_task() {
    let api = Api::start().await;
    api.submit_one().await;
    api.claim_one().await;
    let others = api.claim(
        "n",
        json!({"queues": ["q"], "types": ["other"], "wait_ms": 12_000}),
    );
    let waiting = async {
        api.until_claims_wait(1).await;
        api.claim("n", json!({"queues": ["q"], "wait_ms": 10_000}))
            .await
    };
    let submit = async {
        api.until_claims_wait(2).await;
        api.test.redis.deafen().await;
        let task = json!({"queue": "q", "type": "default"});
        let id = api.submit(task).await;
        let path = format!("/v1/tasks/{id}");
        api.until(&path, |task| task.body["state"] == "running")
            .await;
        api.submit(json!({"queue": "q", "type": "other"})).await;
        id
    };
    let (others, leases, id) = tokio::join!(others, waiting, submit);
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].id, id);
    assert_eq!(others.len(), 1);
}

#[tokio::test]
async fn a_task_wakes_one_of_many_waiting_claims() {
    const CLAIMS: usize = 300;
    const TASKS: usize = 10;
    let api = Api::start().await;
    // A queue that is there, so that claims look for tasks in it.
    api.submit_one().await;
    api.claim_one().await;
    // Each look of a claim with a claim_id reads what that has got: one GET.
    let looks = || api.test.redis.calls_of("get");
    let claim = |index: usize| {
        let claim = json!({"queues": ["q"], "wait_ms": 10_000, "claim_id": format!("c{index}")});
        api.claim("n", claim)
    };
    let claims = join_all((0..CLAIMS).map(claim));
    let tasks = async {
        api.until_claims_wait(CLAIMS).await;
        for _ in 0..1_000 {
            if looks().await >= CLAIMS {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = looks().await;
        for taken in 1..=TASKS {
            let id = api.submit_one().await;
            let path = format!("/v1/tasks/{id}");
            api.until(&path, |task| task.body["state"] == "running")
                .await;
            assert!(api.wakeups.waiting_claims() >= CLAIMS - taken);
        }
        looks().await - before
    };
    let (leases, looks) = tokio::join!(claims, tasks);
    let got = leases.iter().filter(|leases| leases.len() == 1).count();
    assert_eq!(got, TASKS);
    // Some GETs are those of the sweeps.
    assert!(looks < CLAIMS / 2, "{looks} looks for {TASKS} tasks");
}

#[tokio::test]
async fn a_wait_that_is_over_is_answered_with_nothing() {
    let api = Api::start().await;
    let leases = api
        .claim("n", json!({"queues": ["q"], "wait_ms": 30}))
        .await;
    assert!(leases.is_empty());
}

#[tokio::test]
async fn a_claim_id_that_is_repeated_returns_the_same_leases() {
    let api = Api::start().await;
    for _ in 0..3 {
        api.submit_one().await;
    }
    let claim = json!({"queues": ["q"], "max_tasks": 2, "claim_id": "c1"});
    let first = api.claim("n", claim.clone()).await;
    assert_eq!(first.len(), 2);
    assert_eq!(api.claim("n", claim.clone()).await, first);
    // Another node's claim_id is its own.
    assert_eq!(api.claim("m", claim.clone()).await.len(), 1);
    assert_eq!(api.claim("n", claim).await, first);
}

#[tokio::test]
async fn types_and_requirements_decide_who_gets_a_task() {
    let api = Api::start().await;
    let gpu = json!({"queue": "q", "type": "train", "requires": {"labels": {"gpu": "a100"}}});
    let id = api.submit(gpu).await;
    api.register("plain", json!({"slots": 4})).await;
    api.register("strong", json!({"slots": 4, "labels": {"gpu": "a100"}}))
        .await;
    let claim = json!({"queues": ["q"]});
    assert!(api.claim("plain", claim.clone()).await.is_empty());
    let other = json!({"queues": ["q"], "types": ["other"]});
    assert!(api.claim("strong", other).await.is_empty());
    assert_eq!(api.claim("strong", claim).await[0].id, id);
}

#[tokio::test]
async fn weights_are_taken_with_plain_names() {
    let api = Api::start().await;
    api.submit_one().await;
    let claim = json!({"queues": ["none", {"name": "q", "weight": 3}], "max_tasks": 5});
    assert_eq!(api.claim("n", claim).await.len(), 1);
}

#[tokio::test]
async fn claims_that_cannot_be_are_422() {
    let api = Api::start().await;
    for (claim, pointer) in [
        (json!({"queues": []}), "/queues"),
        (json!({"queues": ["q"], "max_tasks": 0}), "/max_tasks"),
        (json!({"queues": ["q"], "max_tasks": 101}), "/max_tasks"),
        (json!({"queues": ["q"], "lease_ms": 0}), "/lease_ms"),
        (json!({"queues": ["q"], "claim_id": ""}), "/claim_id"),
        (json!({"queues": ["a b"]}), "/queues/0"),
        (
            json!({"queues": [{"name": "q", "weight": 0}]}),
            "/queues/0/weight",
        ),
    ] {
        let reply = api.post("/v1/nodes/n/claim", claim.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{claim}");
        assert_eq!(reply.pointers(), [pointer], "{claim}: {}", reply.text);
    }
}
