//! Changes of many tasks, and the operations that carry them out.

use serde_json::{Value, json};

use super::service::{Api, Reply};

const BULK: &str = "/v1/tasks/bulk";

/// Begins an operation: its path.
async fn begin(api: &Api, body: Value) -> String {
    let reply = api.post(BULK, body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.body["state"], "running");
    let path = format!("/v1/operations/{}", reply.id());
    assert_eq!(reply.header("location"), path);
    path
}

/// The operation, as soon as it is over.
async fn end(api: &Api, path: &str) -> Value {
    let reply = api.get(&format!("{path}?wait_ms=20000")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.body["finished_at"].is_string(), "{}", reply.text);
    reply.body
}

/// Matched, done, skipped, failed.
fn counts(operation: &Value) -> [u64; 4] {
    ["matched", "done", "skipped", "failed"].map(|count| operation[count].as_u64().unwrap())
}

async fn stats(api: &Api, queue: &str) -> Value {
    api.get(&format!("/v1/queues/{queue}/stats")).await.body
}

#[tokio::test]
async fn bulk_cancels_the_named_tasks_and_says_why_others_are_skipped() {
    let api = Api::start().await;
    let done = api.submit_one().await;
    let lease = api.claim_one().await;
    api.report(&lease, "complete", json!({})).await;
    let waits = [api.submit_one().await, api.submit_one().await];
    let nobody = uuid::Uuid::now_v7().to_string();
    let ids = json!([waits[0], done, waits[1], waits[0], nobody]);
    let path = begin(&api, json!({"action": "cancel", "ids": ids})).await;

    let operation = end(&api, &path).await;
    assert_eq!(operation["state"], "succeeded");
    assert_eq!(counts(&operation), [4, 2, 2, 0]);
    let reasons = json!({"already_finished": 1, "not_found": 1});
    assert_eq!(operation["skipped_reasons"], reasons);
    for id in &waits {
        assert_eq!(api.task(id).await["state"], "cancelled");
    }
    assert_eq!(api.task(&done).await["state"], "succeeded");
    api.test.audit().await;
}

#[tokio::test]
async fn bulk_retries_what_has_failed_and_nothing_else() {
    let api = Api::start().await;
    for number in 0..6 {
        api.submit(json!({"queue": "q", "max_attempts": 1})).await;
        let lease = api.claim_one().await;
        let error = json!({"error": {"code": "x", "message": "x"}});
        let (verb, body) = if number < 4 {
            ("fail", error)
        } else {
            ("complete", json!({}))
        };
        api.report(&lease, verb, body).await;
    }
    let filter = json!({"queue": "q", "state": "failed"});
    let path = begin(&api, json!({"action": "retry", "filter": filter})).await;
    let operation = end(&api, &path).await;
    assert_eq!(operation["filter"], filter);
    assert_eq!(counts(&operation), [4, 4, 0, 0]);
    let stats = stats(&api, "q").await;
    assert_eq!((&stats["queued"], &stats["failed"]), (&json!(4), &json!(0)));
    assert_eq!(stats["succeeded"], 2);
    api.test.audit().await;
}

#[tokio::test]
async fn bulk_deletes_finished_tasks_and_leaves_active_ones() {
    let api = Api::start().await;
    let (gone, stays) = (api.submit_one().await, api.submit_one().await);
    let lease = api.claim_one().await;
    assert_eq!(lease.id, gone);
    api.report(&lease, "complete", json!({})).await;
    let path = begin(&api, json!({"action": "delete", "all": true})).await;
    let operation = end(&api, &path).await;
    assert_eq!(counts(&operation), [2, 1, 1, 0]);
    assert_eq!(operation["skipped_reasons"], json!({"not_finished": 1}));
    let deleted = api.get(&format!("/v1/tasks/{gone}")).await;
    assert_eq!(deleted.failure(), (404, "task_not_found"));
    assert_eq!(api.task(&stays).await["state"], "queued");
    api.test.audit().await;
}

