//! Unique tasks: one at a time holds a key of its queue.

use taskyard::domain::task::RunAt;
use taskyard::domain::uniqueness::{OnConflict, Uniqueness, Until};
use taskyard::domain::{Submission, TaskId, TaskState};
use taskyard::store::{Completion, RetryOutcome, SubmitOutcome, View};

use crate::support::{TestStore, claim, queue, submission};

fn unique(until: Until, on_conflict: OnConflict) -> Submission {
    of_queue("default", until, on_conflict)
}

fn of_queue(name: &str, until: Until, on_conflict: OnConflict) -> Submission {
    Submission {
        unique: Some(Uniqueness {
            key: "invoice 7".into(),
            until,
            ttl_ms: (until == Until::Ttl).then_some(300),
            on_conflict,
        }),
        ..submission(name)
    }
}

async fn submit(test: &TestStore, submission: Submission) -> SubmitOutcome {
    test.store.tasks.submit(submission).await.unwrap()
}

/// The task that holds the key, as a submit that asks for it learns.
async fn holder(test: &TestStore) -> TaskId {
    match submit(test, unique(Until::Finished, OnConflict::Return)).await {
        SubmitOutcome::Duplicate(id) => id,
        other => panic!("nobody holds the key: {other:?}"),
    }
}

#[tokio::test]
async fn submit_under_a_held_key_answers_with_the_holder_or_is_refused() {
    let test = TestStore::start().await;
    let id = test
        .submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    assert_eq!(holder(&test).await, id);
    let refused = submit(&test, unique(Until::Finished, OnConflict::Reject)).await;
    assert!(matches!(refused, SubmitOutcome::RefusedDuplicate(other) if other == id));
    // The key counts within its queue.
    test.submit(of_queue("other", Until::Finished, OnConflict::Reject))
        .await;
    assert_eq!(test.claim(5).await.len(), 1);
    test.audit().await;
}

#[tokio::test]
async fn a_key_is_free_when_its_task_has_finished_or_started() {
    let test = TestStore::start().await;
    let first = test
        .submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    let lease = test.claim_one().await;
    assert_eq!(holder(&test).await, first);
    test.fail(&lease, Some(0)).await;
    test.sweep().await;
    assert_eq!(holder(&test).await, first, "it runs again");
    let lease = test.claim_one().await;
    test.complete(&lease).await;

    let second = test
        .submit(unique(Until::Started, OnConflict::Reject))
        .await;
    assert_eq!(holder(&test).await, second);
    let started = test.claim_one().await;
    let third = test
        .submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    // What the second does from now on is none of the third's business.
    test.complete(&started).await;
    assert_eq!(holder(&test).await, third);
    test.store.tasks.cancel(third).await.unwrap();
    test.submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    test.audit().await;
}

