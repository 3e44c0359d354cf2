//! Between the signal to stop and the end: whoever waits is answered, nobody begins to wait, and
//! readiness says first what is to come.

use std::time::Instant;

use serde_json::json;

use super::service::{Api, LIMIT};

#[tokio::test]
async fn who_waits_is_answered_at_once() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "other"})).await;
    let began = Instant::now();
    let claim = api.post(
        "/v1/nodes/n/claim",
        json!({"queues": ["q"], "wait_ms": 30_000}),
    );
    let path = format!("/v1/tasks/{id}?wait_ms=30000");
    let read = api.get(&path);
    let stop = async {
        api.until_a_claim_waits().await;
        api.stop.cancel();
    };
    let (claim, read, ()) = tokio::join!(claim, read, stop);
    assert_eq!(claim.status, 200, "{}", claim.text);
    assert_eq!(claim.body["tasks"], json!([]));
    assert_eq!(read.body["state"], "queued", "{}", read.text);
    assert!(began.elapsed() < LIMIT);
}

#[tokio::test]
async fn readiness_is_503_shutting_down_and_work_goes_on() {
    let api = Api::start().await;
    api.stop.cancel();
    let ready = api.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "shutting_down"));
    assert_eq!(api.get("/healthz").await.status, 200);
    let id = api.submit_one().await;
    // What is there is handed out; a claim that finds nothing is to ask elsewhere.
    let wait = json!({"queues": ["q"], "wait_ms": 30_000});
    assert_eq!(api.claim("n", wait.clone()).await[0].id, id);
    let empty = api.post("/v1/nodes/n/claim", wait).await;
    assert_eq!(empty.failure(), (503, "shutting_down"));
    assert_eq!(empty.body["outcome"], "none");
    assert_eq!(empty.header("connection"), "close");
    // A read does not wait either.
    let read = api.get(&format!("/v1/tasks/{id}?wait_ms=30000")).await;
    assert_eq!(read.body["state"], "running", "{}", read.text);
}
