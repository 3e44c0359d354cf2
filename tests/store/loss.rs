//! Losses: leases that run out, nodes that die, outages and clocks that jump.

use taskyard::domain::node::Registration;
use taskyard::domain::{FailureReason, SessionId, Submission, TaskId, TaskState};
use taskyard::store::nodes::RegisterOutcome;
use taskyard::store::{ClaimRequest, ReportOutcome};

use crate::support::{TestStore, claim, node, submission};

#[tokio::test]
async fn a_lost_task_keeps_its_place() {
    let test = TestStore::start().await;
    let first = test.submit(submission("default")).await;
    let second = test.submit(submission("default")).await;
    assert_eq!(test.claim(1).await[0].id, first);
    test.pass(61_000).await;
    let order: Vec<_> = test.claim(2).await.iter().map(|task| task.id).collect();
    assert_eq!(order, [first, second]);
    assert_eq!(test.task(first).await.losses, 1);
    test.audit().await;
}

#[tokio::test]
async fn the_third_loss_is_poison() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    for losses in 1..=3 {
        test.claim_one().await;
        test.pass(61_000).await;
        assert_eq!(test.task(id).await.losses, losses);
    }
    let task = test.task(id).await;
    assert_eq!(task.state, TaskState::Failed);
    assert_eq!(task.reason, Some(FailureReason::Poison));
    assert_eq!(task.failures, 0);
    test.audit().await;
}

#[tokio::test]
async fn without_losses_allowed_a_task_is_delivered_once() {
    let test = TestStore::start().await;
    let id = test
        .submit(Submission {
            max_losses: 0,
            ..submission("default")
        })
        .await;
    test.claim_one().await;
    test.pass(61_000).await;
    assert_eq!(test.state(id).await, TaskState::Failed);
    assert!(test.claim(1).await.is_empty());
}

#[tokio::test]
async fn a_stale_token_changes_nothing() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let stale = test.claim_one().await;
    test.pass(61_000).await;
    let fresh = test.claim_one().await;
    assert!(matches!(
        test.complete(&stale).await,
        ReportOutcome::LeaseLost
    ));
    assert_eq!(test.state(id).await, TaskState::Running);
    assert!(matches!(
        test.complete(&fresh).await,
        ReportOutcome::Done { .. }
    ));
    assert!(matches!(
        test.complete(&stale).await,
        ReportOutcome::LeaseLost
    ));
    assert_eq!(test.state(id).await, TaskState::Succeeded);
    test.audit().await;
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_the_claim_asked_for() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let request = ClaimRequest {
        lease_ms: Some(7_200_000),
        ..claim("n1", "default", 1)
    };
    test.claim_as(request).await;
    // A sweep a minute would look like outages: the last seconds are what counts.
    test.advance(7_190_000);
    test.pass(9_000).await;
    assert_eq!(test.state(id).await, TaskState::Running);
    test.pass(2_000).await;
    assert_ne!(test.state(id).await, TaskState::Running);
}

/// A node with a session, and a task that it holds by it.
async fn held_by_session(test: &TestStore) -> (SessionId, TaskId) {
    let session = begin_session(test).await;
    let id = test.submit(submission("default")).await;
    let request = ClaimRequest {
        session: Some((session.clone(), 30_000)),
        ..claim("n1", "default", 1)
    };
    test.claim_as(request).await;
    (session, id)
}

/// The session lives, and holds the task.
async fn beat(test: &TestStore, session: &SessionId, id: TaskId) {
    let nodes = &test.store.nodes;
    let beat = nodes.heartbeat(&node("n1"), session, None, &[id]).await;
    beat.unwrap();
}

async fn begin_session(test: &TestStore) -> SessionId {
    let outcome = test
        .store
        .nodes
        .register(&node("n1"), &Registration::default(), None)
        .await
        .unwrap();
    let RegisterOutcome::Registered(registered) = outcome else {
        panic!("the node was not registered");
    };
    registered.session
}

#[tokio::test]
async fn what_a_dead_node_held_goes_back() {
    let test = TestStore::start().await;
    let (session, id) = held_by_session(&test).await;
    test.pass(20_000).await;
    beat(&test, &session, id).await;
    test.pass(29_000).await;
    assert_eq!(test.state(id).await, TaskState::Running);
    test.pass(2_000).await;
    assert_eq!(test.state(id).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn an_outage_takes_no_work_from_healthy_nodes() {
    let test = TestStore::start().await;
    let (session, id) = held_by_session(&test).await;
    test.pass(1_000).await;
    test.advance(600_000);
    test.sweep().await;
    assert_eq!(test.state(id).await, TaskState::Running);
    beat(&test, &session, id).await;
    test.pass(29_000).await;
    assert_eq!(
        test.state(id).await,
        TaskState::Running,
        "it beat after the outage"
    );
    test.pass(2_000).await;
    assert_eq!(test.state(id).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn a_clock_that_steps_back_does_not_prolong_leases() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    test.claim_one().await;
    test.pass(30_000).await;
    test.step_back(3_600_000);
    test.pass(29_000).await;
    assert_eq!(test.state(id).await, TaskState::Running);
    test.pass(2_000).await;
    assert_eq!(test.state(id).await, TaskState::Queued);
    test.audit().await;
}
