//! Changes of tasks by hand: update, run now, delete; logs and attempts.

use taskyard::domain::score::Priority;
use taskyard::domain::task::RunAt;
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Document, Submission, TaskId, TaskState, UnixMillis};
use taskyard::store::{
    DeleteOutcome, LogOutcome, RunNowOutcome, TaskChange, TaskVersion, UpdateOutcome,
};

use crate::support::{EPOCH_MS, TestStore, submission};

async fn update(test: &TestStore, id: TaskId, change: TaskChange) -> UpdateOutcome {
    test.store.tasks.update(id, &change, None).await.unwrap()
}

fn priority(priority: i64) -> TaskChange {
    TaskChange {
        priority: Some(Priority::new(priority).unwrap()),
        ..TaskChange::default()
    }
}

fn run_at(millis: u64) -> TaskChange {
    TaskChange {
        run_at: Some(UnixMillis::new(millis)),
        ..TaskChange::default()
    }
}

async fn claimed(test: &TestStore) -> Vec<TaskId> {
    test.claim(10).await.iter().map(|task| task.id).collect()
}

#[tokio::test]
async fn a_new_priority_keeps_the_order_of_the_queue() {
    let test = TestStore::start().await;
    let submit = |level| Submission {
        priority: Priority::new(level).unwrap(),
        ..submission("default")
    };
    let first = test.submit(submission("default")).await;
    let raised = test.submit(submission("default")).await;
    let high = test.submit(submit(5)).await;
    let lowered = test.submit(submit(5)).await;
    let last = test.submit(submission("default")).await;
    update(&test, raised, priority(5)).await;
    update(&test, lowered, priority(0)).await;
    test.audit().await;
    assert_eq!(claimed(&test).await, [raised, high, first, lowered, last]);
}

#[tokio::test]
async fn a_running_task_goes_back_to_the_place_of_its_new_priority() {
    let test = TestStore::start().await;
    let waiting = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    let other = test.submit(submission("default")).await;
    update(&test, waiting, priority(-5)).await;
    test.advance(60_001);
    test.sweep().await;
    test.pass(60_000).await;
    assert_eq!(test.state(lease.id).await, TaskState::Queued);
    assert_eq!(claimed(&test).await, [other, waiting]);
    test.audit().await;
}

#[tokio::test]
async fn run_at_moves_a_task_between_scheduled_and_queued() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let later = EPOCH_MS + 5_000;
    let moved = update(&test, id, TaskChange { ..run_at(later) }).await;
    assert!(matches!(&moved, UpdateOutcome::Updated(task) if task.state == TaskState::Scheduled));
    let both = TaskChange {
        run_at: Some(UnixMillis::new(later + 1_000)),
        ..priority(7)
    };
    update(&test, id, both).await;
    test.audit().await;
    assert!(claimed(&test).await.is_empty());
    assert_eq!(
        test.task(id).await.run_at,
        Some(UnixMillis::new(later + 1_000))
    );
    update(&test, id, run_at(EPOCH_MS)).await;
    test.audit().await;
    assert_eq!(claimed(&test).await, [id]);
    let running = update(&test, id, run_at(later)).await;
    assert!(matches!(
        running,
        UpdateOutcome::InvalidState(TaskState::Running)
    ));
}

#[tokio::test]
async fn tags_and_metadata_change_even_when_it_has_finished() {
    let test = TestStore::start().await;
    let tags = |tags: &[&str]| Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
    let id = test
        .submit(Submission {
            tags: vec!["a".into(), "b".into()],
            ..submission("default")
        })
        .await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    let long = format!("{{\"k\":\"{}\"}}", "x".repeat(2_000));
    let change = TaskChange {
        tags: tags(&["b", "c"]),
        metadata: Document::parse(long.clone()),
        ..TaskChange::default()
    };
    update(&test, id, change).await;
    // The long metadata has to go with the task.
    test.audit().await;
    let task = test.task(id).await;
    assert_eq!(task.tags, ["b", "c"]);
    assert_eq!(task.metadata, Document::parse(long));
    for (tag, expected) in [("a", 0), ("b", 1), ("c", 1)] {
        let filter = TaskFilter {
            tag: Some(tag.into()),
            ..TaskFilter::default()
        };
        let page = test.store.tasks.list(&filter, None, 5).await.unwrap();
        assert_eq!(page.tasks.len(), expected, "{tag}");
    }
    let none = TaskChange {
        tags: tags(&[]),
        ..TaskChange::default()
    };
    update(&test, id, none).await;
    assert!(test.task(id).await.tags.is_empty());
    let refused = update(&test, id, priority(1)).await;
    assert!(matches!(
        refused,
        UpdateOutcome::InvalidState(TaskState::Succeeded)
    ));
    test.audit().await;
}

