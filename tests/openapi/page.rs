//! /docs: the browsable document, from the binary alone.

use reqwest::Method;

use crate::api::service::{Api, Reply};

/// What the page consists of, as it says itself.
fn parts(page: &Reply) -> Vec<&str> {
    let named = page
        .text
        .split(" src=\"")
        .flat_map(|part| part.split(" href=\""));
    named
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test]
async fn the_page_and_all_its_parts_come_from_the_service() {
    let api = Api::start().await;
    let page = api.get("/docs").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html")
    );
    assert_eq!(page.text, api.get("/docs/").await.text);
    let parts = parts(&page);
    assert!(parts.len() >= 5, "{parts:?}");
    for part in parts {
        assert!(!part.contains("//"), "{part} is elsewhere");
        let file = api.get(&format!("/docs/{part}")).await;
        assert_eq!(file.status, 200, "{part}");
        let kind = match part.rsplit('.').next() {
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            _ => "image/png",
        };
        assert_eq!(file.header("content-type"), kind, "{part}");
        for network in ["jsdelivr", "unpkg.com", "cdnjs", "googleapis", "gstatic"] {
            assert!(!file.text.contains(network), "{part} speaks of {network}");
        }
    }
    assert_eq!(api.get("/docs/none.js").await.failure(), (404, "not_found"));
}

#[tokio::test]
async fn the_page_shows_the_own_document_and_may_load_nothing_else() {
    let api = Api::start().await;
    let start = api.get("/docs/swagger-initializer.js").await;
    assert!(
        start.text.contains(r#""url": "/openapi.json""#),
        "{}",
        start.text
    );
    assert!(
        start.text.contains(r#""validatorUrl": "none""#),
        "{}",
        start.text
    );
    assert!(!start.text.contains("://"), "{}", start.text);
    let page = api.get("/docs/").await;
    // Scripts run from files of the service alone, so the page has none of its own.
    assert_eq!(
        page.text.matches("<script").count(),
        page.text.matches("<script src=").count()
    );
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self';",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
}

#[tokio::test]
async fn documents_and_pages_need_no_token_and_no_local_name() {
    let api = Api::start().await;
    for path in [
        "/docs",
        "/docs/",
        "/docs/index.css",
        "/openapi.json",
        "/openapi-3.0.json",
        "/problems",
    ] {
        let request = api
            .request(Method::GET, path)
            .header("host", "example.org")
            .header("authorization", "Bearer x");
        assert_eq!(api.send(request).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_browser_on_this_machine_may_try_it() {
    let api = Api::start().await;
    let request = api
        .request(Method::POST, "/v1/tasks")
        .header("origin", format!("http://{}", api.address))
        .header("sec-fetch-site", "same-origin")
        .header("referer", format!("http://{}/docs/", api.address))
        .json(&serde_json::json!({ "queue": "q" }));
    assert_eq!(api.send(request).await.status, 201);
}

#[tokio::test]
async fn every_code_of_the_document_has_a_page_that_the_index_lists() {
    let api = Api::start().await;
    let index = api.get("/problems").await;
    let words = super::document()["components"]["schemas"]["ProblemCode"]["enum"]
        .as_array()
        .unwrap();
    assert_eq!(index.text.lines().count(), words.len());
    for word in words {
        let path = format!("/problems/{}", word.as_str().unwrap());
        assert!(index.text.contains(&format!(" {path} ")), "{path}");
        assert_eq!(api.get(&path).await.status, 200, "{path}");
    }
}
