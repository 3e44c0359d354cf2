//! Whether an answer is as the document says: its status, its media type, its body, and of a
//! failure its code. Every test of the api has each of its answers checked here.

use reqwest::header::HeaderMap;
use serde_json::json;

use super::{document, operations, schema};
use crate::api::service::Reply;

/// Checks the answer to a request for a documented operation.
pub(crate) fn check(method: &str, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = operations().find(|operation| {
        operation.method.eq_ignore_ascii_case(method) && matches(operation.path, path)
    }) else {
        return;
    };
    let (id, status, text) = (operation.id, reply.status, &reply.text);
    let Some(answer) = operation.answer(&status.to_string()) else {
        panic!("{id} answers {status}, which is not described: {text}");
    };
    for (name, _) in answer["headers"].as_object().into_iter().flatten() {
        let is_always_there =
            !["Idempotency-Replayed", "Preference-Applied"].contains(&name.as_str());
        assert!(
            !is_always_there || reply.headers.contains_key(name),
            "{id} {status}: {name} is missing"
        );
    }
    let Some(content) = answer["content"].as_object() else {
        return assert!(text.is_empty(), "{id} {status} has a body: {text}");
    };
    let media_type = reply
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default();
    let Some(media) = content.get(media_type) else {
        panic!("{id} {status} is {media_type:?}, which is not described");
    };
    if media_type == "text/plain" {
        return;
    }
    // A stream's schema is that of its lines.
    let values = if media_type == "application/x-ndjson" {
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    } else {
        vec![reply.body.clone()]
    };
    for value in &values {
        let faults = schema::faults(document(), &media["schema"], value);
        assert!(
            faults.is_empty(),
            "{id} {status}: {}\n{text}",
            faults.join("\n")
        );
    }
    if status >= 400 {
        let codes = answer["description"].as_str().unwrap_or_default();
        let code = format!("`{}`", reply.code());
        assert!(
            codes.contains(&code),
            "{id} {status}: the code {code} is not described:\n{codes}"
        );
    }
}

/// Whether a path is of that form.
fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut there) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), there.next()) {
            (None, None) => return true,
            (Some(wanted), Some(there)) if wanted == there => {}
            (Some(wanted), Some(there)) if wanted.starts_with('{') && !there.is_empty() => {}
            _ => return false,
        }
    }
}

#[test]
fn an_answer_that_is_not_described_is_found() {
    let answer = |status: u16, media_type: &str, body: serde_json::Value| {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        headers.insert("x-request-id", "r".parse().unwrap());
        let text = body.to_string();
        Reply {
            status,
            headers,
            text,
            body,
        }
    };
    let problem = |code: &str, status: u16| json!({ "type": "/problems/x", "title": "t", "status": status, "detail": "d", "code": code, "retryable": false });
    let is_described = |reply: &Reply| {
        std::panic::catch_unwind(|| check("GET", "/v1/queues/mail/stats", reply)).is_ok()
    };
    let (plain, failure) = ("application/json", "application/problem+json");
    assert!(is_described(&answer(
        404,
        failure,
        problem("queue_not_found", 404)
    )));
    for wrong in [
        answer(418, failure, problem("queue_not_found", 418)),
        answer(404, plain, problem("queue_not_found", 404)),
        answer(404, failure, problem("task_not_found", 404)),
        answer(404, failure, problem("made_up", 404)),
        answer(503, failure, problem("store_unavailable", 503)),
        answer(200, plain, json!({})),
    ] {
        assert!(!is_described(&wrong), "{} {}", wrong.status, wrong.text);
    }
}
