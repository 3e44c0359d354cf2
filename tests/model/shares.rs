//! Random sequences of what fairness keys, weights and limits are for. Which key comes next is for the
//! store to say; what must hold of it is said here: a claim takes nothing that a limit holds, leaves nothing
//! behind that none holds, keeps the order inside a key, and no key that waits falls behind another.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use taskyard::domain::queue_limits::{QueueLimits, Rate, TypeLimits};
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::score::Priority;
use taskyard::domain::{Submission, TaskId, TaskType};
use taskyard::store::{ClaimedTask, Release, View};

use super::{THREADS, rng_of, seed};
use crate::support::{EPOCH_MS, TestStore, claim, queue, submission};

const STEPS: usize = 60;
const TYPES: [&str; 3] = ["x", "y", "z"];
const KEYS: [&str; 4] = ["", "a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Submit {
        key: usize,
        kind: usize,
        priority: i64,
        count: usize,
    },
    Claim {
        most: usize,
        kind: Option<usize>,
    },
    Complete(usize),
    Release(usize),
    Cancel(usize),
    Limit(QueueLimits),
    Pass(u64),
}

fn rate() -> impl Strategy<Value = Rate> {
    (1_u32..8, 1_u64..4).prop_map(|(halves, burst)| Rate {
        per_second: f64::from(halves) / 2.0,
        burst,
    })
}

fn limits() -> impl Strategy<Value = QueueLimits> {
    let maybe = proptest::option::weighted(0.4, 1_u64..6);
    let kinds = proptest::collection::btree_map(
        0..TYPES.len(),
        (maybe.clone(), proptest::option::weighted(0.2, rate())),
        0..3,
    );
    let rates = (
        proptest::option::weighted(0.2, rate()),
        proptest::option::weighted(0.2, rate()),
    );
    (maybe.clone(), maybe, rates, kinds).prop_map(
        |(running, running_per_key, (rate, rate_per_key), kinds)| QueueLimits {
            running,
            running_per_key: running_per_key.map(|most| most.min(3)),
            rate,
            rate_per_key,
            types: kinds
                .into_iter()
                .map(|(kind, (running, rate))| {
                    (
                        TaskType::parse(TYPES[kind]).unwrap(),
                        TypeLimits { running, rate },
                    )
                })
                .filter(|(_, limits)| *limits != TypeLimits::default())
                .collect(),
        },
    )
}

/// Steps of a sequence; a plain one has no limits and no claim that is for one type.
fn step(plain: bool) -> BoxedStrategy<Step> {
    let submit = (
        0..KEYS.len(),
        0..TYPES.len(),
        prop_oneof![Just(0_i64), Just(5)],
        1_usize..8,
    )
        .prop_map(|(key, kind, priority, count)| Step::Submit {
            key,
            kind,
            priority,
            count,
        });
    let all = (1_usize..9).prop_map(|most| Step::Claim { most, kind: None });
    let common = prop_oneof![
        6 => submit,
        6 => all,
        4 => any::<usize>().prop_map(Step::Complete),
        1 => any::<usize>().prop_map(Step::Release),
        1 => any::<usize>().prop_map(Step::Cancel),
    ];
    if plain {
        return common.boxed();
    }
    let one = (1_usize..9, 0..TYPES.len()).prop_map(|(most, kind)| Step::Claim {
        most,
        kind: Some(kind),
    });
    prop_oneof![
        14 => common,
        3 => one,
        2 => limits().prop_map(Step::Limit),
        3 => (1_u64..2_500).prop_map(Step::Pass),
    ]
    .boxed()
}

struct Task {
    key: usize,
    kind: usize,
    /// Smaller goes first inside its key.
    place: (i64, usize),
}

struct World {
    test: TestStore,
    now: u64,
    limits: QueueLimits,
    queued: BTreeMap<TaskId, Task>,
    running: Vec<(ClaimedTask, Task)>,
    /// Up to when rates are used up, milliseconds.
    used: HashMap<String, f64>,
    serial: usize,
    /// Turns of each key, and of pairs of keys when the later of them began to wait.
    given: [i64; 4],
    base: HashMap<(usize, usize), i64>,
    plain: bool,
}

