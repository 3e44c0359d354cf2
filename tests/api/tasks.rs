//! Tasks: submit, read, report, cancel, retry.

use std::time::Instant;

use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn submit_answers_201_with_the_task_and_its_location() {
    let api = Api::start().await;
    let reply = api
        .post(
            "/v1/tasks",
            json!({"queue": "q", "payload": {"n": 1}, "tags": ["a"]}),
        )
        .await;
    assert_eq!(reply.status, 201);
    assert_eq!(
        reply.header("location"),
        format!("/v1/tasks/{}", reply.id())
    );
    let task = &reply.body;
    assert_eq!(task["queue"], "q");
    assert_eq!(task["type"], "default");
    assert_eq!(task["state"], "queued");
    assert_eq!(task["priority"], 0);
    assert_eq!(task["attempt"], 0);
    assert_eq!(task["max_attempts"], 3);
    assert_eq!(task["losses"], 0);
    assert_eq!(task["payload"], json!({"n": 1}));
    assert_eq!(task["tags"], json!(["a"]));
    assert_eq!(task["durability"], "memory");
    assert_eq!(task["created_at"], "2026-11-23T07:01:55.000Z");
    for absent in ["result", "error", "started_at", "run_at", "metadata"] {
        assert!(task.get(absent).is_none(), "{absent} is there");
    }

    let mut read = api.task(&reply.id()).await;
    read["durability"] = json!("memory");
    assert_eq!(&read, task);
}

#[tokio::test]
async fn a_delayed_task_waits_for_its_moment() {
    let api = Api::start().await;
    let id = api.submit(json!({"queue": "q", "delay_ms": 1_000})).await;
    let task = api.task(&id).await;
    assert_eq!(task["state"], "scheduled");
    assert_eq!(task["run_at"], "2026-11-23T07:01:56.000Z");
    api.test.advance(1_000);
    api.until(&format!("/v1/tasks/{id}"), |reply| {
        reply.body["state"] == "queued"
    })
    .await;
}

#[tokio::test]
async fn ids_that_name_nothing_are_404() {
    let api = Api::start().await;
    for id in ["0199b7e0-7a4e-7001-8abc-000000000000", "nonsense", "1"] {
        let task = format!("/v1/tasks/{id}");
        let body = json!({"lease_token": "x"});
        for reply in [
            api.get(&task).await,
            api.get(&format!("{task}/result")).await,
            api.act(&format!("{task}/cancel")).await,
            api.act(&format!("{task}/retry")).await,
            api.act(&format!("{task}/release")).await,
        ] {
            assert_eq!(reply.failure(), (404, "task_not_found"), "{id}");
        }
        let reply = api.post(&format!("{task}/complete"), body).await;
        assert!(matches!(reply.status, 404 | 409), "{}", reply.text);
    }
}

#[tokio::test]
async fn complete_twice_answers_the_same() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let early = api.get(&format!("/v1/tasks/{id}/result")).await;
    assert_eq!(early.failure(), (409, "task_not_finished"));
    let lease = api.claim_one().await;
    assert_eq!(lease.id, id);

    let first = api
        .report(&lease, "complete", json!({"result": {"n": 1}}))
        .await;
    assert_eq!(first.status, 200);
    assert_eq!(first.body["state"], "succeeded");
    let again = api
        .report(&lease, "complete", json!({"result": {"n": 1}}))
        .await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let result = api.get(&format!("/v1/tasks/{id}/result")).await;
    assert_eq!(result.text, r#"{"n":1}"#);
}

#[tokio::test]
async fn a_token_of_another_attempt_is_409() {
    let api = Api::start().await;
    api.submit_one().await;
    let stale = api.claim_one().await;
    let released = api.report(&stale, "release", json!({})).await;
    assert_eq!(released.body["state"], "queued");
    let lease = api.claim_one().await;
    assert_eq!(lease.id, stale.id);
    assert_ne!(lease.token, stale.token);

    let error = json!({"error": {"code": "x", "message": ""}});
    for (verb, body) in [
        ("complete", json!({"result": 1})),
        ("fail", error.clone()),
        ("progress", json!({"fraction": 0.5})),
    ] {
        let reply = api.report(&stale, verb, body).await;
        assert_eq!(reply.failure(), (409, "lease_lost"), "{verb}");
    }
    let forged = super::service::Lease {
        token: "nonsense".to_owned(),
        ..lease.clone()
    };
    let reply = api.report(&forged, "complete", json!({})).await;
    assert_eq!(reply.failure(), (409, "lease_lost"));
    assert_eq!(api.task(&lease.id).await["state"], "running");
}

#[tokio::test]
async fn release_gives_the_task_back_at_no_cost() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    let released = api.report(&lease, "release", json!({})).await;
    assert_eq!(released.status, 200);
    assert_eq!(released.body["state"], "queued");
    assert_eq!(released.body["losses"], 0);
    assert!(released.body.get("lease_expires_at").is_none());

    let lease = api.claim_one().await;
    assert_eq!(lease.id, id);
    let later = api
        .report(&lease, "release", json!({"delay_ms": 5_000}))
        .await;
    assert_eq!(later.body["state"], "scheduled");
    let reply = api.act(&format!("/v1/tasks/{id}/release")).await;
    assert_eq!(reply.failure(), (409, "invalid_state"));
}

