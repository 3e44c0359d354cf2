//! Batches of tasks: each on its own, or all or none.

use serde_json::{Value, json};

use super::service::Api;

const PATH: &str = "/v1/tasks/batch";

#[tokio::test]
async fn a_batch_that_is_well_is_200_in_request_order() {
    let api = Api::start().await;
    let tasks: Vec<Value> = (0..50)
        .map(|n| json!({"queue": format!("q{}", n % 3), "payload": n}))
        .collect();
    let reply = api.post(PATH, json!({"tasks": tasks})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for (n, result) in reply.body["results"].as_array().unwrap().iter().enumerate() {
        assert_eq!(result["status"], 201);
        assert_eq!(result["task"]["payload"], n);
        assert!(result.get("problem").is_none());
    }
    let empty = api.post(PATH, json!({"tasks": []})).await;
    assert_eq!(empty.body, json!({"results": []}));
}

#[tokio::test]
async fn a_batch_with_faults_is_207_and_takes_the_rest() {
    let api = Api::start().await;
    let tasks = json!([{"queue": "q"}, {"queue": "a b"}, {"queue": "q", "x": 1}, {"queue": "q"}]);
    let reply = api.post(PATH, json!({"tasks": tasks})).await;
    assert_eq!(reply.status, 207);
    let results = reply.body["results"].as_array().unwrap();
    let statuses: Vec<u64> = results
        .iter()
        .map(|result| result["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 422, 422, 201]);
    assert_eq!(results[1]["problem"]["code"], "validation_failed");
    assert_eq!(results[2]["problem"]["errors"][0]["pointer"], "/x");
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["queued"], 2);
}

#[tokio::test]
async fn an_atomic_batch_is_201_or_422_and_nothing() {
    let api = Api::start().await;
    let well = json!({"tasks": [{"queue": "q"}, {"queue": "q"}], "mode": "atomic"});
    let reply = api.post(PATH, well).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body["results"].as_array().unwrap().len(), 2);

    for (tasks, pointer) in [
        (
            json!([{"queue": "q"}, {"queue": "q", "priority": 999}]),
            "/tasks/1",
        ),
        (
            json!([{"queue": "q"}, {"queue": "other"}]),
            "/tasks/1/queue",
        ),
    ] {
        let reply = api
            .post(PATH, json!({"tasks": tasks, "mode": "atomic"}))
            .await;
        assert_eq!(reply.failure(), (422, "batch_rejected"), "{}", reply.text);
        assert!(reply.pointers()[0].starts_with(pointer), "{}", reply.text);
    }
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["queued"], 2);
}

#[tokio::test]
async fn a_batch_with_too_many_tasks_is_413() {
    let api = Api::start().await;
    let tasks = vec![json!({"queue": "q"}); 1_001];
    let reply = api.post(PATH, json!({"tasks": tasks})).await;
    assert_eq!(reply.failure(), (413, "batch_too_large"));
    let atomic = json!({"tasks": &tasks[..501], "mode": "atomic"});
    assert_eq!(
        api.post(PATH, atomic).await.failure(),
        (413, "batch_too_large")
    );
    let full = api.post(PATH, json!({"tasks": &tasks[..1_000]})).await;
    assert_eq!(full.status, 200);
    let stats = api.get("/v1/queues/q/stats").await;
    assert_eq!(stats.body["queued"], 1_000);
}
