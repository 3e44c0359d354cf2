//! People as workers: leases of days without a session, answered over HTTP whenever they have time.

use serde_json::{Value, json};

use super::service::{Api, Reply};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// What somebody asks for who works on it now and then.
const LEASE_MS: u64 = 3 * DAY_MS;

async fn submitted(api: &Api, more: Value) -> String {
    let mut task = json!({ "queue": "annotate", "payload": { "image": "cat-17.png" } });
    let more = more.as_object().unwrap().clone();
    task.as_object_mut().unwrap().extend(more);
    let reply = api.post("/v1/tasks", task).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.id()
}

/// Somebody takes the next task.
async fn taken(api: &Api, person: &str) -> Value {
    let claim = json!({ "queues": ["annotate"], "lease_ms": LEASE_MS });
    let reply = api.post(&format!("/v1/nodes/{person}/claim"), claim).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["tasks"][0].clone()
}

async fn say(api: &Api, task: &Value, verb: &str, body: Value) -> Reply {
    let id = task["id"].as_str().unwrap();
    let mut words = json!({ "lease_token": task["lease_token"] });
    let more = body.as_object().unwrap().clone();
    words.as_object_mut().unwrap().extend(more);
    api.post(&format!("/v1/tasks/{id}/{verb}"), words).await
}

/// Days go by, of which nobody says anything.
async fn later(api: &Api, millis: u64) {
    api.test.sweep().await;
    api.test.advance(millis);
    // The first look finds the gap, and gives what it can 30 s more.
    api.test.sweep().await;
    api.test.pass(31_000).await;
}

#[tokio::test]
async fn somebody_may_work_for_days_and_progress_gives_as_many_more() {
    let api = Api::start().await;
    let id = submitted(&api, json!({})).await;
    let task = taken(&api, "ada").await;
    assert_eq!(task["lease_expires_at"], task["deadline_at"]);

    later(&api, 2 * DAY_MS).await;
    let said = say(&api, &task, "progress", json!({ "fraction": 0.5 })).await;
    assert_eq!(said.status, 200, "{}", said.text);
    assert!(said.body["lease_expires_at"].as_str() > task["lease_expires_at"].as_str());
    // Past the first lease and the first deadline.
    later(&api, 2 * DAY_MS).await;
    let now = api.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(
        (&now["state"], &now["node_id"]),
        (&json!("running"), &json!("ada"))
    );

    let result = json!({ "result": { "label": "cat" } });
    let done = say(&api, &task, "complete", result).await;
    assert_eq!(done.body["state"], "succeeded", "{}", done.text);
    api.test.audit().await;
}

#[tokio::test]
async fn what_nobody_answers_for_goes_to_somebody_else() {
    let api = Api::start().await;
    let id = submitted(&api, json!({})).await;
    let first = taken(&api, "ada").await;
    later(&api, LEASE_MS).await;
    let second = taken(&api, "grace").await;
    assert_eq!((&second["id"], &second["attempt"]), (&json!(id), &json!(2)));
    let late = say(&api, &first, "complete", json!({})).await;
    assert_eq!(late.failure(), (409, "lease_lost"));
    api.test.audit().await;
}

#[tokio::test]
async fn an_operator_releases_what_somebody_holds_and_it_keeps_its_place() {
    let api = Api::start().await;
    let id = submitted(&api, json!({})).await;
    submitted(&api, json!({})).await;
    let held = taken(&api, "ada").await;
    let released = api.act(&format!("/v1/tasks/{id}/release")).await;
    assert_eq!(released.body["state"], "queued", "{}", released.text);
    assert_eq!(released.body["losses"], 0);
    let late = say(&api, &held, "progress", json!({ "fraction": 0.9 })).await;
    assert_eq!(late.failure(), (409, "lease_lost"));
    assert_eq!(taken(&api, "grace").await["id"], json!(id));
    api.test.audit().await;
}

#[tokio::test]
async fn a_time_out_of_the_submitter_holds_for_people_too() {
    let api = Api::start().await;
    let id = submitted(&api, json!({ "timeout_ms": HOUR_MS, "max_attempts": 1 })).await;
    let task = taken(&api, "ada").await;
    assert!(
        task["deadline_at"].as_str() < task["lease_expires_at"].as_str(),
        "{task}"
    );
    later(&api, HOUR_MS).await;
    let now = api.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(
        (&now["state"], &now["reason"]),
        (&json!("failed"), &json!("timeout"))
    );
    api.test.audit().await;
}
