//! How jobs end, and go on.

use serde_json::json;

use super::super::service::Api;
use super::{assert_counts, claimed, complete, fail, path, submitted, uploaded};

#[tokio::test]
async fn counts_follow_every_task() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "tasks": [{}, {}, {}, {}] })).await;
    let tasks = claimed(&api, 3).await;
    let counts = async |counts| {
        let job = api.get(&path(&job)).await.body;
        assert_counts(&job, counts);
        job
    };
    counts([4, 1, 3, 0, 0, 0]).await;
    complete(&api, &tasks[0], json!(1)).await;
    fail(&api, &tasks[1]).await;
    super::report(&api, &tasks[2], "release", json!({})).await;
    let job_now = counts([4, 2, 0, 1, 1, 0]).await;
    assert_eq!(job_now["progress"], 0.5);
    let id = tasks[2]["id"].as_str().unwrap();
    assert_eq!(api.act(&format!("/v1/tasks/{id}/cancel")).await.status, 200);
    counts([4, 1, 0, 1, 1, 1]).await;
    let purged = api.act("/v1/queues/q/purge").await;
    assert_eq!(purged.status, 200, "{}", purged.text);
    let job_now = counts([4, 0, 0, 1, 1, 2]).await;
    assert_eq!(job_now["state"], "failed");
    let late = api.act(&format!("{}/cancel", path(&job))).await;
    assert_eq!(late.failure(), (409, "already_finished"));
    api.test.audit().await;
}

#[tokio::test]
async fn a_retry_runs_the_failed_tasks_again_and_no_others() {
    let api = Api::start().await;
    let on_finish = json!({ "queue": "after" });
    let tasks = json!([{}, {}, {}]);
    let job = submitted(
        &api,
        json!({ "queue": "q", "tasks": tasks, "on_finish": on_finish }),
    )
    .await;
    let tasks = claimed(&api, 3).await;
    complete(&api, &tasks[0], json!(1)).await;
    fail(&api, &tasks[1]).await;
    fail(&api, &tasks[2]).await;
    let failed = api.get(&path(&job)).await.body;
    assert_eq!(
        (&failed["state"], &failed["progress"]),
        (&json!("failed"), &json!(1.0))
    );
    let retried = api.act(&format!("{}/retry", path(&job))).await.body;
    assert_counts(&retried, [3, 2, 0, 1, 0, 0]);
    assert_eq!(retried["state"], "running");
    assert!(retried.get("finished_at").is_none());
    for task in claimed(&api, 3).await {
        complete(&api, &task, json!(2)).await;
    }
    let done = api.get(&path(&job)).await.body;
    assert_eq!(done["state"], "succeeded");
    // The last task comes once, although the job has ended twice.
    let claim = json!({ "queues": ["after"], "wait_ms": 10_000 });
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    assert_eq!(
        reply.body["tasks"][0]["payload"],
        json!({ "job_id": job["id"] })
    );
    api.test.sweep().await;
    assert!(
        api.claim("n", json!({ "queues": ["after"] }))
            .await
            .is_empty()
    );
    api.test.audit().await;
}

#[tokio::test]
async fn so_many_failures_stop_the_rest() {
    let api = Api::start().await;
    let body = json!({ "queue": "q", "range": { "to": 5_000 }, "failure": { "stop_after": 2 } });
    let job = submitted(&api, body).await;
    let tasks = claimed(&api, 2).await;
    fail(&api, &tasks[0]).await;
    fail(&api, &tasks[1]).await;
    let ended = api.get(&format!("{}?wait_ms=20000", path(&job))).await.body;
    assert_eq!(ended["state"], "failed");
    assert_counts(&ended, [5_000, 0, 0, 0, 2, 4_998]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_job() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "tasks": [{}] })).await;
    let task = claimed(&api, 1).await.remove(0);
    let waits = api
        .request(reqwest::Method::GET, &path(&job))
        .header("prefer", "wait=20");
    let (reply, ()) = tokio::join!(api.send(waits), complete(&api, &task, json!(1)));
    assert_eq!(reply.body["state"], "succeeded");
    assert_eq!(reply.header("preference-applied"), "wait=20");
}

#[tokio::test]
async fn an_upload_says_in_its_query_how_the_job_ends() {
    let api = Api::start().await;
    let ends = "&chunk=1&stop_after=1&deadline_ms=60000&on_finish=%7B%22queue%22%3A%22after%22%7D";
    let job = uploaded(&api, ends, "1\n2\n3\n").await;
    assert!(job["deadline_at"].is_string(), "{job}");
    let tasks = claimed(&api, 1).await;
    fail(&api, &tasks[0]).await;
    let ended = api.get(&format!("{}?wait_ms=20000", path(&job))).await.body;
    assert_counts(&ended, [3, 0, 0, 0, 1, 2]);
    assert_eq!(
        (&ended["state"], &ended["reason"]),
        (&json!("failed"), &json!("stop_after"))
    );
    let claim = json!({ "queues": ["after"], "wait_ms": 10_000 });
    let last = api.post("/v1/nodes/n/claim", claim).await.body["tasks"][0].clone();
    assert_eq!(last["id"], job["on_finish_task_id"]);
    assert_eq!(last["payload"], json!({ "job_id": job["id"] }));

    for (query, status) in [
        ("&stop_after=0", 400),
        ("&deadline_ms=0", 400),
        ("&on_finish=%7B", 400),
        ("&on_finish=%7B%7D", 422),
    ] {
        let reply = api.send(super::upload(&api, query, "1\n")).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text);
    }
    let wrong = "&on_finish=%7B%22queue%22%3A%22a%22%2C%22max_attempts%22%3A0%7D";
    let reply = api.send(super::upload(&api, wrong, "1\n")).await;
    assert_eq!(reply.pointers(), ["/on_finish/max_attempts"]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_job_past_its_deadline_has_failed_and_says_why() {
    let api = Api::start().await;
    let body = json!({ "queue": "q", "range": { "to": 5_000 }, "deadline_ms": 5_000 });
    let job = submitted(&api, body).await;
    api.test.pass(6_000).await;
    let ended = api.get(&format!("{}?wait_ms=20000", path(&job))).await.body;
    assert_eq!(
        (&ended["state"], &ended["reason"]),
        (&json!("failed"), &json!("deadline"))
    );
    assert_counts(&ended, [5_000, 0, 0, 0, 0, 5_000]);
    let body = json!({ "queue": "q", "tasks": [], "deadline_ms": 0 });
    let reply = api.post("/v1/jobs", body).await;
    assert_eq!(reply.pointers(), ["/deadline_ms"]);
    api.test.audit().await;
}
