//! Redis cannot write to its disk.

use std::fs;

use deadpool_redis::redis;
use taskyard::store::private_redis::{PrivateRedis, PrivateRedisOptions};
use tempfile::tempdir;

use super::pair::connect;
use super::{refused, stats, submit_until_taken, until_unready, works};
use crate::api::service::Caller;
use crate::ops::service::{Service, eventually};

#[tokio::test]
async fn a_redis_that_cannot_save_is_read_and_not_written() {
    let dir = tempdir().unwrap();
    let mut options = PrivateRedisOptions::new(dir.path().join("redis"));
    options.extra = vec![("enable-protected-configs".into(), "yes".into())];
    let redis = PrivateRedis::start(options).await.unwrap();
    let service = Service::on(dir.path(), &redis.url());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;

    let mut connection = connect(&redis.url());
    let mut run = |command: &[&str]| {
        let mut built = redis::cmd(command[0]);
        built
            .arg(&command[1..])
            .query::<redis::Value>(&mut connection)
    };
    let saved = |run: &mut dyn FnMut(&[&str]) -> redis::RedisResult<redis::Value>, status: &str| {
        let line = format!("rdb_last_bgsave_status:{status}");
        eventually(&line, || {
            // One save at a time: another may still be under way.
            let _ = run(&["BGSAVE"]);
            let info: String =
                redis::from_redis_value(run(&["INFO", "persistence"]).unwrap()).unwrap();
            info.contains(&line).then_some(())
        });
    };
    // Snapshots go to a directory that is no more.
    let lost = dir.path().join("lost");
    fs::create_dir(&lost).unwrap();
    let kept: Vec<String> =
        redis::from_redis_value(run(&["CONFIG", "GET", "dir"]).unwrap()).unwrap();
    run(&["CONFIG", "SET", "dir", lost.to_str().unwrap()]).unwrap();
    run(&["CONFIG", "SET", "save", "3600 1000000"]).unwrap();
    fs::remove_dir(&lost).unwrap();
    saved(&mut run, "err");

    until_unready(&caller).await;
    refused(&caller, "second").await;
    assert_eq!(caller.task(&first).await["state"], "queued");
    assert_eq!(stats(&caller).await["queued"], 1);

    run(&["CONFIG", "SET", "dir", &kept[1]]).unwrap();
    saved(&mut run, "ok");
    caller.until("/readyz", |reply| reply.status == 200).await;
    assert_eq!(caller.claim_one().await.id, first);
    works(&caller, "second").await;
}
