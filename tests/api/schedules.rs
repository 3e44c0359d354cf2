//! Schedules over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::service::{Api, Reply};

fn nightly() -> Value {
    json!({
        "name": "nightly", "cron": "30 2 * * *", "timezone": "Europe/Berlin",
        "task": {"queue": "q", "payload": {"days": 1}, "max_attempts": 5},
    })
}

async fn create(api: &Api, schedule: Value) -> Value {
    let reply = api.post("/v1/schedules", schedule).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

async fn create_with_key(api: &Api, key: &str, schedule: &Value) -> Reply {
    let request = api.request(Method::POST, "/v1/schedules");
    api.send(request.header("idempotency-key", key).json(schedule))
        .await
}

/// Waits until a schedule has fired so often; the sweeps run in the background.
async fn until_fires(api: &Api, path: &str, fires: u64) -> Value {
    for _ in 0..200 {
        let schedule = api.get(path).await.body;
        if schedule["fires"] == fires {
            return schedule;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} did not fire {fires} times");
}

#[tokio::test]
async fn a_schedule_shows_every_default_and_when_it_fires_next() {
    let api = Api::start().await;
    let reply = api.post("/v1/schedules", nightly()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.header("location"), "/v1/schedules/nightly");
    let expected = json!({
        "name": "nightly", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "overlap": "skip",
        "catch_up": "none", "jitter_ms": 0, "paused": false, "fires": 0,
        "task": {"queue": "q", "type": "default", "payload": {"days": 1}, "priority": 0, "max_attempts": 5},
        "created_at": "2026-11-23T07:01:55.000Z", "next_fire_at": "2026-11-24T01:30:00.000Z",
    });
    assert_eq!(reply.body, expected);
    assert_eq!(api.get("/v1/schedules/nightly").await.body, expected);
}

#[tokio::test]
async fn a_schedule_fires_by_itself_and_its_task_is_there() {
    let api = Api::start().await;
    create(
        &api,
        json!({"name": "s", "every_ms": 60_000, "task": {"queue": "q"}}),
    )
    .await;
    api.test.advance(60_000);
    let fired = until_fires(&api, "/v1/schedules/s", 1).await;
    assert_eq!(fired["last_outcome"], "fired");
    assert_eq!(fired["last_fire_at"], "2026-11-23T07:02:55.000Z");
    assert_eq!(fired["next_fire_at"], "2026-11-23T07:03:55.000Z");
    let lease = api.claim_one().await;
    assert_eq!(fired["last_task_id"], lease.id);
}

#[tokio::test]
async fn a_schedule_that_is_not_there_is_404() {
    let api = Api::start().await;
    for name in ["nobody", "a%20b", "a:b"] {
        let path = format!("/v1/schedules/{name}");
        let change = json!({"overlap": "allow"});
        for reply in [
            api.get(&path).await,
            api.delete(&path).await,
            api.patch(&path, change).await,
            api.get(&format!("{path}/preview")).await,
            api.act(&format!("{path}/pause")).await,
            api.act(&format!("{path}/resume")).await,
            api.act(&format!("{path}/trigger")).await,
        ] {
            assert_eq!(reply.failure(), (404, "schedule_not_found"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_409_and_a_key_finds_what_it_made() {
    let api = Api::start().await;
    let first = create_with_key(&api, "k", &nightly()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = create_with_key(&api, "\"k\"", &nightly()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut other = nightly();
    other["jitter_ms"] = json!(5);
    let reused = create_with_key(&api, "k", &other).await;
    assert_eq!(reused.failure(), (422, "idempotency_key_reused"));
    for reply in [
        create_with_key(&api, "l", &nightly()).await,
        api.post("/v1/schedules", nightly()).await,
    ] {
        assert_eq!(reply.failure(), (409, "invalid_state"));
    }
}

#[tokio::test]
async fn a_schedule_that_cannot_be_is_422_with_a_pointer() {
    let api = Api::start().await;
    let mut cases = Vec::new();
    for (field, value, pointer) in [
        ("cron", json!("61 * * * *"), "/cron"),
        ("cron", json!("0 0 30 2 *"), "/cron"),
        ("cron", Value::Null, "/cron"),
        ("every_ms", json!(60_000), "/every_ms"),
        ("timezone", json!("Mars/Base"), "/timezone"),
        ("overlap", json!("sometimes"), "/overlap"),
        ("catch_up", json!("some"), "/catch_up"),
        ("jitter_ms", json!(3_600_001), "/jitter_ms"),
        ("name", json!("preview"), "/name"),
        ("name", json!("a b"), "/name"),
        ("wrong", json!(1), "/wrong"),
        (
            "task",
            json!({"queue": "q", "priority": 101}),
            "/task/priority",
        ),
        ("task", json!({"queue": "q", "tags": [""]}), "/task/tags/0"),
        (
            "task",
            json!({"queue": "q", "run_at": "2030-01-01T00:00:00Z"}),
            "/task/run_at",
        ),
        ("task", json!({"queue": "a b"}), "/task/queue"),
    ] {
        let mut schedule = nightly();
        schedule[field] = value;
        cases.push((schedule, pointer));
    }
    let every = json!({"name": "s", "every_ms": 999, "task": {"queue": "q"}});
    cases.push((every, "/every_ms"));
    for (schedule, pointer) in cases {
        let reply = api.post("/v1/schedules", schedule.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{schedule}");
        assert_eq!(reply.pointers(), [pointer], "{schedule}: {}", reply.text);
    }
    let reply = api.put("/v1/schedules/s", json!({"cron": "@daily"})).await;
    assert_eq!(reply.pointers(), ["/task"], "{}", reply.text);
    let mut large = nightly();
    large["task"]["payload"] = json!("x".repeat(300 * 1024));
    let reply = api.post("/v1/schedules", large).await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));
    assert_eq!(api.get("/v1/schedules").await.body["items"], json!([]));
}

#[tokio::test]
async fn put_replaces_or_creates_and_patch_changes() {
    let api = Api::start().await;
    let path = "/v1/schedules/s";
    let wanted =
        json!({"every_ms": 60_000, "overlap": "queue", "task": {"queue": "q", "tags": ["a"]}});
    let new = api.put(path, wanted).await;
    assert_eq!(
        (new.status, new.header("location")),
        (201, path),
        "{}",
        new.text
    );
    let change = json!({"catch_up": "all", "cron": "@hourly", "jitter_ms": null});
    let changed = api.patch(path, change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.body["cron"], "@hourly");
    assert!(changed.body.get("every_ms").is_none(), "{}", changed.text);
    assert_eq!(changed.body["overlap"], "queue");
    assert_eq!(changed.body["catch_up"], "all");
    assert_eq!(changed.body["task"]["tags"], json!(["a"]));
    assert_eq!(changed.body["next_fire_at"], "2026-11-23T08:00:00.000Z");
    let replaced = api
        .put(path, json!({"cron": "@hourly", "task": {"queue": "r"}}))
        .await;
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.body["overlap"], "skip");
    assert!(replaced.body["task"].get("tags").is_none());
    let refused = api.patch(path, json!({"cron": "x"})).await;
    assert_eq!(refused.failure(), (422, "validation_failed"));
    assert_eq!(api.get(path).await.body, replaced.body);
    assert_eq!(api.delete(path).await.status, 204);
    assert_eq!(api.get(path).await.status, 404);
}

#[tokio::test]
async fn pause_resume_and_trigger_answer_the_schedule() {
    let api = Api::start().await;
    create(&api, nightly()).await;
    let paused = api.act("/v1/schedules/nightly/pause").await.body;
    assert_eq!(paused["paused"], true);
    assert!(paused.get("next_fire_at").is_none());
    let triggered = api.act("/v1/schedules/nightly/trigger").await.body;
    assert_eq!(triggered["fires"], 1);
    assert_eq!(triggered["last_fire_at"], "2026-11-23T07:01:55.000Z");
    let id = triggered["last_task_id"].as_str().unwrap();
    assert_eq!(api.task(id).await["payload"], json!({"days": 1}));
    let resumed = api.act("/v1/schedules/nightly/resume").await.body;
    assert_eq!(resumed["paused"], false);
    assert_eq!(resumed["next_fire_at"], "2026-11-24T01:30:00.000Z");
    api.put("/v1/queues/q", json!({"max_tasks": 1})).await;
    let full = api.act("/v1/schedules/nightly/trigger").await;
    assert_eq!(full.failure(), (429, "queue_full"));
}

#[tokio::test]
async fn a_preview_says_when_a_rule_fires_and_stores_nothing() {
    let api = Api::start().await;
    let rule = json!({"cron": "0 9 * * MON-FRI", "timezone": "America/New_York", "count": 3});
    let preview = api.post("/v1/schedules/preview", rule).await;
    assert_eq!(
        preview.body,
        json!({"fires": ["2026-11-23T14:00:00.000Z", "2026-11-24T14:00:00.000Z", "2026-11-25T14:00:00.000Z"]})
    );
    let usual = api
        .post("/v1/schedules/preview", json!({"cron": "@daily"}))
        .await;
    assert_eq!(usual.body["fires"].as_array().unwrap().len(), 5);
    let never = api
        .post("/v1/schedules/preview", json!({"cron": "0 0 30 2 *"}))
        .await;
    assert_eq!(never.body, json!({"fires": []}));
    for (rule, pointer) in [
        (json!({"cron": "@daily", "count": 0}), "/count"),
        (json!({"cron": "@daily", "count": 101}), "/count"),
        (json!({"cron": "daily"}), "/cron"),
        (json!({"cron": "@daily", "timezone": "?"}), "/timezone"),
    ] {
        let reply = api.post("/v1/schedules/preview", rule).await;
        assert_eq!(reply.pointers(), [pointer], "{}", reply.text);
    }
    assert_eq!(api.get("/v1/schedules").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_preview_of_a_schedule_begins_with_its_next_fire() {
    let api = Api::start().await;
    let mut schedule = nightly();
    schedule["jitter_ms"] = json!(600_000);
    let created = create(&api, schedule).await;
    let preview = api.get("/v1/schedules/nightly/preview?count=2").await.body;
    let fires = preview["fires"].as_array().unwrap();
    assert_eq!((fires.len(), &fires[0]), (2, &created["next_fire_at"]));
    api.act("/v1/schedules/nightly/pause").await;
    let paused = api.get("/v1/schedules/nightly/preview?count=2").await.body;
    assert_eq!(paused, preview);
    for count in ["0", "101", "x"] {
        let path = format!("/v1/schedules/nightly/preview?count={count}");
        assert_eq!(api.get(&path).await.failure(), (400, "invalid_request"));
    }
}

#[tokio::test]
async fn schedules_are_listed_by_pages_without_payloads() {
    let api = Api::start().await;
    for number in 0..5 {
        let mut schedule = nightly();
        schedule["name"] = json!(format!("s{number}"));
        create(&api, schedule).await;
    }
    let (mut path, mut names) = ("/v1/schedules?limit=2".to_owned(), Vec::new());
    loop {
        let page = api.get(&path).await.body;
        for item in page["items"].as_array().unwrap() {
            assert!(item["task"].get("payload").is_none(), "{item}");
            names.push(item["name"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/schedules?limit=2&cursor={cursor}");
    }
    names.sort();
    assert_eq!(names, ["s0", "s1", "s2", "s3", "s4"]);
    let foreign = api.get("/v1/schedules?cursor=bm9kZXMgMCAw").await;
    assert_eq!(foreign.failure(), (400, "invalid_cursor"));
}
