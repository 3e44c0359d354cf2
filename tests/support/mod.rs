//! What tests stand on: a Redis of their own, a store on it, and a virtual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool_redis::redis;
use taskyard::domain::job::NewJob;
use taskyard::domain::placement::Offer;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::task::TaskError;
use taskyard::domain::{Document, NodeId, QueueName, Submission, Task, TaskId, TaskState};
use taskyard::store::faults::Faults;
use taskyard::store::jobs::{BeginOutcome, Upload};
use taskyard::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};
use taskyard::store::{
    ClaimRequest, ClaimedTask, Clock, Completion, Failure, ReportOutcome, Store, StoreError,
    StoreOptions, SubmitOutcome, View,
};
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

    /// Ends every subscription: what is published now is heard by nobody.
    pub(crate) async fn deafen(&self) {
        let mut connection = self.connect().await;
        let ended: u64 = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "pubsub"])
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!(ended > 0, "nobody listened");
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// How long a key lives on, milliseconds.
    pub(crate) async fn lives_ms(&self, key: &str) -> u64 {
        let mut connection = self.connect().await;
        let mut command = redis::cmd("PTTL");
        let millis: i64 = command.arg(key).query_async(&mut connection).await.unwrap();
        u64::try_from(millis).unwrap()
    }

    /// Deletes a key behind the service's back.
    pub(crate) async fn delete(&self, key: &str) {
        let mut connection = self.connect().await;
        let mut command = redis::cmd("DEL");
        let _: u64 = command.arg(key).query_async(&mut connection).await.unwrap();
    }

    /// Runs a command that changes something behind the service's back.
    pub(crate) async fn run(&self, words: &[&str]) {
        let mut connection = self.connect().await;
        let mut command = redis::cmd(words[0]);
        let command = command.arg(&words[1..]);
        let _: redis::Value = command.query_async(&mut connection).await.unwrap();
    }

    /// How many keys there are of that pattern.
    pub(crate) async fn keys_like(&self, pattern: &str) -> usize {
        let mut connection = self.connect().await;
        let mut command = redis::cmd("KEYS");
        let keys: Vec<String> = command
            .arg(pattern)
            .query_async(&mut connection)
            .await
            .unwrap();
        keys.len()
    }

    /// How often Redis has run a command, by itself or in a script.
    pub(crate) async fn calls_of(&self, command: &str) -> usize {
        let mut connection = self.connect().await;
        let stats: String = redis::cmd("INFO")
            .arg("commandstats")
            .query_async(&mut connection)
            .await
            .unwrap();
        let head = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&head));
        let count = line.and_then(|line| line.split(',').next());
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// How often it has run a script, in whichever form.
    pub(crate) async fn script_calls(&self) -> usize {
        self.calls_of("fcall").await + self.calls_of("evalsha").await
    }
}

/// A store on a Redis of its own, with a clock that only the test moves.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) now: Arc<AtomicU64>,
    pub(crate) redis: TestRedis,
}

/// Sweeps every partition once, in the name of a replica and for so long, until a call fails.
pub(crate) async fn sweep(store: &Store, replica: &str, grant_ms: u64) -> Result<(), StoreError> {
    for partition in store.sweeps.partitions() {
        let due = store.sweeps.due(partition, replica, grant_ms, &[]).await?;
        for work in due.work {
            store.sweeps.run(work, partition).await?;
        }
    }
    Ok(())
}

/// Submits tasks that are new, together: their ids, in order.
pub(crate) async fn submit_all(store: &Store, submissions: Vec<Submission>) -> Vec<TaskId> {
    let outcomes = store.tasks.submit_batch(submissions).await;
    let created = |outcome: Result<SubmitOutcome, StoreError>| match outcome.unwrap() {
        SubmitOutcome::Created(task) => task.id,
        other => panic!("the task was not created: {other:?}"),
    };
    outcomes.into_iter().map(created).collect()
}

