//! What is stored about endpoints fits together, and the audit names what does not.

use serde_json::json;
use taskyard::domain::Partition;
use taskyard::store::keys::Keys;

use super::super::receiver::Receiver;
use super::super::service::Api;
use super::done;

/// What the audit says, a sentence each.
async fn told(api: &Api) -> Vec<String> {
    let report = api.test.store.audit().await.unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

/// The keys of the partition that a name hashes to.
fn home(name: &str) -> Keys {
    Keys::of(Partition::of_name(name, 2))
}

/// The node `hook` and the queue `q`, both with an endpoint.
async fn endpoints(api: &Api, receiver: &Receiver) {
    let node = json!({"endpoint": receiver.url, "queues": ["r"]});
    api.register("hook", node).await;
    api.target(receiver, json!({})).await;
}

#[tokio::test]
async fn the_audit_names_an_endpoint_that_nobody_pushes_to() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    for (kind, name) in [("node", "hook"), ("queue", "q")] {
        endpoints(&api, &receiver).await;
        assert_eq!(told(&api).await, Vec::<String>::new());
        let (keys, endpoint) = (home(name), format!("{kind}:{name}"));
        api.test
            .redis
            .run(&["ZREM", &keys.endpoints(), &endpoint])
            .await;
        let unlisted =
            format!("endpoint {endpoint} is not in the list of its partition's endpoints");
        assert_eq!(told(&api).await, [unlisted.as_str()]);
        api.test.redis.delete(&keys.endpoint(kind, name)).await;
        let unsigned = format!("endpoint {endpoint} has no sound secret");
        assert_eq!(told(&api).await, [unlisted, unsigned]);
    }
    // The same words as before mend both.
    endpoints(&api, &receiver).await;
    api.test.audit().await;
}

#[tokio::test]
async fn the_audit_names_an_endpoint_that_is_left_behind_or_in_another_partition() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    endpoints(&api, &receiver).await;
    for (kind, name) in [("node", "hook"), ("queue", "q")] {
        let there = Partition::of_name(name, 2).number();
        let elsewhere = Keys::of(Partition::new(1 - there));
        let left = elsewhere.endpoint(kind, name);
        api.test.redis.run(&["HSET", &left, "secret", "s"]).await;
        let orphan = format!(
            "endpoint {kind}:{name} is stored, but no such node or queue of its partition has a URL"
        );
        assert_eq!(told(&api).await, [orphan]);
        api.test.redis.delete(&left).await;
    }
    let (hook, target) = (home("hook"), home("q"));
    let rows = [
        (hook.node("hook"), "endpoint", "node:hook"),
        (target.queue("q"), "target", "queue:q"),
    ];
    for (record, field, endpoint) in rows {
        api.test.redis.run(&["HDEL", &record, field]).await;
        let orphans = told(&api).await;
        assert!(
            orphans.iter().any(|orphan| orphan.contains(endpoint)),
            "{orphans:?}"
        );
    }
}

#[tokio::test]
async fn the_audit_names_a_breaker_without_a_moment() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    endpoints(&api, &receiver).await;
    let record = home("q").endpoint("queue", "q");
    for (field, missing) in [
        ("failures", "open_until"),
        ("secret_before", "secret_until"),
    ] {
        api.test.redis.run(&["HSET", &record, field, "5"]).await;
        let incomplete = format!("endpoint queue:q has no sound {missing}");
        assert_eq!(told(&api).await, [incomplete]);
        let moment = ["HSET", &record, missing, "1795417315000"];
        api.test.redis.run(&moment).await;
        assert_eq!(told(&api).await, Vec::<String>::new());
        api.test.redis.run(&["HDEL", &record, field, missing]).await;
    }
}

#[tokio::test]
async fn what_is_removed_leaves_no_endpoint() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    endpoints(&api, &receiver).await;
    assert_eq!(api.delete("/v1/nodes/hook").await.status, 204);
    assert_eq!(api.delete("/v1/queues/q").await.status, 204);
    assert_eq!(api.test.redis.keys_like("*endpoint*").await, 0);
    endpoints(&api, &receiver).await;
    api.register("hook", json!({})).await;
    api.put("/v1/queues/q", json!({})).await;
    assert_eq!(api.test.redis.keys_like("*endpoint*").await, 0);
    api.test.audit().await;
}
