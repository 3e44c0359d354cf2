//! Expiry, time-outs and trim.

use taskyard::domain::queue::Retention;
use taskyard::domain::{FailureReason, Submission, TaskState};

use crate::support::{TestStore, submission};

#[tokio::test]
async fn a_task_that_is_not_started_in_time_expires() {
    let test = TestStore::start().await;
    let expiring = || Submission {
        expires_in_ms: Some(5_000),
        ..submission("default")
    };
    let started = test.submit(expiring()).await;
    test.claim_one().await;
    let late = test.submit(expiring()).await;
    test.pass(5_000).await;
    assert_eq!(test.state(late).await, TaskState::Expired);
    assert_eq!(test.state(started).await, TaskState::Running);
    test.audit().await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_a_failure() {
    let test = TestStore::start().await;
    let id = test
        .submit(Submission {
            timeout_ms: Some(10_000),
            max_attempts: Some(1),
            ..submission("default")
        })
        .await;
    test.claim_one().await;
    test.pass(10_000).await;
    let task = test.task(id).await;
    assert_eq!(task.reason, Some(FailureReason::Timeout));
    assert_eq!((task.failures, task.losses), (1, 0));
    test.audit().await;
}

#[tokio::test]
async fn trim_deletes_the_oldest_and_the_surplus() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(test.submit(submission("default")).await);
        let lease = test.claim_one().await;
        test.complete(&lease).await;
        test.advance(1_000);
    }
    let trim = async |succeeded_ms, max_finished| {
        let retention = Retention {
            succeeded_ms,
            failed_ms: succeeded_ms,
            max_finished,
            max_bytes: None,
        };
        for partition in test.store.sweeps.partitions() {
            test.store.sweeps.trim(partition, &retention).await.unwrap();
        }
        let mut kept = Vec::new();
        for id in &ids {
            kept.push(test.store.tasks.get(*id).await.unwrap().is_some());
        }
        kept
    };
    assert_eq!(trim(4_000, 100).await, [false, true, true, true]);
    assert_eq!(trim(100_000, 2).await, [false, false, true, true]);
    test.audit().await;
}
