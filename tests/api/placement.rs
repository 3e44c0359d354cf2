//! Placement: which node may run what, and how much of a node its tasks take.

use serde_json::{Value, json};

use super::service::{Api, Lease};

/// A task of the queue `q` that requires this.
async fn submit(api: &Api, requires: Value) -> String {
    api.submit(json!({"queue": "q", "requires": requires}))
        .await
}

/// What the node gets when it asks for up to ten tasks of the queue `q`.
async fn claim(api: &Api, node: &str) -> Vec<Lease> {
    api.claim(node, json!({"queues": ["q"], "max_tasks": 10}))
        .await
}

#[tokio::test]
async fn conditions_on_labels_decide_who_gets_a_task() {
    let api = Api::start().await;
    api.register(
        "small",
        json!({"labels": {"zone": "a", "cores": "4"}, "slots": 10}),
    )
    .await;
    api.register(
        "large",
        json!({"labels": {"zone": "b", "cores": "32", "gpu": "a100"}, "slots": 10}),
    )
    .await;
    for (labels, fitting) in [
        (json!({"zone": {"in": ["b", "c"]}}), "large"),
        (json!({"gpu": {"exists": true}}), "large"),
        (json!({"gpu": {"exists": false}}), "small"),
        (json!({"gpu": {"not": "a100"}}), "small"),
        (json!({"zone": {"not": "a"}}), "large"),
        (json!({"cores": {"lt": 8}}), "small"),
        (json!({"cores": {"gt": 4, "lt": 33}}), "large"),
        (json!({"zone": "a", "cores": {"gt": 3.5}}), "small"),
    ] {
        let id = submit(&api, json!({"labels": labels})).await;
        let other = if fitting == "large" { "small" } else { "large" };
        assert!(claim(&api, other).await.is_empty(), "{labels}");
        assert_eq!(claim(&api, fitting).await[0].id, id, "{labels}");
    }
}

