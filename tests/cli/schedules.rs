//! Schedules from a shell, against a real service and by what is sent.

use super::Shell;
use super::recorder::{asked, request};

#[tokio::test]
async fn create_sends_the_rule_and_its_task() {
    let create = [
        "schedule",
        "create",
        "s",
        "--cron",
        "@daily",
        "--timezone",
        "Europe/Berlin",
        "--overlap",
        "queue",
        "--catch-up",
        "one",
        "--jitter-ms",
        "5",
        "--queue",
        "q",
        "--type",
        "t",
        "--payload",
        "[9007199254740993]",
    ];
    assert_eq!(
        request(&create).await,
        "POST /v1/schedules {\"catch_up\":\"one\",\"cron\":\"@daily\",\"jitter_ms\":5,\"name\":\"s\",\"overlap\":\"queue\",\
         \"task\":{\"payload\":[9007199254740993],\"queue\":\"q\",\"type\":\"t\"},\"timezone\":\"Europe/Berlin\"}"
    );
    let whole = [
        "schedule",
        "create",
        "s",
        "--every-ms",
        "9000",
        "--task",
        "{\"queue\": \"q\", \"priority\": 3}",
    ];
    assert_eq!(
        request(&whole).await,
        "POST /v1/schedules {\"every_ms\":9000,\"name\":\"s\",\"task\":{\"priority\":3,\"queue\":\"q\"}}"
    );
}

#[tokio::test]
async fn a_schedule_needs_a_rule_and_a_task() {
    for missing in [
        &["schedule", "create", "s", "--queue", "q"][..],
        &["schedule", "create", "s", "--cron", "@daily"],
        &[
            "schedule",
            "create",
            "s",
            "--cron",
            "@daily",
            "--every-ms",
            "9000",
            "--queue",
            "q",
        ],
    ] {
        let (requests, said) = asked(missing, "{}").await;
        assert!(requests.is_empty() && said.contains("Usage:"), "{said}");
    }
}

#[test]
fn a_schedule_lives_from_create_to_delete() {
    let shell = Shell::start();
    let created = shell.json(&[
        "schedule",
        "create",
        "nightly",
        "--cron",
        "30 2 * * *",
        "--queue",
        "q",
    ]);
    assert_eq!(created["name"], "nightly");
    let preview = shell.json(&["schedule", "preview", "nightly", "--count", "2"]);
    assert_eq!(preview["fires"][0], created["next_fire_at"]);
    assert_eq!(preview["fires"].as_array().unwrap().len(), 2);
    assert_eq!(
        shell.json(&["schedule", "pause", "nightly"])["paused"],
        true
    );
    let triggered = shell.json(&["schedule", "trigger", "nightly"]);
    assert_eq!(shell.claim("q")["id"], triggered["last_task_id"]);
    let listed = shell.told(&["schedule", "list"]);
    assert_eq!(listed, "nightly\t30 2 * * *\t-\ttrue\t-\t1");
    assert_eq!(
        shell.json(&["schedule", "resume", "nightly"])["paused"],
        false
    );
    let taken = [
        "schedule", "create", "nightly", "--cron", "@daily", "--queue", "q",
    ];
    shell.fails(&taken, 5, "there is a schedule of this name");
    shell.fails(&["schedule", "delete", "nightly"], 2, "say --yes");
    shell.told(&["schedule", "delete", "nightly", "--yes"]);
    shell.fails(&["schedule", "get", "nightly"], 3, "schedule_not_found");
}
