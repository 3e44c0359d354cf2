//! The choice of nodes on a virtual clock: what it is worth, against first come, first served.
//!
//! Fifty nodes of three speeds, ten of them unreliable, wait and work through the very structure
//! that wakes claims in the service, are measured as there, and quarantined by the same rule.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::*;
use crate::domain::UnixMillis;
use crate::domain::fleet::{Fleet, QuarantineRule};
use crate::domain::node::{Node, NodeState, Registration};
use crate::domain::placement::Candidate;
use crate::domain::tally::{Ending, Tallies, Tally, absorb};

const NODES: usize = 50;
const SPEEDS: [f64; 3] = [1.0, 2.0, 4.0];
/// Share of the attempts that fail on an unreliable node, at their end.
const UNRELIABLE: f64 = 0.6;
/// Work of a task on average, milliseconds of a node with speed 1.
const WORK_MS: f64 = 4_000.0;
/// How often the fleet is looked at, milliseconds.
const SURVEY_MS: u64 = 2_000;

/// Numbers that look random and are the same for the same seed (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Choice {
    /// Whoever waits first, and no node is judged.
    FirstCome,
    /// As the service does.
    Measured,
}

struct Worker {
    speed: f64,
    fails: f64,
    node: Node,
    /// Its waiting claim.
    claim: Option<u64>,
}

struct Simulation {
    choice: Choice,
    chance: Chance,
    now: u64,
    waiting: WaitingClaims,
    workers: Vec<Worker>,
    fleet: Fleet,
    surveyed: u64,
    /// Tasks that wait for a node: their work.
    ready: VecDeque<f64>,
    /// Attempts on their way: end, worker, work.
    running: BinaryHeap<Reverse<(u64, usize, u64)>>,
}

fn queue() -> QueueName {
    QueueName::parse("q").expect("a name")
}

fn worker(number: usize) -> Worker {
    Worker {
        speed: SPEEDS[number % SPEEDS.len()],
        fails: if number.is_multiple_of(5) {
            UNRELIABLE
        } else {
            0.0
        },
        node: Node {
            id: NodeId::parse(&format!("n{number}")).expect("a name"),
            registration: Registration::default(),
            state: NodeState::Ready,
            used: 0,
            taken: BTreeMap::new(),
            drain: None,
            quarantine: None,
            work: Tallies::new(),
            load: None,
            last_seen: UnixMillis::new(0),
            registered_at: UnixMillis::new(0),
            health: None,
        },
        claim: None,
    }
}

impl Simulation {
    fn new(choice: Choice, seed: u64) -> Self {
        let mut simulation = Self {
            choice,
            chance: Chance(seed),
            now: 0,
            waiting: WaitingClaims::default(),
            workers: (0..NODES).map(worker).collect(),
            fleet: Fleet::default(),
            surveyed: 0,
            ready: VecDeque::new(),
            running: BinaryHeap::new(),
        };
        (0..NODES).for_each(|number| simulation.wait(number));
        simulation
    }

    /// The worker asks for a task: takes one that is ready, or waits.
    fn wait(&mut self, number: usize) {
        if self.workers[number].node.state == NodeState::Quarantined {
            return;
        }
        if let Some(work) = self.ready.pop_front() {
            return self.start(number, work);
        }
        let candidate = match self.choice {
            Choice::FirstCome => Candidate::default(),
            Choice::Measured => {
                Candidate::among(&self.fleet, &self.workers[number].node.work, 0, 1)
            }
        };
        let bid = Bid {
            candidate,
            ..Bid::default()
        };
        let offer = self.workers[number].node.offer();
        let (claim, _) = self.waiting.join(&[queue()], &offer);
        assert!(self.waiting.rest(claim, &bid));
        self.workers[number].claim = Some(claim);
    }

    fn start(&mut self, number: usize, work: f64) {
        let took = work / self.workers[number].speed;
        let end = self.now + whole(took);
        self.running.push(Reverse((end, number, work.to_bits())));
    }

    /// Tasks become ready: waiting claims are woken, and take them.
    fn submit(&mut self, works: impl IntoIterator<Item = f64>) {
        let before = self.ready.len();
        self.ready.extend(works);
        let count = (self.ready.len() - before) as u64;
        self.waiting.ready(&queue(), count, None);
        while let Some(number) = self.next_woken() {
            let claim = self.workers[number].claim.expect("it waits");
            self.waiting.look(claim);
            let Some(work) = self.ready.pop_front() else {
                assert!(self.waiting.rest(claim, &Bid::default()));
                continue;
            };
            self.workers[number].claim = None;
            self.waiting.leave(claim, [queue()].iter());
            self.start(number, work);
        }
    }