impl World {
    /// The scopes of a task, with their limits.
    fn scopes(&self, task: &Task) -> Vec<(String, Option<u64>, Option<Rate>)> {
        let limits = &self.limits;
        let mut scopes = vec![("q".to_owned(), limits.running, limits.rate)];
        if task.key > 0 {
            scopes.push((
                format!("k{}", task.key),
                limits.running_per_key,
                limits.rate_per_key,
            ));
        }
        let own = limits
            .types
            .iter()
            .find(|(name, _)| name.as_str() == TYPES[task.kind]);
        if let Some((name, own)) = own {
            scopes.push((format!("t{name}"), own.running, own.rate));
        }
        scopes
    }

    fn is_in(&self, task: &Task, scope: &str) -> bool {
        self.scopes(task).iter().any(|(name, ..)| name == scope)
    }

    fn used_up_to(&self, scope: &str, rate: Rate) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "moments are exact")]
        let (now, burst) = (self.now as f64, rate.burst as f64);
        let used = self.used.get(scope).copied().unwrap_or_default();
        used.max(now).min(now + burst * 1_000.0 / rate.per_second)
    }

    /// The limit that holds the task.
    fn held_by(&self, task: &Task) -> Option<String> {
        self.scopes(task)
            .into_iter()
            .find_map(|(scope, running, rate)| {
                let busy = self
                    .running
                    .iter()
                    .filter(|(_, other)| self.is_in(other, &scope))
                    .count() as u64;
                let full = running.is_some_and(|most| busy >= most);
                let used_up = rate.is_some_and(|rate| {
                    #[expect(clippy::cast_precision_loss, reason = "moments are exact")]
                    let (now, burst) = (self.now as f64, rate.burst as f64);
                    let left =
                        (now - self.used_up_to(&scope, rate)) * rate.per_second / 1_000.0 + burst;
                    (left + 1e-6).floor() < 1.0
                });
                (full || used_up).then_some(scope)
            })
    }

    fn waits(&self, key: usize) -> bool {
        self.queued.values().any(|task| task.key == key)
    }

    fn enter(&mut self, id: TaskId, task: Task) {
        if !self.waits(task.key) {
            for other in 0..KEYS.len() {
                let (one, two) = (task.key.min(other), task.key.max(other));
                self.base
                    .insert((one, two), self.given[one] - self.given[two]);
            }
        }
        self.queued.insert(id, task);
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Submit {
                key,
                kind,
                priority,
                count,
            } => {
                for _ in 0..*count {
                    self.serial += 1;
                    let id = self
                        .test
                        .submit(Submission {
                            fairness_key: (*key > 0).then(|| KEYS[*key].to_owned()),
                            task_type: TaskType::parse(TYPES[*kind]).unwrap(),
                            priority: Priority::new(*priority).unwrap(),
                            ..submission("default")
                        })
                        .await;
                    let place = (-priority, self.serial);
                    self.enter(
                        id,
                        Task {
                            key: *key,
                            kind: *kind,
                            place,
                        },
                    );
                }
            }
            Step::Claim { most, kind } => self.claim(*most, *kind).await?,
            Step::Complete(pick) if !self.running.is_empty() => {
                let (lease, _) = self.running.swap_remove(pick % self.running.len());
                self.test.complete(&lease).await;
            }
            Step::Release(pick) if !self.running.is_empty() => {
                let (lease, task) = self.running.swap_remove(pick % self.running.len());
                let release = Release {
                    id: lease.id,
                    lease_token: Some(lease.lease_token),
                    delay_ms: None,
                    view: View::State,
                };
                self.test.store.tasks.release(release).await.unwrap();
                self.enter(lease.id, task);
            }
            Step::Cancel(pick) if !self.queued.is_empty() => {
                let id = *self.queued.keys().nth(pick % self.queued.len()).unwrap();
                self.test.store.tasks.cancel(id).await.unwrap();
                self.queued.remove(&id);
            }
            Step::Limit(limits) => {
                let change = QueueChange {
                    limits: Some(limits.clone()),
                    ..QueueChange::default()
                };
                let queues = &self.test.store.queues;
                queues
                    .configure(&queue("default"), &change, None)
                    .await
                    .unwrap();
                self.limits = limits.clone();
            }
            Step::Pass(millis) => {
                self.test.pass(*millis).await;
                self.now += millis;
            }
            Step::Complete(_) | Step::Release(_) | Step::Cancel(_) => {}
        }
        Ok(())
    }

    async fn claim(&mut self, most: usize, kind: Option<usize>) -> Result<(), String> {
        let mut request = claim("n1", "default", most);
        request.lease_ms = Some(3_600_000);
        if let Some(kind) = kind {
            request.offer.types = vec![TaskType::parse(TYPES[kind]).unwrap()];
        }
        let fits = |task: &Task| kind.is_none_or(|kind| kind == task.kind);
        let got = self.test.claim_as(request).await;
        let count = got.len();
        let mut last: BTreeMap<(usize, usize), (i64, usize)> = BTreeMap::new();
        for lease in got {
            let task = self
                .queued
                .remove(&lease.id)
                .ok_or("a task that did not wait")?;
            if !fits(&task) {
                return Err(format!("a task of type {} was given", TYPES[task.kind]));
            }
            if let Some(scope) = self.held_by(&task) {
                return Err(format!("a task was given that {scope} holds"));
            }
            for (scope, _, rate) in self.scopes(&task) {
                if let Some(rate) = rate {
                    let used = self.used_up_to(&scope, rate) + 1_000.0 / rate.per_second;
                    self.used.insert(scope, used);
                }
            }
            let place = last.entry((task.key, task.kind)).or_insert(task.place);
            *place = task.place.max(*place);
            self.given[task.key] += 1;
            self.running.push((lease, task));
        }
        for task in self.queued.values().filter(|task| fits(task)) {
            if last
                .get(&(task.key, task.kind))
                .is_some_and(|given| *given > task.place)
            {
                return Err(format!(
                    "a later task of key {:?} went first",
                    KEYS[task.key]
                ));
            }
            if count < most && self.held_by(task).is_none() {
                return Err(format!(
                    "{count} of {most} given, and one left that no limit holds"
                ));
            }
        }
        for ((one, two), base) in &self.base {
            let ahead = self.given[*one] - self.given[*two] - base;
            if self.plain && self.waits(*one) && self.waits(*two) && ahead.abs() > 2 {
                return Err(format!("keys {one} and {two} are {ahead} turns apart"));
            }
        }
        Ok(())
    }
}

