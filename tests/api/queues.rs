//! Queues: numbers, pause and resume, lists.

use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn a_queue_comes_into_being_with_its_first_task() {
    let api = Api::start().await;
    for path in ["/v1/queues/q", "/v1/queues/q/stats"] {
        let reply = api.get(path).await;
        assert_eq!(reply.failure(), (404, "queue_not_found"));
    }
    for verb in ["pause", "resume"] {
        let reply = api.act(&format!("/v1/queues/q/{verb}")).await;
        assert_eq!(reply.failure(), (404, "queue_not_found"));
    }
    api.submit_one().await;
    let queue = api.get("/v1/queues/q").await.body;
    assert_eq!(queue["name"], "q");
    assert_eq!(queue["paused"], false);
    assert!(queue["partition"].is_u64());
    assert_eq!(queue["created_at"], "2026-11-23T07:01:55.000Z");
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_and_takes_tasks() {
    let api = Api::start().await;
    api.submit_one().await;
    let paused = api.act("/v1/queues/q/pause").await;
    assert_eq!(paused.status, 200);
    assert_eq!(paused.body["paused"], true);
    let id = api.submit_one().await;
    let claim = json!({"queues": ["q"], "max_tasks": 5});
    assert!(api.claim("n", claim.clone()).await.is_empty());
    assert_eq!(api.get("/v1/queues/q/stats").await.body["paused"], true);

    let waiting = api.claim(
        "n",
        json!({"queues": ["q"], "max_tasks": 5, "wait_ms": 15_000}),
    );
    let resume = async {
        api.until_a_claim_waits().await;
        api.act("/v1/queues/q/resume").await
    };
    let (leases, resumed) = tokio::join!(waiting, resume);
    assert_eq!(resumed.body["paused"], false);
    assert_eq!(leases.len(), 2);
    assert_eq!(leases[1].id, id);
}

#[tokio::test]
async fn the_numbers_are_exact() {
    let api = Api::start().await;
    for _ in 0..5 {
        api.submit_one().await;
    }
    api.submit(json!({"queue": "q", "delay_ms": 5_000})).await;
    let leases = api
        .claim("n", json!({"queues": ["q"], "max_tasks": 4}))
        .await;
    api.report(&leases[0], "complete", json!({})).await;
    let error = json!({"code": "x", "message": ""});
    api.report(&leases[1], "fail", json!({"error": error}))
        .await;
    let gone = json!({"error": error, "retryable": false});
    api.report(&leases[2], "fail", gone).await;
    let last = api.submit_one().await;
    api.act(&format!("/v1/tasks/{last}/cancel")).await;

    let stats = api.get("/v1/queues/q/stats").await.body;
    for (name, number) in [
        ("queued", 1),
        ("ready", 1),
        ("scheduled", 1),
        ("blocked", 0),
        ("running", 1),
        ("retry_wait", 1),
        ("succeeded", 1),
        ("failed", 1),
        ("cancelled", 1),
        ("expired", 0),
        ("backlog", 2),
        ("oldest_ready_age_ms", 0),
    ] {
        assert_eq!(stats[name], number, "{name}: {stats}");
    }
    assert!(stats["submitted_per_s"].is_number());
    assert!(stats["finished_per_s"].is_number());
    assert_eq!(stats["paused"], false);
}

#[tokio::test]
async fn the_list_names_every_queue() {
    let api = Api::start().await;
    for name in ["c", "a", "b"] {
        api.submit(json!({"queue": name})).await;
    }
    let names = |page: &super::service::Reply| -> Vec<String> {
        let items = page.body["items"].as_array().unwrap();
        let names = items.iter().map(|item| item["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    let all = api.get("/v1/queues").await;
    assert_eq!(names(&all), ["a", "b", "c"]);
    let first = api.get("/v1/queues?limit=2").await;
    assert_eq!(names(&first), ["a", "b"]);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let next = api
        .get(&format!("/v1/queues?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(names(&next), ["c"]);
    assert!(next.body.get("next_cursor").is_none());
}
