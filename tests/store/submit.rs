//! Submit: keys that make it repeatable, and batches.

use taskyard::domain::task::{IdempotencyKey, RunAt};
use taskyard::domain::{Submission, TaskState};
use taskyard::store::SubmitOutcome;

use crate::support::{TestStore, queue, submission};

fn keyed(key: u8, body: u8) -> Submission {
    Submission {
        idempotency: Some(IdempotencyKey {
            scope: [key; 16],
            body: [body; 16],
        }),
        ..submission("default")
    }
}

#[tokio::test]
async fn submit_repeated_by_key_finds_the_first_task() {
    let test = TestStore::start().await;
    let id = test.submit(keyed(1, 1)).await;
    let again = test.store.tasks.submit(keyed(1, 1)).await.unwrap();
    assert!(
        matches!(again, SubmitOutcome::Replayed(found) if found == id),
        "{again:?}"
    );
    let other = test.store.tasks.submit(keyed(1, 2)).await.unwrap();
    assert!(matches!(other, SubmitOutcome::KeyReused), "{other:?}");
    assert_eq!(test.claim(5).await.len(), 1);
    test.audit().await;
}

#[tokio::test]
async fn submit_of_an_atomic_batch_is_all_or_none() {
    let test = TestStore::start().await;
    test.submit(keyed(1, 1)).await;
    let batch = vec![keyed(2, 1), keyed(1, 2), keyed(3, 1)];
    let outcomes = test.store.tasks.submit_atomic(batch).await.unwrap();
    assert!(matches!(
        outcomes[..],
        [
            SubmitOutcome::Rejected,
            SubmitOutcome::KeyReused,
            SubmitOutcome::Rejected
        ]
    ));
    let batch = vec![keyed(2, 1), keyed(3, 1)];
    let outcomes = test.store.tasks.submit_atomic(batch).await.unwrap();
    assert!(matches!(
        outcomes[..],
        [SubmitOutcome::Created(_), SubmitOutcome::Created(_)]
    ));
    let stats = test.store.queues.stats(&queue("default")).await.unwrap();
    assert_eq!(stats.unwrap().count(TaskState::Queued), 3);
    test.audit().await;
}

#[tokio::test]
async fn submit_with_a_delay_waits_for_its_moment() {
    let test = TestStore::start().await;
    let id = test
        .submit(Submission {
            run_at: RunAt::After(3_000),
            ..submission("default")
        })
        .await;
    test.pass(2_999).await;
    assert!(test.claim(1).await.is_empty());
    test.pass(1).await;
    assert_eq!(test.claim_one().await.id, id);
    test.audit().await;
}
