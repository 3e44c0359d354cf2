//! Uploads that break off, and go on.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::service::Api;
use super::{assert_counts, upload};

/// The only job there is.
async fn only(api: &Api, is: impl Fn(&Value) -> bool) -> Value {
    let list = api
        .until("/v1/jobs", |reply| {
            reply.body["items"].get(0).is_some_and(&is)
        })
        .await;
    list.body["items"][0].clone()
}

/// A body that the test writes bit by bit.
fn open_body() -> (mpsc::UnboundedSender<&'static str>, Body) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        let text: &'static str = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), receiver))
    });
    (sender, Body::wrap_stream(pieces))
}

#[tokio::test]
async fn a_broken_line_is_named_and_cancels_the_job() {
    let api = Api::start().await;
    let reply = api
        .send(upload(&api, "&chunk=1", "1\n\n{\"a\":\n4\n"))
        .await;
    assert_eq!(reply.failure(), (400, "invalid_json"));
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("line 3"), "{detail}");
    let job = only(&api, |job| job["state"] == "cancelled").await;
    assert_eq!(job["total"], job["cancelled"]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_line_that_fits_no_task_is_413_and_named() {
    let api = Api::start().await;
    let body = format!("1\n\"{}\"\n", "x".repeat(256 * 1024));
    let reply = api.send(upload(&api, "", body)).await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));
    assert!(reply.text.contains("line 2"), "{}", reply.text);
    let endless = "x".repeat(1024 * 1024);
    let reply = api.send(upload(&api, "", endless)).await;
    assert_eq!(reply.failure(), (413, "payload_too_large"));
}

#[tokio::test]
async fn a_line_that_nests_too_deep_is_named() {
    let api = Api::start().await;
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let reply = api.send(upload(&api, "", nested(125))).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let reply = api.send(upload(&api, "", nested(126))).await;
    assert_eq!(reply.failure(), (400, "invalid_json"));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_cancelled_job() {
    let api = Api::start().await;
    let (sender, body) = open_body();
    sender.send("1\n2\n3\n").unwrap();
    let request = upload(&api, "&chunk=1", body);
    let sending = tokio::spawn(request.send());
    only(&api, |job| job["open"] == true).await;
    sending.abort();
    let job = only(&api, |job| job["state"] == "cancelled").await;
    assert_eq!(job["total"], job["cancelled"]);
    api.test.audit().await;
}

#[tokio::test]
async fn with_a_key_a_broken_upload_goes_on_where_it_broke_off() {
    let api = Api::start().await;
    // A request that broke off gives up its right a moment after its answer.
    let again = async |query: &str, body: &'static str| loop {
        let request = upload(&api, query, body).header("idempotency-key", "k");
        let reply = api.send(request).await;
        if reply.code() != "idempotency_in_progress" {
            return reply;
        }
    };
    let broken = again("&chunk=2", "0\n1\n2\n3\n4\nbroken\n").await;
    assert_eq!(broken.failure(), (400, "invalid_json"));
    let beyond = again("&chunk=2&offset=50", "").await;
    assert_eq!(beyond.failure(), (400, "invalid_request"));
    let whole = again("&chunk=2", "0\n1\n2\n3\n4\n5\n6\n").await;
    assert_eq!(whole.status, 201, "{}", whole.text);
    assert_eq!(whole.body["items"], 7);
    assert!(whole.body.get("open").is_none());
    let tasks = super::claimed(&api, 10).await;
    let items: Vec<&Value> = tasks
        .iter()
        .flat_map(|task| task["payload"]["items"].as_array().unwrap())
        .collect();
    assert!(
        items
            .into_iter()
            .eq(&(0..7).map(|number| json!(number)).collect::<Vec<_>>())
    );
    // And once more: the job is whole, and comes back as it is.
    let replay = again("&chunk=2", "anything").await;
    assert_eq!(
        (replay.status, replay.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(replay.body["id"], whole.body["id"]);
    assert_eq!(replay.body["running"], whole.body["total"]);
    let other = again("&chunk=3", "0\n").await;
    assert_eq!(other.failure(), (422, "idempotency_key_reused"));
    api.test.audit().await;
}

#[tokio::test]
async fn a_second_upload_with_the_same_key_is_409_while_the_first_lives() {
    let api = Api::start().await;
    let (sender, body) = open_body();
    sender.send("1\n").unwrap();
    let first = upload(&api, "&chunk=1", body).header("idempotency-key", "k");
    let first = tokio::spawn(first.send());
    only(&api, |job| job["open"] == true).await;
    let second = upload(&api, "&chunk=1", "1\n2\n").header("idempotency-key", "k");
    let second = api.send(second).await;
    assert_eq!(second.failure(), (409, "idempotency_in_progress"));
    sender.send("2\n").unwrap();
    drop(sender);
    assert_eq!(first.await.unwrap().unwrap().status(), 201);
    let job = only(&api, |_| true).await;
    assert_counts(&job, [2, 2, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_stop_breaks_an_upload_off_with_503() {
    let api = Api::start().await;
    let (sender, body) = open_body();
    sender.send("1\n").unwrap();
    let sending = tokio::spawn(upload(&api, "&chunk=1", body).send());
    only(&api, |job| job["open"] == true).await;
    api.stop.cancel();
    let answer = sending.await.unwrap().unwrap();
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "shutting_down");
}
