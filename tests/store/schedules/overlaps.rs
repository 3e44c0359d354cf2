//! What becomes of a moment while the task of an earlier one is unfinished.

use taskyard::domain::TaskState;
use taskyard::domain::schedule::{FireOutcome, Overlap, Rule};

use super::{count, create, definition, every_s, get, queued};
use crate::support::TestStore;

/// A schedule of a minute whose first task runs.
async fn running(overlap: Overlap) -> (TestStore, taskyard::store::ClaimedTask) {
    let test = TestStore::start().await;
    let rule = Rule {
        overlap,
        ..every_s(60)
    };
    create(&test, &definition(rule)).await;
    test.pass(60_000).await;
    let lease = test.claim_as(taskyard::store::ClaimRequest {
        lease_ms: Some(3_600_000),
        ..crate::support::claim("n1", "default", 1)
    });
    let lease = lease.await.remove(0);
    (test, lease)
}

#[tokio::test]
async fn skip_lets_moments_pass_while_the_task_is_unfinished() {
    let (test, lease) = running(Overlap::Skip).await;
    test.pass(120_000).await;
    let schedule = get(&test).await;
    assert_eq!(
        (schedule.fires, schedule.last_outcome),
        (1, Some(FireOutcome::Skipped))
    );
    assert_eq!(schedule.last_task, Some(lease.id));
    test.complete(&lease).await;
    test.pass(60_000).await;
    assert_eq!((queued(&test).await, get(&test).await.fires), (1, 2));
    // One that only waits is unfinished as well.
    test.pass(60_000).await;
    assert_eq!(get(&test).await.last_outcome, Some(FireOutcome::Skipped));
    test.audit().await;
}

#[tokio::test]
async fn allow_fires_whatever_runs() {
    let (test, _) = running(Overlap::Allow).await;
    test.pass(120_000).await;
    assert_eq!((queued(&test).await, get(&test).await.fires), (2, 3));
}

#[tokio::test]
async fn queue_lets_one_moment_wait_for_the_task() {
    let (test, lease) = running(Overlap::Queue).await;
    test.pass(60_000).await;
    let schedule = get(&test).await;
    assert_eq!(schedule.last_outcome, Some(FireOutcome::Waiting));
    let waits = schedule.waiting.unwrap();
    test.pass(60_000).await;
    let schedule = get(&test).await;
    assert_eq!(schedule.last_outcome, Some(FireOutcome::Skipped));
    assert_eq!(
        (schedule.waiting, schedule.fires, queued(&test).await),
        (Some(waits), 1, 0)
    );
    test.complete(&lease).await;
    test.pass(1_000).await;
    let schedule = get(&test).await;
    assert_eq!(
        (schedule.waiting, schedule.last_fire_at),
        (None, Some(waits))
    );
    assert_eq!((schedule.fires, queued(&test).await), (2, 1));
    test.audit().await;
}

#[tokio::test]
async fn cancel_running_cancels_the_task_before() {
    let (test, lease) = running(Overlap::CancelRunning).await;
    test.pass(60_000).await;
    assert!(test.task(lease.id).await.cancel_requested);
    assert_eq!((queued(&test).await, get(&test).await.fires), (1, 2));
    // One that has not begun is cancelled at once.
    let waits = get(&test).await.last_task.unwrap();
    test.pass(60_000).await;
    assert_eq!(test.state(waits).await, TaskState::Cancelled);
    assert_eq!(
        (queued(&test).await, count(&test, TaskState::Running).await),
        (1, 0)
    );
    test.audit().await;
}

#[tokio::test]
async fn a_task_that_was_deleted_holds_nothing_up() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    test.pass(60_000).await;
    let name = crate::support::queue("default");
    test.store.queues.purge(&name).await.unwrap();
    test.pass(60_000).await;
    assert_eq!((queued(&test).await, get(&test).await.fires), (1, 2));
}