#[tokio::test]
async fn constraints_that_cannot_be_are_422_and_pointed_at() {
    let api = Api::start().await;
    for (task, pointer) in [
        (
            json!({"requires": {"labels": {"gpu": {}}}}),
            "/requires/labels/gpu",
        ),
        (
            json!({"requires": {"labels": {"gpu": 4}}}),
            "/requires/labels/gpu",
        ),
        (
            json!({"requires": {"labels": {"gpu": {"in": []}}}}),
            "/requires/labels/gpu/in",
        ),
        (
            json!({"requires": {"labels": {"gpu": {"in": [1]}}}}),
            "/requires/labels/gpu/in/0",
        ),
        (
            json!({"requires": {"labels": {"gpu": {"lt": "4"}}}}),
            "/requires/labels/gpu/lt",
        ),
        (
            json!({"requires": {"labels": {"gpu": {"like": "a"}}}}),
            "/requires/labels/gpu/like",
        ),
        (
            json!({"requires": {"labels": {"a b": "c"}}}),
            "/requires/labels/a b",
        ),
        (
            json!({"requires": {"resources": {"memory_mb": -1}}}),
            "/requires/resources/memory_mb",
        ),
        (json!({"requires": {"node": "a b"}}), "/requires/node"),
        (
            json!({"prefers": [{"labels": {"zone": "a"}, "weight": 0}]}),
            "/prefers/0/weight",
        ),
        (
            json!({"prefers": [{"labels": {}, "weight": 1}]}),
            "/prefers/0/labels",
        ),
    ] {
        let mut body = task.clone();
        body["queue"] = json!("q");
        let reply = api.post("/v1/tasks", body).await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{task}");
        assert_eq!(reply.pointers(), [pointer], "{task}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_node_gets_no_more_than_its_resources_allow() {
    let api = Api::start().await;
    let session = api
        .register(
            "n",
            json!({"slots": 10, "resources": {"memory_mb": 4096, "share": 0.3}}),
        )
        .await;
    for _ in 0..3 {
        submit(&api, json!({"resources": {"memory_mb": 2048}})).await;
    }
    let body = json!({"queues": ["q"], "max_tasks": 10, "session": session});
    let first = api.claim("n", body.clone()).await;
    assert_eq!(first.len(), 2);
    let node = api.get("/v1/nodes/n").await.body;
    assert_eq!(node["resources_used"]["memory_mb"].as_f64(), Some(4096.0));
    // Also without the session, and one that takes nothing comes past them.
    assert!(claim(&api, "n").await.is_empty());
    let free = submit(&api, json!({})).await;
    assert_eq!(claim(&api, "n").await[0].id, free);

    api.report(&first[0], "complete", json!({})).await;
    let next = api.claim("n", body.clone()).await;
    assert_eq!(next.len(), 1);
    api.report(&first[1], "release", json!({})).await;
    api.report(
        &next[0],
        "fail",
        json!({"error": {"code": "x", "message": ""}}),
    )
    .await;
    let node = api.get("/v1/nodes/n").await.body;
    assert_eq!(node["resources_used"], json!({}));

    // Fractions add up to the whole: 3 x 0.1 of 0.3.
    for _ in 0..4 {
        submit(&api, json!({"resources": {"share": 0.1}})).await;
    }
    let memory = api.claim("n", body.clone()).await;
    assert_eq!(memory.len(), 1 + 3);
}

#[tokio::test]
async fn what_tasks_of_other_queues_take_counts_too() {
    let api = Api::start().await;
    api.register("n", json!({"slots": 10, "resources": {"gpu": 3}}))
        .await;
    // Queues of both partitions.
    let queues = ["one", "two", "three", "four"];
    for queue in queues {
        let task = json!({"queue": queue, "requires": {"resources": {"gpu": 1}}});
        api.submit(task).await;
    }
    let mut got = 0;
    for queue in queues {
        got += api.claim("n", json!({"queues": [queue]})).await.len();
    }
    assert_eq!(got, 3);
    let claims = queues.map(|queue| {
        let claim = json!({"queues": [queue], "max_tasks": 10});
        api.post("/v1/nodes/m/claim", claim)
    });
    api.register("m", json!({"slots": 10, "resources": {"gpu": 3}}))
        .await;
    for queue in queues {
        for _ in 0..3 {
            let task = json!({"queue": queue, "requires": {"resources": {"gpu": 1}}});
            api.submit(task).await;
        }
    }
    let replies = futures_util::future::join_all(claims).await;
    let got: usize = replies.iter().map(|reply| reply.leases().len()).sum();
    assert_eq!(got, 3, "claims at the same time");
}

#[tokio::test]
async fn resources_that_are_in_use_are_named_as_the_reason() {
    let api = Api::start().await;
    api.register("n", json!({"slots": 10, "resources": {"gpu": 1}}))
        .await;
    submit(&api, json!({"resources": {"gpu": 1}})).await;
    let waiting = submit(&api, json!({"resources": {"gpu": 0.5}})).await;
    assert_eq!(claim(&api, "n").await.len(), 1);
    let answer = api.get(&format!("/v1/tasks/{waiting}/explain")).await.body;
    assert_eq!(answer["reasons"][0]["code"], "resources_in_use", "{answer}");
    assert_eq!(answer["reasons"][0]["nodes"], 1);
}

#[tokio::test]
async fn a_task_for_one_node_is_given_to_that_node_alone() {
    let api = Api::start().await;
    api.register("other", json!({"slots": 10})).await;
    let id = submit(&api, json!({"node": "n"})).await;
    let answer = api.get(&format!("/v1/tasks/{id}/explain")).await.body;
    assert_eq!(answer["reasons"][0]["code"], "no_matching_node");
    assert_eq!(
        answer["reasons"][0]["missing"]["requires"],
        json!({"node": "n"})
    );
    assert!(claim(&api, "other").await.is_empty());
    // A node need not be registered to claim.
    assert_eq!(claim(&api, "n").await[0].id, id);
}

#[tokio::test]
async fn a_dead_nodes_resources_are_free_when_it_comes_back() {
    let api = Api::start().await;
    let body = json!({"slots": 10, "resources": {"gpu": 1}});
    let session = api.register("n", body.clone()).await;
    let id = submit(&api, json!({"resources": {"gpu": 1}})).await;
    let claim = json!({"queues": ["q"], "session": session});
    assert_eq!(api.claim("n", claim).await.len(), 1);
    // A new session ends the old one.
    let session = api.register("n", body).await;
    api.until(&format!("/v1/tasks/{id}"), |reply| {
        reply.body["state"] == "queued"
    })
    .await;
    let claim = json!({"queues": ["q"], "session": session});
    assert_eq!(api.claim("n", claim).await[0].id, id);
    api.test.audit().await;
}
