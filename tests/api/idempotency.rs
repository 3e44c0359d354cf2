//! Idempotency-Key: a repetition finds the first one's tasks.

use reqwest::Method;
use serde_json::{Value, json};
use taskyard::domain::queue::Retention;

use super::service::{Api, Reply};

async fn submit(api: &Api, path: &str, key: &str, body: &Value) -> Reply {
    let request = api
        .request(Method::POST, path)
        .header("idempotency-key", key)
        .json(body);
    api.send(request).await
}

#[tokio::test]
async fn a_repetition_answers_with_the_task_as_it_is_now() {
    let api = Api::start().await;
    let body = json!({"queue": "q", "payload": 1});
    let first = submit(&api, "/v1/tasks", "k1", &body).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotency-replayed"), "");
    api.claim_one().await;

    for key in ["k1", "\"k1\""] {
        let again = submit(&api, "/v1/tasks", key, &body).await;
        assert_eq!(again.status, 201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.id(), first.id());
        assert_eq!(again.body["state"], "running");
    }
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["backlog"], 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_422() {
    let api = Api::start().await;
    submit(&api, "/v1/tasks", "k", &json!({"queue": "q"})).await;
    let reused = submit(&api, "/v1/tasks", "k", &json!({"queue": "q", "payload": 2})).await;
    assert_eq!(reused.failure(), (422, "idempotency_key_reused"));
    // The queue is part of the key's scope.
    let elsewhere = submit(&api, "/v1/tasks", "k", &json!({"queue": "other"})).await;
    assert_eq!(elsewhere.status, 201);
    assert_eq!(elsewhere.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn a_batch_that_is_repeated_makes_nothing_twice() {
    let api = Api::start().await;
    for mode in ["partial", "atomic"] {
        let body = json!({"tasks": [{"queue": mode}, {"queue": mode}], "mode": mode});
        let first = submit(&api, "/v1/tasks/batch", mode, &body).await;
        let again = submit(&api, "/v1/tasks/batch", mode, &body).await;
        assert_eq!(first.status, again.status, "{}", again.text);
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(again.header("idempotency-replayed"), "true", "{mode}");
        for n in 0..2 {
            let id = &first.body["results"][n]["task"]["id"];
            assert!(id.is_string());
            assert_eq!(&again.body["results"][n]["task"]["id"], id);
        }
        let stats = api.get(&format!("/v1/queues/{mode}/stats")).await;
        assert_eq!(stats.body["queued"], 2);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_is_400() {
    let api = Api::start().await;
    for key in ["", "\"\"", &"k".repeat(256)] {
        let reply = submit(&api, "/v1/tasks", key, &json!({"queue": "q"})).await;
        assert_eq!(reply.failure(), (400, "invalid_request"), "{key}");
    }
}

#[tokio::test]
async fn a_batch_of_which_something_is_new_is_no_replay() {
    let api = Api::start().await;
    let short = json!({"tasks": [{"queue": "q"}]});
    submit(&api, "/v1/tasks/batch", "k", &short).await;
    let longer = json!({"tasks": [{"queue": "q"}, {"queue": "q", "payload": 2}]});
    let reply = submit(&api, "/v1/tasks/batch", "k", &longer).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("idempotency-replayed"), "");
    let empty = submit(&api, "/v1/tasks/batch", "none", &json!({"tasks": []})).await;
    assert_eq!(empty.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn a_key_whose_task_is_no_more_is_410() {
    let api = Api::start().await;
    let body = json!({"queue": "q"});
    submit(&api, "/v1/tasks", "k", &body).await;
    let lease = api.claim_one().await;
    api.report(&lease, "complete", json!({})).await;
    // Keys last by Redis's own clock, finished tasks by the test's.
    api.test.advance(25 * 3_600 * 1_000);
    let retention = Retention::default();
    for partition in api.test.store.sweeps.partitions() {
        let sweeps = &api.test.store.sweeps;
        sweeps.trim(partition, &retention).await.unwrap();
    }
    let gone = submit(&api, "/v1/tasks", "k", &body).await;
    assert_eq!(gone.failure(), (410, "purged"));
    assert_eq!(gone.body["retryable"], false);
}