#[tokio::test]
async fn bulk_reprioritises_what_waits_and_its_place() {
    let api = Api::start().await;
    let first = api.submit_one().await;
    let second = api.submit(json!({"queue": "q", "tags": ["urgent"]})).await;
    let body = json!({"action": "reprioritise", "filter": {"tag": "urgent"}, "priority": 7});
    let path = begin(&api, body.clone()).await;
    let operation = end(&api, &path).await;
    assert_eq!(counts(&operation), [1, 1, 0, 0]);
    assert_eq!(operation["priority"], 7);
    assert_eq!(api.task(&second).await["priority"], 7);

    let again = end(&api, &begin(&api, body).await).await;
    assert_eq!(again["skipped_reasons"], json!({"unchanged": 1}));
    assert_eq!(api.claim_one().await.id, second);
    assert_eq!(api.claim_one().await.id, first);
    api.test.audit().await;
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let api = Api::start().await;
    api.submit_many(300, json!({"queue": "q"})).await;
    let body = json!({"action": "cancel", "filter": {"queue": "q"}, "dry_run": true});
    let operation = end(&api, &begin(&api, body).await).await;
    assert_eq!(operation["dry_run"], true);
    assert_eq!(counts(&operation), [300, 300, 0, 0]);
    assert_eq!(stats(&api, "q").await["queued"], 300);
    api.test.audit().await;
}

#[tokio::test]
async fn ten_thousand_tasks_are_cancelled_by_a_filter() {
    let api = Api::start().await;
    api.submit_many(10_000, json!({"queue": "many"})).await;
    api.submit_many(10, json!({"queue": "others"})).await;
    let path = begin(
        &api,
        json!({"action": "cancel", "filter": {"queue": "many"}}),
    )
    .await;
    // What comes later is not meant.
    let operation = end(&api, &path).await;
    assert_eq!(counts(&operation), [10_000, 10_000, 0, 0]);
    assert_eq!(stats(&api, "many").await["cancelled"], 10_000);
    assert_eq!(stats(&api, "others").await["queued"], 10);
    api.test.audit().await;
}

/// Ten tasks, and an operation that cancels two of them a second.
async fn slow(api: &Api) -> String {
    api.submit_many(10, json!({"queue": "q"})).await;
    let body = json!({"action": "cancel", "filter": {"queue": "q"}, "rate_per_s": 2});
    begin(api, body).await
}

async fn until_done(api: &Api, path: &str, done: u64) -> Reply {
    api.until(path, |reply| {
        let now = reply.body["done"].as_u64().unwrap();
        assert!(now <= done, "too many: {}", reply.text);
        now == done
    })
    .await
}

#[tokio::test]
async fn the_rate_is_kept() {
    let api = Api::start().await;
    let path = slow(&api).await;
    for done in 1..=10 {
        // Half a second a task, by a clock that only the test moves.
        until_done(&api, &path, done).await;
        api.test.advance(499);
        for _ in 0..20 {
            until_done(&api, &path, done).await;
        }
        api.test.advance(1);
    }
    assert_eq!(end(&api, &path).await["state"], "succeeded");
}

#[tokio::test]
async fn a_paused_operation_goes_on_when_it_is_resumed() {
    let api = Api::start().await;
    let path = slow(&api).await;
    until_done(&api, &path, 1).await;
    let paused = api.act(&format!("{path}/pause")).await;
    assert_eq!(paused.body["state"], "paused", "{}", paused.text);
    assert_eq!(api.act(&format!("{path}/pause")).await.status, 200);
    api.test.advance(60_000);
    for _ in 0..20 {
        until_done(&api, &path, 1).await;
    }
    let resumed = api.act(&format!("{path}/resume")).await;
    assert_eq!(resumed.body["state"], "running", "{}", resumed.text);
    for done in 2..=10 {
        until_done(&api, &path, done).await;
        api.test.advance(500);
    }
    assert_eq!(end(&api, &path).await["state"], "succeeded");
    for verb in ["pause", "resume", "abort"] {
        let late = api.act(&format!("{path}/{verb}")).await;
        assert_eq!(late.failure(), (409, "invalid_state"));
    }
}

