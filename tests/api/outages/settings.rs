//! Somebody changes the settings of Redis while the service runs.

use serde_json::json;
use tempfile::tempdir;

use super::submit;
use crate::api::service::Caller;
use crate::ops::service::Service;

#[tokio::test]
async fn the_level_of_durability_is_the_one_in_force() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let until = async |level: &str| {
        caller
            .until("/readyz", |reply| reply.body["durability"] == level)
            .await;
        let task = submit(&caller, level).await;
        assert_eq!(task.body["durability"], level, "{}", task.text);
    };
    until("disk").await;
    let () = service.redis(&["CONFIG", "SET", "appendonly", "no"]);
    until("memory").await;
    let () = service.redis(&["CONFIG", "SET", "appendonly", "yes"]);
    until("disk").await;
    // This one is asked for each minute, and when connections were lost.
    let () = service.redis(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let () = service.redis(&["CLIENT", "KILL", "TYPE", "normal"]);
    until("disk_soon").await;
}

#[tokio::test]
async fn a_redis_that_would_forget_tasks_is_not_ready() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let policy = |name: &str| {
        let () = service.redis(&["CONFIG", "SET", "maxmemory-policy", name]);
    };
    policy("allkeys-lru");
    let ready = caller.until("/readyz", |reply| reply.status != 200).await;
    assert_eq!(ready.failure(), (503, "store_unavailable"));
    let detail = ready.body["detail"].as_str().unwrap();
    assert!(detail.contains("noeviction"), "{detail}");
    // Nothing was lost yet, and whoever asks is served.
    caller.submit(json!({"queue": "q"})).await;
    policy("noeviction");
    caller.until("/readyz", |reply| reply.status == 200).await;
}
