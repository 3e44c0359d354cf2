//! What may be done to a blocked task, and to one that others wait for.

use taskyard::domain::{FailureReason, TaskState, UnixMillis};
use taskyard::store::{CancelOutcome, DeleteOutcome, RunNowOutcome, TaskChange, UpdateOutcome};

use super::{away, child, end};
use crate::support::{EPOCH_MS, TestStore, queue, submission};

#[tokio::test]
async fn a_blocked_task_is_cancelled_and_not_heard_of_again() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let child = test.submit(child(&away(&test), &[parent])).await;
    test.sweep().await;
    let outcome = test.store.tasks.cancel(child).await.unwrap();
    assert!(matches!(outcome, CancelOutcome::Done(_)), "{outcome:?}");
    end(&test, parent, TaskState::Succeeded).await;
    assert_eq!(test.state(child).await, TaskState::Cancelled);
    test.audit().await;
}

#[tokio::test]
async fn a_blocked_task_is_neither_deleted_nor_run_at_once() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let child = test.submit(child("default", &[parent])).await;
    let outcome = test.store.tasks.delete(child).await.unwrap();
    assert!(matches!(outcome, DeleteOutcome::Active(_)), "{outcome:?}");
    let outcome = test.store.tasks.run_now(child).await.unwrap();
    let refused = matches!(outcome, RunNowOutcome::InvalidState(_));
    assert!(refused, "{outcome:?}");
    assert_eq!(test.state(child).await, TaskState::Blocked);
    test.audit().await;
}

#[tokio::test]
async fn a_moment_given_to_a_blocked_task_counts_from_its_release() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let child = test.submit(child("default", &[parent])).await;
    test.sweep().await;
    let change = TaskChange {
        run_at: Some(UnixMillis::new(EPOCH_MS + 5_000)),
        priority: Some(taskyard::domain::score::Priority::new(7).unwrap()),
        ..TaskChange::default()
    };
    let outcome = test.store.tasks.update(child, &change, None).await.unwrap();
    assert!(matches!(outcome, UpdateOutcome::Updated(_)), "{outcome:?}");
    assert_eq!(test.state(child).await, TaskState::Blocked);
    end(&test, parent, TaskState::Succeeded).await;
    assert_eq!(test.state(child).await, TaskState::Scheduled);
    test.pass(5_000).await;
    assert_eq!(test.task(child).await.priority.get(), 7);
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn a_purge_deletes_blocked_tasks_and_tells_those_who_wait_for_what_it_deletes() {
    let test = TestStore::start().await;
    let away = away(&test);
    let parent = test.submit(submission("default")).await;
    let beside = test.submit(child("default", &[parent])).await;
    let child = test.submit(child(&away, &[parent])).await;
    test.sweep().await;
    test.store.queues.purge(&queue("default")).await.unwrap();
    assert!(test.store.tasks.get(beside).await.unwrap().is_none());
    test.audit().await;
    test.sweep().await;
    let task = test.task(child).await;
    assert_eq!(task.state, TaskState::Failed);
    assert_eq!(task.reason, Some(FailureReason::Dependency));
    test.audit().await;
}

#[tokio::test]
async fn a_parent_deleted_before_its_child_was_told_has_told_it_all_the_same() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let child = test.submit(child(&away(&test), &[parent])).await;
    test.sweep().await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    test.store.tasks.delete(parent).await.unwrap();
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}
