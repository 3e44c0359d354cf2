//! Children in other partitions: delivered at least once, and there once.

use deadpool_redis::redis;
use taskyard::domain::{Partition, Submission, TaskState};
use taskyard::store::keys::Keys;
use taskyard::store::{ReportOutcome, Work};

use crate::support::{TestStore, queue, submission};

type Rows = Vec<(String, Vec<String>)>;

/// A queue in another partition than the queue `default`.
fn away_from_default(test: &TestStore) -> String {
    let home = test.store.sweeps.partition_of(&queue("default"));
    (0..100)
        .map(|number| format!("q{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home)
        .unwrap()
}

#[tokio::test]
async fn a_childs_queue_comes_into_being_with_its_task() {
    let test = TestStore::start().await;
    let (home, away) = (
        test.store.sweeps.partition_of(&queue("default")),
        away_from_default(&test),
    );
    let beside = (0..100)
        .map(|number| format!("new{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) == home)
        .unwrap();
    test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    let children = vec![submission(&beside), submission(&away)];
    let outcome = test.complete_with(&lease, children).await;
    assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    let is_there = async |name: &str| {
        test.store
            .queues
            .stats(&queue(name))
            .await
            .unwrap()
            .is_some()
    };
    assert!(is_there(&beside).await);
    assert!(!is_there(&away).await);
    test.sweep().await;
    assert!(is_there(&away).await);
    test.audit().await;
}

#[tokio::test]
async fn a_child_is_there_once_although_its_row_comes_twice() {
    let test = TestStore::start().await;
    let home = test.store.sweeps.partition_of(&queue("default"));
    let away = away_from_default(&test);
    test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    let children = vec![submission("default"), Submission::new(queue(&away))];
    let outcome = test.complete_with(&lease, children).await;
    assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");

    let client = redis::Client::open(test.redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let outbox = Keys::of(Partition::new(home.number())).outbox();
    let mut range = redis::cmd("XRANGE");
    range.arg(&outbox).arg("-").arg("+");
    let rows: Rows = range.query_async(&mut connection).await.unwrap();
    assert_eq!(rows.len(), 1);
    let count = async || {
        let stats = test.store.queues.stats(&queue(&away)).await.unwrap();
        stats.map_or(0, |stats| stats.count(TaskState::Queued))
    };
    assert_eq!(count().await, 0);
    test.sweep().await;
    assert_eq!(count().await, 1);

    // The delivery was not noted: the row is there again.
    let again = async |connection: &mut redis::aio::MultiplexedConnection| {
        let mut add = redis::cmd("XADD");
        add.arg(&outbox).arg("*").arg(&rows[0].1);
        let _: String = add.query_async(connection).await.unwrap();
    };
    again(&mut connection).await;
    test.sweep().await;
    assert_eq!(count().await, 1);
    let rows_left: Rows = range.query_async(&mut connection).await.unwrap();
    assert!(rows_left.is_empty());
    // The empty stream remembers the last id, so that no row gets one that was there before.
    let stream: bool = redis::cmd("EXISTS")
        .arg(&outbox)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(stream);
    let due = test.store.sweeps.due(home, "replica", 5_000, &[]).await;
    assert!(!due.unwrap().work.contains(&Work::Deliver));

    // Not even when the child has been worked on and deleted in the meantime.
    let child = test
        .claim_as(crate::support::claim("n2", &away, 1))
        .await
        .remove(0);
    test.complete(&child).await;
    test.advance(1_000);
    let retention = taskyard::domain::queue::Retention {
        succeeded_ms: 0,
        failed_ms: 0,
        max_finished: 0,
        max_bytes: None,
    };
    let partition = test.store.sweeps.partition_of(&queue(&away));
    test.store.sweeps.trim(partition, &retention).await.unwrap();
    assert!(test.store.tasks.get(child.id).await.unwrap().is_none());
    again(&mut connection).await;
    test.sweep().await;
    assert_eq!(count().await, 0);
    test.audit().await;
}
