//! Tasks that depend on others, over HTTP.

use serde_json::{Value, json};

use super::service::{Api, Lease, Reply};

const NOWHERE: &str = "019db0a3-6f2c-7a41-9c3d-5b8e0f21a001";

/// The lease of the next task of a queue.
async fn claim_from(api: &Api, queue: &str) -> Lease {
    api.claim("n", json!({ "queues": [queue] })).await.remove(0)
}

/// The task, as soon as it is in that state.
async fn until(api: &Api, id: &str, state: &str) -> Value {
    let is_there = |reply: &Reply| reply.body["state"] == state;
    api.until(&format!("/v1/tasks/{id}"), is_there).await;
    api.get(&format!("/v1/tasks/{id}")).await.body
}

#[tokio::test]
async fn a_claimed_child_has_its_parents_results() {
    let api = Api::start().await;
    let first = api.submit(json!({ "queue": "a" })).await;
    let second = api.submit(json!({ "queue": "b" })).await;
    let edges = json!([first, { "id": second, "on": "finish" }]);
    let child = api
        .submit(json!({ "queue": "c", "depends_on": edges }))
        .await;
    let task = api.get(&format!("/v1/tasks/{child}")).await.body;
    assert_eq!(task["state"], "blocked");
    assert_eq!(task["depends_on"], json!([first, second]));

    let lease = claim_from(&api, "a").await;
    api.report(&lease, "complete", json!({ "result": [1, {}] }))
        .await;
    let explained = api.get(&format!("/v1/tasks/{child}/explain")).await.body;
    assert_eq!(explained["reasons"][0]["code"], "blocked");
    api.act(&format!("/v1/tasks/{second}/cancel")).await;
    until(&api, &child, "queued").await;

    let claim = json!({ "queues": ["c"] });
    let claimed = api.post("/v1/nodes/n/claim", claim).await.body;
    let parents = &claimed["tasks"][0]["parents"];
    let told = json!({
        first.clone(): { "task_id": first, "state": "succeeded", "result": [1, {}] },
        second.clone(): { "task_id": second, "state": "cancelled" },
    });
    assert_eq!(*parents, told);
    api.test.audit().await;
}

#[tokio::test]
async fn explain_names_whom_a_task_waits_for() {
    let api = Api::start().await;
    let parent = api.submit(json!({ "queue": "a" })).await;
    let child = api
        .submit(json!({ "queue": "b", "depends_on": [parent] }))
        .await;
    let explained = api.get(&format!("/v1/tasks/{child}/explain")).await.body;
    assert_eq!(explained["reasons"][0]["waits_for"], 1);
    assert_eq!(explained["reasons"][0]["task_ids"], json!([parent]));
}

#[tokio::test]
async fn a_child_of_a_failure_says_why_it_failed() {
    let api = Api::start().await;
    let parent = api.submit(json!({ "queue": "a", "max_attempts": 1 })).await;
    let child = api
        .submit(json!({ "queue": "b", "depends_on": [parent] }))
        .await;
    let lease = claim_from(&api, "a").await;
    let error = json!({ "error": { "code": "bad", "message": "it broke" } });
    api.report(&lease, "fail", error).await;
    let task = until(&api, &child, "failed").await;
    assert_eq!(
        (&task["reason"], &task["error"]["code"]),
        (&json!("dependency"), &json!("dependency"))
    );
}

#[tokio::test]
async fn what_cannot_be_waited_for_is_422() {
    let api = Api::start().await;
    let id = api.submit(json!({ "queue": "a" })).await;
    for (edges, pointer) in [
        (json!(["x"]), "/depends_on/0"),
        (json!([id, id]), "/depends_on/1"),
        (json!([id, NOWHERE]), "/depends_on/1"),
        (json!([{ "id": NOWHERE, "on": "failure" }]), "/depends_on/0"),
    ] {
        let body = json!({ "queue": "b", "depends_on": edges });
        let reply = api.post("/v1/tasks", body.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{body}");
        assert_eq!(reply.pointers(), [pointer], "{body}");
    }
    let body = json!({ "queue": "b", "depends_on": [{ "id": id, "on": "luck" }] });
    assert_eq!(api.post("/v1/tasks", body).await.status, 422);
    assert_eq!(api.get("/v1/tasks?queue=b").await.body["items"], json!([]));
}

#[tokio::test]
async fn batches_take_tasks_that_depend_on_others() {
    let api = Api::start().await;
    let parent = api.submit(json!({ "queue": "a" })).await;
    let tasks = json!([
        { "queue": "b", "depends_on": [parent] },
        { "queue": "b", "depends_on": [NOWHERE] },
    ]);
    let reply = api.post("/v1/tasks/batch", json!({ "tasks": tasks })).await;
    assert_eq!(reply.status, 207);
    let results = &reply.body["results"];
    assert_eq!(results[0]["task"]["state"], "blocked");
    assert_eq!(results[1]["status"], 422);
    let atomic = json!({ "mode": "atomic", "tasks": tasks });
    let reply = api.post("/v1/tasks/batch", atomic).await;
    assert_eq!(reply.failure(), (422, "batch_rejected"));
    assert_eq!(reply.pointers(), ["/tasks/1"]);
}

#[tokio::test]
async fn the_children_of_a_completion_may_wait_for_it() {
    let api = Api::start().await;
    let parent = api.submit(json!({ "queue": "a" })).await;
    let lease = claim_from(&api, "a").await;
    let lost = json!({ "submit": [{ "queue": "b" }, { "queue": "b", "depends_on": [NOWHERE] }] });
    let reply = api.report(&lease, "complete", lost).await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/submit/1/depends_on/0"]);
    let children = ["a", "b", "c"].map(|queue| json!({ "queue": queue, "depends_on": [parent] }));
    let reply = api
        .report(&lease, "complete", json!({ "submit": children }))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for queue in ["a", "b", "c"] {
        let path = format!("/v1/tasks?queue={queue}&state=queued");
        let one = |reply: &Reply| reply.body["items"].as_array().unwrap().len() == 1;
        api.until(&path, one).await;
    }
    api.test.audit().await;
}

#[tokio::test]
async fn the_tasks_of_a_list_job_may_wait_for_others() {
    let api = Api::start().await;
    let parent = api.submit(json!({ "queue": "a" })).await;
    let list = |id: &str| json!({ "queue": "b", "tasks": [{}, { "depends_on": [id] }] });
    let reply = api.post("/v1/jobs", list(NOWHERE)).await;
    assert_eq!(reply.pointers(), ["/tasks/1/depends_on/0"]);
    assert_eq!(api.get("/v1/jobs").await.body["items"], json!([]));
    let job = api.post("/v1/jobs", list(&parent)).await;
    assert_eq!(
        (job.status, &job.body["queued"]),
        (201, &json!(2)),
        "{}",
        job.text
    );
    api.act(&format!("/v1/tasks/{parent}/cancel")).await;
    let path = format!("/v1/jobs/{}", job.id());
    api.until(&path, |reply| reply.body["failed"] == 1).await;
    api.test.audit().await;
}

#[tokio::test]
async fn the_task_of_a_schedule_depends_on_nothing() {
    let api = Api::start().await;
    let id = api.submit(json!({ "queue": "a" })).await;
    let task = json!({ "queue": "b", "depends_on": [id] });
    let body = json!({ "name": "s", "every_ms": 60_000, "task": task });
    let reply = api.post("/v1/schedules", body).await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/task/depends_on"]);
}
