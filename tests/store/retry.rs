//! Failures and redrives.

use taskyard::domain::retry::{Growth, Jitter, RetryPolicy};
use taskyard::domain::{FailureReason, Submission, TaskState};
use taskyard::store::RetryOutcome;

use crate::support::{TestStore, submission};

#[tokio::test]
async fn a_failed_task_runs_again_after_its_delay() {
    let test = TestStore::start().await;
    let retry = Some(RetryPolicy {
        kind: Growth::Exponential,
        base_ms: 2_000,
        factor: 3.0,
        cap_ms: 100_000,
        jitter: Jitter::None,
    });
    let id = test
        .submit(Submission {
            retry,
            ..submission("default")
        })
        .await;
    for delay in [2_000, 6_000] {
        let lease = test.claim_one().await;
        test.fail(&lease, None).await;
        assert_eq!(test.state(id).await, TaskState::RetryWait);
        test.pass(delay - 1).await;
        assert!(test.claim(1).await.is_empty());
        test.pass(1).await;
    }
    let lease = test.claim_one().await;
    test.fail(&lease, None).await;
    let task = test.task(id).await;
    assert_eq!(task.reason, Some(FailureReason::AttemptsExhausted));
    assert_eq!((task.attempt, task.failures), (3, 3));
    test.audit().await;
}

#[tokio::test]
async fn a_redrive_is_a_new_run_with_the_history_kept() {
    let test = TestStore::start().await;
    let id = test
        .submit(Submission {
            max_attempts: Some(1),
            ..submission("default")
        })
        .await;
    let waiting = test.store.tasks.retry(id).await.unwrap();
    assert!(matches!(
        waiting,
        RetryOutcome::InvalidState(TaskState::Queued)
    ));
    let lease = test.claim_one().await;
    test.fail(&lease, None).await;
    assert_eq!(test.state(id).await, TaskState::Failed);
    let again = test.store.tasks.retry(id).await.unwrap();
    assert!(matches!(again, RetryOutcome::Queued(_)), "{again:?}");
    let lease = test.claim_one().await;
    assert_eq!(lease.attempt, 2);
    test.complete(&lease).await;
    let task = test.task(id).await;
    assert_eq!(task.state, TaskState::Succeeded);
    assert_eq!((task.failures, task.reason), (0, None));
    test.audit().await;
}
