//! Queues: retention, and what a removed queue leaves behind.

use taskyard::domain::placement::Offer;
use taskyard::domain::queue::Retention;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::{Document, Submission, TaskId, TaskType};
use taskyard::store::{ClaimRequest, RemoveOutcome, Store, StoreOptions};

use crate::support::{TestStore, claim, queue, submission};

/// A task with a payload of so many bytes that is completed with `{}`.
async fn finish(test: &TestStore, bytes: usize) -> TaskId {
    let payload = format!("\"{}\"", "x".repeat(bytes - 2));
    let id = test
        .submit(Submission {
            payload: Document::parse(payload).unwrap(),
            ..submission("default")
        })
        .await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    test.advance(1);
    id
}

async fn trim(test: &TestStore) {
    for partition in test.store.sweeps.partitions() {
        let sweeps = &test.store.sweeps;
        sweeps.trim(partition, &Retention::default()).await.unwrap();
    }
}

async fn kept(test: &TestStore, ids: &[TaskId]) -> Vec<bool> {
    let mut kept = Vec::new();
    for id in ids {
        kept.push(test.store.tasks.get(*id).await.unwrap().is_some());
    }
    kept
}

#[tokio::test]
async fn a_queue_keeps_finished_tasks_as_its_settings_say() {
    let test = TestStore::start().await;
    let ids = [finish(&test, 10).await, finish(&test, 10).await];
    test.advance(86_400_001);
    let own = QueueChange {
        succeeded_ms: Some(100 * 86_400_000),
        max_finished: Some(1),
        ..QueueChange::default()
    };
    test.configure(&own).await;
    trim(&test).await;
    assert_eq!(kept(&test, &ids).await, [false, true]);
    test.configure(&QueueChange::default()).await;
    trim(&test).await;
    assert_eq!(kept(&test, &ids).await, [false, false]);
    test.audit().await;
}

#[tokio::test]
async fn the_oldest_finished_tasks_go_when_they_hold_too_many_bytes() {
    let test = TestStore::start().await;
    let limit = QueueChange {
        max_bytes: Some(4_010),
        ..QueueChange::default()
    };
    test.configure(&limit).await;
    // Short and long payloads, and two bytes of result each.
    let ids = [
        finish(&test, 1_500).await,
        finish(&test, 100).await,
        finish(&test, 1_900).await,
        finish(&test, 1_998).await,
    ];
    trim(&test).await;
    // 5,506 bytes were too many, 4,004 are not.
    assert_eq!(kept(&test, &ids).await, [false, true, true, true]);
    // What runs again is finished no more, and counts anew when it is.
    test.store.tasks.retry(ids[3]).await.unwrap();
    let again = test.claim_one().await;
    trim(&test).await;
    test.complete(&again).await;
    trim(&test).await;
    assert_eq!(kept(&test, &ids).await, [false, true, true, true]);
    finish(&test, 50).await;
    trim(&test).await;
    assert_eq!(kept(&test, &ids).await, [false, false, true, true]);
    test.audit().await;
}

#[tokio::test]
async fn a_claim_learns_of_the_classes_of_a_queue_that_was_removed_and_came_back() {
    let test = TestStore::start().await;
    // Another replica, which hears no signals: it knows the classes as they were.
    let other = Store::open(StoreOptions {
        url: test.redis.redis.url(),
        clock: taskyard::store::Clock::Virtual(std::sync::Arc::clone(&test.now)),
        ..StoreOptions::default()
    })
    .await
    .unwrap();
    let of_type = |name: &str| Submission {
        task_type: TaskType::parse(name).unwrap(),
        ..submission("default")
    };
    let wants_a = || ClaimRequest {
        offer: Offer {
            types: vec![TaskType::parse("a").unwrap()],
            ..Offer::default()
        },
        ..claim("n1", "default", 5)
    };
    test.submit(of_type("a")).await;
    let leases = other.tasks.claim(wants_a()).await.unwrap().deliver();
    assert_eq!(leases.len(), 1);
    let removed = test.store.queues.remove(&queue("default")).await.unwrap();
    assert_eq!(removed, RemoveOutcome::HasTasks);
    test.complete(&leases[0]).await;
    let removed = test.store.queues.remove(&queue("default")).await.unwrap();
    assert_eq!(removed, RemoveOutcome::Removed);
    test.submit(of_type("b")).await;
    assert!(other.tasks.claim(wants_a()).await.unwrap().is_empty());
    test.audit().await;
}
