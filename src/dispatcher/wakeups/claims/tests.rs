use super::*;
use crate::domain::TaskType;
use crate::domain::placement::Offer;

/// Waiting claims, and which of them were woken since the last look.
#[derive(Default)]
struct Replica {
    waiting: WaitingClaims,
}

fn queue(name: &str) -> QueueName {
    QueueName::parse(name).expect("a name")
}

fn offer(task_type: &str) -> OfferKey {
    let types = vec![TaskType::parse(task_type).expect("a name")];
    Offer {
        types,
        ..Offer::default()
    }
    .key()
}

impl Replica {
    /// A claim on queue `q` that has looked once and found nothing.
    fn rest(&mut self, task_type: &str) -> u64 {
        let (number, _) = self.waiting.join(&[queue("q")], offer(task_type));
        assert!(self.waiting.rest(number));
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
        assert!(self.waiting.rest(number));
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
    replica.waiting.ready(&queue("q"), 1);
    assert_eq!(replica.woken(), [first]);
    replica.takes(first, 1);
    assert!(replica.is_still());
    replica.waiting.ready(&queue("other"), 1);
    assert!(replica.is_still());
    replica.waiting.ready(&queue("q"), 1);
    assert_eq!(replica.woken(), [second]);
}

#[test]
fn a_claim_that_finds_nothing_passes_the_task_on_to_another_offer() {
    let mut replica = Replica::default();
    let first = replica.rest("a");
    replica.rest("a");
    let other = replica.rest("b");
    replica.waiting.ready(&queue("q"), 1);
    replica.finds_nothing(first);
    assert_eq!(replica.woken(), [other]);
    replica.takes(other, 1);
    assert!(replica.is_still());
    // It kept its place.
    replica.waiting.ready(&queue("q"), 1);
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
    replica.waiting.ready(&queue("q"), 1);
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
    replica.waiting.ready(&queue("q"), 300);
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
    replica.waiting.ready(&queue("q"), 100_000);
    assert_eq!(replica.woken().len() as u64, HANDFUL);
    for number in replica.woken() {
        replica.finds_nothing(number);
    }
    assert!(replica.is_still());
    replica.waiting.still_ready(&queue("q"), 100_000);
    assert_eq!(replica.woken().len(), 1);
}

#[test]
fn a_claim_looks_again_for_what_came_while_it_looked() {
    let mut replica = Replica::default();
    let (number, _) = replica.waiting.join(&[queue("q")], offer("a"));
    replica.waiting.ready(&queue("q"), 1);
    assert!(!replica.waiting.rest(number), "it rests with a task there");
    replica.finds_nothing(number);
    assert!(replica.is_still());
}

#[test]
fn a_claim_that_leaves_passes_on_what_it_was_woken_for() {
    let mut replica = Replica::default();
    let (first, second) = (replica.rest("a"), replica.rest("a"));
    replica.waiting.ready(&queue("q"), 1);
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
    replica.waiting.ready(&queue("q"), 1);
    replica.finds_nothing(first);
    replica.waiting.renew(second, offer("a"));
    replica.finds_nothing(second);
    assert!(replica.is_still());
    replica.waiting.leave(first, std::iter::empty());
    replica.waiting.leave(second, std::iter::empty());
    assert!(replica.waiting.queues.is_empty());
}
