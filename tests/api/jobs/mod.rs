//! Jobs over HTTP: large data cut into tasks, and gathered again.

mod broken;
mod ends;
mod graphs;
mod lists;
mod ranges;
mod results;
mod uploads;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::service::{Api, Caller, Lease, Reply};

/// An upload of NDJSON to `/v1/jobs?queue=q&...`.
pub(crate) fn upload(api: &Caller, query: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    api.request(Method::POST, &format!("/v1/jobs?queue=q{query}"))
        .header("content-type", "application/x-ndjson")
        .body(body)
}

/// A job of these lines, which has to be taken: the job.
async fn uploaded(api: &Api, query: &str, body: impl Into<reqwest::Body>) -> Value {
    let reply = api.send(upload(api, query, body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// A job of JSON, which has to be taken: the job.
async fn submitted(api: &Api, body: Value) -> Value {
    let reply = api.post("/v1/jobs", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

fn path(job: &Value) -> String {
    format!("/v1/jobs/{}", job["id"].as_str().unwrap())
}

/// A claim of up to so many tasks of queue `q`: the answer's tasks.
async fn claimed(api: &Api, most: usize) -> Vec<Value> {
    let claim = json!({ "queues": ["q"], "max_tasks": most });
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["tasks"].as_array().unwrap().clone()
}

/// Reports on a claimed task.
async fn report(api: &Api, task: &Value, verb: &str, body: Value) -> Reply {
    let text = |name: &str| task[name].as_str().unwrap().to_owned();
    let lease = Lease {
        id: text("id"),
        token: text("lease_token"),
    };
    let reply = api.report(&lease, verb, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn complete(api: &Api, task: &Value, result: Value) {
    report(api, task, "complete", json!({ "result": result })).await;
}

async fn fail(api: &Api, task: &Value) {
    let error = json!({ "error": { "code": "bad", "message": "it broke" }, "retryable": false });
    report(api, task, "fail", error).await;
}

/// Fails unless the counts are these: total, queued, running, succeeded, failed, cancelled.
fn assert_counts(job: &Value, counts: [u64; 6]) {
    let names = [
        "total",
        "queued",
        "running",
        "succeeded",
        "failed",
        "cancelled",
    ];
    let found = names.map(|name| job[name].as_u64().unwrap());
    assert_eq!(found, counts, "{job}");
}
