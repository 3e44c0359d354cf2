//! What each answer means.

use serde_json::json;

use super::super::receiver::{Receiver, Says};
use super::super::service::Api;
use super::done;

#[tokio::test]
async fn a_target_gets_the_task_as_a_claim_would_give_it() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status(
        "200 OK",
        "",
        r#"{"n":9007199254740993,"e":[]}"#,
    ))
    .await;
    let task = json!({"queue": "other", "type": "thumb", "payload": {"a": [1.50]}, "metadata": {"who": "me"}});
    api.submit(task.clone()).await;
    let claimed = api
        .post("/v1/nodes/n/claim", json!({"queues": ["other"]}))
        .await;
    api.target(&receiver, json!({})).await;
    let mut pushed = task;
    pushed["queue"] = json!("q");
    let id = api.submit(pushed).await;
    let heard = receiver.until_heard(1).await.remove(0);
    assert_eq!(heard.line, "POST /tasks HTTP/1.1");
    assert_eq!(heard.headers["content-type"], "application/json");
    let names = |value: &serde_json::Value| {
        let members = value.as_object().unwrap();
        members.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&heard.body), names(&claimed.body["tasks"][0]));
    assert_eq!(heard.body["id"], id);
    assert_eq!(heard.body["payload"], json!({"a": [1.50]}));
    assert_eq!(heard.body["attempt"], 1);
    let task = api.until_state(&id, "succeeded").await;
    assert_eq!(task["node_id"], "target.q");
    let result = api.get(&format!("/v1/tasks/{id}/result")).await;
    assert_eq!(result.text, r#"{"n":9007199254740993,"e":[]}"#);
    api.test.audit().await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_a_string_and_an_empty_one_is_no_result() {
    let api = Api::start().await;
    let receiver = Receiver::answering(|heard| match heard.body["payload"].as_u64() {
        Some(1) => Says::status("200 OK", "", "all \"done\""),
        Some(2) => Says::status("201 Created", "", "null"),
        _ => done(),
    })
    .await;
    api.target(&receiver, json!({})).await;
    for (payload, result) in [
        (1, json!("all \"done\"")),
        (2, json!(null)),
        (3, json!(null)),
    ] {
        let id = api.submit(json!({"queue": "q", "payload": payload})).await;
        let task = api.until_state(&id, "succeeded").await;
        assert_eq!(task["result"], result, "{task}");
        assert_eq!(task.get("result").is_some(), payload < 3, "{task}");
    }
}

#[tokio::test]
async fn accepted_means_that_the_receiver_reports_later() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("202 Accepted", "", "")).await;
    api.target(&receiver, json!({"target_concurrency": 1}))
        .await;
    let (first, second) = (api.submit_one().await, api.submit_one().await);
    let heard = receiver.until_heard(1).await.remove(0);
    // It has all the time of the attempt, and nobody renews the lease for it.
    api.until(&format!("/v1/tasks/{first}"), |task| {
        task.body["lease_expires_at"] == heard.body["deadline_at"]
    })
    .await;
    assert_eq!(api.task(&second).await["state"], "queued");
    let report = json!({"lease_token": heard.body["lease_token"], "result": 7});
    let reply = api
        .post(&format!("/v1/tasks/{first}/complete"), report)
        .await;
    assert_eq!(reply.body["result"], 7, "{}", reply.text);
    // Its end makes room for the next at once.
    assert_eq!(receiver.until_heard(2).await[1].body["id"], second);
    assert_eq!(receiver.most_open(), 1);
}

#[tokio::test]
async fn a_receiver_that_asks_is_left_alone_and_the_task_pays_nothing() {
    let api = Api::start().await;
    let receiver = Receiver::saying(Says::status("503 Busy", "retry-after: 1\r\n", "")).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit(json!({"queue": "q", "max_attempts": 1})).await;
    receiver.until_heard(1).await;
    let queue = api
        .until("/v1/queues/q", |queue| {
            queue.body["target_health"]["open_until"].is_string()
        })
        .await;
    assert_eq!(queue.body["target_health"]["breaker"], "open");
    assert_eq!(queue.body["target_health"]["opened"], 0);
    receiver.now_says(done());
    let task = api.until_state(&id, "succeeded").await;
    assert_eq!(task["attempt"], 2);
    let attempts = api.get(&format!("/v1/tasks/{id}/attempts")).await;
    assert_eq!(
        attempts.body["items"][0]["outcome"], "released",
        "{}",
        attempts.text
    );
    assert_eq!(receiver.heard().len(), 2);
}

