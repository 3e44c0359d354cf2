//! What tests stand on: a Redis of their own, a store on it, and a virtual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use taskyard::domain::placement::Offer;
use taskyard::domain::{NodeId, QueueName, Submission};
use taskyard::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};
use taskyard::store::{ClaimRequest, Clock, Store, StoreOptions};
use tempfile::TempDir;

/// Where a virtual clock begins: 2026-11-23T07:01:55.000Z.
pub(crate) const EPOCH_MS: u64 = 1_795_417_315_000;

/// A Redis of the test's own, gone with it.
pub(crate) struct TestRedis {
    pub(crate) redis: PrivateRedis,
    _dir: TempDir,
}

impl TestRedis {
    pub(crate) async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let mut options = PrivateRedisOptions::new(dir.path().join("data"));
        options.fsync = Fsync::No;
        let redis = PrivateRedis::start(options).await.unwrap();
        Self { redis, _dir: dir }
    }
}

/// A store on a Redis of its own, with a clock that only the test moves.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) now: Arc<AtomicU64>,
    pub(crate) redis: TestRedis,
}

impl TestStore {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A store with options of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let redis = TestRedis::start().await;
        let now = Arc::new(AtomicU64::new(EPOCH_MS));
        let mut options = StoreOptions {
            url: redis.redis.url(),
            clock: Clock::Virtual(Arc::clone(&now)),
            ..StoreOptions::default()
        };
        change(&mut options);
        let store = Store::open(options).await.unwrap();
        Self { store, now, redis }
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

/// A queue's name.
pub(crate) fn queue(name: &str) -> QueueName {
    QueueName::parse(name).unwrap()
}

/// A node's name.
pub(crate) fn node(name: &str) -> NodeId {
    NodeId::parse(name).unwrap()
}

/// A task with every default.
pub(crate) fn submission(name: &str) -> Submission {
    Submission::new(queue(name))
}

/// A claim of a node without registration.
pub(crate) fn claim(node_name: &str, queue_name: &str, max_tasks: usize) -> ClaimRequest {
    ClaimRequest {
        node: node(node_name),
        session: None,
        offer: Offer::default(),
        queues: vec![queue(queue_name)],
        max_tasks,
        lease_ms: None,
        claim_id: None,
    }
}
