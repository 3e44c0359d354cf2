//! Fair shares: the fairness keys of a queue take turns.

use std::collections::BTreeMap;

use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::score::Priority;
use taskyard::domain::{Submission, TaskId, TaskType};
use taskyard::store::TaskChange;

use crate::support::{TestStore, claim, queue, submission};

fn keyed(key: &str, task_type: &str, priority: i64) -> Submission {
    Submission {
        fairness_key: (!key.is_empty()).then(|| key.to_owned()),
        task_type: TaskType::parse(task_type).unwrap(),
        priority: Priority::new(priority).unwrap(),
        ..submission("default")
    }
}

async fn submit_many(test: &TestStore, key: &str, task_type: &str, count: usize) -> Vec<TaskId> {
    test.submit_all(vec![keyed(key, task_type, 0); count]).await
}

async fn weigh(test: &TestStore, weights: &[(&str, f64)]) {
    let weights = weights
        .iter()
        .map(|(key, weight)| ((*key).to_owned(), *weight));
    let change = QueueChange {
        weights: Some(weights.collect()),
        ..QueueChange::default()
    };
    test.configure(&change).await;
}

/// The keys of the tasks that so many claims get, each of up to `most`.
async fn turns(test: &TestStore, claims: usize, most: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for _ in 0..claims {
        for task in test.claim(most).await {
            let stored = test.task(task.id).await;
            keys.push(stored.fairness_key.unwrap_or_default());
        }
    }
    keys
}

