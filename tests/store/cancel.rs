//! Cancel: waiting tasks end at once, running ones are told to stop.

use taskyard::domain::TaskState;
use taskyard::store::{CancelOutcome, ReportOutcome};

use crate::support::{TestStore, submission};

#[tokio::test]
async fn cancel_ends_a_waiting_task() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    for _ in 0..2 {
        let outcome = test.store.tasks.cancel(id).await.unwrap();
        assert!(matches!(outcome, CancelOutcome::Done(_)), "{outcome:?}");
    }
    assert_eq!(test.state(id).await, TaskState::Cancelled);
    assert!(test.claim(1).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn complete_counts_although_cancel_was_asked_for() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.store.tasks.cancel(id).await.unwrap();
    assert!(test.task(id).await.cancel_requested);
    assert!(matches!(
        test.complete(&lease).await,
        ReportOutcome::Done { .. }
    ));
    assert_eq!(test.state(id).await, TaskState::Succeeded);
    let outcome = test.store.tasks.cancel(id).await.unwrap();
    assert!(matches!(
        outcome,
        CancelOutcome::AlreadyFinished(TaskState::Succeeded)
    ));
    test.audit().await;
}

#[tokio::test]
async fn fail_after_cancel_ends_as_cancelled() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.store.tasks.cancel(id).await.unwrap();
    test.fail(&lease, None).await;
    assert_eq!(test.state(id).await, TaskState::Cancelled);
    test.audit().await;
}

#[tokio::test]
async fn cancel_revokes_the_lease_after_the_grace() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.pass(1_000).await;
    test.store.tasks.cancel(id).await.unwrap();
    test.pass(29_000).await;
    assert_eq!(test.state(id).await, TaskState::Running);
    test.pass(1_000).await;
    assert_eq!(test.state(id).await, TaskState::Cancelled);
    assert!(matches!(
        test.complete(&lease).await,
        ReportOutcome::LeaseLost
    ));
    test.audit().await;
}