/// Gives the queue `default` these settings, and every other its default.
pub(crate) async fn configure(store: &Store, change: &QueueChange) {
    let name = queue("default");
    store.queues.configure(&name, change, None).await.unwrap();
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
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
            partitions: Some(2),
            clock: Clock::Virtual(Arc::clone(&now)),
            ..StoreOptions::default()
        };
        change(&mut options);
        let store = Store::open(options).await.unwrap();
        Self { store, now, redis }
    }

    /// A job whose tasks are brought.
    pub(crate) async fn begin_job(&self, new: NewJob) -> Upload {
        match self.store.jobs.begin(new).await.unwrap() {
            BeginOutcome::Open(upload) => upload,
            other => panic!("the job takes nothing: {other:?}"),
        }
    }

    /// Moves the clock while nobody sweeps: an outage, when it is long.
    pub(crate) fn advance(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the clock back.
    pub(crate) fn step_back(&self, millis: u64) {
        self.now.fetch_sub(millis, Ordering::SeqCst);
    }

    /// Sweeps every partition once, as the dispatcher does.
    pub(crate) async fn sweep(&self) {
        sweep(&self.store, "replica", 5_000).await.unwrap();
    }

    /// A store on the same Redis whose calls can be cut off.
    pub(crate) async fn mortal(&self) -> (Store, Arc<Faults>) {
        let faults = Arc::new(Faults::seeded(1, 0, 0));
        let store = Store::open(StoreOptions {
            url: self.redis.redis.url(),
            clock: Clock::Virtual(Arc::clone(&self.now)),
            faults: Some(Arc::clone(&faults)),
            ..StoreOptions::default()
        })
        .await
        .unwrap();
        (store, faults)
    }

    /// Time goes by, and every second all partitions are swept.
    pub(crate) async fn pass(&self, millis: u64) {
        self.sweep().await;
        let mut left = millis;
        while left > 0 {
            let step = left.min(1_000);
            left -= step;
            self.advance(step);
            self.sweep().await;
        }
    }

    /// Submits a task that is new.
    pub(crate) async fn submit(&self, submission: Submission) -> TaskId {
        match self.store.tasks.submit(submission).await.unwrap() {
            SubmitOutcome::Created(task) => task.id,
            other => panic!("the task was not created: {other:?}"),
        }
    }

    /// Submits tasks that are new, together: their ids, in order.
    pub(crate) async fn submit_all(&self, submissions: Vec<Submission>) -> Vec<TaskId> {
        submit_all(&self.store, submissions).await
    }

    /// Gives the queue `default` these settings, and every other its default.
    pub(crate) async fn configure(&self, change: &QueueChange) {
        configure(&self.store, change).await;
    }

    /// Claims up to so many tasks of the queue `default` for the node `n1`.
    pub(crate) async fn claim(&self, most: usize) -> Vec<ClaimedTask> {
        self.claim_as(claim("n1", "default", most)).await
    }

    pub(crate) async fn claim_as(&self, request: ClaimRequest) -> Vec<ClaimedTask> {
        self.store.tasks.claim(request).await.unwrap().deliver()
    }

    /// Claims the only task there is.
    pub(crate) async fn claim_one(&self) -> ClaimedTask {
        let mut claimed = self.claim(5).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    pub(crate) async fn task(&self, id: TaskId) -> Task {
        self.store.tasks.get(id).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, id: TaskId) -> TaskState {
        self.task(id).await.state
    }

    pub(crate) async fn complete(&self, lease: &ClaimedTask) -> ReportOutcome {
        self.complete_with(lease, Vec::new()).await
    }

    /// The same, with children.
    pub(crate) async fn complete_with(
        &self,
        lease: &ClaimedTask,
        submit: Vec<Submission>,
    ) -> ReportOutcome {
        let completion = Completion {
            id: lease.id,
            lease_token: lease.lease_token.clone(),
            result: Document::parse("{}".into()),
            submit,
            view: View::State,
        };
        self.store.tasks.complete(completion).await.unwrap()
    }

    /// Fails the attempt; it may run again, after the given delay or the policy's.
    pub(crate) async fn fail(&self, lease: &ClaimedTask, retry_after_ms: Option<u64>) {
        let failure = Failure {
            id: lease.id,
            lease_token: lease.lease_token.clone(),
            error: TaskError {
                code: "broken".into(),
                message: "it broke".into(),
                detail: None,
            },
            retryable: true,
            retry_after_ms,
            view: View::State,
        };
        let outcome = self.store.tasks.fail(failure).await.unwrap();
        assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    }

    /// The test's end: everything stored fits together.
    pub(crate) async fn audit(&self) {
        let report = self.store.audit().await.unwrap();
        assert_eq!(report.findings, []);
    }
}

/// A client for plain HTTP to this machine.
pub(crate) fn http_client() -> reqwest::Client {
    // The library wants to know how TLS would be done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().tls_certs_only([]);
    builder.no_proxy().build().unwrap()
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
        waits: false,
    }
}
