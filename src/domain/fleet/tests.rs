use std::collections::BTreeMap;

use super::*;
use crate::domain::UnixMillis;
use crate::domain::node::Registration;
use crate::domain::tally::Ending;

/// A node whose attempts at `q/default` ended so: successes, failures and losses.
fn node(name: &str, runs: usize, failures: usize, losses: usize) -> Node {
    let mut tally = Tally::default();
    (0..runs).for_each(|_| tally.note(Ending::Succeeded(100.0)));
    (0..failures).for_each(|_| tally.note(Ending::Failed));
    (0..losses).for_each(|_| tally.note(Ending::Lost));
    Node {
        id: NodeId::parse(name).expect("a name"),
        registration: Registration::default(),
        state: NodeState::Ready,
        used: 0,
        taken: BTreeMap::default(),
        drain: None,
        quarantine: None,
        work: Tallies::from([("q/default".parse().expect("a kind"), tally)]),
        load: None,
        last_seen: UnixMillis::new(0),
        registered_at: UnixMillis::new(0),
        health: None,
    }
}

fn outcasts(nodes: Vec<Node>) -> Vec<String> {
    let found = Fleet::of(nodes).outcasts(&QuarantineRule::default());
    found.into_iter().map(|(id, _)| id.to_string()).collect()
}

#[test]
fn a_node_that_fails_far_more_than_its_peers_is_cast_out() {
    let peers = || vec![node("a", 40, 1, 0), node("b", 40, 0, 0)];
    let with = |node| peers().into_iter().chain([node]).collect();
    assert_eq!(outcasts(with(node("bad", 10, 10, 0))), ["bad"]);
    assert_eq!(outcasts(with(node("loses", 5, 0, 20))), ["loses"]);
    assert_eq!(
        outcasts(with(node("new", 0, 19, 0))),
        Vec::<String>::new(),
        "too few to judge"
    );
    assert_eq!(
        outcasts(with(node("fair", 15, 10, 0))),
        Vec::<String>::new(),
        "40 %"
    );
}

#[test]
fn work_that_fails_everywhere_is_nobodys_fault() {
    let all = vec![
        node("a", 10, 15, 0),
        node("b", 10, 15, 0),
        node("c", 5, 20, 0),
    ];
    assert_eq!(outcasts(all), Vec::<String>::new());
    let alone = vec![node("a", 0, 100, 0)];
    assert_eq!(
        outcasts(alone),
        Vec::<String>::new(),
        "no peer to compare with"
    );
}

#[test]
fn no_more_than_half_of_the_nodes_are_cast_out_the_worst_first() {
    let nodes = vec![
        node("a", 100, 0, 0),
        node("b", 10, 15, 0),
        node("c", 5, 20, 0),
        node("d", 100, 0, 0),
        node("e", 12, 13, 0),
    ];
    // The others' failures count as peers', so that the least bad of them is not far worse than they.
    let found = outcasts(nodes);
    assert!(found.len() <= 2, "{found:?}");
    assert_eq!(found[0], "c");
}

#[test]
fn a_rule_of_0_casts_nobody_out() {
    let nodes = vec![node("a", 100, 0, 0), node("b", 0, 100, 0)];
    let never = QuarantineRule {
        share: 0.0,
        ..QuarantineRule::default()
    };
    assert!(Fleet::of(nodes).outcasts(&never).is_empty());
}

#[test]
fn speed_is_relative_to_the_peers_at_the_same_work() {
    let mut slow = node("slow", 0, 0, 0);
    let mut tally = Tally::default();
    (0..10).for_each(|_| tally.note(Ending::Succeeded(300.0)));
    slow.work
        .insert("q/default".parse().expect("a kind"), tally);
    let fast = node("fast", 10, 0, 0);
    let (slow_work, fast_work) = (slow.work.clone(), fast.work.clone());
    let fleet = Fleet::of(vec![fast, slow]);
    assert_eq!(fleet.speed(&fast_work), Some(2.0));
    let speed = fleet.speed(&slow_work).expect("a speed");
    assert!((speed - 2.0 / 3.0).abs() < 1e-9, "{speed}");
    assert_eq!(
        fleet.speed(&node("new", 2, 0, 0).work),
        None,
        "two runs say nothing"
    );
}

#[test]
fn what_no_node_that_takes_tasks_can_run_has_no_place() {
    let class: TaskClass =
        serde_json::from_str(r#"{"type":"default","requires":{"labels":{"gpu":"a100"}}}"#)
            .expect("a class");
    let mut strong = node("strong", 0, 0, 0);
    strong
        .registration
        .labels
        .insert("gpu".into(), "a100".into());
    let name = strong.id.clone();
    let mut drained = strong.clone();
    drained.state = NodeState::Drained;
    assert!(!Fleet::default().can_place(&class));
    assert!(Fleet::default().can_place(&TaskClass::default()));
    assert!(!Fleet::of([node("plain", 0, 0, 0), drained]).can_place(&class));
    let fleet = Fleet::of([node("plain", 0, 0, 0), strong]);
    assert!(fleet.can_place(&class));
    assert!(!fleet.has_another_for(&class, &name));
    assert!(fleet.has_another_for(&TaskClass::default(), &name));
}
