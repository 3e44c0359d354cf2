//! Limits of a queue: on what runs at once and on what starts in a time; of the queue, its keys, its types.

use taskyard::domain::queue_limits::QueueLimits;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::{Submission, TaskId, TaskType};
use taskyard::store::audit::Finding;
use taskyard::store::keys::Keys;

use crate::support::{TestStore, claim, queue, submission};

async fn limit(test: &TestStore, limits: &str) {
    let limits: QueueLimits = serde_json::from_str(limits).unwrap();
    let change = QueueChange {
        limits: Some(limits),
        ..QueueChange::default()
    };
    test.configure(&change).await;
}

fn keyed(key: &str, task_type: &str) -> Submission {
    Submission {
        fairness_key: (!key.is_empty()).then(|| key.to_owned()),
        task_type: TaskType::parse(task_type).unwrap(),
        ..submission("default")
    }
}

async fn submit(test: &TestStore, key: &str, task_type: &str) -> TaskId {
    test.submit(keyed(key, task_type)).await
}

async fn submit_many(test: &TestStore, key: &str, task_type: &str, count: usize) {
    test.submit_all(vec![keyed(key, task_type); count]).await;
}

/// The types of what a claim gets.
async fn types(test: &TestStore, most: usize) -> Vec<String> {
    let claimed = test.claim(most).await;
    claimed
        .iter()
        .map(|task| task.task_type.to_string())
        .collect()
}

