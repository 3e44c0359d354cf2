//! Nodes: registration, sessions, heartbeats, lists.

use std::collections::BTreeSet;

use serde_json::json;

use super::service::Api;

#[tokio::test]
async fn a_new_node_is_201_and_a_known_one_200() {
    let api = Api::start().await;
    let body = json!({
        "labels": {"zone": "a"}, "slots": 3, "resources": {"memory_mb": 2048}, "types": ["t"],
        "performance": {"cpu_cores": 8, "memory_mb": 4096, "benchmark": 1.5}, "version": "1.0",
    });
    let first = api.put("/v1/nodes/n", body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(first.body["session"].is_string());
    assert_eq!(first.body["heartbeat_interval_ms"], 5_000);
    assert_eq!(first.body["dead_after_ms"], 30_000);
    assert_eq!(first.body["server_time"], "2026-11-23T07:01:55.000Z");

    let session = first.body["session"].clone();
    let update = api
        .put("/v1/nodes/n", json!({"slots": 4, "session": session}))
        .await;
    assert_eq!(update.status, 200);
    assert_eq!(update.body["session"], session);
    let node = api.get("/v1/nodes/n").await;
    assert_eq!(node.body["state"], "ready");
    assert_eq!(node.body["slots"], 4);
    assert_eq!(node.body["used"], 0);
    assert_eq!(node.body["last_seen"], "2026-11-23T07:01:55.000Z");

    let ended = api.put("/v1/nodes/n", json!({})).await;
    assert_eq!(ended.status, 200);
    assert_ne!(ended.body["session"], session);
    let foreign = api.put("/v1/nodes/n", json!({"session": session})).await;
    assert_eq!(foreign.failure(), (404, "node_unknown"));
}

#[tokio::test]
async fn a_node_is_shown_as_it_registered() {
    let api = Api::start().await;
    let body = json!({
        "labels": {"zone": "a"}, "slots": 3, "resources": {"memory_mb": 2048}, "types": ["t"],
        "version": "1.0",
    });
    api.register("n", body).await;
    let node = api.get("/v1/nodes/n").await.body;
    assert_eq!(node["id"], "n");
    assert_eq!(node["labels"], json!({"zone": "a"}));
    assert_eq!(node["resources"]["memory_mb"].as_f64(), Some(2048.0));
    assert_eq!(node["types"], json!(["t"]));
    assert_eq!(node["version"], "1.0");
}

#[tokio::test]
async fn a_heartbeat_says_what_is_lost_and_what_to_stop() {
    let api = Api::start().await;
    let session = api.register("n", json!({"slots": 5})).await;
    for _ in 0..3 {
        api.submit_one().await;
    }
    let claim = json!({"queues": ["q"], "max_tasks": 3, "session": session});
    let leases = api.claim("n", claim).await;
    let ids: Vec<&String> = leases.iter().map(|lease| &lease.id).collect();
    assert_eq!(api.get("/v1/nodes/n").await.body["used"], 3);
    api.report(&leases[0], "complete", json!({})).await;
    api.act(&format!("/v1/tasks/{}/cancel", ids[1])).await;

    let body = json!({"session": session, "held": ids, "load": {"cpu": 0.5, "memory": 0.25}});
    let reply = api.post("/v1/nodes/n/heartbeat", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["directive"], "continue");
    assert_eq!(reply.body["cancel"], json!([ids[1]]));
    assert_eq!(reply.body["lost"], json!([ids[0]]));
    assert!(reply.body["next_heartbeat_ms"].is_u64());
    let node = api.get("/v1/nodes/n").await.body;
    assert_eq!(node["load"]["cpu"].as_f64(), Some(0.5));
}

#[tokio::test]
async fn a_new_session_returns_the_old_ones_tasks_as_losses_at_once() {
    let api = Api::start().await;
    let old = api.register("n", json!({"slots": 5})).await;
    let id = api.submit_one().await;
    let claim = |session: &str| json!({"queues": ["q"], "session": session});
    let lease = api.claim("n", claim(&old)).await.remove(0);
    let new = api.register("n", json!({"slots": 5})).await;
    let task = api
        .until(&format!("/v1/tasks/{id}"), |reply| {
            reply.body["state"] == "queued"
        })
        .await;
    assert_eq!(task.body["losses"], 1);
    let late = api.report(&lease, "complete", json!({})).await;
    assert_eq!(late.failure(), (409, "lease_lost"));
    assert_eq!(api.claim("n", claim(&new)).await[0].id, id);
}

#[tokio::test]
async fn an_ended_session_is_404() {
    let api = Api::start().await;
    let ended = api.register("n", json!({})).await;
    api.register("n", json!({})).await;
    for session in [ended.as_str(), "nonsense"] {
        let beat = api
            .post("/v1/nodes/n/heartbeat", json!({"session": session}))
            .await;
        assert_eq!(beat.failure(), (404, "node_unknown"));
        let claim = json!({"queues": ["q"], "session": session});
        let claim = api.post("/v1/nodes/n/claim", claim).await;
        assert_eq!(claim.failure(), (404, "node_unknown"));
    }
    let claim = json!({"queues": ["q"], "session": ended});
    let claim = api.post("/v1/nodes/other/claim", claim).await;
    assert_eq!(claim.failure(), (404, "node_unknown"));
}

#[tokio::test]
async fn a_deleted_node_is_gone_and_its_tasks_go_back() {
    let api = Api::start().await;
    let session = api.register("n", json!({})).await;
    let id = api.submit_one().await;
    let claim = json!({"queues": ["q"], "session": session});
    assert_eq!(api.claim("n", claim).await.len(), 1);
    let deleted = api.delete("/v1/nodes/n").await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    api.until(&format!("/v1/tasks/{id}"), |reply| {
        reply.body["state"] == "queued"
    })
    .await;
    for reply in [
        api.get("/v1/nodes/n").await,
        api.delete("/v1/nodes/n").await,
    ] {
        assert_eq!(reply.failure(), (404, "node_unknown"));
    }
}

#[tokio::test]
async fn the_pages_of_the_list_hold_every_node_once() {
    let api = Api::start().await;
    for n in 0..12 {
        api.register(&format!("n{n}"), json!({})).await;
    }
    let mut seen = BTreeSet::new();
    let mut path = "/v1/nodes?limit=5".to_owned();
    let mut pages = 0;
    loop {
        let page = api.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        pages += 1;
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 5);
        for node in items {
            assert!(seen.insert(node["id"].as_str().unwrap().to_owned()));
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/nodes?limit=5&cursor={cursor}");
    }
    assert_eq!((seen.len(), pages), (12, 3));
    let all = api.get("/v1/nodes").await;
    assert_eq!(all.body["items"].as_array().unwrap().len(), 12);
    assert!(all.body.get("next_cursor").is_none());
}

#[tokio::test]
async fn a_cursor_or_limit_that_cannot_be_is_400() {
    let api = Api::start().await;
    for n in 0..2 {
        api.register(&format!("n{n}"), json!({})).await;
    }
    let page = api.get("/v1/nodes?limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    for path in [
        "/v1/nodes?cursor=nonsense".to_owned(),
        "/v1/nodes?cursor=".to_owned(),
        "/v1/nodes?cursor=%00".to_owned(),
        // A cursor belongs to its list.
        format!("/v1/queues?cursor={cursor}"),
    ] {
        let reply = api.get(&path).await;
        assert_eq!(reply.failure(), (400, "invalid_cursor"), "{path}");
    }
    for limit in ["0", "501", "-1", "many"] {
        let reply = api.get(&format!("/v1/nodes?limit={limit}")).await;
        assert_eq!(reply.failure(), (400, "invalid_request"), "{limit}");
    }
}

#[tokio::test]
async fn a_heartbeat_names_at_most_1000_tasks() {
    let api = Api::start().await;
    let session = api.register("n", json!({})).await;
    let id = api.submit_one().await;
    let beat = |count: usize| json!({"session": session, "held": vec![&id; count]});
    let reply = api.post("/v1/nodes/n/heartbeat", beat(1_001)).await;
    assert_eq!(reply.failure(), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/held"]);
    let reply = api.post("/v1/nodes/n/heartbeat", beat(1_000)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn progress_answers_how_long_the_session_keeps_the_lease() {
    let api = Api::start().await;
    let session = api.register("n", json!({})).await;
    let id = api.submit_one().await;
    let claim = json!({"queues": ["q"], "session": session});
    let lease = api.claim("n", claim).await.remove(0);
    api.test.advance(10_000);
    let beat = json!({"session": session});
    api.post("/v1/nodes/n/heartbeat", beat).await;
    let progress = api
        .report(&lease, "progress", json!({"fraction": 0.5}))
        .await;
    assert_eq!(progress.status, 200, "{}", progress.text);
    // The claim gave it until 07:02:25 at most; the session lives until 07:02:35.
    let ends = progress.body["lease_expires_at"].as_str().unwrap();
    assert!(
        ("2026-11-23T07:02:30".."2026-11-23T07:02:36").contains(&ends),
        "{ends}"
    );
    assert_eq!(api.task(&id).await["lease_expires_at"], ends);
}