    fn next_woken(&self) -> Option<usize> {
        let asked = |worker: &Worker| {
            let claim = worker
                .claim
                .and_then(|claim| self.waiting.claims.get(&claim));
            claim.is_some_and(|claim| !claim.asked.is_empty())
        };
        self.workers.iter().position(asked)
    }

    /// The next attempt ends.
    fn step(&mut self) -> bool {
        let Some(Reverse((end, number, bits))) = self.running.pop() else {
            return false;
        };
        self.now = end;
        let (work, worker) = (f64::from_bits(bits), &mut self.workers[number]);
        let failed = self.chance.next() < worker.fails;
        let mut tally = Tally::default();
        tally.note(if failed {
            Ending::Failed
        } else {
            Ending::Succeeded(work / worker.speed)
        });
        let kind = "q/default".parse().expect("a kind");
        absorb(&mut worker.node.work, &Tallies::from([(kind, tally)]));
        if self.choice == Choice::Measured && self.now >= self.surveyed + SURVEY_MS {
            self.survey();
        }
        self.wait(number);
        if failed {
            self.submit([work]);
        }
        true
    }

    fn survey(&mut self) {
        self.surveyed = self.now;
        self.fleet = Fleet::of(self.workers.iter().map(|worker| worker.node.clone()));
        for (id, _) in self.fleet.outcasts(&QuarantineRule::default()) {
            for worker in self
                .workers
                .iter_mut()
                .filter(|worker| worker.node.id == id)
            {
                worker.node.state = NodeState::Quarantined;
                if let Some(claim) = worker.claim.take() {
                    self.waiting.leave(claim, std::iter::empty());
                }
            }
        }
    }

    /// Rounds of so many tasks, each submitted when the one before is done: how long they take, and
    /// how often longer that is than all the work divided by the speed of all nodes.
    fn run(mut self, rounds: usize, tasks: usize) -> (u64, f64) {
        let mut total = 0.0;
        for _ in 0..rounds {
            let works: Vec<f64> = (0..tasks)
                .map(|_| WORK_MS * (0.5 + self.chance.next()))
                .collect();
            total += works.iter().sum::<f64>();
            self.submit(works);
            while self.step() {}
            assert!(self.ready.is_empty(), "a task was left");
        }
        let speed: f64 = self.workers.iter().map(|worker| worker.speed).sum();
        (self.now, exact(self.now) / (total / speed))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds"
)]
fn whole(millis: f64) -> u64 {
    millis.ceil() as u64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn exact(millis: u64) -> f64 {
    millis as f64
}

/// Simulates with both choices: the makespans, and the measured one's factor.
fn compare(seed: u64, rounds: usize, tasks: usize) -> (u64, u64, f64) {
    let (first_come, _) = Simulation::new(Choice::FirstCome, seed).run(rounds, tasks);
    let (measured, factor) = Simulation::new(Choice::Measured, seed).run(rounds, tasks);
    (first_come, measured, factor)
}

#[test]
fn with_fewer_tasks_than_nodes_the_choice_halves_the_makespan() {
    for seed in 1..=5 {
        let (first_come, measured, factor) = compare(seed, 40, 20);
        assert!(
            measured * 5 <= first_come * 3,
            "seed {seed}: {measured} ms, first come {first_come} ms"
        );
        // Thirty nodes have nothing to do, and each round ends with its last task.
        assert!(factor < 6.0, "seed {seed}: {factor}");
    }
}

#[test]
fn with_twice_as_many_tasks_as_nodes_it_shortens_it_still() {
    for seed in 1..=5 {
        let (first_come, measured, factor) = compare(seed, 10, 100);
        assert!(
            measured * 20 <= first_come * 19,
            "seed {seed}: {measured} ms, first come {first_come} ms"
        );
        assert!(factor < 2.5, "seed {seed}: {factor}");
    }
}

#[test]
fn with_far_more_tasks_than_nodes_the_makespan_is_near_that_of_all_speed_together() {
    for seed in 1..=5 {
        // Every node is busy all the time, whatever the choice; what a quarantined one got done
        // now and then is missing.
        let (first_come, measured, factor) = compare(seed, 1, 3_000);
        assert!(factor < 1.3, "seed {seed}: {factor}");
        assert!(
            measured * 10 <= first_come * 11,
            "seed {seed}: {measured} ms, first come {first_come} ms"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_makespan() {
    let run = || Simulation::new(Choice::Measured, 7).run(20, 30);
    assert_eq!(run(), run());
}
