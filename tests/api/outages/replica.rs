//! Redis became a replica: by a command, or because another one took over.

use std::path::Path;

use deadpool_redis::redis;
use taskyard::store::private_redis::{PrivateRedis, PrivateRedisOptions};
use tempfile::tempdir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{refused, stats, submit_until_taken, until_unready, works};
use crate::api::service::Caller;
use crate::ops::service::{Service, eventually};

#[tokio::test]
async fn a_replica_is_read_and_not_written() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    // Its master is nowhere, so it keeps what it has.
    let () = service.redis(&["REPLICAOF", "127.0.0.1", "1"]);

    until_unready(&caller).await;
    refused(&caller, "second").await;
    assert_eq!(caller.task(&first).await["state"], "queued");
    let () = service.redis(&["REPLICAOF", "NO", "ONE"]);
    caller.until("/readyz", |reply| reply.status == 200).await;
    assert_eq!(caller.claim_one().await.id, first);
    works(&caller, "second").await;
}

/// An address that leads to whichever Redis is the master, as a service name does. Connections
/// that are open stay where they lead.
async fn address_of(master: watch::Receiver<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let to = master.borrow().clone();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                // It ends when either side does.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

/// A Redis on a port of its own, whose password is `shared`, and its `host:port`.
async fn start_redis(dir: &Path) -> (PrivateRedis, String) {
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

fn connect(url: &str) -> redis::Connection {
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

/// Makes the Redis at one address a replica of another, or a master.
fn replicate(address: &str, host: &str, port: &str) {
    let mut connection = connect(&format!("redis://:shared@{address}"));
    redis::cmd("REPLICAOF")
        .arg(&[host, port])
        .exec(&mut connection)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_is_followed_without_a_restart() {
    let dir = tempdir().unwrap();
    let (_old_redis, old) = start_redis(&dir.path().join("old")).await;
    let (_new_redis, new) = start_redis(&dir.path().join("new")).await;
    let (move_to, master) = watch::channel(old.clone());
    let address = address_of(master).await;
    let service = Service::on(dir.path(), &format!("redis://:shared@{address}"));
    let caller = Caller::new(&service.address);
    let (first, _) = submit_until_taken(&caller, "first").await;
    assert_eq!(caller.task(&first).await["state"], "queued");
    let (host, port) = old.split_once(':').unwrap();
    replicate(&new, host, port);
    let mut connection = connect(&format!("redis://:shared@{old}"));
    eventually("the replica has everything", || {
        let replicas: u32 = redis::cmd("WAIT")
            .arg(&[1, 1_000])
            .query(&mut connection)
            .unwrap();
        (replicas == 1).then_some(())
    });

    replicate(&new, "NO", "ONE");
    move_to.send(new.clone()).unwrap();
    // The old one lives on and lets itself be read, but hears of nothing new.
    replicate(&old, "127.0.0.1", "1");

    let (second, _) = submit_until_taken(&caller, "second").await;
    for id in [first, second] {
        assert_eq!(caller.task(&id).await["state"], "queued");
    }
    caller.until("/readyz", |reply| reply.status == 200).await;
    assert_eq!(stats(&caller).await["queued"], 2);
}
