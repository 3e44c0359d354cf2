//! What a handler's output and exit mean.

use std::time::Duration;

use serde_json::json;

use super::fake_service::{FakeService, FakeTask};
use super::process::Worker;

#[tokio::test]
async fn the_payload_is_stdin_and_json_on_stdout_is_the_result() {
    let service = FakeService::start().await;
    let payload = json!({"n": [1, {}, "é"], "big": 9_007_199_254_740_993_u64});
    service.submit("t1", payload.clone());
    let _worker = Worker::start(&service.url, "cat", &[]);
    service.until_state("t1", "succeeded").await;
    assert_eq!(service.world().tasks["t1"].result, Some(payload));
}

#[tokio::test]
async fn other_stdout_is_a_string_and_the_environment_names_the_task() {
    let service = FakeService::start().await;
    service.submit("t1", json!(null));
    let exec = "echo $TASKYARD_TASK_ID $TASKYARD_TASK_TYPE $TASKYARD_QUEUE \
                $TASKYARD_ATTEMPT $TASKYARD_FENCE ${TASKYARD_DEADLINE_AT:+deadline}";
    let _worker = Worker::start(&service.url, exec, &[]);
    service.until_state("t1", "succeeded").await;
    let result = service.world().tasks["t1"].result.clone();
    assert_eq!(result, Some(json!("t1 default q 1 7 deadline")));
}

#[tokio::test]
async fn exit_75_asks_for_another_attempt_and_any_other_fails_for_good() {
    let service = FakeService::start().await;
    service.submit("busy", json!(75));
    service.submit("bad", json!(3));
    let exec = "read status; yes 'long story' | head -n 1000 >&2; echo 'the end' >&2; exit $status";
    let _worker = Worker::start(&service.url, exec, &["--concurrency", "2"]);
    service.until_state("busy", "retry_wait").await;
    service.until_state("bad", "failed").await;
    let world = service.world();
    let error = world.tasks["bad"].error.as_ref().unwrap();
    assert_eq!(error["code"], "exit_3");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.ends_with("long story\nthe end") && message.len() <= 2048,
        "{message}"
    );
}

#[tokio::test]
async fn a_handler_ended_by_a_signal_fails_with_its_number() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let _worker = Worker::start(&service.url, "kill -9 $$", &[]);
    service.until_state("t1", "failed").await;
    assert_eq!(
        service.world().tasks["t1"].error.as_ref().unwrap()["code"],
        "signal_9"
    );
}

#[tokio::test]
async fn a_result_over_the_limit_fails_for_good() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let _worker = Worker::start(&service.url, "yes | head -c 1100000", &[]);
    service.until_state("t1", "failed").await;
    let code = service.world().tasks["t1"].error.as_ref().unwrap()["code"].clone();
    assert_eq!(code, "result_too_large");
}

#[tokio::test]
async fn a_payload_that_nobody_reads_holds_nothing_up() {
    let service = FakeService::start().await;
    service.submit("t1", json!("x".repeat(200_000)));
    let _worker = Worker::start(&service.url, "echo 1", &[]);
    service.until_state("t1", "succeeded").await;
}

#[tokio::test]
async fn what_a_handler_leaves_running_ends_with_it() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    // The background process would hold stdout open for ever.
    let _worker = Worker::start(&service.url, "sleep 1000 & echo 1", &[]);
    service.until_state("t1", "succeeded").await;
    assert_eq!(service.world().tasks["t1"].result, Some(json!(1)));
}

#[tokio::test]
async fn a_handler_is_stopped_at_the_deadline() {
    let service = FakeService::start().await;
    let task = FakeTask {
        timeout: Duration::from_millis(100),
        ..FakeTask::default()
    };
    service.submit_task("t1", task);
    let _worker = Worker::start(&service.url, "sleep 1000", &[]);
    service.until_state("t1", "retry_wait").await;
    assert_eq!(
        service.world().tasks["t1"].error.as_ref().unwrap()["code"],
        "timeout"
    );
}

#[tokio::test]
async fn reports_are_repeated_until_the_service_takes_them() {
    let service = FakeService::start().await;
    service.world().busy_reports = 3;
    service.submit("t1", json!({}));
    let _worker = Worker::start(&service.url, "echo 1", &[]);
    service.until_state("t1", "succeeded").await;
    assert_eq!(service.world().busy_reports, 0);
}

#[tokio::test]
async fn as_many_handlers_run_at_once_as_there_are_slots() {
    let service = FakeService::start().await;
    let worker = Worker::start(
        &service.url,
        "touch up-$TASKYARD_TASK_ID; until test -e go; do sleep 0.02; done",
        &["--concurrency", "3"],
    );
    for id in ["a", "b", "c", "d"] {
        service.submit(id, json!({}));
    }
    let running = |state| {
        move |world: &super::fake_service::World| {
            world
                .tasks
                .values()
                .filter(|task| task.state == state)
                .count()
                == 3
        }
    };
    service.until("three run", running("running")).await;
    assert_eq!(
        service
            .world()
            .tasks
            .values()
            .filter(|task| task.state == "queued")
            .count(),
        1
    );
    worker.write_file("go");
    for id in ["a", "b", "c", "d"] {
        service.until_state(id, "succeeded").await;
    }
}
