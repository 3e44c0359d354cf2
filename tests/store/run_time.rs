//! Fair shares by run time: a turn costs a key the seconds for which its attempts run.

use std::collections::{BTreeMap, HashMap};

use taskyard::domain::queue_limits::FairBy;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::{Submission, TaskId, TaskType};
use taskyard::store::{ClaimedTask, Release, View};

use crate::support::{TestStore, claim, queue, submission};

/// Keys with tasks that all take the same time, worked on by a fixed number of workers.
struct Workshop {
    test: TestStore,
    /// Of each key, how long its tasks take, milliseconds.
    lengths: BTreeMap<&'static str, u64>,
    keys: HashMap<TaskId, &'static str>,
    /// What runs, and when it is done.
    running: Vec<(u64, ClaimedTask)>,
    workers: usize,
    now: u64,
}

impl Workshop {
    async fn open(workers: usize, lengths: &[(&'static str, u64)]) -> Self {
        Self {
            test: TestStore::start().await,
            lengths: lengths.iter().copied().collect(),
            keys: HashMap::new(),
            running: Vec::new(),
            workers,
            now: 0,
        }
    }

    async fn set(&self, fair_by: FairBy, weights: &[(&str, f64)]) {
        let weights = weights.iter().map(|(key, weight)| ((*key).into(), *weight));
        let change = QueueChange {
            fair_by: Some(fair_by),
            weights: Some(weights.collect()),
            ..QueueChange::default()
        };
        self.test.configure(&change).await;
    }

    async fn submit(&mut self, key: &'static str, types: &[&str], count: usize) {
        let task = |index: usize| Submission {
            fairness_key: Some(key.to_owned()),
            task_type: TaskType::parse(types[index % types.len()]).unwrap(),
            ..submission("default")
        };
        let batch = (0..count).map(task).collect();
        for id in self.test.submit_all(batch).await {
            self.keys.insert(id, key);
        }
    }

    /// The next task for a free worker.
    async fn start(&mut self) -> Option<&'static str> {
        let lease = self.test.claim(1).await.pop()?;
        let key = self.keys[&lease.id];
        self.running.push((self.now + self.lengths[key], lease));
        Some(key)
    }

    /// Works for so long; for how long the attempts of each key ran that ended, milliseconds.
    async fn work(&mut self, millis: u64) -> BTreeMap<&'static str, u64> {
        let (end, mut ran) = (self.now + millis, BTreeMap::new());
        loop {
            while self.running.len() < self.workers && self.start().await.is_some() {}
            self.running.sort_by_key(|(done, _)| *done);
            let done = self.running.first().map_or(end, |(done, _)| *done);
            self.test.advance(done.min(end) - self.now);
            self.now = done.min(end);
            if done > end || self.running.is_empty() {
                return ran;
            }
            let (_, lease) = self.running.remove(0);
            self.test.complete(&lease).await;
            let key = self.keys[&lease.id];
            *ran.entry(key).or_default() += self.lengths[key];
        }
    }
}

#[tokio::test]
async fn shares_of_run_time_follow_the_weights() {
    // In one class, and in several.
    for types in [&["default"][..], &["default", "other"]] {
        let mut shop =
            Workshop::open(2, &[("slow", 10_000), ("fast", 500), ("heavy", 2_000)]).await;
        shop.set(FairBy::RunTime, &[("heavy", 2.0)]).await;
        shop.submit("slow", types, 100).await;
        shop.submit("fast", types, 1_000).await;
        shop.submit("heavy", types, 500).await;
        let ran = shop.work(600_000).await;
        // 1,200 s of work for weights of 4 together. What is apart does not grow with the time: for each worker
        // the longest attempt, on its way or charged too little before any had ended.
        for (key, wanted) in [("slow", 300_000), ("fast", 300_000), ("heavy", 600_000)] {
            assert!(ran[key].abs_diff(wanted) <= 30_000, "{types:?}: {ran:?}");
        }
        shop.test.audit().await;
    }
}

#[tokio::test]
async fn charged_by_task_a_slow_key_takes_nearly_all_the_time() {
    let mut shop = Workshop::open(2, &[("slow", 10_000), ("fast", 500)]).await;
    shop.submit("slow", &["default"], 100).await;
    shop.submit("fast", &["default"], 100).await;
    let ran = shop.work(300_000).await;
    assert!(ran["slow"] > 15 * ran["fast"], "{ran:?}");
    shop.test.audit().await;
}

#[tokio::test]
async fn another_charge_holds_from_then_on_while_tasks_run() {
    let mut shop = Workshop::open(2, &[("slow", 10_000), ("fast", 500)]).await;
    shop.submit("slow", &["default"], 200).await;
    shop.submit("fast", &["default"], 2_000).await;
    shop.work(95_000).await;
    assert_eq!(shop.running.len(), 2);
    shop.set(FairBy::RunTime, &[]).await;
    let ran = shop.work(400_000).await;
    for key in ["slow", "fast"] {
        assert!(ran[key].abs_diff(400_000) <= 40_000, "{ran:?}");
    }
    assert_eq!(shop.running.len(), 2);
    shop.set(FairBy::Tasks, &[]).await;
    // What is ahead by then is made up for first.
    shop.work(100_000).await;
    let ran = shop.work(200_000).await;
    let tasks = |key| ran[key] / shop.lengths[key];
    assert!(tasks("slow").abs_diff(tasks("fast")) <= 3, "{ran:?}");
    shop.test.audit().await;
}

