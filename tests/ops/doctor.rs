//! `taskyard doctor`: what it says, and its exit codes.

use serde_json::Value;
use tempfile::tempdir;

use crate::support::TestRedis;

use super::service::{Service, printed, taskyard};

#[test]
fn doctor_finds_what_does_not_hold_beside_a_running_service() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let doctor = |arguments: &[&str]| {
        let mut command = taskyard(dir.path());
        command.arg("doctor").args(arguments);
        command.output().unwrap()
    };
    let data_dir = service.data_dir.to_str().unwrap();

    let output = doctor(&["--data-dir", data_dir]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert!(printed(&output).contains("all is sound"));

    std::fs::write(dir.path().join("lines"), "1\n2\n").unwrap();
    let submit = taskyard(dir.path())
        .env("TASKYARD_URL", format!("http://{}", service.address))
        .args(["job", "submit", "lines", "--queue", "q", "--chunk", "1"])
        .args(["-o", "json"])
        .output()
        .unwrap();
    let job: Value = serde_json::from_slice(&submit.stdout).unwrap();
    let id = job["id"].as_str().unwrap().replace('-', "");
    let prefix = |key: &str| service.redis::<Vec<String>>(&["KEYS", &format!("*:{key}:{id}")]);
    let record = prefix("job").remove(0);
    service.redis::<i64>(&["HINCRBY", &record, "succeeded", "1"]);
    let output = doctor(&["--data-dir", data_dir]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    let told = printed(&output);
    for finding in [
        "counts 1 tasks as waiting, but 2 are",
        "counts 1 tasks as succeeded, but 0 are",
    ] {
        assert!(told.contains(&format!("job {id} {finding}")), "{told}");
    }
    service.redis::<i64>(&["HINCRBY", &record, "succeeded", "-1"]);

    let stray = "019ab0a5c0d07a4b8c1d2e3f4a5b6000";
    service.redis::<i64>(&["ZADD", "{ty0}:leases", "1", stray]);
    let output = doctor(&["--data-dir", data_dir, "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["finding"], "no_record", "{report}");
    assert_eq!(report["findings"][0]["key"], "{ty0}:leases");
}

#[tokio::test]
async fn doctor_tells_a_redis_that_is_away_from_an_empty_one() {
    let dir = tempdir().unwrap();
    let code = |url: Option<&str>| {
        let mut command = taskyard(dir.path());
        command.arg("doctor");
        if let Some(url) = url {
            command.env("REDIS_URL", url);
        }
        command.output().unwrap().status.code()
    };
    assert_eq!(code(None), Some(8));
    assert_eq!(code(Some("redis://127.0.0.1:1")), Some(8));
    assert_eq!(code(Some("nonsense")), Some(2));
    let empty = TestRedis::start().await;
    assert_eq!(code(Some(&empty.redis.url())), Some(3));
    assert_eq!(code(Some(&empty.redis.url())), Some(3), "it stores nothing");
}
