//! NDJSON becomes tasks as it comes in.

use serde_json::json;

use super::super::service::Api;
use super::{assert_counts, claimed, complete, path, upload, uploaded};

#[tokio::test]
async fn lines_become_tasks_of_so_many_items_each() {
    let api = Api::start().await;
    let body = "9007199254740993\n{\"a\": [ ], \"b\":{}}\r\n\n  null\n\"x\"\n1.50";
    let job = uploaded(&api, "&chunk=2&type=scan&name=pages&priority=7", body).await;
    assert_counts(&job, [3, 3, 0, 0, 0, 0]);
    assert_eq!((&job["items"], &job["name"]), (&json!(5), &json!("pages")));
    assert_eq!(job["state"], "running");
    // Byte for byte: the text of the answer rather than its values.
    let claim = json!({ "queues": ["q"], "max_tasks": 9 });
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    let id = job["id"].as_str().unwrap();
    for payload in [
        r#""offset":0,"items":[9007199254740993,{"a": [ ], "b":{}}]"#,
        r#""offset":2,"items":[null,"x"]"#,
        r#""offset":4,"items":[1.50]"#,
    ] {
        let whole = format!(r#"{{"job_id":"{id}",{payload}}}"#);
        assert!(reply.text.contains(&whole), "{}", reply.text);
    }
    for lease in reply.leases() {
        let task = api.get(&format!("/v1/tasks/{}", lease.id)).await.body;
        assert_eq!(task["job_id"], job["id"]);
        assert_eq!(
            (&task["type"], &task["priority"]),
            (&json!("scan"), &json!(7))
        );
    }
    api.test.audit().await;
}

#[tokio::test]
async fn a_job_of_no_lines_has_succeeded_at_once() {
    let api = Api::start().await;
    let job = uploaded(&api, "", "\n\n").await;
    assert_counts(&job, [0; 6]);
    assert_eq!(
        (&job["state"], &job["progress"]),
        (&json!("succeeded"), &json!(1.0))
    );
    assert!(job["finished_at"].is_string());
}

#[tokio::test]
async fn a_chunk_that_would_be_too_large_is_cut_smaller() {
    let api = Api::start().await;
    let line = format!("\"{}\"\n", "x".repeat(100_000));
    let job = uploaded(&api, "&chunk=100", line.repeat(5)).await;
    assert_counts(&job, [3, 3, 0, 0, 0, 0]);
    let tasks = api.get(&format!("{}/tasks", path(&job))).await.body;
    let places: Vec<_> = tasks["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["offset"].as_u64(), task["count"].as_u64()))
        .collect();
    let place = |offset, count| (Some(offset), Some(count));
    assert_eq!(places, [place(0, 2), place(2, 2), place(4, 1)]);
}

#[tokio::test]
async fn thousands_of_lines_keep_their_order() {
    let api = Api::start().await;
    let lines: String = (0..12_000)
        .map(|number| number.to_string() + "\n")
        .collect();
    let job = uploaded(&api, "&chunk=10", lines).await;
    assert_counts(&job, [1_200, 1_200, 0, 0, 0, 0]);
    let mut next = 0;
    while next < 12_000 {
        for task in claimed(&api, 100).await {
            let items = task["payload"]["items"].as_array().unwrap();
            assert_eq!(task["payload"]["offset"], next);
            assert_eq!(items[0], next);
            next += items.len();
            complete(&api, &task, json!(null)).await;
        }
    }
    let job = api.get(&path(&job)).await.body;
    assert_counts(&job, [1_200, 0, 0, 1_200, 0, 0]);
    assert_eq!(job["state"], "succeeded");
    api.test.audit().await;
}

#[tokio::test]
async fn what_an_upload_cannot_be_is_400() {
    let api = Api::start().await;
    for query in [
        "&chunk=0",
        "&chunk=10001",
        "&priority=101",
        "&offset=3",
        "&x=1",
    ] {
        let reply = api.send(upload(&api, query, "1\n")).await;
        assert_eq!(reply.failure(), (400, "invalid_request"), "{query}");
    }
    let request = api
        .request(reqwest::Method::POST, "/v1/jobs")
        .header("content-type", "application/x-ndjson");
    assert_eq!(api.send(request).await.failure(), (400, "invalid_request"));
    assert_eq!(api.get("/v1/jobs").await.body["items"], json!([]));
}
