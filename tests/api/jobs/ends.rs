//! How jobs end, and go on.

use serde_json::json;

use super::super::service::Api;
use super::{assert_counts, claimed, complete, fail, path, submitted};

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
    let waits = format!("{}?wait_ms=20000", path(&job));
    let (reply, ()) = tokio::join!(api.get(&waits), complete(&api, &task, json!(1)));
    assert_eq!(reply.body["state"], "succeeded");
}
