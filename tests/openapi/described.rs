//! Whether an answer is as the document says: its status, its media type, its body, and of a
//! failure its code. Every test of the api has each of its answers checked here.

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
        let is_always_there = name != "Idempotency-Replayed";
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
    let faults = schema::faults(document(), &media["schema"], &reply.body);
    assert!(
        faults.is_empty(),
        "{id} {status}: {}\n{text}",
        faults.join("\n")
    );
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
