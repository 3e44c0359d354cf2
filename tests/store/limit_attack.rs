//! Three replicas claim, report and lose tasks at once: no limit is ever passed, and all work is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_redis::redis;
use futures_util::future::join_all;
use taskyard::domain::queue_limits::QueueLimits;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::{Document, Submission, TaskId, TaskState, TaskType};
use taskyard::store::keys::Keys;
use taskyard::store::{ClaimRequest, Completion, Release, Store, StoreOptions, View};

use crate::support::{TestRedis, claim, configure, queue, submission, submit_all, sweep};

const TASKS: usize = 240;
/// What runs by key, by type and in all, as of one moment, from the records themselves.
const COUNT: &str = "
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local t = redis.call('HMGET', ARGV[1] .. id, 'fairness_key', 'type')
  found[#found + 1] = t[1] or ''
  found[#found + 1] = t[2] or 'default'
end
return found";

/// What an instant may show at most.
struct Bounds {
    running: usize,
    per_key: usize,
    renders: usize,
}

async fn replicas(redis: &TestRedis) -> Vec<Store> {
    let mut stores = Vec::new();
    for _ in 0..3 {
        let options = StoreOptions {
            url: redis.redis.url(),
            partitions: Some(2),
            ..StoreOptions::default()
        };
        stores.push(Store::open(options).await.unwrap());
    }
    stores
}

async fn limit(store: &Store, limits: &str) {
    let limits: QueueLimits = serde_json::from_str(limits).unwrap();
    let change = QueueChange {
        limits: Some(limits),
        ..QueueChange::default()
    };
    configure(store, &change).await;
}

async fn submit(store: &Store) -> Vec<TaskId> {
    let task = |number: usize| Submission {
        fairness_key: (!number.is_multiple_of(5)).then(|| format!("k{}", number % 5)),
        task_type: TaskType::parse(["render", "mail", "default"][number % 3]).unwrap(),
        max_losses: 100,
        ..submission("default")
    };
    submit_all(store, (0..TASKS).map(task).collect()).await
}

/// Claims until all is done: most tasks are completed, some released, some abandoned.
async fn work(store: Store, number: usize, done: Arc<AtomicUsize>) {
    let mut turn = number;
    while done.load(Ordering::SeqCst) < TASKS {
        let request = ClaimRequest {
            lease_ms: Some(1_000),
            ..claim("n1", "default", 1 + turn % 4)
        };
        for task in store.tasks.claim(request).await.unwrap().deliver() {
            turn += 1;
            tokio::time::sleep(Duration::from_millis(turn as u64 % 4)).await;
            if turn.is_multiple_of(41) {
                continue;
            }
            if turn.is_multiple_of(7) {
                let release = Release {
                    id: task.id,
                    lease_token: Some(task.lease_token),
                    delay_ms: None,
                    view: View::State,
                };
                store.tasks.release(release).await.unwrap();
                continue;
            }
            let completion = Completion {
                id: task.id,
                lease_token: task.lease_token,
                result: Document::parse("{}".into()),
                submit: Vec::new(),
                view: View::State,
            };
            let outcome = store.tasks.complete(completion).await.unwrap();
            if matches!(outcome, taskyard::store::ReportOutcome::Done { .. }) {
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
        turn += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn keep_sweeping(store: Store, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        sweep(&store, "replica", 5_000).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Looks at what is stored, again and again; how often something ran.
async fn watch(redis: &TestRedis, store: &Store, bounds: &Bounds, over: &AtomicBool) -> usize {
    let client = redis::Client::open(redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys = Keys::of(store.sweeps.partition_of(&queue("default")));
    let mut seen = 0;
    while !over.load(Ordering::SeqCst) {
        let found: Vec<String> = redis::cmd("EVAL")
            .arg(COUNT)
            .arg(1)
            .arg(keys.state("default", TaskState::Running))
            .arg(keys.task(""))
            .query_async(&mut connection)
            .await
            .unwrap();
        let mut by_key: BTreeMap<&str, usize> = BTreeMap::new();
        for pair in found.chunks(2) {
            *by_key.entry(pair[0].as_str()).or_default() += 1;
        }
        let renders = found.chunks(2).filter(|pair| pair[1] == "render").count();
        assert!(found.len() / 2 <= bounds.running, "{found:?}");
        assert!(renders <= bounds.renders, "{found:?}");
        for (key, count) in by_key {
            assert!(
                key.is_empty() || count <= bounds.per_key,
                "{key}: {found:?}"
            );
        }
        seen += found.len() / 2;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    seen
}

/// Runs everything under these limits, and says how often the watcher saw something run.
async fn attack(limits: &str, bounds: Bounds) -> (TestRedis, Vec<Store>, Vec<TaskId>, usize) {
    let redis = TestRedis::start().await;
    let stores = replicas(&redis).await;
    limit(&stores[0], limits).await;
    let ids = submit(&stores[0]).await;
    let (done, over) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let workers: Vec<_> = (0..9)
        .map(|number| tokio::spawn(work(stores[number % 3].clone(), number, Arc::clone(&done))))
        .collect();
    let sweeper = tokio::spawn(keep_sweeping(stores[1].clone(), Arc::clone(&over)));
    let finish = async {
        for worker in join_all(workers).await {
            worker.unwrap();
        }
        over.store(true, Ordering::SeqCst);
    };
    let (seen, ()) = tokio::join!(watch(&redis, &stores[2], &bounds, &over), finish);
    sweeper.await.unwrap();
    for id in &ids {
        let task = stores[0].tasks.get(*id).await.unwrap().unwrap();
        assert_eq!(task.state, TaskState::Succeeded);
    }
    let report = stores[0].audit().await.unwrap();
    assert_eq!(report.findings, []);
    (redis, stores, ids, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_replicas_together_pass_a_limit_on_what_runs() {
    let bounds = Bounds {
        running: 6,
        per_key: 2,
        renders: 3,
    };
    let limits = r#"{"running": 6, "running_per_key": 2, "types": {"render": {"running": 3}}}"#;
    let (_redis, _stores, _ids, seen) = attack(limits, bounds).await;
    assert!(seen > 0, "nothing was seen to run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_replicas_together_pass_a_rate() {
    let bounds = Bounds {
        running: TASKS,
        per_key: TASKS,
        renders: TASKS,
    };
    let limits = r#"{"rate": {"per_second": 100, "burst": 10}, "rate_per_key": {"per_second": 40, "burst": 3}}"#;
    let (_redis, stores, ids, _) = attack(limits, bounds).await;
    let mut starts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for id in ids {
        let task = stores[0].tasks.get(id).await.unwrap().unwrap();
        for attempt in stores[0].tasks.attempts(id).await.unwrap().unwrap() {
            let started = attempt.started_at.get();
            starts.entry(String::new()).or_default().push(started);
            if let Some(key) = &task.fairness_key {
                starts.entry(key.clone()).or_default().push(started);
            }
        }
    }
    for (key, mut moments) in starts {
        moments.sort_unstable();
        let (per_second, burst) = if key.is_empty() { (100, 10) } else { (40, 3) };
        for (first, from) in moments.iter().enumerate() {
            for (last, to) in moments.iter().enumerate().skip(first) {
                // Moments are whole milliseconds: one more on each side.
                let most = burst + (to - from + 2) * per_second / 1_000;
                let count = (last - first + 1) as u64;
                assert!(count <= most, "{key:?}: {count} in {} ms", to - from);
            }
        }
    }
}
