//! Queues: numbers, pause and resume, purge and delete, lists.

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
    assert_eq!(stats["paused"], false);
}

#[tokio::test]
async fn rates_and_ages_are_those_of_the_clock() {
    let api = Api::start().await;
    api.submit_many(30, json!({"queue": "q"})).await;
    let leases = api
        .claim("n", json!({"queues": ["q"], "max_tasks": 6}))
        .await;
    for lease in &leases {
        api.report(lease, "complete", json!({})).await;
    }
    api.test.advance(10_000);
    let stats = api.get("/v1/queues/q/stats").await.body;
    assert_eq!(stats["submitted_per_s"], 3.0);
    assert_eq!(stats["finished_per_s"], 0.1);
    assert_eq!(stats["oldest_ready_age_ms"], 10_000);
    api.act("/v1/queues/q/pause").await;
    let stats = api.get("/v1/queues/q/stats").await.body;
    assert_eq!(stats["ready"], 0);
    assert_eq!(stats["oldest_ready_age_ms"], 0);
    api.test.advance(51_000);
    let stats = api.get("/v1/queues/q/stats").await.body;
    assert_eq!(stats["finished_per_s"], 0.0);
}

#[tokio::test]
async fn a_purge_deletes_what_waits_and_nothing_else() {
    let api = Api::start().await;
    let running = api.submit_one().await;
    let lease = api.claim_one().await;
    let mut waiting = vec![api.submit(json!({"queue": "q", "delay_ms": 9_000})).await];
    waiting.extend(api.submit_many(450, json!({"queue": "q"})).await);
    let purged = api.act("/v1/queues/q/purge").await;
    assert_eq!(
        (purged.status, &purged.body),
        (200, &json!({"purged": 451}))
    );
    for path in [
        format!("/v1/tasks/{}", waiting[0]),
        format!("/v1/tasks/{}/result", waiting[450]),
    ] {
        assert_eq!(api.get(&path).await.failure(), (410, "purged"));
    }
    assert_eq!(api.task(&running).await["state"], "running");
    assert_eq!(api.report(&lease, "complete", json!({})).await.status, 200);
    assert_eq!(
        api.act("/v1/queues/q/purge").await.body,
        json!({"purged": 0})
    );
    let missing = api.act("/v1/queues/none/purge").await;
    assert_eq!(missing.failure(), (404, "queue_not_found"));
    // It is as good as never there after a while.
    api.test.advance(601_000);
    let path = format!("/v1/tasks/{}", waiting[0]);
    api.until(&path, |reply| reply.status == 404).await;
    api.test.audit().await;
}

#[tokio::test]
async fn a_queue_is_deleted_when_nothing_in_it_is_unfinished() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "q", "type": "a"})).await;
    let refused = api.delete("/v1/queues/q").await;
    assert_eq!(refused.failure(), (409, "invalid_state"));
    let lease = api.claim_one().await;
    let refused = api.delete("/v1/queues/q").await;
    assert_eq!(refused.failure(), (409, "invalid_state"));
    api.report(&lease, "complete", json!({})).await;
    assert_eq!(api.delete("/v1/queues/q").await.status, 204);
    let task = api.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!(task.failure(), (410, "purged"));
    assert_eq!(
        api.delete("/v1/queues/q").await.failure(),
        (404, "queue_not_found")
    );
    assert_eq!(api.get("/v1/queues").await.body["items"], json!([]));
    api.test.audit().await;
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
