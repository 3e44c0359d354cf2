//! What a claimed task is told of those it has waited for.

use taskyard::domain::dependency::{MAX_TOLD_PARENTS, TOLD_RESULT_BYTES, TOLD_TASK_BYTES};
use taskyard::domain::{Document, TaskId, TaskState};
use taskyard::store::{Completion, ReportOutcome, View};

use super::{away, child, claim_from};
use crate::support::{TestStore, submission};

/// Submits a task and has it hand in a JSON text of so many bytes.
async fn with_result(test: &TestStore, name: &str, bytes: usize) -> TaskId {
    let id = test.submit(submission(name)).await;
    let lease = claim_from(test, name).await;
    let completion = Completion {
        id,
        lease_token: lease.lease_token,
        result: Document::parse(format!("\"{}\"", "x".repeat(bytes - 2))),
        submit: Vec::new(),
        view: View::State,
    };
    let outcome = test.store.tasks.complete(completion).await.unwrap();
    assert!(matches!(outcome, ReportOutcome::Done { .. }));
    id
}

#[tokio::test]
async fn a_claimed_child_gets_its_parents_results_in_its_own_order() {
    let test = TestStore::start().await;
    let away = away(&test);
    let far = with_result(&test, &away, 5).await;
    let near = with_result(&test, "default", 9).await;
    let id = test.submit(child("default", &[far, near])).await;
    test.sweep().await;
    let claimed = claim_from(&test, "default").await;
    assert_eq!((claimed.id, claimed.parents_total), (id, 2));
    let told: Vec<_> = claimed
        .parents
        .iter()
        .map(|parent| (parent.dependency.parent, parent.state, parent.result_bytes))
        .collect();
    let succeeded = TaskState::Succeeded;
    assert_eq!(told, [(far, succeeded, 5), (near, succeeded, 9)]);
    assert_eq!(
        claimed.parents[0].result.as_ref().unwrap().as_str(),
        "\"xxx\""
    );
    test.audit().await;
}

#[tokio::test]
async fn long_results_and_too_many_bytes_are_named_by_their_size() {
    let test = TestStore::start().await;
    let longest = with_result(&test, "default", TOLD_RESULT_BYTES).await;
    let too_long = with_result(&test, "default", TOLD_RESULT_BYTES + 1).await;
    let mut parents = vec![too_long];
    for _ in 0..TOLD_TASK_BYTES / TOLD_RESULT_BYTES {
        parents.push(with_result(&test, "default", TOLD_RESULT_BYTES).await);
    }
    parents.push(longest);
    test.submit(child("default", &parents)).await;
    test.sweep().await;
    let claimed = claim_from(&test, "default").await;
    let held: usize = claimed
        .parents
        .iter()
        .filter_map(|parent| parent.result.as_ref())
        .map(Document::len)
        .sum();
    assert_eq!(held, TOLD_TASK_BYTES);
    assert!(claimed.parents[0].result.is_none());
    assert_eq!(
        claimed.parents[0].result_bytes,
        TOLD_RESULT_BYTES as u64 + 1
    );
    assert!(claimed.parents.last().unwrap().result.is_none());
}

#[tokio::test]
async fn a_deleted_parent_is_told_of_without_its_result() {
    let test = TestStore::start().await;
    let parent = with_result(&test, "default", 5).await;
    test.submit(child("default", &[parent])).await;
    test.sweep().await;
    test.store.tasks.delete(parent).await.unwrap();
    let claimed = claim_from(&test, "default").await;
    assert_eq!(claimed.parents[0].state, TaskState::Succeeded);
    assert!(claimed.parents[0].result.is_none());
    test.audit().await;
}

#[tokio::test]
async fn a_task_waits_for_a_thousand_others() {
    let test = TestStore::start().await;
    let away = away(&test);
    let mut parents = Vec::new();
    for index in 0..MAX_TOLD_PARENTS {
        let name = if index % 2 == 0 { "default" } else { &away };
        parents.push(test.submit(submission(name)).await);
    }
    let id = test.submit(child("default", &parents)).await;
    test.sweep().await;
    let situation = test.store.tasks.explain(id).await.unwrap().unwrap();
    assert_eq!(situation.waits_for, 1_000);
    assert!(!situation.waits_for_some.is_empty() && situation.waits_for_some.len() <= 20);
    for name in ["default", &away] {
        loop {
            let leases = test.claim_as(crate::support::claim("n", name, 100)).await;
            if leases.is_empty() {
                break;
            }
            for lease in leases {
                test.complete(&lease).await;
            }
        }
    }
    test.sweep().await;
    let claimed = claim_from(&test, "default").await;
    assert_eq!((claimed.id, claimed.parents.len()), (id, 1_000));
    test.audit().await;
}
