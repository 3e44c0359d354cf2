//! Operations whose steps are cut off, repeated, or done by several replicas at once.

use taskyard::domain::operation::{Action, BulkChange, Operation, OperationState, Selection};
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{TaskId, TaskState};

use crate::support::{TestStore, queue, submission};

async fn begin(test: &TestStore, action: Action, selection: Selection) -> Operation {
    let change = BulkChange {
        action,
        selection,
        dry_run: false,
        rate_per_s: None,
    };
    let operations = &test.store.operations;
    operations.start(&change.checked().unwrap()).await.unwrap()
}

async fn now(test: &TestStore, operation: &Operation) -> Operation {
    let operations = &test.store.operations;
    operations.get(operation.id).await.unwrap().unwrap()
}

/// A task that has run to its end.
async fn finished(test: &TestStore) -> TaskId {
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    id
}

#[tokio::test]
async fn a_step_that_was_cut_off_is_done_once() {
    let test = TestStore::start().await;
    let id = finished(&test).await;
    let operation = begin(&test, Action::Retry, Selection::Ids(vec![id])).await;
    let sweeps = &test.store.sweeps;
    let partition = operation.id.partition();
    let step = sweeps.plan_step(partition).await.unwrap().unwrap();
    sweeps.apply_step(&step).await.unwrap().unwrap();
    // The replica dies here. The task has ended anew when another one goes on.
    let lease = test.claim_one().await;
    test.complete(&lease).await;

    // Nothing is due before the dead replica's time is over.
    assert!(sweeps.plan_step(partition).await.unwrap().is_none());
    test.pass(1_000).await;
    let operation = now(&test, &operation).await;
    assert_eq!(operation.state, OperationState::Succeeded);
    assert_eq!((operation.matched, operation.done), (1, 1));
    assert!(operation.skipped.is_empty(), "{operation:?}");
    assert_eq!(test.task(id).await.attempt, 2);
    assert_eq!(test.state(id).await, TaskState::Succeeded);
    test.audit().await;
}

#[tokio::test]
async fn a_replica_that_comes_late_changes_nothing() {
    let test = TestStore::start().await;
    let id = finished(&test).await;
    let operation = begin(&test, Action::Retry, Selection::Ids(vec![id])).await;
    let sweeps = &test.store.sweeps;
    let late = sweeps.plan_step(operation.id.partition()).await.unwrap();
    test.pass(1_000).await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    let ended = now(&test, &operation).await;
    assert_eq!(ended.state, OperationState::Succeeded);

    sweeps.take_step(&late.unwrap()).await.unwrap();
    assert_eq!(now(&test, &operation).await, ended);
    assert_eq!(test.state(id).await, TaskState::Succeeded);
    test.audit().await;
}

#[tokio::test]
async fn an_abort_counts_the_step_that_is_under_way() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let operation = begin(&test, Action::Cancel, Selection::Ids(vec![id])).await;
    let sweeps = &test.store.sweeps;
    let step = sweeps.plan_step(operation.id.partition()).await.unwrap();
    test.store.operations.abort(operation.id).await.unwrap();
    sweeps.take_step(&step.unwrap()).await.unwrap();
    let operation = now(&test, &operation).await;
    assert_eq!(operation.state, OperationState::Aborted);
    assert_eq!(operation.done, 1);
    test.audit().await;
}

#[tokio::test]
async fn a_service_that_is_killed_leaves_the_operation_to_the_next() {
    const TASKS: u64 = 2_000;
    let test = TestStore::start().await;
    for _ in 0..TASKS {
        test.submit(submission("default")).await;
    }
    let filter = TaskFilter {
        queue: Some(queue("default")),
        ..TaskFilter::default()
    };
    let operation = begin(&test, Action::Cancel, Selection::Filter(filter)).await;
    let mut killed = 0;
    loop {
        let sweeps = test.store.sweeps.clone();
        let partition = operation.id.partition();
        let replica = tokio::spawn(async move {
            loop {
                sweeps.operate(partition).await.unwrap();
            }
        });
        let before = now(&test, &operation).await;
        while now(&test, &operation).await == before {
            tokio::task::yield_now().await;
        }
        // It dies wherever it stands just now.
        replica.abort();
        assert!(replica.await.unwrap_err().is_cancelled());
        if now(&test, &operation).await.state == OperationState::Succeeded {
            break;
        }
        killed += 1;
        // What it had planned is left alone so long.
        test.advance(1_000);
    }
    assert!(killed > 0, "the first one did everything");
    let operation = now(&test, &operation).await;
    assert_eq!((operation.matched, operation.done), (TASKS, TASKS));
    test.audit().await;
}
