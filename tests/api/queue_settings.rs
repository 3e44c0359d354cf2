//! What a queue is like: PUT, PATCH, and what each setting does.

use reqwest::Method;
use serde_json::{Value, json};

use super::service::{Api, Reply};

async fn claim(api: &Api) -> Value {
    let reply = api
        .post("/v1/nodes/n/claim", json!({"queues": ["q"]}))
        .await;
    reply.body["tasks"][0].clone()
}

async fn put_if(api: &Api, tag: &str, body: Value) -> Reply {
    let request = api
        .request(Method::PUT, "/v1/queues/q")
        .header("if-match", tag)
        .json(&body);
    api.send(request).await
}

#[tokio::test]
async fn put_replaces_and_patch_merges() {
    let api = Api::start().await;
    let missing = api.patch("/v1/queues/q", json!({"max_tasks": 5})).await;
    assert_eq!(missing.failure(), (404, "queue_not_found"));
    let settings = json!({"ordering": "fifo", "max_tasks": 9, "retention": {"failed_ms": 5}});
    let new = api.put("/v1/queues/q", settings).await;
    assert_eq!(new.status, 201, "{}", new.text);
    let merge = json!({"max_attempts": 7, "retention": {"max_bytes": 100}, "lease_ms": null});
    let merged = api.patch("/v1/queues/q", merge).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    let known = api.get("/v1/queues/q").await;
    assert_eq!(known.body, merged.body);
    for (pointer, value) in [
        ("/ordering", json!("fifo")),
        ("/aging_step_ms", json!(60_000)),
        ("/max_tasks", json!(9)),
        ("/lease_ms", json!(60_000)),
        ("/timeout_ms", json!(1_800_000)),
        ("/max_attempts", json!(7)),
        ("/retry/kind", json!("exponential")),
        ("/retention/succeeded_ms", json!(86_400_000)),
        ("/retention/failed_ms", json!(5)),
        ("/retention/max_finished", json!(1_000_000)),
        ("/retention/max_bytes", json!(100)),
    ] {
        let found = known.body.pointer(pointer);
        assert_eq!(found, Some(&value), "{pointer}: {}", known.text);
    }
    let replaced = api.put("/v1/queues/q", json!({"timeout_ms": 1})).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.body["ordering"], "strict");
    assert_eq!(replaced.body["max_attempts"], 3);
    assert_eq!(replaced.body["timeout_ms"], 1);
    assert!(replaced.body.get("max_tasks").is_none());
    assert!(replaced.body["retention"].get("max_bytes").is_none());
}

#[tokio::test]
async fn if_match_keeps_two_who_configure_apart() {
    let api = Api::start().await;
    let refused = put_if(&api, "*", json!({})).await;
    assert_eq!(refused.failure(), (412, "precondition_failed"));
    let first = api.put("/v1/queues/q", json!({})).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(api.get("/v1/queues/q").await.header("etag"), tag);
    let second = put_if(&api, &tag, json!({"max_tasks": 1})).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(second.header("etag"), tag);
    let late = put_if(&api, &tag, json!({"max_tasks": 2})).await;
    assert_eq!(late.failure(), (412, "precondition_failed"));
    assert_eq!(api.get("/v1/queues/q").await.body["max_tasks"], 1);
}

