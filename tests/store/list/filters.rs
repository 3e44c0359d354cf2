//! What a filter finds.

use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, TaskState};

use super::all;
use crate::support::{TestStore, claim, node, queue, submission};

#[tokio::test]
async fn tags_find_tasks_in_every_state_until_they_are_deleted() {
    let test = TestStore::start().await;
    let tagged = |name: &str, tags: &[&str]| Submission {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..submission(name)
    };
    let odd = "a \"b\": {c}, é";
    let one = test.submit(tagged("default", &["x", odd])).await;
    test.advance(1);
    let two = test.submit(tagged("other", &[odd, "x", "x"])).await;
    test.submit(submission("default")).await;
    let with = |tag: &str| TaskFilter {
        tag: Some(tag.to_owned()),
        ..TaskFilter::default()
    };
    assert_eq!(all(&test, &with(odd), 1).await, [two, one]);
    let lease = test.claim(1).await.remove(0);
    test.complete(&lease).await;
    let done = TaskFilter {
        state: Some(TaskState::Succeeded),
        ..with("x")
    };
    assert_eq!(all(&test, &done, 5).await, [one]);
    assert!(all(&test, &with("c"), 5).await.is_empty());
    test.audit().await;

    // Purged, trimmed, and gone with its queue.
    test.store.queues.purge(&queue("other")).await.unwrap();
    assert_eq!(all(&test, &with("x"), 5).await, [one]);
    test.advance(86_400_001);
    for partition in test.store.sweeps.partitions() {
        let retention = taskyard::domain::queue::Retention::default();
        let sweeps = &test.store.sweeps;
        sweeps.trim(partition, &retention).await.unwrap();
    }
    assert!(all(&test, &with("x"), 5).await.is_empty());
    let last = test.submit(tagged("third", &["x"])).await;
    test.store.tasks.cancel(last).await.unwrap();
    test.store.queues.remove(&queue("third")).await.unwrap();
    assert!(all(&test, &with("x"), 5).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_node_is_found_by_what_it_has_and_had() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "b"] {
        ids.push(test.submit(submission(name)).await);
    }
    let had = test.claim_as(claim("n", "a", 1)).await.remove(0);
    test.complete(&had).await;
    test.advance(1);
    test.claim_as(claim("n", "b", 1)).await;
    test.claim_as(claim("other", "b", 1)).await;
    let of_node = |state| TaskFilter {
        node_id: Some(node("n")),
        state,
        ..TaskFilter::default()
    };
    assert_eq!(all(&test, &of_node(None), 1).await, [ids[1], ids[0]]);
    let running = of_node(Some(TaskState::Running));
    assert_eq!(all(&test, &running, 1).await, [ids[1]]);
    let elsewhere = TaskFilter {
        queue: Some(queue("a")),
        ..running
    };
    assert!(all(&test, &elsewhere, 1).await.is_empty());
}
