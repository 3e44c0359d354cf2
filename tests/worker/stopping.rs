//! Cancelling, losing a session, and ending a worker.

use rustix::process::Signal;
use serde_json::json;

use super::fake_service::FakeService;
use super::process::Worker;

/// Starts a process of its own that notes the SIGTERM it gets, and waits for it.
const NOTES_SIGTERM: &str = r#"
    sh -c 'trap "touch terminated; exit" TERM; touch up; while :; do sleep 0.02; done' &
    wait
"#;
/// Runs until the test lets it go on.
const WAITS: &str = "touch up; until test -e go; do sleep 0.02; done; echo 1";
/// Does not end by itself, nor on SIGTERM.
const STUBBORN: &str = "trap '' TERM; touch up; while :; do sleep 0.02; done";

#[tokio::test]
async fn cancelling_reaches_all_that_the_handler_started() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let worker = Worker::start(&service.url, NOTES_SIGTERM, &[]);
    worker.until_file("up").await;
    service.cancel("t1");
    service.until_state("t1", "cancelled").await;
    worker.until_file("terminated").await;
    assert_eq!(
        service.world().tasks["t1"].error.as_ref().unwrap()["code"],
        "cancelled"
    );
}

#[tokio::test]
async fn a_handler_that_ignores_sigterm_is_killed() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let worker = Worker::start(&service.url, STUBBORN, &[]);
    worker.until_file("up").await;
    service.cancel("t1");
    service.until_state("t1", "cancelled").await;
}

#[tokio::test]
async fn a_lost_task_is_stopped_and_nothing_is_reported() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let worker = Worker::start(&service.url, NOTES_SIGTERM, &[]);
    worker.until_file("up").await;
    service.world().tasks.get_mut("t1").unwrap().state = "failed";
    worker.until_file("terminated").await;
    // The slot is free again, so whatever there was to report has been reported.
    service.submit("t2", json!({}));
    service.until_state("t2", "running").await;
    assert_eq!(service.world().log, ["register"]);
}

#[tokio::test]
async fn an_ended_session_is_replaced_and_its_tasks_are_stopped() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let worker = Worker::start(&service.url, NOTES_SIGTERM, &[]);
    worker.until_file("up").await;
    {
        let mut world = service.world();
        world.sessions += 1;
        world.tasks.get_mut("t1").unwrap().state = "failed";
    }
    worker.until_file("terminated").await;
    service.submit("t2", json!({}));
    service.until_state("t2", "running").await;
    assert_eq!(service.world().log, ["register", "register"]);
}

#[tokio::test]
async fn sigterm_lets_running_handlers_finish_and_leaves() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let mut worker = Worker::start(&service.url, WAITS, &[]);
    worker.until_file("up").await;
    worker.signal(Signal::TERM);
    service.submit("t2", json!({}));
    worker.write_file("go");
    assert!(worker.exit().await.success());
    let world = service.world();
    assert_eq!(world.log, ["register", "complete t1", "leave"]);
    assert_eq!(world.tasks["t2"].state, "queued");
}

#[tokio::test]
async fn what_outlasts_the_grace_is_stopped_and_given_back() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let mut worker = Worker::start(&service.url, NOTES_SIGTERM, &["--grace", "0"]);
    worker.until_file("up").await;
    worker.signal(Signal::INT);
    assert!(worker.exit().await.success());
    assert!(worker.has_file("terminated"));
    assert_eq!(service.world().log, ["register", "release t1", "leave"]);
}

#[tokio::test]
async fn a_second_signal_gives_back_at_once() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let mut worker = Worker::start(&service.url, STUBBORN, &["--grace", "1000"]);
    worker.until_file("up").await;
    let started = std::time::Instant::now();
    worker.signal(Signal::TERM);
    worker.signal(Signal::INT);
    assert!(worker.exit().await.success());
    assert!(started.elapsed().as_secs() < 5, "SIGKILL was waited for");
    assert_eq!(service.world().log, ["register", "release t1", "leave"]);
}

#[tokio::test]
async fn handlers_outlast_a_service_that_is_away() {
    let service = FakeService::start().await;
    service.submit("t1", json!({}));
    let worker = Worker::start(&service.url, WAITS, &[]);
    worker.until_file("up").await;
    service.world().away = true;
    let refused = |world: &super::fake_service::World| world.refused >= 3;
    service.until("three heartbeats are refused", refused).await;
    worker.write_file("go");
    service.world().away = false;
    service.until_state("t1", "succeeded").await;
    assert_eq!(service.world().log, ["register", "complete t1"]);
}

#[tokio::test]
async fn a_drained_worker_waits_and_a_stopped_one_leaves() {
    let service = FakeService::start().await;
    service.world().directive = Some("drain");
    let mut worker = Worker::start(&service.url, "echo 1", &[]);
    service
        .until("registered", |world| world.sessions == 1)
        .await;
    service.submit("t1", json!({}));
    service.world().directive = None;
    service.until_state("t1", "succeeded").await;
    service.world().directive = Some("stop");
    assert!(worker.exit().await.success());
    assert_eq!(service.world().log, ["register", "complete t1", "leave"]);
}

#[tokio::test]
async fn a_signal_ends_a_worker_whose_service_does_not_answer() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut worker = Worker::start(&url, "echo 1", &[]);
    let _connection = silent.accept().await.unwrap();
    worker.signal(Signal::TERM);
    assert!(worker.exit().await.success());
}
