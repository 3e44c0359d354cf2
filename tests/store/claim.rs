//! Claim: the order, and who may have what.

use taskyard::domain::placement::{Offer, Requirements};
use taskyard::domain::score::Priority;
use taskyard::domain::{Document, Submission, TaskState, TaskType};
use taskyard::store::keys::Keys;
use taskyard::store::{ClaimRequest, ProgressReport};

use crate::support::{TestStore, claim, queue, submission};

fn of_priority(priority: i64) -> Submission {
    Submission {
        priority: Priority::new(priority).unwrap(),
        ..submission("default")
    }
}

#[tokio::test]
async fn claim_returns_the_highest_priority_first() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for priority in [0, -100, 100, 5] {
        ids.push(test.submit(of_priority(priority)).await);
    }
    let claimed: Vec<_> = test.claim(10).await.iter().map(|task| task.id).collect();
    assert_eq!(claimed, [ids[2], ids[3], ids[0], ids[1]]);
    test.audit().await;
}

#[tokio::test]
async fn claim_returns_the_first_queued_first_inside_a_priority() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(test.submit(submission("default")).await);
    }
    let mut claimed = Vec::new();
    for _ in 0..10 {
        claimed.extend(test.claim(3).await.iter().map(|task| task.id));
    }
    assert_eq!(claimed, ids);
}

#[tokio::test]
async fn claim_returns_only_what_the_node_may_run() {
    let test = TestStore::start().await;
    let gpu = [("gpu".to_owned(), "a100".to_owned())];
    let plain = test.submit(submission("default")).await;
    let resize = TaskType::parse("resize").unwrap();
    let typed = test
        .submit(Submission {
            task_type: resize.clone(),
            ..submission("default")
        })
        .await;
    let labelled = test
        .submit(Submission {
            requires: Requirements {
                labels: [("gpu".to_owned(), "a100".into())].into(),
                ..Requirements::default()
            },
            ..of_priority(100)
        })
        .await;
    let of = async |offer: Offer| -> Vec<_> {
        let request = ClaimRequest {
            offer,
            ..claim("n1", "default", 10)
        };
        let claimed = test.claim_as(request).await;
        claimed.iter().map(|task| task.id).collect()
    };
    let typed_offer = Offer {
        types: vec![resize],
        ..Offer::default()
    };
    assert_eq!(of(typed_offer).await, [typed]);
    assert_eq!(of(Offer::default()).await, [plain]);
    let gpu_offer = Offer {
        labels: gpu.into(),
        ..Offer::default()
    };
    assert_eq!(of(gpu_offer).await, [labelled]);
    test.audit().await;
}

#[tokio::test]
async fn claim_finds_a_class_that_is_new_since_its_last_look() {
    let test = TestStore::start().await;
    let requires = Requirements {
        labels: [("gpu".to_owned(), "a100".into())].into(),
        ..Requirements::default()
    };
    test.submit(Submission {
        requires,
        ..submission("default")
    })
    .await;
    assert!(test.claim(1).await.is_empty());
    let plain = test.submit(submission("default")).await;
    assert_eq!(test.claim_one().await.id, plain);
}

#[tokio::test]
async fn claim_finds_nothing_in_a_paused_queue_until_it_is_resumed() {
    let test = TestStore::start().await;
    let name = queue("default");
    let id = test.submit(submission("default")).await;
    assert!(test.store.queues.pause(&name).await.unwrap());
    assert!(test.claim(1).await.is_empty());
    assert!(test.store.queues.resume(&name).await.unwrap());
    assert_eq!(test.claim_one().await.id, id);
}

#[tokio::test]
async fn claim_repeated_with_its_id_returns_the_same_leases() {
    let test = TestStore::start().await;
    // Five queues in two partitions: some partition comes twice.
    let queues = ["a", "b", "c", "d", "e"].map(queue).to_vec();
    for name in &queues {
        test.submit(Submission::new(name.clone())).await;
    }
    let request = ClaimRequest {
        queues,
        claim_id: Some("once".into()),
        ..claim("n1", "a", 10)
    };
    let mut turned = request.clone();
    turned.queues.reverse();
    let tokens = async |request: ClaimRequest| {
        let claimed = test.claim_as(request).await;
        let tokens = claimed
            .into_iter()
            .map(|task| task.lease_token.as_str().to_owned());
        tokens.collect::<std::collections::BTreeSet<String>>()
    };
    let first = tokens(request.clone()).await;
    assert_eq!(first.len(), 5);
    assert_eq!(tokens(request).await, first);
    assert_eq!(
        tokens(turned).await,
        first,
        "whatever the order of the queues"
    );
    test.audit().await;
}

