//! Release: the task goes back free of charge.

use taskyard::domain::task::RunAt;
use taskyard::domain::{LeaseToken, Submission, TaskId, TaskState, UnixMillis};
use taskyard::store::{Release, ReportOutcome, View};

use crate::support::{EPOCH_MS, TestStore, submission};

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
    // It was submitted for a moment of its own.
    let id = test
        .submit(Submission {
            run_at: RunAt::At(UnixMillis::new(EPOCH_MS + 1)),
            ..submission("default")
        })
        .await;
    test.pass(1).await;
    let lease = test.claim_one().await;
    release(&test, id, Some(lease.lease_token), Some(4_999)).await;
    let task = test.task(id).await;
    assert_eq!(task.state, TaskState::Scheduled);
    let run_at = task.run_at.unwrap();
    assert_eq!(
        run_at.get(),
        EPOCH_MS + 5_000,
        "not the moment it was submitted for"
    );
    test.pass(3_999).await;
    assert!(test.claim(1).await.is_empty());
    test.pass(1_000).await;
    let again = test.claim_one().await;
    assert_eq!(again.id, id);
    assert_eq!(test.task(id).await.run_at, Some(run_at));
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
