//! The receiver that the HTTP guide shows.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::super::service::Api;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn the_receiver_in_python_takes_what_is_signed_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("python3");
    python
        .arg(root.join("examples/push-receiver/receiver.py"))
        .env("SECRET", SECRET)
        .env("PORT", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let Ok(mut receiver) = python.spawn() else {
        eprintln!("not run: there is no python3 here");
        return;
    };
    let mut lines = BufReader::new(receiver.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let url = line.strip_prefix("listening on ").unwrap();
    let api = Api::start().await;
    let target = json!({"target": url, "target_secret": SECRET, "max_attempts": 1});
    assert_eq!(api.put("/v1/queues/q", target).await.status, 201);
    let id = api
        .submit(json!({"queue": "q", "payload": {"n": 21}}))
        .await;
    assert_eq!(
        api.until_state(&id, "succeeded").await["result"],
        json!({"doubled": 42})
    );
    // The service signs with another secret now, which the receiver does not know.
    let other = json!({"target_secret": "whsec_QmVmb3JlIHRoZSBmaXJzdCB0YXNrIGlzIHB1c2hlZC4="});
    assert_eq!(api.patch("/v1/queues/q", other).await.status, 200);
    api.until("/v1/queues/q/stats", |stats| stats.body["running"] == 0)
        .await;
    let mut count = 0;
    loop {
        let id = api.submit(json!({"queue": "q", "payload": {"n": 1}})).await;
        let path = format!("/v1/tasks/{id}");
        let task = api
            .until(&path, |task| {
                ["succeeded", "failed"].contains(&task.body["state"].as_str().unwrap())
            })
            .await;
        if task.body["state"] == "failed" {
            assert_eq!(task.body["error"]["detail"]["status"], 401, "{}", task.text);
            return;
        }
        count += 1;
        assert!(count < 1_000, "a wrong signature is taken");
    }
}

#[test]
fn the_guide_shows_the_receiver_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let receiver = read("examples/push-receiver/receiver.py");
    let check = receiver
        .split("\n\n\n")
        .find(|part| part.starts_with("def is_signed"));
    assert!(read("docs/http-guide.md").contains(check.unwrap()));
}
