//! Limits, weights and fairness keys over HTTP; and who wakes when a limit lets go.

use serde_json::{Value, json};

use super::service::Api;

#[tokio::test]
async fn limits_and_weights_are_shown_as_they_were_put() {
    let api = Api::start().await;
    let limits = json!({
        "running": 10, "running_per_key": 2, "rate": {"per_second": 2.5, "burst": 4},
        "rate_per_key": {"per_second": 1.0, "burst": 1},
        "types": {"render": {"running": 2}, "mail": {"rate": {"per_second": 0.5, "burst": 3}}},
    });
    let weights = json!({"tenant-7": 2.0, "a b/ü": 0.5});
    let put = api
        .put(
            "/v1/queues/q",
            json!({"limits": limits, "weights": weights}),
        )
        .await;
    assert_eq!(put.status, 201, "{}", put.text);
    assert_eq!(put.body["limits"], limits);
    assert_eq!(put.body["weights"], weights);
    // A merge takes each of the two as a whole, and leaves what it does not name.
    let merged = api.patch("/v1/queues/q", json!({"max_tasks": 5})).await;
    assert_eq!(merged.body["limits"], limits);
    let merged = api
        .patch("/v1/queues/q", json!({"limits": {"running": 3}}))
        .await;
    assert_eq!(merged.body["limits"], json!({"running": 3}));
    assert_eq!(merged.body["weights"], weights);
    let merged = api
        .patch("/v1/queues/q", json!({"limits": {}, "weights": {}}))
        .await;
    assert!(merged.body.get("limits").is_none(), "{}", merged.text);
    assert!(merged.body.get("weights").is_none(), "{}", merged.text);
    let burst = json!({"limits": {"rate": {"per_second": 1}}});
    let put = api.put("/v1/queues/q", burst).await;
    assert_eq!(put.body["limits"]["rate"]["burst"], 1);
    let put = api.put("/v1/queues/q", json!({})).await;
    assert!(put.body.get("limits").is_none(), "{}", put.text);
}

#[tokio::test]
async fn limits_and_keys_that_cannot_be_are_422() {
    let api = Api::start().await;
    for (settings, pointer) in [
        (json!({"limits": {"running": 0}}), "/limits/running"),
        (
            json!({"limits": {"rate": {"per_second": 0}}}),
            "/limits/rate/per_second",
        ),
        (
            json!({"limits": {"types": {"a": {"running": 0}}}}),
            "/limits/types/a/running",
        ),
        (json!({"weights": {"a": 0}}), "/weights/a"),
    ] {
        let reply = api.put("/v1/queues/q", settings.clone()).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{settings}");
        assert_eq!(reply.pointers(), [pointer], "{settings}: {}", reply.text);
    }
    for key in [json!(""), json!("x".repeat(129)), json!("a\nb")] {
        let reply = api
            .post("/v1/tasks", json!({"queue": "q", "fairness_key": key}))
            .await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{key}");
        assert_eq!(reply.pointers(), ["/fairness_key"]);
    }
}

#[tokio::test]
async fn a_task_shows_its_fairness_key_and_a_schedule_gives_it_on() {
    let api = Api::start().await;
    let task = json!({"queue": "q", "fairness_key": "tenant 7"});
    let created = api.post("/v1/tasks", task.clone()).await;
    assert_eq!(created.body["fairness_key"], "tenant 7");
    assert_eq!(api.task(&created.id()).await["fairness_key"], "tenant 7");
    let schedule = json!({"name": "s", "every_ms": 60_000, "task": task});
    let made = api.post("/v1/schedules", schedule).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["task"]["fairness_key"], "tenant 7");
}

#[tokio::test]
async fn an_end_wakes_the_claim_that_a_limit_kept_waiting() {
    let api = Api::start().await;
    let limits = json!({"running": 1, "running_per_key": 1, "types": {"default": {"running": 1}}});
    for limit in ["running", "running_per_key", "types"] {
        let name = format!("q-{limit}");
        let only = json!({"limits": {limit: limits[limit]}});
        api.put(&format!("/v1/queues/{name}"), only).await;
        let ids = api
            .submit_many(2, json!({"queue": name, "fairness_key": "a"}))
            .await;
        let claim = json!({"queues": [name], "wait_ms": 20_000});
        let first = api.claim("n", claim.clone()).await;
        let waiting = api.claim("n", claim);
        let end = async {
            api.until_a_claim_waits().await;
            api.report(&first[0], "complete", json!({})).await
        };
        let (second, _) = tokio::join!(waiting, end);
        assert_eq!(second[0].id, ids[1], "{limit}");
    }
}

