//! Request bodies: what does not parse is 400, what is wrong is 422 with a pointer, and what is
//! carried comes back equal.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn an_unknown_field_is_422_with_its_pointer() {
    let api = Api::start().await;
    let reply = api
        .post("/v1/tasks", json!({"queue": "q", "prioritty": 1}))
        .await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/prioritty"]);
    api.submit_one().await;
    let reply = api
        .post("/v1/nodes/n/claim", json!({"queues": ["q"], "max": 1}))
        .await;
    assert_eq!(reply.pointers(), ["/max"]);
}

#[tokio::test]
async fn what_is_not_json_is_400() {
    let api = Api::start().await;
    for text in ["", "{", "{\"queue\":\"q\"} x", "{'queue':1}", "\u{0}"] {
        let reply = api.post_text("/v1/tasks", text).await;
        assert_eq!(reply.failure(), (400, "invalid_json"), "{text:?}");
    }
    let broken = api
        .request(Method::POST, "/v1/tasks")
        .header("content-type", "application/json")
        .body(b"{\"queue\": \"\xff\"}".to_vec());
    let reply = api.send(broken).await;
    assert_eq!(reply.failure(), (400, "invalid_json"));
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_422_with_its_pointer() {
    let api = Api::start().await;
    for (body, pointer) in [
        (json!({"queue": 1}), "/queue"),
        (json!({"queue": "q", "priority": "high"}), "/priority"),
        (json!({"queue": "q", "tags": ["a", 2]}), "/tags/1"),
        (json!({"queue": "q", "priority": 1_000}), "/priority"),
        (json!({"queue": "q", "delay_ms": -1}), "/delay_ms"),
        (json!({"queue": "q", "run_at": "tomorrow"}), "/run_at"),
        (
            json!({"queue": "q", "delay_ms": 1, "run_at": "2027-01-01T00:00:00Z"}),
            "/run_at",
        ),
        (json!({"queue": "q", "metadata": []}), "/metadata"),
        (
            json!({"queue": "q", "retry": {"kind": "never"}}),
            "/retry/kind",
        ),
        (json!({"queue": "a b"}), "/queue"),
        (json!({"queue": ""}), "/queue"),
        (json!({"queue": "x".repeat(129)}), "/queue"),
    ] {
        let reply = api.post("/v1/tasks", body.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{body}");
        assert_eq!(reply.pointers(), [pointer], "{body}: {}", reply.text);
    }
    let missing = api.post("/v1/tasks", json!({})).await;
    assert_eq!(missing.failure(), (422, "validation_failed"));
    let list = api.post("/v1/tasks", json!([])).await;
    assert_eq!(list.failure(), (422, "validation_failed"));
}

#[tokio::test]
async fn a_body_that_is_no_object_is_422() {
    let api = Api::start().await;
    for body in ["[]", "[null, null]", " [\"q\"]", "null", "7", "\"q\""] {
        for path in ["/v1/tasks", "/v1/nodes/n/exchange", "/v1/nodes/n/claim"] {
            let reply = api.post_text(path, body).await;
            assert_eq!(reply.failure(), (422, "validation_failed"), "{path} {body}");
            assert_eq!(reply.pointers(), [""], "{path} {body}");
        }
        let registered = api
            .request(Method::PUT, "/v1/nodes/n")
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(api.send(registered).await.status, 422, "{body}");
    }
    let batch = json!({"tasks": [["q"], {"queue": "q"}]});
    let reply = api.post("/v1/tasks/batch", batch).await;
    assert_eq!(reply.status, 207);
    assert_eq!(reply.body["results"][0]["status"], 422);
}

#[tokio::test]
async fn the_detail_names_the_place_in_the_whole_body() {
    let api = Api::start().await;
    api.submit_one().await;
    let lease = api.claim_one().await;
    let children = json!({"submit": [{"queue": "q"}, {"queue": "q", "priority": 1_000}]});
    let reply = api.report(&lease, "complete", children).await;
    assert_eq!(reply.pointers(), ["/submit/1/priority"]);
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.starts_with("/submit/1/priority: "), "{detail}");
}

#[tokio::test]
async fn null_is_as_good_as_absent() {
    let api = Api::start().await;
    let reply = api
        .post(
            "/v1/tasks",
            json!({
                "queue": "q", "type": null, "priority": null, "delay_ms": null, "run_at": null,
                "max_attempts": null, "retry": null, "tags": null, "metadata": null,
                "requires": null, "timeout_ms": null, "expires_in_ms": null,
            }),
        )
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert!(reply.body.get("metadata").is_none());
}

#[tokio::test]
async fn what_is_too_large_is_413() {
    let api = Api::start().await;
    let payload = "x".repeat(256 * 1024);
    let reply = api
        .post("/v1/tasks", json!({"queue": "q", "payload": payload}))
        .await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));

    let fits = "x".repeat(256 * 1024 - 2);
    api.submit(json!({"queue": "q", "payload": fits})).await;
    let lease = api.claim_one().await;
    let result = "x".repeat(1024 * 1024);
    let reply = api
        .report(&lease, "complete", json!({"result": result}))
        .await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));

    let reply = api.post_text("/v1/tasks", "x".repeat(9 << 20)).await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));
}

