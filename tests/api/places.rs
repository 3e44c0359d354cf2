//! `partition` of a queue: chosen by PUT before its first use, and found by whoever waits.

use serde_json::{Value, json};
use taskyard::domain::Partition;
use taskyard::domain::queue_settings::QueueChange;

use super::service::Api;
use crate::support::{queue, submission};

/// The partition of two that the name of the queue `q` does not hash to.
fn away() -> u16 {
    1 - Partition::of_name("q", 2).number()
}

async fn put(api: &Api, partition: impl Into<Value>) -> (u16, Value) {
    let settings = json!({"partition": partition.into()});
    let reply = api.put("/v1/queues/q", settings).await;
    (reply.status, reply.body["partition"].clone())
}

#[tokio::test]
async fn a_queue_gets_the_partition_that_put_names_and_keeps_it() {
    let api = Api::start().await;
    let lives = json!(away());
    assert_eq!(put(&api, away()).await, (201, lives.clone()));
    assert_eq!(put(&api, away()).await, (200, lives.clone()));
    assert_eq!(put(&api, Value::Null).await, (200, lives.clone()));
    let other = json!({"partition": 1 - away()});
    for refused in [
        api.put("/v1/queues/q", other.clone()).await,
        api.patch("/v1/queues/q", other.clone()).await,
    ] {
        assert_eq!(refused.failure(), (409, "invalid_state"));
        let sentence = format!("the queue lives in partition {lives}");
        assert!(refused.text.contains(&sentence), "{}", refused.text);
    }
    let id = api.submit_one().await;
    assert_eq!(api.claim_one().await.id, id);
    assert_eq!(api.get("/v1/queues/q").await.body["partition"], lives);
    let page = api.get("/v1/tasks?queue=q").await;
    assert_eq!(page.body["items"][0]["id"], id);
}

#[tokio::test]
async fn a_partition_that_is_not_there_is_422() {
    let api = Api::start().await;
    let refused = api.put("/v1/queues/q", json!({"partition": 2})).await;
    assert_eq!(refused.failure(), (422, "validation_failed"));
    assert_eq!(refused.pointers(), ["/partition"]);
    assert!(refused.text.contains("between 0 and 1"), "{}", refused.text);
    for wrong in [json!(-1), json!(65_536), json!("1"), json!(0.5)] {
        let refused = api.put("/v1/queues/q", json!({"partition": wrong})).await;
        assert_eq!(refused.failure(), (422, "validation_failed"), "{wrong}");
    }
    assert_eq!(api.get("/v1/queues/q").await.status, 404);
}

#[tokio::test]
async fn a_deleted_queue_may_be_put_elsewhere() {
    let api = Api::start().await;
    for partition in [away(), 1 - away(), away()] {
        assert_eq!(put(&api, partition).await, (201, json!(partition)));
        assert_eq!(api.delete("/v1/queues/q").await.status, 204);
        assert_eq!(api.get("/v1/queues/q").await.status, 404);
    }
}

#[tokio::test]
async fn claims_that_wait_find_a_queue_that_is_put_elsewhere() {
    for deaf in [false, true] {
        let api = Api::start().await;
        // Another replica, which this one does not hear when it is deaf.
        let (other, _) = api.test.mortal().await;
        let waiting = json!({"queues": ["q", "r"], "wait_ms": 20_000});
        let claim = api.claim("n1", waiting);
        let put_and_submit = async {
            api.until_claims_rest(1).await;
            if deaf {
                api.test.redis.deafen().await;
            }
            let change = QueueChange {
                partition: Some(away()),
                ..QueueChange::default()
            };
            let name = queue("q");
            other.queues.configure(&name, &change, None).await.unwrap();
            other.tasks.submit(submission("q")).await.unwrap();
        };
        let (leases, ()) = tokio::join!(claim, put_and_submit);
        assert_eq!(leases.len(), 1, "deaf: {deaf}");
    }
}