#[tokio::test]
async fn a_rate_wakes_the_claim_that_it_kept_waiting() {
    let api = Api::start().await;
    let limits = json!({"rate_per_key": {"per_second": 0.1}});
    api.put("/v1/queues/q", json!({"limits": limits})).await;
    let ids = api
        .submit_many(2, json!({"queue": "q", "fairness_key": "a"}))
        .await;
    let claim = json!({"queues": ["q"], "wait_ms": 20_000});
    assert_eq!(api.claim("n", claim.clone()).await[0].id, ids[0]);
    let waiting = api.claim("n", claim);
    let later = async {
        api.until_a_claim_waits().await;
        api.test.advance(10_000);
    };
    let (second, ()) = tokio::join!(waiting, later);
    assert_eq!(second[0].id, ids[1]);
}

#[tokio::test]
async fn a_task_that_a_limit_holds_says_which() {
    let api = Api::start().await;
    let limits = json!({"running_per_key": 1, "rate": {"per_second": 0.1, "burst": 2},
        "types": {"render": {"running": 1}}});
    api.put("/v1/queues/q", json!({"limits": limits})).await;
    let ids = api
        .submit_many(
            2,
            json!({"queue": "q", "type": "render", "fairness_key": "a"}),
        )
        .await;
    assert_eq!(api.get("/v1/queues/q/stats").await.body["ready"], 1);
    let reasons = |id: String| {
        let api = &api;
        async move {
            let reply = api.get(&format!("/v1/tasks/{id}/explain")).await;
            let reasons = reply.body["reasons"].as_array().unwrap().clone();
            let held = reasons
                .into_iter()
                .filter(|reason| reason["code"] == "limit_reached");
            held.collect::<Vec<Value>>()
        }
    };
    assert!(reasons(ids[1].clone()).await.is_empty());
    let claim = json!({"queues": ["q"], "max_tasks": 5});
    assert_eq!(api.claim("n", claim.clone()).await.len(), 1);
    let held = reasons(ids[1].clone()).await;
    let names: Vec<&str> = held
        .iter()
        .filter_map(|reason| reason["limit"].as_str())
        .collect();
    assert_eq!(names, ["running_per_key", "types.render.running"]);
    assert!(held[0].get("at").is_none());
    let other = api.submit(json!({"queue": "q", "fairness_key": "b"})).await;
    assert_eq!(api.get("/v1/queues/q/stats").await.body["ready"], 1);
    assert_eq!(api.claim("n", claim).await[0].id, other);
    let held = reasons(ids[1].clone()).await;
    assert_eq!(held[0]["limit"], "rate");
    assert_eq!(held[0]["at"], "2026-11-23T07:02:05.000Z");
    let numbers = api.get("/v1/queues/q/stats").await.body;
    assert_eq!(
        (&numbers["ready"], &numbers["queued"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn a_place_in_a_queue_with_keys_counts_the_turns_of_the_others() {
    let api = Api::start().await;
    api.submit_many(30, json!({"queue": "q", "fairness_key": "crowd"}))
        .await;
    let ids = api
        .submit_many(3, json!({"queue": "q", "fairness_key": "few"}))
        .await;
    for id in ids {
        let claim = json!({"queues": ["q"]});
        let place = api.get(&format!("/v1/tasks/{id}/explain")).await.body["position"].clone();
        let mut claims = 1;
        while api.claim("n", claim.clone()).await[0].id != id {
            claims += 1;
        }
        assert_eq!(place, claims);
    }
}

#[tokio::test]
async fn queues_with_weights_get_their_shares_and_names_keep_their_places() {
    let api = Api::start().await;
    for (name, count) in [("first", 3), ("a", 100), ("b", 100), ("last", 1)] {
        api.submit_many(count, json!({"queue": name})).await;
    }
    let claim = json!({"queues": ["first", {"name": "a", "weight": 3}, {"name": "b"}, "last"]});
    let mut got = Vec::new();
    for _ in 0..103 {
        let id = api.claim("n", claim.clone()).await.remove(0).id;
        got.push(api.task(&id).await["queue"].as_str().unwrap().to_owned());
    }
    assert_eq!(got[..3], ["first", "first", "first"]);
    let of_b = got.iter().filter(|name| *name == "b").count();
    // 25 of 100 claims on average; chance passes these bounds once in a hundred thousand runs.
    assert!((7..=46).contains(&of_b), "{of_b} of 100");
    assert!(!got.contains(&"last".to_owned()));
}
