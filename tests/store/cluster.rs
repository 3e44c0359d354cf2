//! A Redis in cluster mode: every script keeps to the slot of its partition.

use std::process::{Child, Command, Stdio};

use deadpool_redis::redis;
use taskyard::store::keys::Keys;
use taskyard::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};
use taskyard::store::{Completion, ReportOutcome, Store, StoreOptions, View};
use tempfile::TempDir;

use crate::ops::service::eventually;
use crate::support::{claim, free_port, queue, submission, sweep};

async fn one_node_cluster(dir: &TempDir) -> PrivateRedis {
    let mut options = PrivateRedisOptions::new(dir.path().join("data"));
    options.fsync = Fsync::No;
    options.loopback = true;
    options.extra = vec![("cluster-enabled".into(), "yes".into())];
    let redis = PrivateRedis::start(options).await.unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let () = redis::cmd("CLUSTER")
        .arg("ADDSLOTSRANGE")
        .arg(0)
        .arg(16_383)
        .query_async(&mut connection)
        .await
        .unwrap();
    loop {
        let info: String = redis::cmd("CLUSTER")
            .arg("INFO")
            .query_async(&mut connection)
            .await
            .unwrap();
        if info.contains("cluster_state:ok") {
            return redis;
        }
    }
}

#[tokio::test]
async fn a_life_of_a_task_keeps_to_one_slot() {
    let dir = TempDir::new().unwrap();
    let redis = one_node_cluster(&dir).await;
    let store = Store::open(StoreOptions {
        url: redis.url(),
        ..StoreOptions::default()
    })
    .await
    .unwrap();
    for name in ["a", "b", "c", "d"] {
        store.tasks.submit(submission(name)).await.unwrap();
        let claimed = store.tasks.claim(claim("n1", name, 1)).await.unwrap();
        for task in claimed.deliver() {
            let completion = taskyard::store::Completion {
                id: task.id,
                lease_token: task.lease_token,
                result: None,
                submit: vec![submission("a"), submission("d")],
                view: taskyard::store::View::Task,
            };
            store.tasks.complete(completion).await.unwrap();
        }
    }
    sweep(&store, "replica", 1).await.unwrap();
    let report = store.audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.tasks.values().sum::<u64>(), 12);
}

/// Three servers that share the slots; dropping it ends them.
struct ThreeNodes {
    servers: Vec<Child>,
    ports: Vec<u16>,
    _dir: TempDir,
}

impl ThreeNodes {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let start = |port: &u16| {
            let home = dir.path().join(port.to_string());
            std::fs::create_dir(&home).unwrap();
            Command::new("redis-server")
                .args([
                    "--cluster-enabled",
                    "yes",
                    "--save",
                    "",
                    "--bind",
                    "127.0.0.1",
                ])
                .args([
                    "--cluster-node-timeout",
                    "2000",
                    "--cluster-require-full-coverage",
                    "no",
                ])
                .args([
                    "--port",
                    &port.to_string(),
                    "--cluster-port",
                    &free_port().to_string(),
                ])
                .current_dir(home)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let servers = ports.iter().map(start).collect();
        let nodes = Self {
            servers,
            ports,
            _dir: dir,
        };
        nodes.join();
        nodes
    }

