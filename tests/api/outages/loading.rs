//! Redis was started again: it loads its data, and knows no script.

use std::thread;

use deadpool_redis::redis;
use taskyard::store::private_redis::{PrivateRedis, PrivateRedisOptions};
use tempfile::tempdir;

use super::pair::connect;
use super::{refused, submit_until_taken, until_unready, works};
use crate::api::service::Caller;
use crate::ops::service::Service;

#[tokio::test]
async fn a_redis_that_loads_costs_503_until_it_has_loaded() {
    let dir = tempdir().unwrap();
    let mut options = PrivateRedisOptions::new(dir.path().join("redis"));
    options.extra = vec![("enable-debug-command".into(), "yes".into())];
    let redis = PrivateRedis::start(options).await.unwrap();
    let service = Service::on(dir.path(), &redis.url());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;

    let mut connection = connect(&redis.url());
    // While it loads, Redis answers once in 1,024 commands of its log.
    let mut filler = redis::pipe();
    for n in 0..15_000 {
        filler.cmd("SET").arg(format!("filler:{n}")).arg(n).ignore();
    }
    filler.exec(&mut connection).unwrap();
    let delay = redis::cmd("CONFIG")
        .arg(&["SET", "key-load-delay", "300"])
        .exec(&mut connection);
    delay.unwrap();
    let reload = thread::spawn(move || redis::cmd("DEBUG").arg("LOADAOF").exec(&mut connection));

    until_unready(&caller).await;
    refused(&caller, "second").await;
    let read = caller.get(&format!("/v1/tasks/{first}")).await;
    assert_eq!(read.failure(), (503, "store_unavailable"));
    reload.join().unwrap().unwrap();
    caller.until("/readyz", |reply| reply.status == 200).await;
    submit_until_taken(&caller, "second").await;
    // Each lane finds out for itself that Redis is back.
    let path = format!("/v1/tasks/{first}");
    let read = caller.until(&path, |reply| reply.status == 200).await;
    assert_eq!(read.body["state"], "queued");
}

#[tokio::test]
async fn functions_that_redis_has_forgotten_are_loaded_again_unseen() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    works(&caller, "first").await;
    let () = service.redis(&["FUNCTION", "FLUSH"]);
    let (_, refusals) = submit_until_taken(&caller, "second").await;
    assert!(refusals.is_empty(), "{refusals:?}");
    let lease = caller.claim_one().await;
    let () = service.redis(&["FUNCTION", "FLUSH"]);
    let done = caller
        .report(&lease, "complete", serde_json::json!({}))
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let () = service.redis(&["FUNCTION", "FLUSH"]);
    assert_eq!(caller.get("/readyz").await.status, 200);
}
