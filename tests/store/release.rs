//! Release: the task goes back free of charge.

use taskyard::domain::{LeaseToken, TaskId, TaskState};
use taskyard::store::{Release, ReportOutcome, View};

use crate::support::{TestStore, submission};

async fn release(
    test: &TestStore,
    id: TaskId,
    lease_token: Option<LeaseToken>,
    delay_ms: Option<u64>,
) -> ReportOutcome {
    let release = Release {
        id,
        lease_token,
        delay_ms,
        view: View::State,
    };
    test.store.tasks.release(release).await.unwrap()
}

#[tokio::test]
async fn a_released_task_keeps_its_place_and_its_counts() {
    let test = TestStore::start().await;
    let first = test.submit(submission("default")).await;
    test.submit(submission("default")).await;
    let lease = test.claim(1).await.remove(0);
    for _ in 0..2 {
        let outcome = release(&test, first, Some(lease.lease_token.clone()), None).await;
        assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    }
    let task = test.task(first).await;
    assert_eq!((task.failures, task.losses), (0, 0));
    assert_eq!(test.claim(1).await[0].id, first);
    test.audit().await;
}

#[tokio::test]
async fn a_task_released_with_a_delay_waits_for_it() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    release(&test, id, Some(lease.lease_token), Some(5_000)).await;
    assert_eq!(test.state(id).await, TaskState::Scheduled);
    test.pass(4_000).await;
    assert!(test.claim(1).await.is_empty());
    test.pass(1_000).await;
    assert_eq!(test.claim_one().await.id, id);
}

#[tokio::test]
async fn an_operator_releases_without_a_token() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    assert!(matches!(
        release(&test, id, None, None).await,
        ReportOutcome::NotRunning
    ));
    let lease = test.claim_one().await;
    assert!(matches!(
        release(&test, id, None, None).await,
        ReportOutcome::Done {
            state: TaskState::Queued,
            ..
        }
    ));
    assert!(matches!(
        test.complete(&lease).await,
        ReportOutcome::LeaseLost
    ));
    test.audit().await;
}
