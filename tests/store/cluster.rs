//! A Redis in cluster mode: every script keeps to the slot of its partition.

use deadpool_redis::redis;
use taskyard::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};
use taskyard::store::{Store, StoreOptions};
use tempfile::TempDir;

use crate::support::{claim, submission};

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
    for partition in store.sweeps.partitions() {
        for work in store
            .sweeps
            .due(partition, "replica", 1, &[])
            .await
            .unwrap()
            .work
        {
            store.sweeps.run(work, partition).await.unwrap();
        }
    }
    let report = store.audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.tasks.values().sum::<u64>(), 12);
}