#[tokio::test]
async fn a_change_of_another_version_changes_nothing() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let version = || async { test.store.tasks.version(id).await.unwrap().unwrap().1 };
    let try_with = async |version: &TaskVersion| {
        let tasks = &test.store.tasks;
        tasks.update(id, &priority(3), Some(version)).await.unwrap()
    };
    let old = version().await;
    test.claim_one().await;
    assert!(matches!(try_with(&old).await, UpdateOutcome::Changed));
    assert_eq!(test.task(id).await.priority.get(), 0);
    let now = version().await;
    assert!(matches!(try_with(&now).await, UpdateOutcome::Updated(_)));
    assert!(matches!(try_with(&now).await, UpdateOutcome::Changed));
}

#[tokio::test]
async fn run_now_queues_what_waits_for_a_moment() {
    let test = TestStore::start().await;
    let later = Submission {
        run_at: RunAt::After(60_000),
        ..submission("default")
    };
    let id = test.submit(later).await;
    let run = || async { test.store.tasks.run_now(id).await.unwrap() };
    assert!(matches!(run().await, RunNowOutcome::Queued(_)));
    assert!(matches!(
        run().await,
        RunNowOutcome::InvalidState(TaskState::Queued)
    ));
    let lease = test.claim_one().await;
    test.fail(&lease, Some(60_000)).await;
    assert_eq!(test.state(id).await, TaskState::RetryWait);
    test.store.tasks.run_now(id).await.unwrap();
    test.audit().await;
    assert_eq!(test.claim_one().await.attempt, 2);
}

#[tokio::test]
async fn a_deleted_task_leaves_nothing() {
    let test = TestStore::start().await;
    let long = Document::parse(format!("\"{}\"", "x".repeat(5_000))).unwrap();
    let id = test
        .submit(Submission {
            payload: long,
            tags: vec!["t".into()],
            ..submission("default")
        })
        .await;
    let delete = || async { test.store.tasks.delete(id).await.unwrap() };
    assert_eq!(delete().await, DeleteOutcome::Active(TaskState::Queued));
    let lease = test.claim_one().await;
    test.fail(&lease, Some(0)).await;
    test.pass(1).await;
    let lease = test.claim_one().await;
    let lines = ["a".to_owned()];
    let token = &lease.lease_token;
    test.store.tasks.log(id, token, &lines).await.unwrap();
    test.complete(&lease).await;
    test.audit().await;
    assert_eq!(delete().await, DeleteOutcome::Deleted);
    assert_eq!(delete().await, DeleteOutcome::NotFound);
    assert!(test.store.tasks.get(id).await.unwrap().is_none());
    let report = test.store.audit().await.unwrap();
    assert!(report.tasks.is_empty() && report.rows == 0, "{report:?}");
    test.audit().await;
}

#[tokio::test]
async fn a_log_keeps_its_last_lines() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    for page in 0..11 {
        let lines: Vec<String> = (0..100).map(|line| format!("{page} {line} é")).collect();
        let token = &lease.lease_token;
        let outcome = test.store.tasks.log(id, token, &lines).await.unwrap();
        let count = (page + 1) * 100;
        assert_eq!(outcome, LogOutcome::Kept { count });
    }
    let (lines, next) = test.store.tasks.logs(id, 0, 2).await.unwrap().unwrap();
    let shown: Vec<(u64, &str)> = lines
        .iter()
        .map(|line| (line.number, &*line.text))
        .collect();
    assert_eq!(shown, [(100, "1 0 é"), (101, "1 1 é")]);
    assert_eq!(next, Some(102));
    let (lines, next) = test.store.tasks.logs(id, 1_099, 2).await.unwrap().unwrap();
    assert_eq!((lines.len(), next), (1, None));
    test.complete(&lease).await;
    let late = test.store.tasks.log(id, &lease.lease_token, &[]).await;
    assert_eq!(late.unwrap(), LogOutcome::LeaseLost);
    test.audit().await;
}

#[tokio::test]
async fn attempts_say_who_had_it_and_what_came_of_it() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    assert!(
        test.store
            .tasks
            .attempts(id)
            .await
            .unwrap()
            .unwrap()
            .is_empty()
    );
    let lease = test.claim_one().await;
    test.advance(10);
    test.fail(&lease, Some(0)).await;
    test.pass(1).await;
    test.claim_one().await;
    test.pass(60_001).await;
    let third = test.claim_one().await;
    let outcomes = |attempts: &[taskyard::store::Attempt]| -> Vec<(u32, Option<String>, bool)> {
        let shown = attempts.iter();
        shown
            .map(|attempt| {
                (
                    attempt.number,
                    attempt.outcome.clone(),
                    attempt.error.is_some(),
                )
            })
            .collect()
    };
    let attempts = test.store.tasks.attempts(id).await.unwrap().unwrap();
    let (failed, lost) = (Some("failed".to_owned()), Some("lost".to_owned()));
    assert_eq!(
        outcomes(&attempts),
        [(1, failed, true), (2, lost, false), (3, None, false)]
    );
    assert_eq!(attempts[0].ended_at, Some(attempts[0].started_at.plus(10)));
    test.complete(&third).await;
    let attempts = test.store.tasks.attempts(id).await.unwrap().unwrap();
    assert_eq!(attempts[2].outcome.as_deref(), Some("succeeded"));
    assert!(attempts[2].ended_at.is_some());
}