#[tokio::test]
async fn an_aborted_operation_ends_and_what_it_did_stays() {
    let api = Api::start().await;
    let path = slow(&api).await;
    until_done(&api, &path, 1).await;
    let aborted = api.act(&format!("{path}/abort")).await;
    assert_eq!(aborted.body["state"], "aborted", "{}", aborted.text);
    api.test.advance(60_000);
    let operation = end(&api, &path).await;
    assert_eq!(counts(&operation)[1], 1);
    assert_eq!(stats(&api, "q").await["queued"], 9);
    assert_eq!(api.act(&format!("{path}/abort")).await.status, 200);
    let late = api.act(&format!("{path}/resume")).await;
    assert_eq!(late.failure(), (409, "invalid_state"));
}

#[tokio::test]
async fn operations_are_listed_the_newest_first_until_a_day_after_their_end() {
    let api = Api::start().await;
    let mut paths = Vec::new();
    for _ in 0..5 {
        let path = begin(&api, json!({"action": "retry", "all": true})).await;
        end(&api, &path).await;
        paths.push(path);
        api.test.advance(1);
    }
    paths.reverse();
    let (mut listed, mut next) = (Vec::new(), "/v1/operations?limit=2".to_owned());
    loop {
        let page = api.get(&next).await.body;
        for item in page["items"].as_array().unwrap() {
            listed.push(format!("/v1/operations/{}", item["id"].as_str().unwrap()));
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        next = format!("/v1/operations?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, paths);
    let other = api.get("/v1/operations?cursor=b3BlcmF0aW9ucyB4").await;
    assert_eq!(other.failure(), (400, "invalid_cursor"));

    api.test.advance(24 * 3_600_000);
    api.until("/v1/operations", |reply| reply.body["items"] == json!([]))
        .await;
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_404() {
    let api = Api::start().await;
    for id in [uuid::Uuid::now_v7().to_string(), "1".to_owned()] {
        let path = format!("/v1/operations/{id}");
        let reply = api.get(&path).await;
        assert_eq!(reply.failure(), (404, "operation_not_found"));
        for verb in ["pause", "resume", "abort"] {
            let reply = api.act(&format!("{path}/{verb}")).await;
            assert_eq!(reply.failure(), (404, "operation_not_found"));
        }
    }
}

#[tokio::test]
async fn a_bulk_that_is_not_clear_is_422() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let many = vec![&id; 10_001];
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"action": "retry"}), "/filter"),
        (json!({"action": "retry", "filter": {}}), "/filter"),
        (
            json!({"action": "retry", "filter": {}, "all": false}),
            "/filter",
        ),
        (json!({"action": "burn", "all": true}), "/action"),
        (json!({"action": "retry", "ids": []}), "/ids"),
        (json!({"action": "retry", "ids": many}), "/ids"),
        (json!({"action": "retry", "ids": ["1"]}), "/ids/0"),
        (json!({"action": "retry", "ids": [id], "all": true}), "/all"),
        (
            json!({"action": "retry", "ids": [id], "filter": {}}),
            "/filter",
        ),
        (
            json!({"action": "retry", "filter": {"state": "done"}}),
            "/filter/state",
        ),
        (
            json!({"action": "retry", "filter": {"colour": "red"}}),
            "/filter/colour",
        ),
        (
            json!({"action": "retry", "all": true, "rate_per_s": 0}),
            "/rate_per_s",
        ),
        (
            json!({"action": "retry", "all": true, "priority": 1}),
            "/priority",
        ),
        (json!({"action": "reprioritise", "all": true}), "/priority"),
        (
            json!({"action": "reprioritise", "all": true, "priority": 101}),
            "/priority",
        ),
        (json!({"action": "retry", "all": true, "wait": 1}), "/wait"),
    ] {
        let reply = api.post(BULK, body.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{body}");
        assert_eq!(reply.pointers(), [pointer], "{body}");
    }
    assert_eq!(api.get("/v1/operations").await.body["items"], json!([]));
    assert_eq!(api.task(&id).await["state"], "queued");
}
