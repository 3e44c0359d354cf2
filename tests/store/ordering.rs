//! The orders of a queue other than strict.

use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::score::{Ordering, Priority};
use taskyard::domain::{Submission, TaskId, TaskType};

use crate::support::{TestStore, submission};

const STEP_MS: u64 = 1_000;

async fn ordered(ordering: Ordering) -> TestStore {
    let test = TestStore::start().await;
    let change = QueueChange {
        ordering: Some(ordering),
        aging_step_ms: Some(STEP_MS),
        ..QueueChange::default()
    };
    test.configure(&change).await;
    test
}

async fn submit(test: &TestStore, priority: i64, task_type: &str) -> TaskId {
    test.submit(Submission {
        priority: Priority::new(priority).unwrap(),
        task_type: TaskType::parse(task_type).unwrap(),
        ..submission("default")
    })
    .await
}

async fn claimed(test: &TestStore) -> Vec<TaskId> {
    let mut ids = Vec::new();
    loop {
        let page = test.claim(3).await;
        if page.is_empty() {
            return ids;
        }
        ids.extend(page.iter().map(|task| task.id));
    }
}

#[tokio::test]
async fn fifo_ignores_priority_and_keeps_the_order_over_classes() {
    let test = ordered(Ordering::Fifo).await;
    let mut ids = Vec::new();
    for (priority, task_type) in [(0, "a"), (100, "b"), (-100, "a"), (5, "b"), (0, "c")] {
        ids.push(submit(&test, priority, task_type).await);
    }
    assert_eq!(claimed(&test).await, ids);
    test.audit().await;
}

#[tokio::test]
async fn aging_lets_a_task_be_overtaken_within_its_bound_only() {
    let test = ordered(Ordering::Aging).await;
    let low = submit(&test, 0, "default").await;
    // Two priorities are worth two steps: up to there it goes first.
    test.advance(2 * STEP_MS - 1);
    let within = submit(&test, 2, "default").await;
    test.advance(2);
    let beyond = submit(&test, 2, "default").await;
    assert_eq!(claimed(&test).await, [within, low, beyond]);
    test.audit().await;
}

#[tokio::test]
async fn aging_keeps_the_order_of_one_millisecond() {
    let test = ordered(Ordering::Aging).await;
    let mut ids = Vec::new();
    // More than the 4,096 places of a millisecond, and a clock that steps back in between.
    for _ in 0..42 {
        ids.extend(test.submit_all(vec![submission("default"); 100]).await);
    }
    test.step_back(500);
    ids.push(submit(&test, 0, "default").await);
    let mut found = Vec::new();
    loop {
        let page = test.claim(100).await;
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(|task| task.id));
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn classes_with_equal_heads_give_all_their_tasks() {
    let test = ordered(Ordering::Aging).await;
    let first = submit(&test, 0, "a").await;
    test.advance(STEP_MS);
    let second = submit(&test, 1, "b").await;
    let mut ids = claimed(&test).await;
    ids.sort_unstable();
    let mut wanted = vec![first, second];
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    test.audit().await;
}
