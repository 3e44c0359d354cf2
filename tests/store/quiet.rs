//! Claims that wait for queues without tasks rest on the look that a sweep has taken at them.

use std::time::Instant;

use taskyard::store::ClaimRequest;

use crate::api::service::LIMIT;
use crate::support::{TestStore, claim, node, queue, submission};

/// A claim on these queues that waits.
fn waiting(node_name: &str, names: &[&str]) -> ClaimRequest {
    ClaimRequest {
        queues: names.iter().map(|name| queue(name)).collect(),
        waits: true,
        ..claim(node_name, names[0], 1)
    }
}

/// A sweep looks at the queues for which claims wait.
async fn look(test: &TestStore, names: &[&str]) {
    let sweeps = &test.store.sweeps;
    for name in names {
        let (partition, name) = (sweeps.partition_of(&queue(name)), [queue(name)]);
        sweeps.due(partition, "replica", 1, &name).await.unwrap();
    }
}

/// Script calls of such a claim, which finds nothing.
async fn calls(test: &TestStore, request: ClaimRequest) -> usize {
    // As the api does, for every claim.
    test.store.nodes.facts(&request.node).await.unwrap();
    let before = test.redis.script_calls().await;
    assert_eq!(test.claim_as(request).await.len(), 0);
    test.redis.script_calls().await - before
}

/// The claim of a node that has looked costs no call, as soon as a sweep has looked too.
async fn rests(test: &TestStore, request: &ClaimRequest, names: &[&str]) {
    let began = Instant::now();
    // A look is believed for two seconds, which a busy machine may take for the next step.
    while calls(test, request.clone()).await > 0 {
        assert!(began.elapsed() < LIMIT, "it looks again and again");
        look(test, names).await;
    }
}

/// A store with the queues, which are empty, and what is known of them.
async fn quiet(names: &[&str]) -> TestStore {
    let test = TestStore::start().await;
    for name in names {
        test.submit(submission(name)).await;
        let lease = test.claim_as(claim("other", name, 1)).await.remove(0);
        test.complete(&lease).await;
    }
    look(&test, names).await;
    test
}

#[tokio::test]
async fn a_claim_that_comes_again_costs_no_call_while_its_queues_are_quiet() {
    let names = ["a", "b", "c"];
    let test = quiet(&names).await;
    for number in 0..20 {
        let name = format!("n{number}");
        assert!(calls(&test, waiting(&name, &names)).await > 0, "its first");
        for _ in 0..5 {
            rests(&test, &waiting(&name, &names), &names).await;
        }
    }
    test.audit().await;
}

#[tokio::test]
async fn what_a_sweep_or_a_signal_tells_of_one_queue_ends_the_rest_for_all() {
    let names = ["a", "b"];
    let test = quiet(&names).await;
    // In another replica, whose signals nobody hears.
    let (other, _) = test.mortal().await;
    for (node, hears) in [("n0", false), ("n1", true)] {
        rests(&test, &waiting(node, &names), &names).await;
        other.tasks.submit(submission("b")).await.unwrap();
        if hears {
            test.store.sweeps.queue_has_tasks(&queue("b"));
        } else {
            look(&test, &names).await;
        }
        assert_eq!(test.claim_as(waiting(node, &names)).await.len(), 1);
    }
    rests(&test, &waiting("n2", &names), &names).await;
    test.store.sweeps.signals_missed();
    assert!(calls(&test, waiting("n2", &names)).await > 0);
}

#[tokio::test]
async fn a_node_whose_tasks_count_for_its_rank_looks_for_itself() {
    let test = quiet(&["a", "b"]).await;
    rests(&test, &waiting("n1", &["a"]), &["a"]).await;
    test.submit(submission("b")).await;
    let lease = test.claim_as(claim("n1", "b", 1)).await.remove(0);
    for _ in 0..3 {
        assert!(
            calls(&test, waiting("n1", &["a"])).await > 0,
            "it holds one"
        );
    }
    test.complete(&lease).await;
    assert!(calls(&test, waiting("n1", &["a"])).await > 0);
    rests(&test, &waiting("n1", &["a"]), &["a"]).await;
}

#[tokio::test]
async fn who_does_not_wait_or_repeats_a_claim_looks_for_himself() {
    let test = quiet(&["a"]).await;
    for _ in 0..3 {
        rests(&test, &waiting("n1", &["a"]), &["a"]).await;
        assert!(calls(&test, claim("n1", "a", 1)).await > 0);
        let repeated = ClaimRequest {
            claim_id: Some("c".into()),
            ..waiting("n1", &["a"])
        };
        assert!(calls(&test, repeated).await > 0);
    }
}

#[tokio::test]
async fn a_queue_that_holds_its_tasks_back_is_not_quiet() {
    let test = quiet(&["a"]).await;
    test.submit(submission("a")).await;
    test.store.queues.pause(&queue("a")).await.unwrap();
    look(&test, &["a"]).await;
    // It is paused.
    rests(&test, &waiting("n1", &["a"]), &["a"]).await;
    test.store.queues.resume(&queue("a")).await.unwrap();
    look(&test, &["a"]).await;
    assert_eq!(test.claim_as(waiting("n1", &["a"])).await.len(), 1);

    // A class that none of these may run.
    let mut other = submission("a");
    other.requires.node = Some(node("n9"));
    test.submit(other).await;
    look(&test, &["a"]).await;
    for _ in 0..3 {
        assert!(calls(&test, waiting("n2", &["a"])).await > 0);
    }
}
