//! Unique tasks over HTTP.

use serde_json::{Value, json};

use super::service::Api;

fn task(on_conflict: &str) -> Value {
    let unique = json!({"key": "invoice 7", "until": "finished", "on_conflict": on_conflict});
    json!({"queue": "q", "unique": unique})
}

#[tokio::test]
async fn a_unique_key_in_use_is_200_with_its_task_or_409_duplicate_task() {
    let api = Api::start().await;
    let id = api.submit(task("return")).await;
    let again = api.post("/v1/tasks", task("return")).await;
    assert_eq!((again.status, again.id()), (200, id.clone()));
    assert_eq!(again.header("taskyard-deduplicated"), "true");

    let refused = api.post("/v1/tasks", task("reject")).await;
    assert_eq!(refused.failure(), (409, "duplicate_task"));
    assert_eq!(refused.body["task_id"], id);
    assert!(refused.body["detail"].as_str().unwrap().contains(&id));

    let new = api.post("/v1/tasks", task("replace")).await;
    assert_eq!(new.status, 201, "{}", new.text);
    assert_eq!(api.task(&id).await["state"], "cancelled");
    let retried = api.act(&format!("/v1/tasks/{id}/retry")).await;
    assert_eq!(retried.failure(), (409, "duplicate_task"));
    assert_eq!(retried.body["task_id"], new.id());
    let lease = api.claim_one().await;
    assert_eq!(lease.id, new.id());
    let refused = api.post("/v1/tasks", task("replace")).await;
    assert_eq!(refused.failure(), (409, "duplicate_task"), "it runs");
}

#[tokio::test]
async fn a_batch_tells_each_duplicate_and_an_atomic_one_is_refused_whole() {
    let api = Api::start().await;
    let items = [task("reject"), task("return"), task("reject")];
    let batch = api.post("/v1/tasks/batch", json!({"tasks": items})).await;
    assert_eq!(batch.status, 207);
    let statuses: Vec<&Value> = batch.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["status"])
        .collect();
    assert_eq!(statuses, [201, 200, 409]);
    let results = &batch.body["results"];
    assert_eq!(results[1]["task"]["id"], results[0]["task"]["id"]);
    assert_eq!(results[2]["problem"]["code"], "duplicate_task");

    let plain = json!({"queue": "q"});
    let atomic = json!({"tasks": [plain, task("reject")], "mode": "atomic"});
    let atomic = api.post("/v1/tasks/batch", atomic).await;
    assert_eq!(atomic.failure(), (422, "batch_rejected"));
    assert_eq!(atomic.pointers(), ["/tasks/1"]);
    let atomic = json!({"tasks": [plain, task("return")], "mode": "atomic"});
    let atomic = api.post("/v1/tasks/batch", atomic).await;
    assert_eq!(atomic.status, 201, "{}", atomic.text);
    assert_eq!(atomic.body["results"][1]["status"], 200);
}

#[tokio::test]
async fn a_key_answers_with_the_duplicate_that_it_found() {
    let api = Api::start().await;
    let holder = api.submit(task("return")).await;
    let submit = || {
        let request = api.request(reqwest::Method::POST, "/v1/tasks");
        request.header("idempotency-key", "k").json(&task("return"))
    };
    let first = api.send(submit()).await;
    assert_eq!((first.status, first.id()), (200, holder.clone()));
    let lease = api.claim_one().await;
    api.report(&lease, "complete", json!({})).await;
    // The unique key is free by now; the request is the same.
    let again = api.send(submit()).await;
    assert_eq!(again.id(), holder);
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_unique_key_that_cannot_be_is_422() {
    let api = Api::start().await;
    let with = |unique: Value| json!({"queue": "q", "unique": unique});
    for (unique, pointer) in [
        (
            json!({"key": "", "until": "finished", "on_conflict": "return"}),
            "/unique/key",
        ),
        (
            json!({"key": "k", "until": "ttl", "on_conflict": "return"}),
            "/unique/ttl_ms",
        ),
        (
            json!({"key": "k", "until": "started", "ttl_ms": 5, "on_conflict": "return"}),
            "/unique/ttl_ms",
        ),
    ] {
        let reply = api.post("/v1/tasks", with(unique)).await;
        assert_eq!(reply.failure(), (422, "validation_failed"));
        assert_eq!(reply.pointers(), [pointer]);
    }
}