async fn run(steps: &[Step], plain: bool) -> Result<(), (usize, String)> {
    let mut world = World {
        test: TestStore::start().await,
        now: EPOCH_MS,
        limits: QueueLimits::default(),
        queued: BTreeMap::new(),
        running: Vec::new(),
        used: HashMap::new(),
        serial: 0,
        given: [0; 4],
        base: HashMap::new(),
        plain,
    };
    for (number, step) in steps.iter().enumerate() {
        world
            .step(step)
            .await
            .map_err(|message| (number, message))?;
        if number % 20 == 19 {
            world.test.audit().await;
        }
    }
    world.test.audit().await;
    Ok(())
}

/// 40 sequences, or as many as `PROPTEST_CASES` says when that is fewer or others are asked for.
#[test]
fn random_sequences_keep_limits_and_shares() {
    let (seed, cases) = (seed(), Config::default().cases);
    let count = if cases == 256 { 40 } else { cases };
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || {
                for number in (first..count).step_by(THREADS as usize) {
                    let mut runner =
                        TestRunner::new_with_rng(Config::default(), rng_of(seed, number));
                    let plain = (number / THREADS).is_multiple_of(3);
                    let steps = proptest::collection::vec(step(plain), STEPS);
                    let steps = steps.new_tree(&mut runner).unwrap().current();
                    if let Err((last, message)) = runtime().block_on(run(&steps, plain)) {
                        let story = &steps[..=last];
                        panic!(
                            "seed {seed}, sequence {number}, step {last}: {message}\n{story:#?}"
                        );
                    }
                }
            });
        }
    });
}
