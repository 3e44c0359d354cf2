//! What ends a push before its answer: cancellations, time-outs, stops, and replicas that die.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

fn silence() -> Says {
    Says::bytes("").and_hangs()
}

#[tokio::test]
async fn a_cancellation_breaks_the_request_off() {
    let api = Api::start().await;
    let receiver = Receiver::saying(silence()).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit_one().await;
    receiver.until_heard(1).await;
    let reply = api.act(&format!("/v1/tasks/{id}/cancel")).await;
    assert_eq!(reply.body["cancel_requested"], true);
    receiver.until_hung_up(1).await;
    api.until_state(&id, "cancelled").await;
    api.test.audit().await;
}

#[tokio::test]
async fn a_push_ends_with_the_time_of_its_attempt() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    // The first push makes the client, which takes a while.
    let first = api.submit_one().await;
    api.until_state(&first, "succeeded").await;
    let drip = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndrip";
    receiver.now_says(Says::bytes(drip).and_hangs());
    let id = api
        .submit(json!({"queue": "q", "timeout_ms": 1_000, "max_attempts": 1}))
        .await;
    receiver.until_hung_up(1).await;
    assert_eq!(api.task(&id).await["state"], "running");
    api.test.pass(1_000).await;
    let task = api.until_state(&id, "failed").await;
    assert_eq!(
        (&task["reason"], &task["error"]["code"]),
        (&json!("timeout"), &json!("timeout")),
        "{task}"
    );
}

#[tokio::test]
async fn a_lease_that_was_lost_breaks_the_request_off() {
    let api = Api::start().await;
    let receiver = Receiver::saying(silence()).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"]});
    api.register("hook", node).await;
    let id = api.submit_one().await;
    receiver.until_heard(1).await;
    assert_eq!(api.delete("/v1/nodes/hook").await.status, 204);
    receiver.until_hung_up(1).await;
    let task = api.until_state(&id, "queued").await;
    assert_eq!(task["losses"], 1);
}

#[tokio::test]
async fn a_replica_that_died_loses_its_pushes_with_their_leases() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let id = api.submit_one().await;
    // As a replica claims that dies before it has sent anything.
    let request = crate::support::claim("target.q", "q", 1);
    let request = taskyard::store::ClaimRequest {
        lease_ms: Some(60_000),
        ..request
    };
    let claimed = api
        .test
        .store
        .tasks
        .claim_to_push(request, 10)
        .await
        .unwrap()
        .deliver();
    assert_eq!(claimed.len(), 1);
    api.target(&receiver, json!({})).await;
    assert_eq!(api.task(&id).await["state"], "running");
    api.test.pass(61_000).await;
    let task = api.until_state(&id, "succeeded").await;
    assert_eq!((&task["losses"], &task["attempt"]), (&json!(1), &json!(2)));
    api.test.audit().await;
}

#[tokio::test]
async fn a_stop_lets_pushes_end_and_gives_back_those_that_do_not() {
    let mut api = Api::start().await;
    let receiver = Receiver::saying(silence()).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit_one().await;
    receiver.until_heard(1).await;
    api.stop.cancel();
    let pushes = api.pushes.take().unwrap();
    pushes.finish(Duration::from_millis(50)).await;
    let task = api.task(&id).await;
    assert_eq!(
        (&task["state"], &task["losses"]),
        (&json!("queued"), &json!(0)),
        "{task}"
    );
    receiver.until_hung_up(1).await;
    // Nothing is pushed any more.
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn a_stop_waits_for_the_answer_of_a_push() {
    let mut api = Api::start().await;
    let answers = CancellationToken::new();
    let receiver = Receiver::saying(done().after(&answers)).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit_one().await;
    receiver.until_heard(1).await;
    api.stop.cancel();
    let pushes = api.pushes.take().unwrap();
    let finished = tokio::spawn(pushes.finish(Duration::from_secs(10)));
    answers.cancel();
    finished.await.unwrap();
    assert_eq!(api.task(&id).await["state"], "succeeded");
}