#[tokio::test]
async fn fail_waits_for_the_next_attempt_until_none_is_left() {
    let api = Api::start().await;
    let id = api
        .submit(json!({
            "queue": "q",
            "max_attempts": 2,
            "retry": {"kind": "fixed", "base_ms": 500, "jitter": "none"},
        }))
        .await;
    let error = json!({"code": "boom", "message": "it broke", "detail": [1]});
    let lease = api.claim_one().await;
    let failed = api.report(&lease, "fail", json!({"error": error})).await;
    assert_eq!(failed.status, 200);
    assert_eq!(failed.body["state"], "retry_wait");
    assert_eq!(failed.body["error"], error);
    assert_eq!(failed.body["next_run_at"], "2026-11-23T07:01:55.500Z");

    api.test.advance(500);
    let path = format!("/v1/tasks/{id}");
    api.until(&path, |reply| reply.body["state"] == "queued")
        .await;
    let lease = api.claim_one().await;
    let failed = api.report(&lease, "fail", json!({"error": error})).await;
    assert_eq!(failed.body["state"], "failed");
    assert_eq!(failed.body["attempt"], 2);
    assert!(failed.body["reason"].is_string(), "{}", failed.text);

    let retried = api.act(&format!("{path}/retry")).await;
    assert_eq!(retried.status, 200);
    assert_eq!(retried.body["state"], "queued");
    let again = api.act(&format!("{path}/retry")).await;
    assert_eq!(again.failure(), (409, "invalid_state"));
}

#[tokio::test]
async fn fail_for_good_is_not_repeated() {
    let api = Api::start().await;
    api.submit_one().await;
    let lease = api.claim_one().await;
    let body = json!({"error": {"code": "bad", "message": ""}, "retryable": false});
    let failed = api.report(&lease, "fail", body).await;
    assert_eq!(failed.body["state"], "failed");
}

#[tokio::test]
async fn cancel_ends_a_waiting_task_and_asks_a_running_one() {
    let api = Api::start().await;
    let waiting = api.submit_one().await;
    let cancelled = api.act(&format!("/v1/tasks/{waiting}/cancel")).await;
    assert_eq!(cancelled.status, 200);
    assert_eq!(cancelled.body["state"], "cancelled");

    let running = api.submit_one().await;
    let lease = api.claim_one().await;
    let asked = api.act(&format!("/v1/tasks/{running}/cancel")).await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.body["state"], "running");
    assert_eq!(asked.body["cancel_requested"], true);
    let told = api
        .report(&lease, "progress", json!({"fraction": 0.5}))
        .await;
    assert_eq!(told.status, 200);
    assert_eq!(told.body["cancel_requested"], true);

    let done = api.report(&lease, "complete", json!({})).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let late = api.act(&format!("/v1/tasks/{running}/cancel")).await;
    assert!(
        matches!(late.failure(), (409, "already_finished") | (200, _)),
        "{}",
        late.text
    );
}

#[tokio::test]
async fn cancel_of_a_finished_task_is_409() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    api.report(&lease, "complete", json!({})).await;
    let late = api.act(&format!("/v1/tasks/{id}/cancel")).await;
    assert_eq!(late.failure(), (409, "already_finished"));
}

#[tokio::test]
async fn progress_renews_the_lease_and_is_shown() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    api.test.advance(1_000);
    let renewed = api
        .report(
            &lease,
            "progress",
            json!({"fraction": 0.25, "message": "on it", "extend_ms": 90_000}),
        )
        .await;
    assert_eq!(renewed.status, 200);
    assert_eq!(renewed.body["cancel_requested"], false);
    assert_eq!(renewed.body["lease_expires_at"], "2026-11-23T07:03:26.000Z");
    let task = api.task(&id).await;
    assert_eq!(
        task["progress"],
        json!({"fraction": 0.25, "message": "on it"})
    );
    assert_eq!(task["node_id"], "n");
}

#[tokio::test]
async fn a_read_that_waits_answers_when_the_task_ends() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let lease = api.claim_one().await;
    let began = Instant::now();
    let path = format!("/v1/tasks/{id}?wait_ms=15000");
    let (read, done) = tokio::join!(
        api.get(&path),
        api.report(&lease, "complete", json!({"result": [1]}))
    );
    assert_eq!(done.status, 200);
    assert_eq!(read.body["state"], "succeeded");
    assert_eq!(read.body["result"], json!([1]));
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn a_read_whose_wait_is_over_shows_the_task_as_it_is() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    let read = api.get(&format!("/v1/tasks/{id}?wait_ms=20")).await;
    assert_eq!(read.body["state"], "queued");
    let wrong = api.get(&format!("/v1/tasks/{id}?wait_ms=soon")).await;
    assert_eq!(wrong.failure(), (400, "invalid_request"));
}

#[tokio::test]
async fn complete_submits_children_once() {
    let api = Api::start().await;
    api.submit_one().await;
    let lease = api.claim_one().await;
    let body = json!({"submit": [{"queue": "q", "type": "child"}, {"queue": "other"}]});
    for _ in 0..2 {
        let reply = api.report(&lease, "complete", body.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    for queue in ["q", "other"] {
        let stats = api
            .until(&format!("/v1/queues/{queue}/stats"), |reply| {
                reply.status == 200 && reply.body["queued"] == 1
            })
            .await;
        assert_eq!(stats.body["backlog"], 1);
    }
    let wrong = json!({"submit": [{"queue": "q"}, {"queue": "q", "priority": 1_000}]});
    let lease = api.claim_one().await;
    let reply = api.report(&lease, "complete", wrong).await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/submit/1/priority"]);
}
