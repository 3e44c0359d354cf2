//! A queue has at most 1,000 classes: combinations of type and requirements.

use taskyard::domain::{Submission, TaskState, TaskType};
use taskyard::store::{ReportOutcome, SubmitOutcome};

use crate::support::{TestStore, claim, queue, submission};

fn of_type(name: &str, number: usize) -> Submission {
    Submission {
        task_type: TaskType::parse(&format!("t{number}")).unwrap(),
        ..submission(name)
    }
}

/// A queue with so many classes, t0 and so on, and a task of each.
async fn with_classes(test: &TestStore, name: &str, count: usize) {
    let tasks = (0..count).map(|number| of_type(name, number)).collect();
    test.submit_all(tasks).await;
}

/// A queue in another partition than `default`.
fn away(test: &TestStore) -> String {
    let home = test.store.sweeps.partition_of(&queue("default"));
    (0..100)
        .map(|number| format!("q{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home)
        .unwrap()
}

async fn complete_with(test: &TestStore, children: Vec<Submission>) -> ReportOutcome {
    test.submit(submission("parents")).await;
    let lease = test.claim_as(claim("n", "parents", 1)).await.remove(0);
    test.complete_with(&lease, children).await
}

#[tokio::test]
async fn an_atomic_batch_cannot_pass_the_limit_by_its_own_items() {
    let test = TestStore::start().await;
    with_classes(&test, "default", 999).await;
    let batch = |last| vec![of_type("default", 5_000), of_type("default", last)];
    let refused = test.store.tasks.submit_atomic(batch(5_001)).await.unwrap();
    assert!(
        matches!(
            refused[..],
            [SubmitOutcome::Rejected, SubmitOutcome::TooManyClasses]
        ),
        "{refused:?}"
    );
    let taken = test.store.tasks.submit_atomic(batch(5_000)).await.unwrap();
    assert!(
        matches!(
            taken[..],
            [SubmitOutcome::Created(_), SubmitOutcome::Created(_)]
        ),
        "{taken:?}"
    );
    test.audit().await;
}

#[tokio::test]
async fn a_completion_is_refused_whose_children_would_pass_the_limit() {
    let test = TestStore::start().await;
    let away = away(&test);
    let parents = test.store.sweeps.partition_of(&queue("parents"));
    for name in ["default", &away] {
        with_classes(&test, name, 999).await;
        let children = vec![of_type(name, 5_000), of_type(name, 5_001)];
        let outcome = complete_with(&test, children).await;
        assert!(
            matches!(outcome, ReportOutcome::TooManyClasses),
            "{name}: {outcome:?}"
        );
    }
    let running = test.store.queues.stats(&queue("parents")).await.unwrap();
    assert_eq!(running.unwrap().count(TaskState::Running), 2, "{parents:?}");
    test.audit().await;
}

#[tokio::test]
async fn a_child_on_its_way_comes_although_the_limit_was_reached_before_it() {
    let test = TestStore::start().await;
    let parents = test.store.sweeps.partition_of(&queue("parents"));
    let name = ["default", &away(&test)]
        .map(str::to_owned)
        .into_iter()
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != parents)
        .unwrap();
    with_classes(&test, &name, 999).await;
    let outcome = complete_with(&test, vec![of_type(&name, 5_000)]).await;
    assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    test.submit(of_type(&name, 6_000)).await;
    test.sweep().await;
    let stats = test.store.queues.stats(&queue(&name)).await.unwrap();
    assert_eq!(stats.unwrap().count(TaskState::Queued), 1_001);
}
