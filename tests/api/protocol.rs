//! What holds for every path: methods, request ids, failures that no handler made.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn an_answer_that_is_not_accepted_is_406() {
    let api = Api::start().await;
    for accept in ["text/html", "application/json;q=0, text/*"] {
        let request = api
            .request(Method::GET, "/v1/tasks")
            .header("accept", accept);
        assert_eq!(api.send(request).await.failure(), (406, "not_acceptable"));
    }
    for accept in [
        "",
        "text/html, */*;q=0.1",
        "application/x-ndjson, application/json",
    ] {
        let request = api
            .request(Method::GET, "/v1/tasks")
            .header("accept", accept);
        assert_eq!(api.send(request).await.status, 200, "{accept}");
    }
    // What people look at in a browser is no part of the API.
    let page = api
        .request(Method::GET, "/problems/not_acceptable")
        .header("accept", "text/html");
    assert_eq!(api.send(page).await.status, 200);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_404() {
    let api = Api::start().await;
    for path in ["/", "/v1", "/v1/", "/v1/task", "/v1/tasks/", "/v2/tasks"] {
        let reply = api.get(path).await;
        assert_eq!(reply.failure(), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_405_and_says_which_are() {
    let api = Api::start().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/tasks", "POST"),
        (Method::PUT, "/v1/queues/q/pause", "POST"),
        (Method::POST, "/v1/nodes", "GET"),
        (Method::PATCH, "/v1/nodes/n", "PUT"),
        (Method::POST, "/healthz", "GET"),
    ] {
        let reply = api.send(api.request(method.clone(), path)).await;
        assert_eq!(
            reply.failure(),
            (405, "method_not_allowed"),
            "{method} {path}"
        );
        let allow = reply.header("allow");
        assert!(allow.contains(allowed), "{method} {path}: {allow:?}");
    }
}

#[tokio::test]
async fn the_request_id_is_echoed_when_it_is_fit_to_be() {
    let api = Api::start().await;
    let with = |id: &str| {
        api.request(Method::GET, "/v1/queues/none")
            .header("x-request-id", id)
    };
    let reply = api.send(with("mine-1.a_b:2")).await;
    assert_eq!(reply.header("x-request-id"), "mine-1.a_b:2");
    assert_eq!(reply.body["request_id"], "mine-1.a_b:2");
    for unfit in ["", "a b", "<script>", &"x".repeat(129)] {
        let reply = api.send(with(unfit)).await;
        let id = reply.header("x-request-id");
        assert!(!id.is_empty() && id != unfit, "{id}");
    }
    let well = api.get("/healthz").await;
    assert!(!well.header("x-request-id").is_empty());
}

#[tokio::test]
async fn a_trace_is_given_with_the_claim() {
    let api = Api::start().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = api
        .request(Method::POST, "/v1/tasks")
        .header("traceparent", trace)
        .json(&json!({"queue": "q"}));
    assert_eq!(api.send(request).await.status, 201);
    let claimed = api
        .post("/v1/nodes/n/claim", json!({"queues": ["q"]}))
        .await;
    assert_eq!(claimed.body["tasks"][0]["traceparent"], trace);
}

#[tokio::test]
async fn readiness_names_the_durability() {
    let api = Api::start().await;
    let ready = api.get("/readyz").await;
    assert_eq!(
        ready.body,
        json!({"status": "ready", "durability": "memory"})
    );
    assert_eq!(api.get("/healthz").await.text, "ok\n");
}

#[tokio::test]
async fn the_served_document_is_the_printed_one() {
    let api = Api::start().await;
    let served = api.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.text, taskyard::api::document());
    let served = api.get("/openapi-3.0.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.text, taskyard::api::document_v30());
}

#[tokio::test]
async fn prefer_waits_as_wait_ms_does() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    let began = Instant::now();
    let request = api
        .request(Method::GET, &format!("/v1/tasks/{id}"))
        .header("prefer", "respond-async, wait=15");
    let (read, _) = tokio::join!(api.send(request), api.report(&lease, "complete", json!({})));
    assert_eq!(read.body["state"], "succeeded");
    assert!(began.elapsed().as_secs() < 10);
}
