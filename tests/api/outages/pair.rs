//! Two of a kind: Redis servers of which one follows the other.

use std::path::Path;

use deadpool_redis::redis;
use taskyard::store::private_redis::{PrivateRedis, PrivateRedisOptions};

use crate::ops::service::eventually;

/// A Redis on a port of its own, whose password is `shared`, and its `host:port`.
pub(super) async fn start_redis(dir: &Path) -> (PrivateRedis, String) {
    let mut options = PrivateRedisOptions::new(dir);
    options.loopback = true;
    let redis = PrivateRedis::start(options).await.unwrap();
    let address = redis.url().rsplit_once('@').unwrap().1.to_owned();
    let command = ["SET", "requirepass", "shared", "masterauth", "shared"];
    let mut connection = connect(&redis.url());
    redis::cmd("CONFIG")
        .arg(&command)
        .exec(&mut connection)
        .unwrap();
    (redis, address)
}

pub(super) fn connect(url: &str) -> redis::Connection {
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

/// Makes the Redis at one address a replica of another, or a master.
pub(super) fn replicate(address: &str, host: &str, port: &str) {
    let mut connection = connect(&format!("redis://:shared@{address}"));
    redis::cmd("REPLICAOF")
        .arg(&[host, port])
        .exec(&mut connection)
        .unwrap();
}

/// Waits until a replica has all that the Redis at the address has.
pub(super) fn until_replicated(address: &str) {
    let mut connection = connect(&format!("redis://:shared@{address}"));
    eventually("a replica has everything", || {
        let replicas: u32 = redis::cmd("WAIT")
            .arg(&[1, 1_000])
            .query(&mut connection)
            .unwrap();
        (replicas == 1).then_some(())
    });
}
