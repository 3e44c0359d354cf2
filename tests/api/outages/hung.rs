//! Redis does not answer, or not soon: it is stopped, slow, or busy with somebody's script.

use std::time::Instant;

use deadpool_redis::redis;
use rustix::process::Signal;
use tempfile::tempdir;

use super::{IN_TIME, refused, stats, submit, submit_until_taken, until_unready};
use crate::api::service::Caller;
use crate::ops::service::{Service, send};

#[tokio::test]
async fn a_redis_that_hangs_is_answered_for_in_time() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    let redis = service.redis_pid();
    send(redis, Signal::STOP);

    let unknown = submit(&caller, "second").await;
    assert_eq!(unknown.failure(), (503, "store_unavailable"));
    assert_eq!(unknown.body["outcome"], "unknown");
    let began = Instant::now();
    let read = caller.get(&format!("/v1/tasks/{first}")).await;
    assert_eq!(read.failure(), (503, "store_unavailable"));
    let ready = caller.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "store_unavailable"));
    assert!(began.elapsed() < IN_TIME * 2);

    send(redis, Signal::CONT);
    submit_until_taken(&caller, "second").await;
    let found = format!("/v1/tasks/{first}");
    let task = caller.until(&found, |reply| reply.status == 200).await;
    assert_eq!(task.body["state"], "queued");
    assert_eq!(stats(&caller).await["queued"], 2);
}

#[tokio::test]
async fn a_redis_that_is_busy_with_a_script_is_answered_for_until_it_is_done() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    let () = service.redis(&["CONFIG", "SET", "busy-reply-threshold", "50"]);
    let mut busy = service.redis_connection();
    let endless = redis::cmd("EVAL")
        .arg("while true do end")
        .arg(0)
        .get_packed_command();
    busy.send_packed_command(&endless).unwrap();

    until_unready(&caller).await;
    let read = caller.get(&format!("/v1/tasks/{first}")).await;
    assert_eq!(read.failure(), (503, "store_unavailable"));
    refused(&caller, "second").await;
    let () = service.redis(&["SCRIPT", "KILL"]);
    caller.until("/readyz", |reply| reply.status == 200).await;
    submit_until_taken(&caller, "second").await;
    assert_eq!(stats(&caller).await["queued"], 2);
}

#[tokio::test]
async fn a_slow_redis_makes_answers_late_and_nothing_else() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    submit_until_taken(&caller, "first").await;
    let mut connection = service.redis_connection();
    for key in ["second", "third", "fourth"] {
        redis::cmd("CLIENT")
            .arg(&["PAUSE", "700", "ALL"])
            .exec(&mut connection)
            .unwrap();
        let (submitted, ready) = tokio::join!(submit(&caller, key), caller.get("/readyz"));
        assert_eq!(submitted.status, 201, "{}", submitted.text);
        assert_eq!(ready.status, 200, "{}", ready.text);
    }
    assert_eq!(stats(&caller).await["queued"], 4);
}