#[tokio::test]
async fn no_more_than_so_many_run_at_once_and_an_end_makes_room() {
    let test = TestStore::start().await;
    limit(&test, r#"{"running": 3}"#).await;
    submit_many(&test, "", "default", 6).await;
    let first = test.claim(2).await;
    let second = test.claim(5).await;
    assert_eq!((first.len(), second.len()), (2, 1));
    assert!(test.claim(1).await.is_empty());
    test.complete(&first[0]).await;
    assert_eq!(test.claim(5).await.len(), 1);
    test.fail(&second[0], Some(60_000)).await;
    assert_eq!(test.claim(5).await.len(), 1);
    assert!(test.claim(1).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_holder_that_dies_gives_its_place_back_with_its_lease() {
    let test = TestStore::start().await;
    limit(
        &test,
        r#"{"running": 1, "running_per_key": 1, "types": {"default": {"running": 1}}}"#,
    )
    .await;
    submit_many(&test, "a", "default", 2).await;
    let lost = test.claim_one().await;
    assert!(test.claim(1).await.is_empty());
    test.pass(61_000).await;
    // It keeps its place, so it is the next again.
    assert_eq!(test.claim_one().await.id, lost.id);
    assert!(test.claim(1).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn each_key_has_its_own_limit_and_holds_up_no_other() {
    let test = TestStore::start().await;
    limit(&test, r#"{"running_per_key": 2}"#).await;
    for key in ["a", "b"] {
        submit_many(&test, key, "default", 5).await;
    }
    submit_many(&test, "", "default", 4).await;
    let claimed = test.claim(100).await;
    // Tasks without a key are limited by no key.
    assert_eq!(claimed.len(), 8);
    assert!(test.claim(100).await.is_empty());
    let mut held = None;
    for lease in &claimed {
        if test.task(lease.id).await.fairness_key.as_deref() == Some("b") {
            held = Some(lease);
        }
    }
    test.complete(held.unwrap()).await;
    let next = test.claim_one().await;
    assert_eq!(test.task(next.id).await.fairness_key.as_deref(), Some("b"));
    assert!(test.claim(100).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_type_at_its_limit_holds_up_no_other_type() {
    let test = TestStore::start().await;
    limit(
        &test,
        r#"{"types": {"render": {"running": 2}, "mail": {"running": 1}}}"#,
    )
    .await;
    submit_many(&test, "", "render", 5).await;
    submit_many(&test, "", "mail", 5).await;
    submit_many(&test, "", "other", 2).await;
    let claimed = test.claim(100).await;
    assert_eq!(claimed.len(), 5);
    assert!(test.claim(100).await.is_empty());
    let render = claimed
        .iter()
        .find(|task| task.task_type.as_str() == "render");
    test.complete(render.unwrap()).await;
    submit_many(&test, "", "other", 1).await;
    assert_eq!(types(&test, 100).await, ["render", "other"]);
    assert!(test.claim(100).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn types_and_keys_limit_together() {
    let test = TestStore::start().await;
    limit(
        &test,
        r#"{"running": 4, "running_per_key": 2, "types": {"render": {"running": 2}}}"#,
    )
    .await;
    for key in ["a", "b", "c"] {
        submit_many(&test, key, "render", 3).await;
        submit_many(&test, key, "mail", 3).await;
    }
    let mut done = 0;
    while done < 18 {
        let claimed = test.claim(100).await;
        assert_eq!(claimed.len(), 4.min(18 - done), "after {done}");
        let renders = claimed
            .iter()
            .filter(|task| task.task_type.as_str() == "render");
        assert!(renders.count() <= 2);
        assert!(test.claim(100).await.is_empty());
        for lease in &claimed {
            test.complete(lease).await;
        }
        done += claimed.len();
        test.audit().await;
    }
}

#[tokio::test]
async fn a_rate_lets_its_burst_start_and_then_one_after_the_other() {
    let test = TestStore::start().await;
    limit(&test, r#"{"rate": {"per_second": 2, "burst": 3}}"#).await;
    submit_many(&test, "", "default", 20).await;
    assert_eq!(test.claim(100).await.len(), 3);
    for _ in 0..4 {
        test.advance(499);
        assert!(test.claim(100).await.is_empty());
        test.advance(1);
        assert_eq!(test.claim(100).await.len(), 1);
    }
    test.advance(1_000);
    assert_eq!(test.claim(1).await.len(), 1);
    assert_eq!(test.claim(100).await.len(), 1);
    // A pause is worth no more than the burst.
    test.advance(60_000);
    assert_eq!(test.claim(100).await.len(), 3);
    test.audit().await;
}

#[tokio::test]
async fn rates_hold_for_each_key_and_for_types() {
    let test = TestStore::start().await;
    limit(&test, r#"{"rate_per_key": {"per_second": 1}, "types": {"mail": {"rate": {"per_second": 0.5, "burst": 2}}}}"#).await;
    for key in ["a", "b", "c"] {
        submit_many(&test, key, "mail", 3).await;
        submit_many(&test, key, "other", 4).await;
    }
    let mut first = types(&test, 100).await;
    first.sort_unstable();
    assert_eq!(first, ["mail", "mail", "other"]);
    assert!(test.claim(100).await.is_empty());
    test.pass(1_000).await;
    assert_eq!(types(&test, 100).await, ["other"; 3]);
    test.pass(1_000).await;
    let mut second = types(&test, 100).await;
    second.sort_unstable();
    assert_eq!(second, ["mail", "other", "other"]);
    test.audit().await;
}

#[tokio::test]
async fn a_sweep_that_was_left_out_costs_no_task_its_turn() {
    let test = TestStore::start().await;
    limit(&test, r#"{"rate_per_key": {"per_second": 1}}"#).await;
    submit_many(&test, "a", "default", 3).await;
    for _ in 0..3 {
        test.claim_one().await;
        assert!(test.claim(1).await.is_empty());
        test.advance(5_000);
        test.sweep().await;
    }
    test.audit().await;
}

#[tokio::test]
async fn other_limits_hold_from_the_next_claim_on() {
    let test = TestStore::start().await;
    submit_many(&test, "a", "x", 10).await;
    submit_many(&test, "b", "y", 10).await;
    let mut running = test.claim(6).await;
    // What ran before counts.
    limit(
        &test,
        r#"{"running_per_key": 3, "types": {"x": {"running": 4}}}"#,
    )
    .await;
    test.audit().await;
    assert!(test.claim(100).await.is_empty());
    limit(
        &test,
        r#"{"running_per_key": 5, "types": {"x": {"running": 4}}}"#,
    )
    .await;
    running.extend(test.claim(100).await);
    assert_eq!(running.len(), 9);
    limit(&test, r#"{"running": 2}"#).await;
    for lease in running.drain(..7) {
        test.complete(&lease).await;
        assert!(test.claim(100).await.is_empty());
    }
    test.complete(&running.remove(0)).await;
    assert_eq!(test.claim(100).await.len(), 1);
    limit(&test, "{}").await;
    assert_eq!(test.claim(100).await.len(), 10);
    test.audit().await;
}

#[tokio::test]
async fn many_running_tasks_are_counted_page_by_page_before_any_starts() {
    let test = TestStore::start().await;
    submit_many(&test, "a", "default", 1_200).await;
    for _ in 0..11 {
        assert_eq!(test.claim(100).await.len(), 100);
    }
    limit(&test, r#"{"running_per_key": 1105}"#).await;
    assert!(test.claim(100).await.is_empty());
    test.sweep().await;
    assert_eq!(test.claim(100).await.len(), 5);
    assert!(test.claim(100).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_task_that_expires_in_the_claim_holds_up_none_of_its_key() {
    let test = TestStore::start().await;
    limit(&test, r#"{"running_per_key": 1}"#).await;
    submit(&test, "b", "default").await;
    test.claim_one().await;
    test.submit(Submission {
        fairness_key: Some("a".into()),
        expires_in_ms: Some(10),
        ..submission("default")
    })
    .await;
    let id = submit(&test, "a", "default").await;
    submit(&test, "b", "default").await;
    test.advance(10);
    assert_eq!(test.claim_as(claim("n1", "default", 2)).await[0].id, id);
    test.audit().await;
}

#[tokio::test]
async fn a_task_that_expires_in_the_claim_uses_no_limit_up() {
    let test = TestStore::start().await;
    limit(
        &test,
        r#"{"running": 1, "running_per_key": 1, "rate": {"per_second": 0.001}}"#,
    )
    .await;
    test.submit(Submission {
        fairness_key: Some("a".into()),
        expires_in_ms: Some(10),
        ..submission("default")
    })
    .await;
    let id = submit(&test, "a", "default").await;
    test.advance(10);
    assert_eq!(test.claim_as(claim("n1", "default", 5)).await[0].id, id);
    test.audit().await;
}

/// What the audit finds when nothing says any more when limits let go.
async fn findings_without_openings(test: &TestStore) -> Vec<Finding> {
    let partition = test.store.sweeps.partition_of(&queue("default"));
    test.redis.delete(&Keys::of(partition).openings()).await;
    test.store.audit().await.unwrap().findings
}

#[tokio::test]
async fn the_audit_finds_a_key_that_no_sweep_will_let_go() {
    let test = TestStore::start().await;
    limit(&test, r#"{"rate_per_key": {"per_second": 0.1}}"#).await;
    submit(&test, "a", "default").await;
    let held = submit(&test, "a", "default").await;
    test.claim_one().await;
    assert!(test.claim(5).await.is_empty());
    test.audit().await;
    let findings = findings_without_openings(&test).await;
    let finding = Finding::KeyWithoutTurns {
        task: held,
        key: "a".into(),
    };
    assert_eq!(findings, [finding]);
}

#[tokio::test]
async fn the_audit_finds_a_type_that_no_sweep_will_let_go() {
    let test = TestStore::start().await;
    limit(
        &test,
        r#"{"types": {"render": {"rate": {"per_second": 0.1}}}}"#,
    )
    .await;
    submit(&test, "", "mail").await;
    submit_many(&test, "", "render", 2).await;
    assert_eq!(test.claim(5).await.len(), 2);
    assert!(test.claim(5).await.is_empty());
    test.audit().await;
    let findings = findings_without_openings(&test).await;
    let [Finding::HeadWrong { head: None, .. }] = &findings[..] else {
        panic!("{findings:?}");
    };
}
