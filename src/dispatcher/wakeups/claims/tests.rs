use super::waves::HANDFUL;
use super::*;
use crate::domain::TaskType;
use crate::domain::placement::{Candidate, TaskClass};

/// Waiting claims, and which of them were woken since the last look.
#[derive(Default)]
struct Replica {
    waiting: WaitingClaims,
}

fn queue(name: &str) -> QueueName {
    QueueName::parse(name).expect("a name")
}

fn offer(task_type: &str) -> Offer {
    let types = vec![TaskType::parse(task_type).expect("a name")];
    Offer {
        types,
        ..Offer::default()
    }
}

/// A node like any other.
fn bid() -> Bid {
    Bid::default()
}

impl Replica {
    /// A claim on queue `q` that has looked once and found nothing.
    fn rest(&mut self, task_type: &str) -> u64 {
        let (number, _) = self.waiting.join(&[queue("q")], &offer(task_type));
        assert!(self.waiting.rest(number, &bid()));
        number
    }

    /// Claims that were woken and have not looked yet, the first first.
    fn woken(&self) -> Vec<u64> {
        let mut woken: Vec<u64> = self
            .waiting
            .claims
            .iter()
            .filter(|(_, claim)| !claim.asked.is_empty())
            .map(|(number, _)| *number)
            .collect();
        woken.sort_unstable();
        woken
    }

    /// The claim looks and finds nothing.
    fn finds_nothing(&mut self, number: u64) {
        self.waiting.look(number);
        assert!(self.waiting.rest(number, &bid()));
    }

    /// The claim looks and takes so many tasks of `q`.
    fn takes(&mut self, number: u64, count: usize) {
        self.waiting.look(number);
        let taken = vec![queue("q"); count];
        self.waiting.leave(number, taken.iter());
    }

    /// No wave is left behind.
    fn is_still(&self) -> bool {
        self.woken().is_empty() && self.waiting.waves.is_empty()
    }
}

#[test]
fn a_task_wakes_the_claim_that_came_first() {
    let mut replica = Replica::default();
    let (first, second) = (replica.rest("a"), replica.rest("a"));
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [first]);
    replica.takes(first, 1);
    assert!(replica.is_still());
    replica.waiting.ready(&queue("other"), 1, None);
    assert!(replica.is_still());
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [second]);
}

#[test]
fn a_claim_that_finds_nothing_passes_the_task_on_to_another_offer() {
    let mut replica = Replica::default();
    let first = replica.rest("a");
    replica.rest("a");
    let other = replica.rest("b");
    replica.waiting.ready(&queue("q"), 1, None);
    replica.finds_nothing(first);
    assert_eq!(replica.woken(), [other]);
    replica.takes(other, 1);
    assert!(replica.is_still());
    // It kept its place.
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [first]);
}

#[test]
fn a_task_that_nobody_can_run_wakes_each_offer_once() {
    let mut replica = Replica::default();
    for _ in 0..1_000 {
        for task_type in ["a", "b", "c"] {
            replica.rest(task_type);
        }
    }
    replica.waiting.ready(&queue("q"), 1, None);
    let mut looks = 0;
    while let [number] = replica.woken()[..] {
        replica.finds_nothing(number);
        looks += 1;
    }
    assert_eq!(looks, 3);
    assert!(replica.is_still());
}

#[test]
fn many_tasks_wake_as_many_claims_and_no_more() {
    let mut replica = Replica::default();
    for _ in 0..1_000 {
        replica.rest("a");
    }
    replica.waiting.ready(&queue("q"), 300, None);
    let mut looks = 0;
    while let Some(number) = replica.woken().first().copied() {
        replica.takes(number, 1);
        looks += 1;
    }
    assert_eq!(looks, 300);
    assert!(replica.is_still());
}

#[test]
fn tasks_that_nobody_can_run_wake_a_handful_however_many_they_are() {
    let mut replica = Replica::default();
    for _ in 0..1_000 {
        replica.rest("a");
    }
    replica.waiting.ready(&queue("q"), 100_000, None);
    assert_eq!(replica.woken().len() as u64, HANDFUL);
    for number in replica.woken() {
        replica.finds_nothing(number);
    }
    assert!(replica.is_still());
    replica.waiting.still_ready(&queue("q"), 100_000, None);
    assert_eq!(replica.woken().len(), 1);
}

#[test]
fn a_claim_looks_again_for_what_came_while_it_looked() {
    let mut replica = Replica::default();
    let (number, _) = replica.waiting.join(&[queue("q")], &offer("a"));
    replica.waiting.ready(&queue("q"), 1, None);
    assert!(
        !replica.waiting.rest(number, &bid()),
        "it rests with a task there"
    );
    replica.finds_nothing(number);
    assert!(replica.is_still());
}

#[test]
fn a_claim_that_leaves_passes_on_what_it_was_woken_for() {
    let mut replica = Replica::default();
    let (first, second) = (replica.rest("a"), replica.rest("a"));
    replica.waiting.ready(&queue("q"), 1, None);
    replica.waiting.leave(first, std::iter::empty());
    assert_eq!(replica.woken(), [second]);
    // With a task of another queue it has left this one's to others as well.
    let third = replica.rest("a");
    replica.waiting.look(second);
    replica.waiting.leave(second, [queue("other")].iter());
    assert_eq!(replica.woken(), [third]);
}

