//! Who may call in open mode: direct requests to a local host, of no foreign page.

use reqwest::Method;
use serde_json::json;

use super::service::{Api, Reply};

/// Submits with these headers beside the usual ones.
async fn submit(api: &Api, headers: &[(&str, &str)]) -> Reply {
    let mut request = api
        .request(Method::POST, "/v1/tasks")
        .json(&json!({"queue": "q"}));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.send(request).await
}

#[tokio::test]
async fn a_local_host_is_served() {
    let api = Api::start().await;
    for host in ["localhost", "127.0.0.1:1", "[::1]:80"] {
        assert_eq!(submit(&api, &[("host", host)]).await.status, 201, "{host}");
    }
    let own = format!("http://{}", api.address);
    for headers in [
        [("origin", own.as_str())],
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none")],
    ] {
        assert_eq!(submit(&api, &headers).await.status, 201, "{headers:?}");
    }
}

#[tokio::test]
async fn what_merely_passes_through_this_machine_is_403() {
    let api = Api::start().await;
    for header in [
        ("host", "example.org"),
        ("host", "localhost.example.org"),
        ("origin", "http://example.org"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("forwarded", "for=10.0.0.1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "localhost"),
        ("via", "1.1 proxy"),
    ] {
        let reply = submit(&api, &[header]).await;
        assert_eq!(reply.failure(), (403, "forbidden"), "{header:?}");
    }
    assert_eq!(api.get("/v1/queues/q").await.status, 404);
    let request = api
        .request(Method::GET, "/v1/queues")
        .header("host", "example.org");
    assert_eq!(api.send(request).await.status, 403);
    let nameless = api.raw("GET /v1/queues HTTP/1.0").await;
    assert!(nameless.contains(" 403 "), "{nameless}");
}

#[tokio::test]
async fn reading_from_a_foreign_page_is_left_to_the_browser() {
    let api = Api::start().await;
    let request = api
        .request(Method::GET, "/v1/queues")
        .header("origin", "http://example.org");
    let reply = api.send(request).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_token_is_401_as_long_as_there_are_none() {
    let api = Api::start().await;
    for value in ["Bearer ty_x", "Basic eDp5", ""] {
        let reply = submit(&api, &[("authorization", value)]).await;
        assert_eq!(reply.failure(), (401, "unauthenticated"), "{value}");
        assert!(!reply.text.contains("ty_x"));
    }
}

#[tokio::test]
async fn health_is_told_to_everyone() {
    let api = Api::start().await;
    for path in ["/healthz", "/readyz", "/problems/forbidden"] {
        let request = api
            .request(Method::GET, path)
            .header("host", "example.org")
            .header("authorization", "Bearer x");
        assert_eq!(api.send(request).await.status, 200, "{path}");
    }
}