#[tokio::test]
async fn claim_returns_long_documents_as_they_came() {
    let test = TestStore::start().await;
    let payload = format!(
        r#"{{"empty":[],"big":9007199254740993,"long":"{}"}}"#,
        "x".repeat(100_000)
    );
    let metadata = format!(r#"{{"note":"{}"}}"#, "y".repeat(5_000));
    let id = test
        .submit(Submission {
            payload: Document::parse(payload.clone()).unwrap(),
            metadata: Document::parse(metadata.clone()),
            ..submission("default")
        })
        .await;
    let lease = test.claim_one().await;
    assert_eq!(lease.payload.as_str(), payload);
    assert_eq!(lease.metadata.as_ref().unwrap().as_str(), metadata);
    test.complete(&lease).await;
    let task = test.task(id).await;
    assert_eq!(task.payload.as_str(), payload);
    assert_eq!(task.metadata.unwrap().as_str(), metadata);
    test.audit().await;
}

#[tokio::test]
async fn fences_rise_even_when_the_clock_steps_back() {
    let test = TestStore::start().await;
    test.submit(submission("default")).await;
    let first = test.claim_one().await;
    test.fail(&first, Some(0)).await;
    test.sweep().await;
    test.step_back(3_600_000);
    test.sweep().await;
    test.advance(3_600_000);
    test.sweep().await;
    test.step_back(3_000_000);
    let second = test.claim_one().await;
    assert!(second.fence > first.fence);
}

#[tokio::test]
async fn claims_that_give_payloads_back_leave_the_order_as_it_was() {
    let test = TestStore::start().await;
    let large = |priority| Submission {
        payload: Document::parse(format!("\"{}\"", "x".repeat(4_500_000))).unwrap(),
        ..of_priority(priority)
    };
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(test.submit(large(100)).await);
    }
    let other = test
        .submit(Submission {
            task_type: TaskType::parse("other").unwrap(),
            ..submission("default")
        })
        .await;
    // From now on the classes are known, so that claims keep their order.
    let other_type = Offer {
        types: vec![TaskType::parse("none").unwrap()],
        ..Offer::default()
    };
    let nothing = ClaimRequest {
        offer: other_type,
        ..claim("n1", "default", 1)
    };
    assert!(test.claim_as(nothing).await.is_empty());
    // Claims that wait together share groups: two tasks of 4.5 MB are what each may take.
    let claims = (0..3).map(|_| test.claim(3));
    let claimed = futures_util::future::join_all(claims).await;
    let mut found: Vec<Vec<_>> = claimed
        .iter()
        .map(|tasks| tasks.iter().map(|task| task.id).collect())
        .collect();
    found.sort_by_key(|tasks| ids.iter().position(|id| *id == tasks[0]));
    assert_eq!(found[0], ids[..2]);
    assert_eq!(found[1], ids[2..4]);
    assert_eq!(found[2], [ids[4], other]);
    test.audit().await;
}

#[tokio::test]
async fn claim_does_not_start_what_is_past_its_expiry() {
    let test = TestStore::start().await;
    let late = test
        .submit(Submission {
            expires_in_ms: Some(1_000),
            ..submission("default")
        })
        .await;
    let fresh = test.submit(submission("default")).await;
    // Nobody has swept since.
    test.advance(1_000);
    assert_eq!(test.claim(1).await[0].id, fresh);
    assert_eq!(test.state(late).await, TaskState::Expired);
    test.audit().await;
}

#[tokio::test]
async fn a_claim_id_is_remembered_as_long_as_its_extended_leases() {
    let test = TestStore::start().await;
    test.submit(submission("default")).await;
    let request = ClaimRequest {
        claim_id: Some("once".into()),
        ..claim("n1", "default", 1)
    };
    let lease = test.claim_as(request).await.remove(0);
    let week = 7 * 24 * 3_600_000;
    let report = ProgressReport {
        id: lease.id,
        lease_token: lease.lease_token,
        fraction: None,
        message: None,
        extend_ms: Some(week),
        session_remaining_ms: None,
    };
    test.store.tasks.progress(report).await.unwrap();
    let key = Keys::of(lease.id.partition()).claim("n1", "once");
    let left = test.redis.lives_ms(&key).await;
    assert!(left > week, "{left}");
}
