//! Reading a task closely, and changing it by hand.

use reqwest::Method;
use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn an_etag_stands_for_the_task_as_it_is() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let path = format!("/v1/tasks/{id}");
    let read = api.get(&path).await;
    let tag = read.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 10, "{tag}");
    assert_eq!(api.get(&path).await.header("etag"), tag);
    let known = api
        .send(
            api.request(Method::GET, &path)
                .header("If-None-Match", &tag),
        )
        .await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    assert_eq!(known.header("etag"), tag);
    api.claim_one().await;
    let moved = api
        .send(
            api.request(Method::GET, &path)
                .header("If-None-Match", &tag),
        )
        .await;
    assert_eq!(moved.status, 200);
    assert_ne!(moved.header("etag"), tag);
}

#[tokio::test]
async fn a_change_of_what_has_changed_is_412() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let path = format!("/v1/tasks/{id}");
    let tag = api.get(&path).await.header("etag").to_owned();
    let change = async |tag: &str| {
        let request = api.request(Method::PATCH, &path).header("If-Match", tag);
        api.send(request.json(&json!({"priority": 9}))).await
    };
    let changed = change(&tag).await;
    assert_eq!(
        (changed.status, &changed.body["priority"]),
        (200, &json!(9))
    );
    assert_eq!(api.get(&path).await.header("etag"), changed.header("etag"));
    assert_eq!(change(&tag).await.failure(), (412, "precondition_failed"));
    assert_eq!(change("*").await.status, 200);
}

#[tokio::test]
async fn a_change_is_checked_like_a_submit() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let path = format!("/v1/tasks/{id}");
    let edit = async |body| {
        api.send(api.request(Method::PATCH, &path).json(&body))
            .await
    };
    let wrong =
        edit(json!({"priority": 101, "tags": [""], "max_attempts": 0, "metadata": []})).await;
    assert_eq!(wrong.failure(), (422, "validation_failed"));
    let pointers = wrong.pointers();
    assert_eq!(
        pointers,
        ["/priority", "/max_attempts", "/tags/0", "/metadata"]
    );
    let unknown = edit(json!({"state": "failed"})).await;
    assert_eq!(unknown.failure(), (422, "validation_failed"));
    let all = json!({"run_at": "2026-11-23T08:00:00Z", "tags": ["t"], "metadata": {"k": 1}, "max_attempts": 7});
    let changed = edit(all).await;
    assert_eq!(changed.body["state"], "scheduled");
    assert_eq!(changed.body["run_at"], "2026-11-23T08:00:00.000Z");
    assert_eq!(
        (
            &changed.body["tags"],
            &changed.body["metadata"],
            &changed.body["max_attempts"]
        ),
        (&json!(["t"]), &json!({"k": 1}), &json!(7))
    );
    api.act(&format!("{path}/cancel")).await;
    let late = edit(json!({"priority": 1})).await;
    assert_eq!(late.failure(), (409, "invalid_state"));
}

#[tokio::test]
async fn run_now_does_not_wait_for_the_moment() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "q", "delay_ms": 60_000})).await;
    let path = format!("/v1/tasks/{id}/run-now");
    let queued = api.act(&path).await;
    assert_eq!(
        (queued.status, &queued.body["state"]),
        (200, &json!("queued"))
    );
    assert_eq!(api.act(&path).await.failure(), (409, "invalid_state"));
    assert_eq!(api.claim_one().await.id, id);
}

#[tokio::test]
async fn delete_takes_a_finished_task_only() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let path = format!("/v1/tasks/{id}");
    let delete = async || api.send(api.request(Method::DELETE, &path)).await;
    assert_eq!(delete().await.failure(), (409, "task_active"));
    api.act(&format!("{path}/cancel")).await;
    let deleted = delete().await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(delete().await.failure(), (404, "task_not_found"));
    assert_eq!(api.get(&path).await.failure(), (404, "task_not_found"));
}

#[tokio::test]
async fn logs_and_attempts_come_in_pages() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let path = format!("/v1/tasks/{id}");
    for _ in 0..3 {
        let lease = api.claim_one().await;
        let kept = api
            .report(&lease, "logs", json!({"lines": ["one", "two"]}))
            .await;
        assert_eq!(kept.status, 200, "{}", kept.text);
        let long = json!({"lines": ["", "x".repeat(1_025)]});
        let wrong = api.report(&lease, "logs", long).await;
        assert_eq!(wrong.pointers(), ["/lines/1"]);
        api.report(&lease, "release", json!({})).await;
        let late = api.report(&lease, "logs", json!({"lines": ["x"]})).await;
        assert_eq!(late.failure(), (409, "lease_lost"));
    }
    for (list, expected) in [("logs", 6), ("attempts", 3)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("{path}/{list}?limit=2{cursor}")).await;
            seen.extend(page.body["items"].as_array().unwrap().clone());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), expected, "{list}");
        assert_eq!(seen[expected - 1]["attempt"], 3, "{list}");
    }
    let attempts = api.get(&format!("{path}/attempts")).await;
    let first = &attempts.body["items"][0];
    assert_eq!(
        (&first["node_id"], &first["outcome"]),
        (&json!("n"), &json!("released"))
    );
    let foreign = api.get(&format!("{path}/logs?cursor=x")).await;
    assert_eq!(foreign.failure(), (400, "invalid_cursor"));
}

#[tokio::test]
async fn a_preference_that_was_followed_is_named() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    api.act(&format!("/v1/tasks/{id}/cancel")).await;
    let path = format!("/v1/tasks/{id}");
    let prefer = |path: &str, wait: &str| api.request(Method::GET, path).header("Prefer", wait);
    let read = api.send(prefer(&path, "wait=5")).await;
    assert_eq!(read.header("preference-applied"), "wait=5");
    let most = api.send(prefer(&path, "respond-async, wait=500")).await;
    assert_eq!(most.header("preference-applied"), "wait=30");
    let other = api
        .send(prefer(&format!("{path}?wait_ms=1"), "wait=5"))
        .await;
    assert!(!other.headers.contains_key("preference-applied"));
}
