//! Redis is wherever Sentinel says that it is.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use deadpool_redis::redis;
use tempfile::tempdir;

use super::pair::{replicate, start_redis, until_replicated};
use super::{submit_until_taken, works};
use crate::api::service::Caller;
use crate::ops::service::{Service, eventually};
use crate::support::free_port;

/// A Sentinel that watches one master; dropping it ends it.
struct Sentinel {
    child: Child,
    port: u16,
}

impl Sentinel {
    fn start(dir: &Path, master: &str) -> Self {
        let port = free_port();
        let (host, master_port) = master.split_once(':').unwrap();
        let file = dir.join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", dir.display()),
            format!("sentinel monitor mymaster {host} {master_port} 1"),
            "sentinel auth-pass mymaster shared".to_owned(),
            "sentinel down-after-milliseconds mymaster 500".to_owned(),
            "sentinel failover-timeout mymaster 2000".to_owned(),
        ];
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    /// Waits until it knows a replica that could take over.
    fn until_it_knows_a_replica(&self) {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        eventually("Sentinel knows a replica", || {
            let mut connection = client.get_connection().ok()?;
            let replicas: Vec<Vec<String>> = redis::cmd("SENTINEL")
                .arg(&["REPLICAS", "mymaster"])
                .query(&mut connection)
                .ok()?;
            let state = |fields: &Vec<String>| {
                let at = fields
                    .iter()
                    .position(|field| field == "master-link-status");
                at.is_some_and(|at| fields[at + 1] == "ok")
            };
            replicas.iter().any(state).then_some(())
        });
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_that_sentinel_names_is_found_and_followed() {
    let dir = tempdir().unwrap();
    let (old_redis, old) = start_redis(&dir.path().join("old")).await;
    let (_new_redis, new) = start_redis(&dir.path().join("new")).await;
    let (host, port) = old.split_once(':').unwrap();
    replicate(&new, host, port);
    until_replicated(&old);
    let sentinel = Sentinel::start(dir.path(), &old);
    sentinel.until_it_knows_a_replica();
    let url = format!(
        "redis+sentinel://:shared@127.0.0.1:1,127.0.0.1:{}/mymaster",
        sentinel.port
    );
    let service = Service::on(dir.path(), &url);
    let caller = Caller::new(&service.address);
    works(&caller, "first").await;
    let (kept, _) = submit_until_taken(&caller, "kept").await;
    until_replicated(&old);

    old_redis.stop().await;
    let (second, _) = submit_until_taken(&caller, "second").await;
    for id in [kept, second] {
        assert_eq!(caller.task(&id).await["state"], "queued");
    }
    caller.until("/readyz", |reply| reply.status == 200).await;
}
