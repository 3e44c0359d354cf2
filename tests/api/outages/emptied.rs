//! Redis holds another data set than the one that the service knows.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::json;
use tempfile::tempdir;

use super::{submit, submit_until_taken, works};
use crate::api::service::{Caller, Reply};
use crate::ops::service::{Service, printed, taskyard};

/// Runs `taskyard store accept` on the service's data directory.
fn accept(dir: &Path) {
    let mut command = taskyard(dir);
    command.args(["store", "accept", "--data-dir", "data"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", printed(&output));
}

/// Waits until reads say that the store is another one, and checks that writes do.
async fn until_reset(caller: &Caller) {
    let reset = |reply: &Reply| reply.failure() == (503, "store_reset");
    caller.until("/v1/queues", reset).await;
    let write = submit(caller, "refused").await;
    assert!(reset(&write), "{}", write.text);
    assert_eq!(write.body["outcome"], "none");
    let claim = json!({"queues": ["q"]});
    let claim = caller.post("/v1/nodes/n/claim", claim).await;
    assert!(reset(&claim), "{}", claim.text);
    let ready = caller.get("/readyz").await;
    assert_eq!(ready.failure(), (503, "store_reset"));
    assert_eq!(caller.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn an_emptied_store_is_refused_until_an_operator_accepts_it() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let train = json!({"queue": "q", "type": "a"});
    caller.submit(train).await;
    let leases = caller.claim("n", json!({"queues": ["q"]})).await;
    assert_eq!(leases.len(), 1);
    let () = service.redis(&["FLUSHALL"]);

    until_reset(&caller).await;
    accept(dir.path());
    works(&caller, "after").await;
    let lost = caller.get(&format!("/v1/tasks/{}", leases[0].id)).await;
    assert_eq!(lost.failure(), (404, "task_not_found"));
}

#[tokio::test]
async fn a_store_that_was_wiped_while_stopped_is_refused_until_accepted() {
    let dir = tempdir().unwrap();
    let mut service = Service::start(dir.path());
    submit_until_taken(&Caller::new(&service.address), "first").await;
    service.signal(Signal::TERM);
    assert_eq!(service.exit_code(), Some(0));
    fs::remove_dir_all(service.data_dir.join("redis")).unwrap();

    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    until_reset(&caller).await;
    accept(dir.path());
    works(&caller, "after").await;
    // It is known from then on.
    service.crash();
    let service = Service::start(dir.path());
    works(&Caller::new(&service.address), "later").await;
}

#[test]
fn accepting_needs_a_data_directory_and_a_redis() {
    let dir = tempdir().unwrap();
    let run = || {
        let mut command = taskyard(dir.path());
        command.args(["store", "accept", "--data-dir", "data"]);
        let output = command.output().unwrap();
        (output.status.code(), printed(&output))
    };
    let (code, said) = run();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no data directory data"), "{said}");
    fs::create_dir(dir.path().join("data")).unwrap();
    let (code, said) = run();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("start the service first"), "{said}");
}
