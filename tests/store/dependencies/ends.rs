//! How parents end, and what that does to their children.

use taskyard::domain::dependency::On;
use taskyard::domain::task::RunAt;
use taskyard::domain::{FailureReason, Submission, TaskState, UnixMillis};
use taskyard::store::SubmitOutcome;
use taskyard::store::audit::Finding;
use taskyard::store::keys::Keys;

use super::{away, child, claim_from, edge, end};
use crate::support::{EPOCH_MS, TestStore, claim, submission};

#[tokio::test]
async fn a_child_is_queued_when_the_last_of_its_parents_has_succeeded() {
    let test = TestStore::start().await;
    let away = away(&test);
    let near = test.submit(submission("default")).await;
    let far = test.submit(submission(&away)).await;
    let child = test.submit(child("default", &[near, far])).await;
    assert_eq!(test.state(child).await, TaskState::Blocked);
    test.sweep().await;
    end(&test, far, TaskState::Succeeded).await;
    assert_eq!(test.state(child).await, TaskState::Blocked);
    end(&test, near, TaskState::Succeeded).await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    assert_eq!(claim_from(&test, "default").await.id, child);
    test.audit().await;
}

#[tokio::test]
async fn a_parent_that_has_ended_before_counts_as_well() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    end(&test, parent, TaskState::Succeeded).await;
    let child = test.submit(child(&away(&test), &[parent])).await;
    test.sweep().await;
    assert_eq!(test.state(child).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn each_policy_takes_the_ends_that_it_names() {
    let ends = [
        (TaskState::Succeeded, [true, true, false]),
        (TaskState::Failed, [false, true, true]),
        (TaskState::Cancelled, [false, true, false]),
        (TaskState::Expired, [false, true, true]),
    ];
    for (state, runs) in ends {
        let test = TestStore::start().await;
        let parent = test
            .submit(Submission {
                max_attempts: Some(1),
                expires_in_ms: Some(30_000),
                ..submission("default")
            })
            .await;
        let name = away(&test);
        let mut children = Vec::new();
        for on in On::ALL {
            let depends_on = vec![edge(parent, on)];
            let child = Submission {
                depends_on,
                ..submission(&name)
            };
            children.push(test.submit(child).await);
        }
        test.sweep().await;
        end(&test, parent, state).await;
        test.sweep().await;
        for (id, runs) in children.into_iter().zip(runs) {
            let child = test.task(id).await;
            if runs {
                assert_eq!(child.state, TaskState::Queued, "{state:?}");
            } else {
                assert_eq!(child.state, TaskState::Failed, "{state:?}");
                assert_eq!(child.reason, Some(FailureReason::Dependency));
                let error = child.error.unwrap();
                let names = error.as_str().contains(&parent.to_string());
                assert!(names, "{}", error.as_str());
            }
        }
        test.audit().await;
    }
}

#[tokio::test]
async fn a_child_that_fails_by_its_parent_tells_its_own_children() {
    let test = TestStore::start().await;
    let away = away(&test);
    let first = test.submit(submission("default")).await;
    let second = test.submit(child(&away, &[first])).await;
    let third = test.submit(child("default", &[second])).await;
    let fourth = test.submit(child("default", &[third])).await;
    test.sweep().await;
    end(&test, first, TaskState::Cancelled).await;
    for _ in 0..3 {
        test.sweep().await;
    }
    for id in [second, third, fourth] {
        let task = test.task(id).await;
        assert_eq!(task.reason, Some(FailureReason::Dependency));
    }
    test.audit().await;
}

#[tokio::test]
async fn a_child_for_later_is_scheduled_when_it_is_released() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let later = Submission {
        run_at: RunAt::After(10_000),
        ..child("default", &[parent])
    };
    let later = test.submit(later).await;
    test.sweep().await;
    end(&test, parent, TaskState::Succeeded).await;
    let task = test.task(later).await;
    assert_eq!(task.state, TaskState::Scheduled);
    assert_eq!(task.run_at.map(UnixMillis::get), Some(EPOCH_MS + 10_000));
    test.pass(10_000).await;
    assert_eq!(test.state(later).await, TaskState::Queued);
    test.audit().await;
}

#[tokio::test]
async fn a_blocked_task_expires_only_when_it_is_released() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let brief = Submission {
        expires_in_ms: Some(1_000),
        ..child("default", &[parent])
    };
    let brief = test.submit(brief).await;
    test.pass(5_000).await;
    assert_eq!(test.state(brief).await, TaskState::Blocked);
    test.audit().await;
    end(&test, parent, TaskState::Succeeded).await;
    test.sweep().await;
    assert_eq!(test.state(brief).await, TaskState::Expired);
    test.audit().await;
}

#[tokio::test]
async fn a_parent_that_is_not_there_is_refused_unless_the_key_is_known() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let keyed = Submission {
        idempotency: Some(taskyard::domain::task::IdempotencyKey {
            scope: [1; 16],
            body: [2; 16],
        }),
        ..child("default", &[parent])
    };
    let made = test.submit(keyed.clone()).await;
    test.sweep().await;
    end(&test, parent, TaskState::Cancelled).await;
    test.store.tasks.delete(parent).await.unwrap();
    match test.store.tasks.submit(keyed).await.unwrap() {
        SubmitOutcome::Replayed(id) => assert_eq!(id, made),
        other => panic!("{other:?}"),
    }
    let outcome = test.store.tasks.submit(child("default", &[made, parent]));
    let outcome = outcome.await.unwrap();
    assert!(
        matches!(outcome, SubmitOutcome::UnknownParent(1)),
        "{outcome:?}"
    );
    assert!(test.claim_as(claim("n", "default", 9)).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_ends_without_a_further_command() {
    let test = TestStore::start().await;
    for _ in 0..2 {
        test.submit(submission("default")).await;
        let lease = test.claim_one().await;
        let before = test.redis.calls_of("xadd").await + test.redis.calls_of("zadd").await;
        test.complete(&lease).await;
        let after = test.redis.calls_of("xadd").await + test.redis.calls_of("zadd").await;
        // Its place among the succeeded ones.
        assert_eq!(after - before, 1);
    }
}

#[tokio::test]
async fn the_audit_finds_a_blocked_task_that_nothing_can_release() {
    let test = TestStore::start().await;
    let parent = test.submit(submission("default")).await;
    let task = test.submit(child("default", &[parent])).await;
    test.audit().await;
    let pending = Keys::of(task.partition()).pending(&task.compact());
    test.redis.delete(&pending).await;
    let report = test.store.audit().await.unwrap();
    assert_eq!(report.findings, [Finding::WaitsForNothing { task }]);
}