#[tokio::test]
async fn a_document_nests_at_most_127_levels() {
    let api = Api::start().await;
    for levels in [128, 100_000] {
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        let began = Instant::now();
        let reply = api
            .post_text(
                "/v1/tasks",
                format!("{{\"queue\":\"q\",\"payload\":{deep}}}"),
            )
            .await;
        assert!(matches!(reply.status, 400 | 422), "{}", reply.text);
        assert!(began.elapsed().as_secs() < 5);
    }
    let deep = "[".repeat(126) + &"]".repeat(126);
    let reply = api
        .post_text(
            "/v1/tasks",
            format!("{{\"queue\":\"q\",\"payload\":{deep}}}"),
        )
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

#[tokio::test]
async fn payloads_and_results_come_back_equal() {
    let api = Api::start().await;
    for document in [
        "null",
        "[]",
        "{}",
        "9007199254740993",
        "{\"a\":[],\"b\":{},\"c\":[{}],\"n\":12345678901234567890123}",
        "1.50",
        "\"\\u0000 \\ud83d\\ude00 \u{e9}\"",
        "false",
        "\"\"",
    ] {
        let reply = api
            .post_text(
                "/v1/tasks",
                format!("{{\"queue\":\"q\",\"payload\":{document}}}"),
            )
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let shown = format!("\"payload\":{document}");
        assert!(reply.text.contains(&shown), "{}", reply.text);
        let claimed = api
            .post("/v1/nodes/n/claim", json!({"queues": ["q"]}))
            .await;
        assert!(claimed.text.contains(&shown), "{}", claimed.text);

        let lease = &claimed.leases()[0];
        let body = format!(
            "{{\"lease_token\":\"{}\",\"result\":{document}}}",
            lease.token
        );
        let path = format!("/v1/tasks/{}", lease.id);
        let reply = api.post_text(&format!("{path}/complete"), body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let read = api.get(&path).await;
        assert!(read.text.contains(&shown), "{}", read.text);
        assert!(
            read.text.contains(&format!("\"result\":{document}")),
            "{}",
            read.text
        );
        let result = api.get(&format!("{path}/result")).await;
        assert_eq!(result.text, document);
    }
}

#[tokio::test]
async fn a_media_type_that_is_not_json_is_415() {
    let api = Api::start().await;
    for media_type in ["text/plain", "application/xml", "x"] {
        let request = api
            .request(Method::POST, "/v1/tasks")
            .header("content-type", media_type)
            .body("{\"queue\":\"q\"}");
        let reply = api.send(request).await;
        assert_eq!(reply.failure(), (415, "unsupported_media_type"));
    }
    // What `curl -d` says when it is told nothing.
    let request = api
        .request(Method::POST, "/v1/tasks")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("{\"queue\":\"q\"}");
    assert_eq!(api.send(request).await.status, 201);
}