    fn join(&self) {
        let slots = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];
        for (node, (first, last)) in slots.iter().enumerate() {
            let arguments = ["ADDSLOTSRANGE", &first.to_string(), &last.to_string()];
            let () = self.cluster(node, &arguments);
        }
        let bus = |node: usize| -> String {
            let nodes: String = self.cluster(node, &["NODES"]);
            let address = nodes.split_whitespace().nth(1).unwrap().to_owned();
            address.rsplit_once('@').unwrap().1.to_owned()
        };
        for node in [1, 2] {
            let port = self.ports[node].to_string();
            let () = self.cluster(0, &["MEET", "127.0.0.1", &port, &bus(node)]);
        }
        for node in 0..3 {
            eventually("the nodes know each other", || {
                let info: String = self.cluster(node, &["INFO"]);
                let whole = [
                    "cluster_state:ok",
                    "cluster_known_nodes:3",
                    "cluster_size:3",
                ];
                whole.iter().all(|line| info.contains(line)).then_some(())
            });
        }
    }

    /// A command of CLUSTER at one of them.
    fn cluster<T: redis::FromRedisValue>(&self, node: usize, arguments: &[&str]) -> T {
        redis::cmd("CLUSTER")
            .arg(arguments)
            .query(&mut self.connect(node))
            .unwrap()
    }

    fn connect(&self, node: usize) -> redis::Connection {
        let url = format!("redis://127.0.0.1:{}", self.ports[node]);
        let client = redis::Client::open(url).unwrap();
        eventually("the server answers", || client.get_connection().ok())
    }

    /// How many keys it holds.
    fn keys(&self, node: usize) -> u64 {
        redis::cmd("DBSIZE").query(&mut self.connect(node)).unwrap()
    }

    /// Moves the slot of a key, and what is in it, to another of them.
    fn move_slot(&self, key: &str, to: usize) {
        let slot: u64 = self.cluster(to, &["KEYSLOT", key]);
        let slot = slot.to_string();
        let ids: Vec<String> = (0..3).map(|node| self.cluster(node, &["MYID"])).collect();
        let count: Vec<u64> = (0..3)
            .map(|node| self.cluster(node, &["COUNTKEYSINSLOT", &slot]))
            .collect();
        let from = count.iter().position(|count| *count > 0).unwrap();
        assert_ne!(from, to);
        let () = self.cluster(to, &["SETSLOT", &slot, "IMPORTING", &ids[from]]);
        let () = self.cluster(from, &["SETSLOT", &slot, "MIGRATING", &ids[to]]);
        let keys: Vec<String> = self.cluster(from, &["GETKEYSINSLOT", &slot, "10000"]);
        let port = self.ports[to].to_string();
        let () = redis::cmd("MIGRATE")
            .arg(&["127.0.0.1", &port, "", "0", "5000", "KEYS"])
            .arg(keys)
            .query(&mut self.connect(from))
            .unwrap();
        for node in [to, from] {
            let () = self.cluster(node, &["SETSLOT", &slot, "NODE", &ids[to]]);
        }
    }

    fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:1,127.0.0.1:{}", self.ports[0])
    }
}

impl Drop for ThreeNodes {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

async fn work_through(store: &Store, name: &str) {
    store.tasks.submit(submission(name)).await.unwrap();
    let claimed = store.tasks.claim(claim("n1", name, 1)).await.unwrap();
    let tasks = claimed.deliver();
    assert_eq!(tasks.len(), 1, "{name}");
    for task in tasks {
        let completion = Completion {
            id: task.id,
            lease_token: task.lease_token,
            result: None,
            submit: vec![submission("elsewhere")],
            view: View::Task,
        };
        let outcome = store.tasks.complete(completion).await.unwrap();
        assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_spread_over_a_cluster_and_are_followed_where_they_go() {
    let nodes = ThreeNodes::start();
    let store = Store::open(StoreOptions {
        url: nodes.url(),
        ..StoreOptions::default()
    })
    .await
    .unwrap();
    let names: Vec<String> = (0..24).map(|number| format!("q{number}")).collect();
    for name in &names {
        work_through(&store, name).await;
    }
    sweep(&store, "replica", 1).await.unwrap();
    for node in 0..3 {
        assert!(nodes.keys(node) > 10, "node {node} holds a part");
    }

    // A partition moves to another server; whoever asks at the old one is told.
    let partition = store.sweeps.partition_of(&queue("q0"));
    let prefix = Keys::of(partition).prefix().to_owned();
    let slot: u64 = nodes.cluster(0, &["KEYSLOT", &prefix]);
    let at = usize::try_from(slot / 5_461).unwrap();
    nodes.move_slot(&prefix, (at + 1) % 3);
    work_through(&store, "q0").await;
    sweep(&store, "replica", 1).await.unwrap();

    let report = store.audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.tasks.values().sum::<u64>(), 50);
    store.look().await.unwrap();
}