#[tokio::test]
async fn settings_that_cannot_be_are_422() {
    let api = Api::start().await;
    for (settings, pointer) in [
        (json!({"ordering": "lifo"}), "/ordering"),
        (json!({"ordering": 1}), "/ordering"),
        (json!({"aging_step_ms": 0}), "/aging_step_ms"),
        (json!({"max_tasks": 0}), "/max_tasks"),
        (json!({"lease_ms": 1}), "/lease_ms"),
        (json!({"timeout_ms": 0}), "/timeout_ms"),
        (json!({"max_attempts": 0}), "/max_attempts"),
        (
            json!({"retry": {"kind": "fixed", "base_ms": -1}}),
            "/retry/base_ms",
        ),
        (
            json!({"retry": {"kind": "exponential", "base_ms": 1, "factor": 0.5}}),
            "/retry/factor",
        ),
        (
            json!({"retention": {"failed_ms": u64::MAX}}),
            "/retention/failed_ms",
        ),
    ] {
        let reply = api.put("/v1/queues/q", settings.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{settings}");
        assert_eq!(reply.pointers(), [pointer], "{settings}: {}", reply.text);
    }
    assert_eq!(api.get("/v1/queues/q").await.status, 404);
}

#[tokio::test]
async fn a_full_queue_takes_no_more_until_a_task_has_finished() {
    let api = Api::start().await;
    api.put("/v1/queues/q", json!({"max_tasks": 3})).await;
    api.submit_one().await;
    api.submit(json!({"queue": "q", "delay_ms": 9_000})).await;
    let lease = api.claim_one().await;
    let task = json!({"queue": "q"});
    let batch = json!({"tasks": [task, task], "mode": "atomic"});
    let refused = api.post("/v1/tasks/batch", batch).await;
    assert_eq!(refused.failure(), (422, "batch_rejected"));
    let batch = json!({"tasks": [task, task]});
    let partly = api.post("/v1/tasks/batch", batch).await;
    assert_eq!(partly.status, 207);
    assert_eq!(partly.body["results"][0]["status"], 201);
    assert_eq!(partly.body["results"][1]["problem"]["code"], "queue_full");
    let refused = api.post("/v1/tasks", task.clone()).await;
    assert_eq!(refused.failure(), (429, "queue_full"));
    // Work goes on: what a completion submits is taken.
    let children = json!({"submit": [task, task]});
    assert_eq!(api.report(&lease, "complete", children).await.status, 200);
    assert_eq!(api.get("/v1/queues/q/stats").await.body["queued"], 3);
    api.act("/v1/queues/q/purge").await;
    assert_eq!(api.post("/v1/tasks", task).await.status, 201);
}

#[tokio::test]
async fn a_key_finds_its_task_in_a_full_queue() {
    let api = Api::start().await;
    api.put("/v1/queues/q", json!({"max_tasks": 1})).await;
    for status in [201, 201] {
        let request = api
            .request(Method::POST, "/v1/tasks")
            .header("idempotency-key", "k")
            .json(&json!({"queue": "q"}));
        assert_eq!(api.send(request).await.status, status);
    }
}

#[tokio::test]
async fn a_task_takes_what_it_leaves_out_from_its_queue() {
    let api = Api::start().await;
    let retry = json!({"kind": "fixed", "base_ms": 7_000, "jitter": "none"});
    let settings =
        json!({"max_attempts": 2, "timeout_ms": 20_000, "lease_ms": 5_000, "retry": retry});
    api.put("/v1/queues/q", settings).await;
    let created = api.post("/v1/tasks", json!({"queue": "q"})).await;
    assert_eq!(created.body["max_attempts"], 2);
    let id = created.id();
    assert_eq!(api.task(&id).await["max_attempts"], 2);
    let claimed = claim(&api).await;
    assert_eq!(claimed["lease_expires_at"], "2026-11-23T07:02:00.000Z");
    assert_eq!(claimed["deadline_at"], "2026-11-23T07:02:15.000Z");
    let failure =
        json!({"lease_token": claimed["lease_token"], "error": {"code": "x", "message": ""}});
    let failed = api.post(&format!("/v1/tasks/{id}/fail"), failure).await;
    assert_eq!(failed.body["next_run_at"], "2026-11-23T07:02:02.000Z");

    let own = json!({"queue": "q", "max_attempts": 3, "timeout_ms": 2_000});
    let created = api.post("/v1/tasks", own).await;
    assert_eq!(created.body["max_attempts"], 3);
    let claimed = claim(&api).await;
    assert_eq!(claimed["id"], created.body["id"]);
    assert_eq!(claimed["deadline_at"], "2026-11-23T07:01:57.000Z");
}

#[tokio::test]
async fn the_ordering_changes_only_while_nothing_has_a_place() {
    let api = Api::start().await;
    api.submit_one().await;
    let fifo = json!({"ordering": "fifo"});
    let refused = api.patch("/v1/queues/q", fifo.clone()).await;
    assert_eq!(refused.failure(), (409, "invalid_state"));
    // The same ordering is no change.
    let same = json!({"ordering": "strict", "max_tasks": 5});
    assert_eq!(api.patch("/v1/queues/q", same).await.status, 200);
    let lease = api.claim_one().await;
    let refused = api.put("/v1/queues/q", fifo.clone()).await;
    assert_eq!(refused.failure(), (409, "invalid_state"));
    assert_eq!(api.get("/v1/queues/q").await.body["max_tasks"], 5);
    api.report(&lease, "complete", json!({})).await;
    assert_eq!(api.patch("/v1/queues/q", fifo).await.status, 200);
}
