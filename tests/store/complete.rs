//! Complete: one accepted outcome an attempt.

use taskyard::domain::{LeaseToken, TaskState};
use taskyard::store::ReportOutcome;

use crate::support::{TestStore, submission};

#[tokio::test]
async fn complete_repeated_finds_its_answer_in_a_later_run() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    test.store.tasks.retry(id).await.unwrap();
    test.claim_one().await;
    let repeated = test.complete(&lease).await;
    assert!(
        matches!(
            repeated,
            ReportOutcome::Done {
                state: TaskState::Running,
                ..
            }
        ),
        "{repeated:?}"
    );
    test.audit().await;
}

#[tokio::test]
async fn complete_with_a_token_of_nobody_is_refused() {
    let test = TestStore::start().await;
    test.submit(submission("default")).await;
    let mut lease = test.claim_one().await;
    lease.lease_token = LeaseToken::parse(&format!("{}-0", "0".repeat(32))).unwrap();
    assert!(matches!(
        test.complete(&lease).await,
        ReportOutcome::LeaseLost
    ));
}