#[tokio::test]
async fn every_failure_has_a_code_and_says_what_happened() {
    let huge = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(2 << 20));
    let table = [
        (
            Says::status("500 Oops", "", "stack"),
            "push_status",
            "the endpoint answered 500",
        ),
        (
            Says::status("429 Slow", "", ""),
            "push_status",
            "the endpoint answered 429",
        ),
        (
            Says::status("404 No", "", ""),
            "push_status",
            "the endpoint answered 404",
        ),
        (
            Says::status("307 Away", "location: http://127.0.0.1:1/\r\n", ""),
            "push_redirected",
            "redirects are not followed",
        ),
        (
            Says::bytes(huge),
            "push_result_too_large",
            "more than 1048576 bytes",
        ),
        (
            Says::status("200 OK", "content-encoding: gzip\r\n", "zip"),
            "push_bad_result",
            "compressed",
        ),
        (
            Says::bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe".as_slice()),
            "push_bad_result",
            "UTF-8",
        ),
        (Says::bytes("nonsense\r\n\r\n"), "push_broken", "broke"),
        (
            Says::bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
            "push_broken",
            "broke",
        ),
        (Says::bytes(""), "push_broken", "broke"),
    ];
    let api = Api::start().await;
    for (says, code, words) in table {
        let receiver = Receiver::saying(says).await;
        api.target(&receiver, json!({})).await;
        let id = api.submit(json!({"queue": "q", "max_attempts": 1})).await;
        let task = api.until_state(&id, "failed").await;
        assert_eq!(task["error"]["code"], code, "{task}");
        assert!(
            task["error"]["message"].as_str().unwrap().contains(words),
            "{task}"
        );
        assert_eq!(task["reason"], "attempts_exhausted");
        if code == "push_status" {
            assert!(task["error"]["detail"]["status"].is_u64(), "{task}");
        }
    }
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    drop(receiver);
    let id = api.submit(json!({"queue": "q", "max_attempts": 1})).await;
    let task = api.until_state(&id, "failed").await;
    assert_eq!(task["error"]["code"], "push_unreachable", "{task}");
    api.test.audit().await;
}

#[tokio::test]
async fn a_failed_push_is_repeated_by_the_tasks_own_policy() {
    let api = Api::start().await;
    let receiver = Receiver::answering(|heard| match heard.body["attempt"].as_u64() {
        Some(1) => Says::status("500 Oops", "", ""),
        _ => done(),
    })
    .await;
    api.target(&receiver, json!({})).await;
    let retry = json!({"kind": "fixed", "base_ms": 5_000, "jitter": "none"});
    let id = api.submit(json!({"queue": "q", "retry": retry})).await;
    api.until_state(&id, "retry_wait").await;
    api.test.pass(5_000).await;
    api.until_state(&id, "succeeded").await;
    let heard = receiver.heard();
    assert_ne!(
        heard[0].headers["webhook-id"],
        heard[1].headers["webhook-id"]
    );
}

#[tokio::test]
async fn what_a_task_has_waited_for_comes_with_it() {
    let api = Api::start().await;
    let parent = api.submit(json!({"queue": "other"})).await;
    let child = json!({"queue": "q", "depends_on": [parent]});
    api.submit(child.clone()).await;
    api.submit(child).await;
    let lease = api.claim("n", json!({"queues": ["other"]})).await.remove(0);
    let reply = api
        .report(&lease, "complete", json!({"result": [1.50]}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    api.until("/v1/queues/q/stats", |stats| stats.body["queued"] == 2)
        .await;
    let claimed = api
        .post("/v1/nodes/n/claim", json!({"queues": ["q"]}))
        .await;
    let receiver = Receiver::saying(done()).await;
    api.target(&receiver, json!({})).await;
    let heard = receiver.until_heard(1).await.remove(0);
    assert_eq!(heard.body["parents"], claimed.body["tasks"][0]["parents"]);
    assert_eq!(heard.body["parents"][&parent]["result"], json!([1.50]));
}