fn count(keys: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key.as_str()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn one_claim_takes_a_turn_of_every_key_and_leaves_what_keys_have_beyond() {
    let test = TestStore::start().await;
    // Keys that give their only task stand among others, in runs and alone.
    let counts = [1, 1, 1, 2, 1, 3, 2, 2, 2, 2, 1, 1, 2, 1, 1, 1, 1, 4, 1, 2];
    let names: Vec<String> = (0..counts.len()).map(|key| format!("k{key:02}")).collect();
    for (name, count) in names.iter().zip(counts) {
        submit_many(&test, name, "default", count).await;
    }
    for turn in 1..=4 {
        let waiting = names.iter().zip(counts);
        let expected: Vec<&str> = waiting
            .filter(|(_, count)| *count >= turn)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut keys = turns(&test, 1, expected.len()).await;
        keys.sort();
        assert_eq!(keys, expected, "turn {turn}");
        test.audit().await;
    }
    assert!(turns(&test, 1, 1).await.is_empty());
}

#[tokio::test]
async fn a_key_with_many_tasks_does_not_delay_the_few_of_another() {
    let test = TestStore::start().await;
    submit_many(&test, "crowd", "default", 1_000).await;
    assert_eq!(turns(&test, 5, 1).await, ["crowd"; 5]);
    submit_many(&test, "few", "default", 10).await;
    let keys = turns(&test, 20, 1).await;
    for pair in keys.chunks(2) {
        assert!(pair.contains(&"few".to_owned()), "{keys:?}");
    }
    assert_eq!(turns(&test, 2, 1).await, ["crowd"; 2]);
    test.audit().await;
}

#[tokio::test]
async fn the_keys_of_a_claim_for_many_tasks_take_turns_as_well() {
    let test = TestStore::start().await;
    for key in ["a", "b", "c"] {
        submit_many(&test, key, "default", 100).await;
    }
    for _ in 0..2 {
        let keys = turns(&test, 1, 50).await;
        for (key, share) in count(&keys) {
            assert!((16..=17).contains(&share), "{key} got {share} of 50");
        }
    }
    assert_eq!(turns(&test, 2, 100).await.len(), 200);
    assert!(test.claim(1).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn shares_follow_the_weights() {
    let test = TestStore::start().await;
    weigh(&test, &[("heavy", 3.0), ("light", 0.5)]).await;
    for key in ["heavy", "light", "plain"] {
        submit_many(&test, key, "default", 200).await;
    }
    let keys = turns(&test, 90, 1).await;
    let shares = count(&keys);
    for (key, wanted) in [("heavy", 60), ("plain", 20), ("light", 10)] {
        assert!(shares[key].abs_diff(wanted) <= 1, "{key}: {shares:?}");
    }
    test.audit().await;
}

#[tokio::test]
async fn an_idle_key_hoards_no_credit() {
    let test = TestStore::start().await;
    submit_many(&test, "early", "default", 1).await;
    submit_many(&test, "busy", "default", 200).await;
    assert_eq!(turns(&test, 101, 1).await.len(), 101);
    // It was away for a hundred turns, which are not made up for.
    submit_many(&test, "early", "default", 50).await;
    let keys = turns(&test, 20, 1).await;
    assert!(count(&keys)["early"].abs_diff(10) <= 1, "{keys:?}");
    test.audit().await;
}

#[tokio::test]
async fn a_key_that_leaves_and_comes_back_does_not_jump_the_line() {
    let test = TestStore::start().await;
    submit_many(&test, "steady", "default", 100).await;
    // One task at a time: each time it comes back it has had its turn.
    let mut hopping = 0;
    for _ in 0..40 {
        if hopping == 0 {
            submit_many(&test, "hopping", "default", 1).await;
            hopping = 1;
        }
        if turns(&test, 1, 1).await == ["hopping"] {
            hopping = 0;
        }
    }
    let left = test
        .store
        .tasks
        .explain(submit_many(&test, "steady", "default", 1).await[0]);
    assert!(left.await.unwrap().is_some());
    let rest = turns(&test, 1, 100).await;
    let steady = 101 - count(&rest)["steady"];
    assert!(steady.abs_diff(20) <= 1, "{steady} of 40");
    test.audit().await;
}

#[tokio::test]
async fn inside_a_key_the_order_of_the_queue_holds_over_types() {
    let test = TestStore::start().await;
    let mut wanted = Vec::new();
    for (task_type, priority) in [("x", 0), ("y", 5), ("x", 9), ("z", 0), ("y", -3)] {
        let id = test.submit(keyed("a", task_type, priority)).await;
        wanted.push((std::cmp::Reverse(priority), id));
    }
    submit_many(&test, "b", "x", 5).await;
    wanted.sort_by_key(|(priority, _)| *priority);
    let mut found = Vec::new();
    for _ in 0..10 {
        let task = test.claim_as(claim("n1", "default", 1)).await.remove(0);
        if test.task(task.id).await.fairness_key.as_deref() == Some("a") {
            found.push(task.id);
        }
    }
    assert_eq!(
        found,
        wanted.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    );
    test.audit().await;
}

#[tokio::test]
async fn a_task_of_less_priority_now_goes_behind_the_others_of_its_key() {
    let test = TestStore::start().await;
    let first = test.submit(keyed("a", "x", 5)).await;
    let second = test.submit(keyed("a", "y", 0)).await;
    let change = TaskChange {
        priority: Some(Priority::new(-2).unwrap()),
        ..TaskChange::default()
    };
    test.store.tasks.update(first, &change, None).await.unwrap();
    test.audit().await;
    assert_eq!(test.claim(1).await[0].id, second);
    assert_eq!(test.claim(1).await[0].id, first);
    test.audit().await;
}

#[tokio::test]
async fn the_turns_of_a_key_that_a_claim_may_not_run_are_for_the_next_in_line() {
    let test = TestStore::start().await;
    for (key, task_type) in [("a", "x"), ("b", "y"), ("c", "y")] {
        submit_many(&test, key, task_type, 5).await;
    }
    let mut request = claim("n1", "default", 2);
    request.offer.types = vec![TaskType::parse("y").unwrap()];
    let mut keys = Vec::new();
    for task in test.claim_as(request).await {
        keys.push(test.task(task.id).await.fairness_key.unwrap());
    }
    assert_eq!(keys, ["b", "c"]);
    test.audit().await;
}

#[tokio::test]
async fn a_node_that_may_run_one_type_finds_the_keys_that_have_it() {
    let test = TestStore::start().await;
    for number in 0..120 {
        submit_many(&test, &format!("k{number}"), "common", 1).await;
    }
    submit_many(&test, "rare-1", "rare", 3).await;
    submit_many(&test, "rare-2", "rare", 3).await;
    let mut request = claim("n1", "default", 1);
    request.offer.types = vec![TaskType::parse("rare").unwrap()];
    let mut keys = Vec::new();
    for _ in 0..6 {
        let task = test.claim_as(request.clone()).await.remove(0);
        keys.push(test.task(task.id).await.fairness_key.unwrap());
    }
    for pair in keys.chunks(2) {
        assert_ne!(pair[0], pair[1], "{keys:?}");
    }
    assert!(test.claim_as(request).await.is_empty());
    assert_eq!(turns(&test, 2, 100).await.len(), 120);
    test.audit().await;
}

#[tokio::test]
async fn tasks_without_a_key_are_a_key_of_their_own() {
    let test = TestStore::start().await;
    submit_many(&test, "", "default", 50).await;
    assert_eq!(turns(&test, 2, 1).await, ["", ""]);
    submit_many(&test, "a", "default", 50).await;
    submit_many(&test, "", "other", 5).await;
    let keys = turns(&test, 20, 1).await;
    assert!(count(&keys)["a"].abs_diff(10) <= 1, "{keys:?}");
    test.audit().await;
}

#[tokio::test]
async fn what_leaves_the_ready_ones_leaves_its_key() {
    let test = TestStore::start().await;
    let a = submit_many(&test, "a", "default", 2).await;
    let b = submit_many(&test, "b", "x", 2).await;
    for id in [a[0], a[1], b[0]] {
        test.store.tasks.cancel(id).await.unwrap();
    }
    test.audit().await;
    let lease = test.claim_one().await;
    assert_eq!(lease.id, b[1]);
    test.fail(&lease, Some(1_000)).await;
    test.pass(2_000).await;
    assert_eq!(test.claim_one().await.id, b[1]);
    test.store.tasks.retry(a[1]).await.unwrap();
    assert_eq!(
        test.store.queues.purge(&queue("default")).await.unwrap(),
        Some(1)
    );
    test.audit().await;
}

#[tokio::test]
async fn a_stream_of_new_keys_starves_none() {
    let test = TestStore::start().await;
    submit_many(&test, "zzz", "default", 1).await;
    let mut number = 0;
    let mut claims = 0;
    loop {
        for _ in 0..2 {
            submit_many(&test, &format!("a{number}"), "default", 1).await;
            number += 1;
        }
        claims += 1;
        if turns(&test, 1, 1).await == ["zzz"] {
            break;
        }
        assert!(claims < 20, "newer keys went first {claims} times");
    }
}