/// How many tasks of `steady` run one after another before the other key has a turn.
async fn turns_before(shop: &mut Workshop, other: &str) -> usize {
    let mut turns = 0;
    while shop.start().await.unwrap() != other {
        shop.test.advance(1_000);
        let (_, lease) = shop.running.pop().unwrap();
        shop.test.complete(&lease).await;
        turns += 1;
    }
    turns
}

/// A workshop where `steady` has a pace of a second, and `other` has just got its first task.
async fn with_a_pace() -> Workshop {
    let mut shop = Workshop::open(1, &[("steady", 1_000), ("other", 1_000)]).await;
    shop.set(FairBy::RunTime, &[]).await;
    shop.submit("steady", &["default"], 500).await;
    shop.work(10_000).await;
    shop.test.complete(&shop.running.remove(0).1).await;
    shop.submit("other", &["default"], 2).await;
    turns_before(&mut shop, "other").await;
    shop
}

#[tokio::test]
async fn a_holder_that_dies_charges_its_key_until_the_leases_end() {
    let mut shop = with_a_pace().await;
    shop.test.pass(62_000).await;
    shop.running.clear();
    let turns = turns_before(&mut shop, "other").await;
    assert!((57..=62).contains(&turns), "{turns}");
    shop.test.audit().await;
}

#[tokio::test]
async fn a_release_charges_what_it_ran() {
    let mut shop = with_a_pace().await;
    shop.test.advance(20_000);
    let (_, lease) = shop.running.remove(0);
    let release = Release {
        id: lease.id,
        lease_token: Some(lease.lease_token),
        delay_ms: None,
        view: View::State,
    };
    shop.test.store.tasks.release(release).await.unwrap();
    let turns = turns_before(&mut shop, "other").await;
    assert!((18..=22).contains(&turns), "{turns}");
    shop.test.audit().await;
}

#[tokio::test]
async fn a_key_that_is_away_while_its_task_ends_pays_when_it_comes_back() {
    let mut shop = with_a_pace().await;
    let (_, lease) = shop.running.remove(0);
    // Its second task goes too, and both end late.
    shop.test.advance(1_000);
    let mut second = None;
    while second.is_none() {
        let key = shop.start().await.unwrap();
        let (_, lease) = shop.running.pop().unwrap();
        if key == "other" {
            second = Some(lease);
        } else {
            shop.test.advance(1_000);
            shop.test.complete(&lease).await;
        }
    }
    shop.test.advance(29_000);
    shop.test.complete(&lease).await;
    shop.test.complete(&second.unwrap()).await;
    shop.submit("other", &["default"], 1).await;
    let turns = turns_before(&mut shop, "other").await;
    assert!((55..=64).contains(&turns), "{turns}");
    shop.test.audit().await;
}

#[tokio::test]
async fn an_idle_key_hoards_no_time() {
    let mut shop = Workshop::open(1, &[("steady", 1_000), ("idle", 1_000)]).await;
    shop.set(FairBy::RunTime, &[]).await;
    shop.submit("idle", &["default"], 1).await;
    shop.submit("steady", &["default"], 500).await;
    shop.work(200_000).await;
    shop.submit("idle", &["default"], 100).await;
    let ran = shop.work(40_000).await;
    assert!(ran["idle"].abs_diff(20_000) <= 3_000, "{ran:?}");
    shop.test.audit().await;
}

#[tokio::test]
async fn tasks_that_expire_cost_their_key_nothing() {
    let mut shop = Workshop::open(1, &[("slow", 10_000), ("fast", 1_000)]).await;
    shop.set(FairBy::RunTime, &[]).await;
    shop.submit("slow", &["default"], 3).await;
    shop.submit("fast", &["default"], 300).await;
    shop.work(100_000).await;
    let late = Submission {
        fairness_key: Some("slow".into()),
        expires_in_ms: Some(1),
        ..submission("default")
    };
    shop.test.submit_all(vec![late; 30]).await;
    shop.submit("slow", &["default"], 10).await;
    let ran = shop.work(200_000).await;
    assert!(ran["slow"].abs_diff(ran["fast"]) <= 40_000, "{ran:?}");
    shop.test.audit().await;
}

#[tokio::test]
async fn a_queue_that_charges_by_task_keeps_no_paces() {
    let mut shop = Workshop::open(1, &[("a", 1_000)]).await;
    shop.submit("a", &["default"], 5).await;
    shop.work(3_000).await;
    assert_eq!(shop.test.redis.keys_like("*paces*").await, 0);
    shop.set(FairBy::RunTime, &[]).await;
    shop.work(2_000).await;
    assert_eq!(shop.test.redis.keys_like("*paces*").await, 1);
    shop.work(5_000).await;
    let queues = &shop.test.store.queues;
    queues.remove(&queue("default")).await.unwrap();
    assert_eq!(shop.test.redis.keys_like("*paces*").await, 0);
    shop.test.audit().await;
    let gone = shop.test.store.tasks.claim(claim("n1", "default", 1)).await;
    assert!(gone.unwrap().is_empty());
}
