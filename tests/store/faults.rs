//! Calls that fail before they are sent, and replies that are lost: nothing acknowledged is lost,
//! and nothing happens twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use taskyard::domain::task::IdempotencyKey;
use taskyard::domain::{Document, Submission, TaskId, TaskState};
use taskyard::store::faults::Faults;
use taskyard::store::{
    ClaimRequest, ClaimedTask, Completion, ReportOutcome, Store, StoreError, StoreOptions,
    SubmitOutcome, View,
};

use crate::support::{TestStore, claim, queue, submission};

const CLIENTS: u8 = 6;
const TASKS_EACH: u8 = 12;
const QUEUES: [&str; 3] = ["alpha", "beta", "gamma"];

/// Repeats what may be repeated until it is answered.
async fn until_answered<T, F: Future<Output = Result<T, StoreError>>>(
    mut attempt: impl FnMut() -> F,
) -> T {
    loop {
        match attempt().await {
            Ok(answer) => return answer,
            Err(StoreError::Unavailable { .. } | StoreError::Overloaded) => {
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("not a passing failure: {error}"),
        }
    }
}

fn numbered(client: u8, number: u8) -> Submission {
    let mut scope = [0; 16];
    scope[..2].copy_from_slice(&[client, number]);
    Submission {
        payload: Document::parse(format!("[{client},{number}]")).unwrap(),
        idempotency: Some(IdempotencyKey {
            scope,
            body: [1; 16],
        }),
        ..submission(QUEUES[usize::from(number) % QUEUES.len()])
    }
}

/// Submits its tasks: what it was told it got.
async fn submit_all(store: &Store, client: u8) -> Vec<(TaskId, String)> {
    let mut acknowledged = Vec::new();
    for number in 0..TASKS_EACH {
        let task = numbered(client, number);
        let outcome = until_answered(|| store.tasks.submit(task.clone())).await;
        let id = match outcome {
            SubmitOutcome::Created(task) => task.id,
            SubmitOutcome::Replayed(id) => id,
            other => panic!("{other:?}"),
        };
        acknowledged.push((id, task.payload.as_str().to_owned()));
    }
    acknowledged
}

/// Claims and completes until there is nothing left: every lease that it was told of.
async fn work(store: &Store, client: u8) -> Vec<ClaimedTask> {
    let mut seen = Vec::new();
    for round in 0_u32.. {
        let request = ClaimRequest {
            queues: QUEUES.map(queue).to_vec(),
            claim_id: Some(format!("{round}")),
            ..claim(&format!("n{client}"), "alpha", 5)
        };
        let claimed = until_answered(|| store.tasks.claim(request.clone()))
            .await
            .deliver();
        if claimed.is_empty() {
            return seen;
        }
        for task in &claimed {
            let completion = Completion {
                id: task.id,
                lease_token: task.lease_token.clone(),
                result: Some(task.payload.clone()),
                submit: Vec::new(),
                view: View::State,
            };
            let outcome = until_answered(|| store.tasks.complete(completion.clone())).await;
            let ReportOutcome::Done { state, .. } = outcome else {
                panic!("a lease was lost: {outcome:?}");
            };
            assert_eq!(state, TaskState::Succeeded);
        }
        seen.extend(claimed);
    }
    unreachable!("the rounds have no end")
}

async fn nothing_is_lost_or_doubled(seed: u64) {
    let test = TestStore::with(|options| options.partitions = Some(3)).await;
    let faulty = Store::open(StoreOptions {
        url: test.redis.redis.url(),
        clock: taskyard::store::Clock::Virtual(Arc::clone(&test.now)),
        faults: Some(Arc::new(Faults::seeded(seed, 40, 60))),
        ..StoreOptions::default()
    })
    .await
    .unwrap();

    let submitted = join_all((0..CLIENTS).map(|client| submit_all(&faulty, client))).await;
    let acknowledged: BTreeMap<TaskId, String> = submitted.into_iter().flatten().collect();
    let expected = usize::from(CLIENTS) * usize::from(TASKS_EACH);
    assert_eq!(acknowledged.len(), expected, "seed {seed}");

    let leases = join_all((0..CLIENTS).map(|client| work(&faulty, client))).await;
    let leases: Vec<ClaimedTask> = leases.into_iter().flatten().collect();
    let worked: BTreeSet<TaskId> = leases.iter().map(|lease| lease.id).collect();
    assert_eq!(
        leases.len(),
        expected,
        "seed {seed}: a task was given twice"
    );
    assert_eq!(
        worked,
        acknowledged.keys().copied().collect(),
        "seed {seed}"
    );
    for lease in &leases {
        assert_eq!(lease.attempt, 1, "seed {seed}: a lease was doubled");
        assert_eq!(lease.payload.as_str(), acknowledged[&lease.id]);
    }

    let report = test.store.audit().await.unwrap();
    assert_eq!(report.findings, [], "seed {seed}");
    let succeeded = BTreeMap::from([(TaskState::Succeeded, expected as u64)]);
    assert_eq!(report.tasks, succeeded, "seed {seed}");
}

#[tokio::test]
async fn lost_replies_and_refused_calls_lose_and_double_nothing() {
    join_all((0..4).map(nothing_is_lost_or_doubled)).await;
}

#[tokio::test]
async fn submit_whose_reply_is_lost_makes_one_task() {
    // Every second reply is lost, and none is refused: each group is repeated until answered.
    let test = TestStore::with(|options| {
        options.faults = Some(Arc::new(Faults::seeded(7, 0, 500)));
    })
    .await;
    let tasks = &test.store.tasks;
    let name = queue("default");
    let submits = (0..20).map(|_| until_answered(|| tasks.submit(submission("default"))));
    let ids: BTreeSet<TaskId> = join_all(submits)
        .await
        .into_iter()
        .map(|outcome| match outcome {
            SubmitOutcome::Created(task) => task.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 20);
    let stats = until_answered(|| test.store.queues.stats(&name)).await;
    assert_eq!(stats.unwrap().count(TaskState::Queued), 20);
}

#[tokio::test]
async fn submits_that_come_together_share_script_calls() {
    const TOGETHER: usize = 1_000;
    let test = TestStore::start().await;
    let tasks = &test.store.tasks;
    tasks.submit(submission("default")).await.unwrap();
    let before = test.redis.script_calls().await;
    let outcomes = join_all((0..TOGETHER).map(|_| tasks.submit(submission("default")))).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(SubmitOutcome::Created(_))))
    );
    let calls = test.redis.script_calls().await - before;
    // Groups of at most 200; the first may go with few.
    assert!(calls <= 10, "{TOGETHER} submits took {calls} calls");
}
