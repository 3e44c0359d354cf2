//! Redis became a replica: by a command, or because another one took over.

use tempfile::tempdir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::pair::{replicate, start_redis, until_replicated};
use super::{refused, stats, submit_until_taken, until_unready, works};
use crate::api::service::Caller;
use crate::ops::service::Service;

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
    until_replicated(&old);

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
