//! Names that cannot be: answered at once, and never more than an error.

use std::time::Instant;

use serde_json::json;

use super::service::Api;

const NAMES: [&str; 8] = ["..", ".", "{x}", "%00", "%2F", "a%20b", "%FF", "%C3%A9"];

#[tokio::test]
async fn impossible_names_in_paths_are_404() {
    let api = Api::start().await;
    let long = "x".repeat(10 * 1024);
    for name in NAMES.into_iter().chain([long.as_str()]) {
        for (method, path) in [
            ("GET", format!("/v1/queues/{name}")),
            ("GET", format!("/v1/queues/{name}/stats")),
            ("POST", format!("/v1/queues/{name}/pause")),
            ("GET", format!("/v1/nodes/{name}")),
            ("DELETE", format!("/v1/nodes/{name}")),
            ("PUT", format!("/v1/nodes/{name}")),
            ("GET", format!("/v1/tasks/{name}")),
            ("POST", format!("/v1/tasks/{name}/cancel")),
            ("GET", format!("/problems/{name}")),
            ("GET", format!("/{name}")),
        ] {
            let began = Instant::now();
            // As it stands: a client library would resolve `..` before sending.
            let answer = api
                .raw(&format!("{method} {path} HTTP/1.1\r\nhost: localhost"))
                .await;
            assert!(
                answer.starts_with("HTTP/1.1 404 "),
                "{method} {path:.60}: {answer:.300}"
            );
            assert!(answer.contains("application/problem+json"), "{answer:.300}");
            assert!(began.elapsed().as_secs() < 2);
        }
    }
}

#[tokio::test]
async fn impossible_names_in_bodies_are_422() {
    let api = Api::start().await;
    let long = "x".repeat(10 * 1024);
    for name in ["..", "{x}", "\u{0}", "a/b", "é", "", " ", long.as_str()] {
        let submit = api.post("/v1/tasks", json!({"queue": name})).await;
        let claim = api
            .post("/v1/nodes/n/claim", json!({"queues": [name]}))
            .await;
        let kind = json!({"queue": "q", "type": name});
        let kind = api.post("/v1/tasks", kind).await;
        for (reply, pointer) in [(submit, "/queue"), (claim, "/queues/0"), (kind, "/type")] {
            assert_eq!(reply.failure(), (422, "validation_failed"), "{name:.40?}");
            assert_eq!(reply.pointers(), [pointer]);
            assert!(reply.text.len() < 2_000, "{:.300}", reply.text);
        }
    }
}