#[tokio::test]
async fn a_key_with_a_time_to_live_is_held_past_the_end_of_its_task() {
    let test = TestStore::start().await;
    let id = test.submit(unique(Until::Ttl, OnConflict::Reject)).await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    let refused = submit(&test, unique(Until::Ttl, OnConflict::Replace)).await;
    assert!(matches!(refused, SubmitOutcome::RefusedDuplicate(other) if other == id));
    // Redis counts the time of its keys by its own clock.
    let free = async || loop {
        let again = submit(&test, unique(Until::Ttl, OnConflict::Reject)).await;
        if let SubmitOutcome::Created(task) = again {
            return task.id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    let next = tokio::time::timeout(std::time::Duration::from_secs(20), free()).await;
    assert_ne!(next.expect("the key is free one day"), id);
    test.audit().await;
}

#[tokio::test]
async fn replace_cancels_a_waiting_task_and_takes_its_place() {
    let test = TestStore::start().await;
    let old = test
        .submit(unique(Until::Finished, OnConflict::Replace))
        .await;
    let plain = test.submit(submission("default")).await;
    let new = test
        .submit(unique(Until::Finished, OnConflict::Replace))
        .await;
    assert_eq!(test.state(old).await, TaskState::Cancelled);
    assert_eq!(holder(&test).await, new);
    let order: Vec<_> = test.claim(5).await.iter().map(|task| task.id).collect();
    assert_eq!(order, [new, plain]);
    let refused = submit(&test, unique(Until::Finished, OnConflict::Replace)).await;
    assert!(matches!(refused, SubmitOutcome::RefusedDuplicate(other) if other == new));
    test.audit().await;
}

#[tokio::test]
async fn replace_in_one_batch_leaves_the_last_task() {
    let test = TestStore::start().await;
    let later = Submission {
        run_at: RunAt::After(5_000),
        ..unique(Until::Finished, OnConflict::Replace)
    };
    let batch = vec![
        unique(Until::Finished, OnConflict::Replace),
        later.clone(),
        later,
    ];
    for atomic in [false, true] {
        let outcomes: Vec<_> = if atomic {
            test.store.tasks.submit_atomic(batch.clone()).await.unwrap()
        } else {
            let outcomes = test.store.tasks.submit_batch(batch.clone()).await;
            outcomes.into_iter().map(Result::unwrap).collect()
        };
        let mut states = Vec::new();
        for outcome in outcomes {
            let SubmitOutcome::Created(task) = outcome else {
                panic!("{outcome:?}");
            };
            states.push(test.state(task.id).await);
        }
        let gone = TaskState::Cancelled;
        assert_eq!(states, [gone, gone, TaskState::Scheduled]);
        test.audit().await;
    }
}

#[tokio::test]
async fn an_atomic_batch_is_refused_for_a_key_that_it_names_twice() {
    let test = TestStore::start().await;
    let twice = |on_conflict| {
        vec![
            unique(Until::Finished, OnConflict::Reject),
            submission("default"),
            unique(Until::Finished, on_conflict),
        ]
    };
    let refused = test
        .store
        .tasks
        .submit_atomic(twice(OnConflict::Reject))
        .await;
    assert!(matches!(
        refused.unwrap()[..],
        [
            SubmitOutcome::Rejected,
            SubmitOutcome::Rejected,
            SubmitOutcome::RefusedDuplicate(_)
        ]
    ));
    assert!(test.claim(5).await.is_empty());
    let taken = test
        .store
        .tasks
        .submit_atomic(twice(OnConflict::Return))
        .await;
    let taken = taken.unwrap();
    let [
        SubmitOutcome::Created(first),
        SubmitOutcome::Created(_),
        SubmitOutcome::Duplicate(same),
    ] = &taken[..]
    else {
        panic!("{taken:?}");
    };
    assert_eq!(first.id, *same);
    assert_eq!(test.claim(5).await.len(), 2);
    test.audit().await;
}

#[tokio::test]
async fn retry_takes_the_key_again_unless_another_has_it() {
    let test = TestStore::start().await;
    let first = test
        .submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    test.complete(&test.claim_one().await).await;
    let second = test
        .submit(unique(Until::Finished, OnConflict::Reject))
        .await;
    let refused = test.store.tasks.retry(first).await.unwrap();
    assert!(matches!(refused, RetryOutcome::Duplicate(other) if other == second));
    assert_eq!(test.state(first).await, TaskState::Succeeded);
    test.store.queues.purge(&queue("default")).await.unwrap();
    let again = test.store.tasks.retry(first).await.unwrap();
    assert!(matches!(again, RetryOutcome::Queued(_)), "{again:?}");
    assert_eq!(holder(&test).await, first);
    test.audit().await;
}

#[tokio::test]
async fn a_child_whose_key_is_taken_is_not_made_and_its_parent_is_done() {
    let test = TestStore::start().await;
    let home = test.store.sweeps.partition_of(&queue("default"));
    let away = (0..100)
        .map(|number| format!("q{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home)
        .unwrap();
    for name in ["default", &away] {
        test.submit(of_queue(name, Until::Finished, OnConflict::Reject))
            .await;
    }
    let lease = test.claim_one().await;
    let again = test.submit(submission("default")).await;
    let completion = Completion {
        id: lease.id,
        lease_token: lease.lease_token,
        result: None,
        submit: vec![
            of_queue("default", Until::Finished, OnConflict::Reject),
            of_queue(&away, Until::Finished, OnConflict::Reject),
        ],
        view: View::State,
    };
    test.store.tasks.complete(completion).await.unwrap();
    test.sweep().await;
    assert_eq!(test.state(lease.id).await, TaskState::Succeeded);
    assert_eq!(test.claim_one().await.id, again);
    assert_eq!(test.claim_as(claim("n", &away, 5)).await.len(), 1);
    test.audit().await;
}
