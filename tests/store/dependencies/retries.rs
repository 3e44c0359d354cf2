//! Retries by hand, of parents and of children.

use deadpool_redis::redis;
use taskyard::domain::{FailureReason, Submission, TaskId, TaskState};
use taskyard::store::RetryOutcome;
use taskyard::store::keys::Keys;

use super::{away, child, end};
use crate::support::{TestStore, submission};

async fn retry(test: &TestStore, id: TaskId) {
    let outcome = test.store.tasks.retry(id).await.unwrap();
    assert!(matches!(outcome, RetryOutcome::Queued(_)), "{outcome:?}");
}

/// A parent that has failed, and its child in another partition, failed by that.
async fn failed_pair(test: &TestStore) -> (TaskId, TaskId) {
    let once = Submission {
        max_attempts: Some(1),
        ..submission("default")
    };
    let parent = test.submit(once).await;
    let child = test.submit(child(&away(test), &[parent])).await;
    test.sweep().await;
    end(test, parent, TaskState::Failed).await;
    test.sweep().await;
    assert_eq!(
        test.task(child).await.reason,
        Some(FailureReason::Dependency)
    );
    (parent, child)
}

#[tokio::test]
async fn a_retried_parent_leaves_its_failed_child_where_it_is() {
    let test = TestStore::start().await;
    let (parent, child) = failed_pair(&test).await;
    retry(&test, parent).await;
    end(&test, parent, TaskState::Succeeded).await;
    assert_eq!(test.state(child).await, TaskState::Failed);
    retry(&test, child).await;
    assert_eq!(test.state(child).await, TaskState::Blocked);
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn a_retried_child_waits_for_the_new_run_of_its_parent() {
    let test = TestStore::start().await;
    let (parent, child) = failed_pair(&test).await;
    retry(&test, parent).await;
    retry(&test, child).await;
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Blocked);
    test.audit().await;
    end(&test, parent, TaskState::Succeeded).await;
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    assert_eq!(test.task(child).await.reason, None);
    test.audit().await;
}

#[tokio::test]
async fn a_child_retried_alone_fails_by_its_parent_again() {
    let test = TestStore::start().await;
    let (_, child) = failed_pair(&test).await;
    retry(&test, child).await;
    test.sweep().await;
    let task = test.task(child).await;
    assert_eq!(task.reason, Some(FailureReason::Dependency));
    test.audit().await;
}

#[tokio::test]
async fn a_child_that_had_all_its_parents_runs_again_at_once() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let child = test.submit(child("default", &[parent])).await;
    test.sweep().await;
    end(&test, parent, TaskState::Succeeded).await;
    end(&test, child, TaskState::Cancelled).await;
    test.store.tasks.delete(parent).await.unwrap();
    retry(&test, child).await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn an_old_answer_that_comes_again_is_not_one_to_the_new_run() {
    let test = TestStore::start().await;
    let (parent, child) = failed_pair(&test).await;
    retry(&test, parent).await;
    retry(&test, child).await;
    test.sweep().await;
    // As a dispatcher leaves it that told the child of the first run and died before it said so.
    let keys = Keys::of(parent.partition());
    let client = redis::Client::open(test.redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let member = format!("{} 1", child.compact());
    let mut add = redis::cmd("ZADD");
    add.arg(keys.dependents(&parent.compact()))
        .arg(1)
        .arg(member);
    let _: u64 = add.query_async(&mut connection).await.unwrap();
    let mut row = redis::cmd("XADD");
    row.arg(keys.outbox()).arg("*").arg("kind").arg("ended");
    row.arg("body")
        .arg(format!("{} failed 1", parent.compact()));
    let _: String = row.query_async(&mut connection).await.unwrap();
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Blocked);
    end(&test, parent, TaskState::Succeeded).await;
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}
