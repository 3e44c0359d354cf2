//! Both sides of the comparison: the store on a real Redis, and the model.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_redis::redis;
use deadpool_redis::redis::AsyncConnectionConfig;
use taskyard::domain::{JobId, LeaseToken, SessionId, TaskId, TaskState};
use taskyard::store::jobs::Upload;
use taskyard::store::keys::Keys;
use taskyard::store::{Clock, Store, StoreOptions};

use super::action::{NODES, Pick, QUEUES};
use super::reference::{Counts, Job, KEYS, Key, Lease, Model, Serial, Task};
use super::waking::Ear;
use crate::support::{EPOCH_MS, TestRedis, queue};

pub(crate) const PARTITIONS: u16 = 2;
const PATIENCE: Duration = Duration::from_mins(1);

/// A store and a model that have seen the same.
pub(crate) struct World {
    pub(crate) model: Model,
    /// Two replicas of the service; the clients take turns.
    pub(crate) stores: [Store; 2],
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) url: String,
    /// Known ids by number. A child's id is learnt when it is first seen.
    pub(crate) ids: Vec<Option<TaskId>>,
    pub(crate) tokens: Vec<LeaseToken>,
    pub(crate) sessions: Vec<SessionId>,
    pub(crate) redis: redis::aio::MultiplexedConnection,
    /// Each task as it was when it was compared last.
    pub(crate) compared: Vec<Option<(Task, Option<Lease>)>>,
    pub(crate) turn: usize,
    pub(crate) ear: Ear,
    pub(crate) jobs: Vec<JobId>,
    /// The uploads that go on. One that is dropped would say so, perhaps to the next world.
    pub(crate) uploads: Vec<Option<ManuallyDrop<Upload>>>,
    /// Each job as it was when it was compared last.
    pub(crate) jobs_compared: Vec<Option<(Job, Counts)>>,
    /// What has happened, a line a step.
    pub(crate) story: Vec<String>,
}

impl World {
    /// A new world on an emptied Redis.
    pub(crate) async fn begin(redis: &TestRedis) -> Self {
        let url = redis.redis.url();
        let client = redis::Client::open(url.as_str()).unwrap();
        // A busy machine may keep an answer waiting.
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&patient)
            .await
            .unwrap();
        let () = redis::cmd("FLUSHALL")
            .query_async(&mut connection)
            .await
            .unwrap();
        let clock = Arc::new(AtomicU64::new(EPOCH_MS));
        let stores = [open(&url, &clock).await, open(&url, &clock).await];
        let ear = Ear::open(&url, stores[0].sweeps.partitions().map(Keys::of)).await;
        Self {
            model: Model::new(EPOCH_MS, &QUEUES, &NODES, PARTITIONS),
            stores,
            clock,
            url,
            ids: Vec::new(),
            tokens: Vec::new(),
            sessions: Vec::new(),
            redis: connection,
            compared: Vec::new(),
            turn: 0,
            ear,
            jobs: Vec::new(),
            uploads: Vec::new(),
            jobs_compared: Vec::new(),
            story: Vec::new(),
        }
    }

    /// The service is killed; a new one knows nothing but what Redis holds.
    pub(crate) async fn restart(&mut self) {
        self.stores = [
            open(&self.url, &self.clock).await,
            open(&self.url, &self.clock).await,
        ];
        self.uploads.fill_with(|| None);
    }

    pub(crate) fn advance(&mut self, millis: u64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
        self.model.now += millis;
    }

    pub(crate) fn id(&self, task: Serial) -> TaskId {
        self.ids[task].expect("the task's id is known")
    }

    pub(crate) fn serial(&self, id: TaskId) -> Result<Serial, String> {
        self.ids
            .iter()
            .position(|known| *known == Some(id))
            .ok_or_else(|| format!("the store answers with an unknown task {id}"))
    }

    /// The tasks that have, or had, an id that is known.
    pub(crate) fn known(&self) -> Vec<Serial> {
        (0..self.ids.len())
            .filter(|task| self.ids[*task].is_some())
            .collect()
    }

    /// The known task that is meant, if there is one.
    pub(crate) fn meant(&self, pick: Pick) -> Option<Serial> {
        let known = self.known();
        pick.of(known.len()).map(|index| known[index])
    }

    /// Learns the ids of children that have come into being: each carries its number.
    pub(crate) async fn learn_children(&mut self) -> Result<(), String> {
        self.ids.resize(self.model.tasks.len(), None);
        let missing: BTreeSet<usize> = (0..self.ids.len())
            .filter(|task| self.ids[*task].is_none() && self.model.tasks[*task].is_there())
            .map(|task| self.model.tasks[task].queue)
            .collect();
        for number in missing {
            let name = queue(QUEUES[number]);
            let partition = self.stores[0].sweeps.partition_of(&name);
            let keys = Keys::of(partition);
            let members: Vec<String> = redis::cmd("ZRANGE")
                .arg(keys.state(name.as_str(), TaskState::Queued))
                .arg(0)
                .arg(-1)
                .query_async(&mut self.redis)
                .await
                .map_err(|error| error.to_string())?;
            for member in members {
                let id = TaskId::from_compact(member.as_bytes()).ok_or("no task id")?;
                if self.serial(id).is_ok() {
                    continue;
                }
                let task = self.stores[0]
                    .tasks
                    .get(id)
                    .await
                    .map_err(|e| e.to_string())?;
                let task = task.ok_or("a queued task has no record")?;
                let serial: usize = task.payload.as_str().parse().map_err(|_| "no child")?;
                if self.ids[serial].replace(id).is_some() {
                    return Err(format!("child {serial} is there twice"));
                }
            }
        }
        Ok(())
    }
}

impl World {
    /// Learns the virtual times of the keys that take turns.
    pub(crate) async fn learn_turns(&mut self) -> Result<(), String> {
        for (number, name) in QUEUES.iter().enumerate() {
            if !self.model.queues[number].turns.begun {
                continue;
            }
            let keys = Keys::of(self.stores[0].sweeps.partition_of(&queue(name)));
            let (shares, time): (Vec<(String, f64)>, Option<f64>) = redis::pipe()
                .zrange_withscores(keys.of_queue("shares", name), 0, -1)
                .hget(keys.queue(name), "vtime")
                .query_async(&mut self.redis)
                .await
                .map_err(|error| error.to_string())?;
            let mut seen = BTreeMap::new();
            for (name, at) in shares {
                let key = KEYS.iter().position(|key| **key == name);
                let key = key.ok_or_else(|| format!("nobody used a key '{name}'"))?;
                seen.insert(Key::try_from(key).unwrap(), at);
            }
            self.model
                .learn_turns(number, &seen, time.unwrap_or_default())
                .map_err(|difference| format!("{name}: {difference}"))?;
        }
        Ok(())
    }
}

async fn open(url: &str, clock: &Arc<AtomicU64>) -> Store {
    Store::open(StoreOptions {
        url: url.to_owned(),
        partitions: Some(PARTITIONS),
        clock: Clock::Virtual(Arc::clone(clock)),
        ..StoreOptions::default()
    })
    .await
    .unwrap()
}
