//! Claims over several queues: their order holds wherever the queues live.

use std::time::Instant;

use taskyard::domain::{QueueName, TaskId};
use taskyard::store::ClaimRequest;

use crate::support::{TestStore, claim, queue, submission};

/// Three queues of which the middle one lives in another partition.
fn alternating(test: &TestStore) -> Vec<QueueName> {
    let sweeps = &test.store.sweeps;
    let home = |number: usize| sweeps.partition_of(&queue(&format!("q{number}")));
    let first = 0;
    let second = (1..100)
        .find(|number| home(*number) != home(first))
        .unwrap();
    let third = (1..100)
        .find(|number| home(*number) == home(first))
        .unwrap();
    let names = [first, second, third];
    names.map(|number| queue(&format!("q{number}"))).to_vec()
}

async fn submit(test: &TestStore, queues: &[QueueName], each: usize) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for name in queues {
        for _ in 0..each {
            ids.push(test.submit(submission(name.as_str())).await);
        }
    }
    ids
}

fn over(queues: &[QueueName], most: usize, claim_id: Option<&str>) -> ClaimRequest {
    ClaimRequest {
        queues: queues.to_vec(),
        claim_id: claim_id.map(str::to_owned),
        ..claim("n1", "default", most)
    }
}

#[tokio::test]
async fn the_first_queue_is_emptied_before_the_second_whatever_their_partitions() {
    let test = TestStore::start().await;
    let queues = alternating(&test);
    let ids = submit(&test, &queues, 2).await;
    let mut got = Vec::new();
    for most in [1, 2, 3] {
        let claimed = test.claim_as(over(&queues, most, None)).await;
        got.extend(claimed.iter().map(|task| task.id));
    }
    assert_eq!(got, ids);
    test.audit().await;
}

#[tokio::test]
async fn a_claim_id_brings_back_what_came_of_each_visit_to_a_partition() {
    let test = TestStore::start().await;
    let queues = alternating(&test);
    submit(&test, &queues, 1).await;
    let request = over(&queues, 5, Some("again"));
    let mut first: Vec<TaskId> = Vec::new();
    for task in test.claim_as(request.clone()).await {
        first.push(task.id);
    }
    assert_eq!(first.len(), 3);
    submit(&test, &queues, 1).await;
    let mut second: Vec<TaskId> = Vec::new();
    for task in test.claim_as(request).await {
        second.push(task.id);
    }
    first.sort_unstable();
    second.sort_unstable();
    assert_eq!(second, first);
    test.audit().await;
}

#[tokio::test]
async fn a_queue_whose_tasks_take_resources_is_claimed_beside_one_whose_tasks_take_none() {
    let test = TestStore::start().await;
    let queues = alternating(&test);
    let mut ids = submit(&test, &queues, 2).await;
    let mut needy = submission(queues[2].as_str());
    needy.requires.resources.insert("gpu".into(), 1.0);
    ids.push(test.submit(needy).await);
    for order in [[0, 2], [2, 0]] {
        let mut request = over(&order.map(|number| queues[number].clone()), 2, None);
        request.offer.resources.insert("gpu".into(), 1.0);
        for task in test.claim_as(request).await {
            ids.retain(|id| *id != task.id);
        }
    }
    let mut request = over(&queues, 2, None);
    request.offer.resources.insert("gpu".into(), 2.0);
    assert_eq!(test.claim_as(request).await.len(), 2);
    assert_eq!(ids.len(), 3);
    test.audit().await;
}

#[tokio::test]
async fn claims_that_wait_ask_after_a_missing_queue_once_a_second() {
    let test = TestStore::start().await;
    let asks = async |waits: bool| {
        let request = ClaimRequest {
            waits,
            ..claim("n1", "q", 1)
        };
        assert!(test.claim_as(request).await.is_empty());
        test.redis.calls_of("hmget").await
    };
    let before = asks(false).await;
    let cost = asks(false).await - before;
    assert!(cost > 0, "who does not wait asks each time");
    let (before, began) = (asks(false).await, Instant::now());
    let mut after = before;
    for _ in 0..100 {
        after = asks(true).await;
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    let questions = (after - before) / cost;
    assert!(questions <= 1 + seconds, "{questions} in {seconds} s");
}

#[tokio::test]
async fn a_queue_that_was_missing_is_claimed_from_as_soon_as_it_is_heard_of() {
    let test = TestStore::start().await;
    // The queues come into being in another replica, whose signals nobody hears.
    let (other, _) = test.mortal().await;
    let request = |name: &str, waits| ClaimRequest {
        waits,
        ..claim("n1", name, 1)
    };
    for name in ["asked", "swept"] {
        assert!(test.claim_as(request(name, true)).await.is_empty());
        other.tasks.submit(submission(name)).await.unwrap();
    }
    assert_eq!(test.claim_as(request("asked", false)).await.len(), 1);
    let (swept, sweeps) = ([queue("swept")], &test.store.sweeps);
    let partition = sweeps.partition_of(&swept[0]);
    let due = sweeps.due(partition, "replica", 1, &swept).await.unwrap();
    assert_eq!(due.ready.len(), 1);
    assert_eq!(test.claim_as(request("swept", true)).await.len(), 1);
    test.audit().await;
}