#[test]
fn a_claim_with_another_offer_than_before_is_asked_anew() {
    let mut replica = Replica::default();
    let (first, second) = (replica.rest("a"), replica.rest("b"));
    replica.waiting.ready(&queue("q"), 1, None);
    replica.finds_nothing(first);
    replica.waiting.renew(second, &offer("a"));
    replica.finds_nothing(second);
    assert!(replica.is_still());
    replica.waiting.leave(first, std::iter::empty());
    replica.waiting.leave(second, std::iter::empty());
    assert!(replica.waiting.queues.is_empty());
}

/// A claim on `q` of a node with this offer that rests with its node bid so.
fn resting(replica: &mut Replica, offer: &Offer, bid: &Bid) -> u64 {
    let (number, _) = replica.waiting.join(&[queue("q")], offer);
    assert!(replica.waiting.rest(number, bid));
    number
}

fn named(name: &str) -> Offer {
    Offer {
        node: NodeId::parse(name).ok(),
        ..Offer::default()
    }
}

fn class(text: &str) -> Arc<TaskClass> {
    Arc::new(serde_json::from_str(text).expect("a class"))
}

fn of(strategy: Strategy, candidate: Candidate) -> Bid {
    Bid {
        candidate,
        strategies: vec![strategy],
        held_back: false,
    }
}

#[test]
fn a_task_wakes_only_claims_that_may_run_it() {
    let mut replica = Replica::default();
    replica.rest("a");
    let other = replica.rest("b");
    replica
        .waiting
        .ready(&queue("q"), 1, Some(class(r#"{"type":"b"}"#)));
    assert_eq!(replica.woken(), [other]);
    replica.takes(other, 1);
    replica
        .waiting
        .ready(&queue("q"), 1, Some(class(r#"{"type":"c"}"#)));
    assert!(replica.is_still());
}

#[test]
fn a_task_for_one_node_wakes_that_nodes_claim_among_thousands() {
    let mut replica = Replica::default();
    let numbers: Vec<u64> = (0..5_000)
        .map(|number| resting(&mut replica, &named(&format!("n{number}")), &bid()))
        .collect();
    let pinned = Some(class(r#"{"type":"default","requires":{"node":"n4321"}}"#));
    replica.waiting.ready(&queue("q"), 1, pinned.clone());
    assert_eq!(replica.woken(), [numbers[4321]]);
    replica.finds_nothing(numbers[4321]);
    assert!(replica.is_still());
    replica.waiting.leave(numbers[4321], std::iter::empty());
    replica.waiting.ready(&queue("q"), 1, pinned);
    assert!(replica.is_still());
}

#[test]
fn what_a_task_prefers_goes_before_what_the_strategy_does() {
    let mut replica = Replica::default();
    let fast = Candidate {
        speed: 8.0,
        ..Candidate::default()
    };
    let mut near = Offer::default();
    near.labels.insert("zone".into(), "a".into());
    let far = resting(
        &mut replica,
        &Offer::default(),
        &of(Strategy::Balanced, fast),
    );
    let near = resting(&mut replica, &near, &bid());
    let prefers = Some(class(
        r#"{"type":"default","prefers":[{"labels":{"zone":"a"},"weight":1}]}"#,
    ));
    replica.waiting.ready(&queue("q"), 1, prefers.clone());
    assert_eq!(replica.woken(), [near]);
    replica.takes(near, 1);
    // No node is held up for a better one.
    replica.waiting.ready(&queue("q"), 1, prefers);
    assert_eq!(replica.woken(), [far]);
}

#[test]
fn the_strategy_chooses_among_those_that_may() {
    let node = |speed, used| Candidate {
        speed,
        failures: 0.0,
        used,
        slots: 4,
    };
    for (strategy, best) in [
        (Strategy::Balanced, 1),
        (Strategy::Fastest, 1),
        (Strategy::Pack, 2),
        (Strategy::Spread, 0),
    ] {
        let mut replica = Replica::default();
        let numbers = [node(1.0, 0), node(4.0, 1), node(1.0, 3)]
            .map(|node| resting(&mut replica, &Offer::default(), &of(strategy, node)));
        replica.waiting.ready(&queue("q"), 1, None);
        assert_eq!(replica.woken(), [numbers[best]], "{strategy:?}");
    }
}

#[test]
fn a_sticky_queue_comes_back_to_the_node_that_took_its_last_task() {
    let mut replica = Replica::default();
    let sticky = of(Strategy::Sticky, Candidate::default());
    let first = resting(&mut replica, &named("n1"), &sticky);
    resting(&mut replica, &named("n2"), &sticky);
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [first]);
    replica.takes(first, 1);
    let again = resting(&mut replica, &named("n1"), &sticky);
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [again]);
}

#[test]
fn a_claim_held_back_for_its_own_reasons_leaves_the_task_to_its_equals() {
    let mut replica = Replica::default();
    let first = replica.rest("a");
    let second = replica.rest("a");
    replica.waiting.ready(&queue("q"), 1, None);
    assert_eq!(replica.woken(), [first]);
    replica.waiting.look(first);
    let held_back = Bid {
        held_back: true,
        ..bid()
    };
    assert!(replica.waiting.rest(first, &held_back));
    assert_eq!(replica.woken(), [second]);
    replica.takes(second, 1);
    assert!(replica.is_still());
}
