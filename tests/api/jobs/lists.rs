//! Jobs as JSON lists, and the lists of jobs.

use serde_json::{Value, json};

use super::super::service::Api;
use super::{assert_counts, claimed, fail, path, submitted};

#[tokio::test]
async fn the_tasks_of_a_list_inherit_the_queue_and_the_type() {
    let api = Api::start().await;
    let tasks = json!([{ "payload": [1] }, { "type": "b", "priority": 5 }, {}]);
    let job = submitted(&api, json!({ "queue": "q", "type": "a", "tasks": tasks })).await;
    assert_counts(&job, [3, 3, 0, 0, 0, 0]);
    let tasks = claimed(&api, 9).await;
    let types: Vec<_> = tasks
        .iter()
        .map(|task| task["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["b", "a", "a"]);
    assert_eq!(tasks[1]["payload"], json!([1]));
    api.test.audit().await;
}

#[tokio::test]
async fn a_list_that_is_wrong_is_422_and_makes_nothing() {
    let api = Api::start().await;
    for (body, pointer) in [
        (json!({ "queue": "q" }), ""),
        (
            json!({ "queue": "q", "tasks": [], "range": { "to": 1 } }),
            "",
        ),
        (
            json!({ "queue": "q", "tasks": [{}, { "queue": "q" }] }),
            "/tasks/1/queue",
        ),
        (
            json!({ "queue": "q", "tasks": [{ "priority": 101 }] }),
            "/tasks/0/priority",
        ),
        (
            json!({ "queue": "q", "tasks": [], "priority": 1 }),
            "/priority",
        ),
        (
            json!({ "queue": "q", "tasks": [], "failure": { "stop_after": 0 } }),
            "/failure/stop_after",
        ),
        (
            json!({ "queue": "q", "range": { "from": 2, "to": 1 } }),
            "/range/to",
        ),
        (
            json!({ "queue": "q", "range": { "to": 1, "step": 0 } }),
            "/range/step",
        ),
        (
            json!({ "queue": "q", "tasks": [], "on_finish": { "queue": "q", "max_attempts": 0 } }),
            "/on_finish/max_attempts",
        ),
    ] {
        let reply = api.post("/v1/jobs", body.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{body}");
        assert_eq!(reply.pointers(), [pointer], "{body}");
    }
    assert_eq!(api.get("/v1/jobs").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_key_makes_one_list_job() {
    let api = Api::start().await;
    let body = json!({ "queue": "q", "tasks": [{}, {}] });
    let keyed = |body| {
        api.request(reqwest::Method::POST, "/v1/jobs")
            .header("idempotency-key", "k")
            .json(&body)
    };
    let first = api.send(keyed(body.clone())).await;
    let second = api.send(keyed(body)).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.id(), second.id());
    assert_eq!(second.header("idempotency-replayed"), "true");
    let other = api.send(keyed(json!({ "queue": "q", "tasks": [] }))).await;
    assert_eq!(other.failure(), (422, "idempotency_key_reused"));
    assert_eq!(claimed(&api, 9).await.len(), 2);
}

#[tokio::test]
async fn jobs_and_their_tasks_are_listed_page_by_page() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for queue in ["a", "b", "c", "a", "b"] {
        let job = submitted(&api, json!({ "queue": queue, "tasks": [{}, {}, {}] })).await;
        ids.push(job["id"].clone());
    }
    let walk = async |first: &str| {
        let (mut found, mut path) = (Vec::new(), first.to_owned());
        loop {
            let page = api.get(&path).await.body;
            found.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| item["id"].clone()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                return found;
            };
            path = format!("{first}&cursor={cursor}");
        }
    };
    let mut found = walk("/v1/jobs?limit=2").await;
    found.sort_by_key(ToString::to_string);
    ids.sort_by_key(ToString::to_string);
    assert_eq!(found, ids);
    let job = api.get("/v1/jobs?limit=1").await.body["items"][0].clone();
    let tasks = walk(&format!("{}/tasks?limit=2", path(&job))).await;
    assert_eq!(tasks.len(), 3);
    let foreign = api.get("/v1/jobs?limit=1").await.body["next_cursor"].clone();
    let reply = api
        .get(&format!(
            "{}/tasks?cursor={}",
            path(&job),
            foreign.as_str().unwrap()
        ))
        .await;
    assert_eq!(reply.failure(), (400, "invalid_cursor"));
}

#[tokio::test]
async fn a_job_that_is_not_there_is_404() {
    let api = Api::start().await;
    let ids = [
        "019db0a3-6f2c-7a41-9c3d-5b8e0f21a001",
        "019db0a3-6f2c-7a41-9c3d-5b8e0f21a003",
        "x",
    ];
    for id in ids {
        for path in ["", "/tasks", "/results", "/results?follow=true"] {
            let reply = api.get(&format!("/v1/jobs/{id}{path}")).await;
            assert_eq!(reply.failure(), (404, "job_not_found"), "{path}");
        }
        for verb in ["cancel", "retry"] {
            let reply = api.act(&format!("/v1/jobs/{id}/{verb}")).await;
            assert_eq!(reply.failure(), (404, "job_not_found"), "{verb}");
        }
    }
}

#[tokio::test]
async fn the_tasks_of_a_job_are_found_by_their_state() {
    let api = Api::start().await;
    let list = vec![json!({}); 5];
    let job = submitted(&api, json!({ "queue": "q", "tasks": list })).await;
    let tasks = claimed(&api, 3).await;
    fail(&api, &tasks[0]).await;
    fail(&api, &tasks[2]).await;
    let listed = async |query: &str| {
        let page = api.get(&format!("{}/tasks?{query}", path(&job))).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.body
    };
    let offsets = |page: &Value| -> Vec<u64> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["offset"].as_u64().unwrap())
            .collect()
    };
    let failed = listed("state=failed").await;
    assert_eq!(offsets(&failed), [0, 2]);
    assert_eq!(failed["items"][0]["node_id"], "n");
    assert_eq!(failed.get("next_cursor"), None);
    assert_eq!(offsets(&listed("state=queued").await), [3, 4]);
    assert_eq!(offsets(&listed("state=blocked").await), [0_u64; 0]);

    let first = listed("state=failed&limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = listed(&format!("state=failed&limit=1&cursor={cursor}")).await;
    assert_eq!((offsets(&first), offsets(&second)), (vec![0], vec![2]));
    for wrong in ["state=done".to_owned(), format!("cursor={cursor}")] {
        let reply = api.get(&format!("{}/tasks?{wrong}", path(&job))).await;
        assert_eq!(reply.status, 400, "{wrong}");
    }
}
