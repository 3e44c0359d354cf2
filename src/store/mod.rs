//! The only part that knows Redis. Typed methods named by the verb; no driver type leaves it.
//!
//! Each write is one Lua script on one partition (`migrations-lua/`), sent by group commit
//! ([`lanes`]). [`keys`] draws every key. Start with [`Store`] and follow a verb into
//! `store/tasks/`, then into the Lua file of the same name.

mod address;
mod args;
pub mod audit;
pub mod clock;
mod codec;
mod condition;
mod confirmation;
mod connection;
mod core;
mod dependencies;
pub mod document_kind;
pub mod durability;
mod endpoints;
mod error;
pub mod faults;
mod functions;
pub mod jobs;
pub mod keys;
mod lanes;
mod ledger;
mod link;
pub mod nodes;
pub mod operations;
mod outbox;
mod partition_rank;
mod places;
pub mod private_redis;
mod queues;
pub mod redis_check;
pub mod redis_version;
mod reply;
pub mod schedules;
mod schema;
mod scripts;
mod servers;
mod signals;
mod sweeps;
mod tasks;
mod wire;

use std::sync::{Arc, PoisonError};

use deadpool_redis::redis;

use self::address::Address;
pub use self::audit::AuditReport;
pub use self::clock::Clock;
use self::connection::Connection;
use self::core::{Core, Shared};
pub use self::endpoints::Endpoints;
pub use self::error::{Outcome, StoreError};
pub use self::jobs::Jobs;
pub use self::nodes::Nodes;
pub use self::operations::{Operations, SteerOutcome};
pub use self::partition_rank::PartitionRank;
pub use self::queues::{ConfigureOutcome, Queues, RemoveOutcome};
pub use self::schedules::Schedules;
pub use self::schema::OpenError;
pub use self::signals::{Signal, Signals};
pub use self::sweeps::{Due, Sweeps, Work};
pub use self::tasks::Tasks;
pub use self::tasks::attempts::Attempt;
pub use self::tasks::cancel::CancelOutcome;
pub use self::tasks::claim::ClaimRequest;
pub use self::tasks::claimed::{Claimed, ClaimedTask};
pub use self::tasks::complete::Completion;
pub use self::tasks::delete::DeleteOutcome;
pub use self::tasks::fail::Failure;
pub use self::tasks::list::{ListPlace, TaskPage};
pub use self::tasks::log::{LogLine, LogOutcome};
pub use self::tasks::progress::{ProgressOutcome, ProgressReport};
pub use self::tasks::release::Release;
pub use self::tasks::report::{ReportOutcome, View};
pub use self::tasks::retry::RetryOutcome;
pub use self::tasks::run_now::RunNowOutcome;
pub use self::tasks::submit::SubmitOutcome;
pub use self::tasks::update::{TaskChange, TaskVersion, UpdateOutcome};
use crate::domain::partition::DEFAULT_PARTITIONS;

/// Documents up to this length stand in the task's record where Redis keeps such records small.
const MOST_INLINE_BYTES: usize = 1_024;
/// What a Redis of unknown settings keeps small: its default `hash-max-listpack-value`.
const SAFE_INLINE_BYTES: usize = 64;

/// How to open a store.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// Where Redis is: `redis://...` or `redis+unix://...`. May hold a password: never logged.
    pub url: String,
    /// The number of partitions, when the settings name one.
    pub partitions: Option<u16>,
    /// Whether each promised write waits for a replica: the level `replica`.
    pub replicated: bool,
    /// The epoch that the data directory remembers.
    pub known_epoch: Option<String>,
    /// Which clock the scripts read; a virtual one only in tests.
    pub clock: Clock,
    /// Injected faults; only in tests.
    pub faults: Option<Arc<faults::Faults>>,
}

/// The store: everything that Taskyard keeps.
#[derive(Clone)]
pub struct Store {
    /// Tasks.
    pub tasks: Tasks,
    /// Nodes and their sessions.
    pub nodes: Nodes,
    /// Queues.
    pub queues: Queues,
    /// Where tasks are pushed to.
    pub endpoints: Endpoints,
    /// Changes of many tasks.
    pub operations: Operations,
    /// Rules by which tasks are submitted again and again.
    pub schedules: Schedules,
    /// Jobs.
    pub jobs: Jobs,
    /// Background passes.
    pub sweeps: Sweeps,
    core: Arc<Core>,
}

impl Store {
    /// Connects, and brings the stored data to the current schema.
    pub async fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let address = parse(&options.url)?;
        let mut connection = address.connect().await?;
        let opened = schema::open(
            &mut connection,
            options.partitions,
            DEFAULT_PARTITIONS,
            options.known_epoch.as_deref(),
        )
        .await?;
        functions::install(&mut connection).await;
        let shared = Shared::new(
            address,
            options.faults,
            options.clock,
            opened.epoch,
            options.replicated,
        );
        let inline_bytes = inline_bytes(&mut connection).await;
        let store = Self::on(shared, opened.partitions, inline_bytes);
        // What does not succeed now is tried again every second.
        let _ = store.look().await;
        Ok(store)
    }

    /// Connects to what is stored as it is, and changes nothing: for looking at it. `None` when
    /// nothing was ever stored there.
    pub async fn attach(url: &str) -> Result<Option<Self>, OpenError> {
        let address = parse(url)?;
        let mut connection = address.connect().await?;
        let Some(found) = schema::find(&mut connection).await? else {
            return Ok(None);
        };
        let shared = Shared::new(address, None, Clock::default(), found.epoch, false);
        let inline_bytes = inline_bytes(&mut connection).await;
        Ok(Some(Self::on(shared, found.partitions, inline_bytes)))
    }

    fn on(shared: Shared, partitions: u16, inline_bytes: usize) -> Self {
        let core = Arc::new(Core::new(Arc::new(shared), partitions, inline_bytes));
        let share = || Arc::clone(&core);
        Self {
            tasks: Tasks { core: share() },
            nodes: Nodes { core: share() },
            queues: Queues { core: share() },
            endpoints: Endpoints { core: share() },
            operations: Operations { core: share() },
            schedules: Schedules { core: share() },
            jobs: Jobs { core: share() },
            sweeps: Sweeps { core: share() },
            core,
        }
    }

    /// The epoch this service expects: what the data directory is to remember.
    pub fn epoch(&self) -> String {
        self.core.shared.epoch()
    }

    /// Makes the store as it is now, emptied or swapped, the one to work with: its new epoch.
    /// An emptied one gets as many partitions as `partitions` says, else the default.
    pub async fn accept(url: &str, partitions: Option<u16>) -> Result<String, OpenError> {
        let mut connection = parse(url)?.connect().await?;
        Ok(
            schema::accept(&mut connection, partitions, DEFAULT_PARTITIONS)
                .await?
                .epoch,
        )
    }

    /// Takes over an epoch that an operator has accepted. What was known of another data set
    /// is forgotten.
    pub fn adopt_epoch(&self, epoch: String) {
        self.core.forget_all_classes();
        self.core.places.clear();
        self.core.forget_nodes();
        *self
            .core
            .shared
            .epoch
            .write()
            .unwrap_or_else(PoisonError::into_inner) = epoch;
    }
}

/// Every script by its file under `migrations-lua`, as Redis gets it: for the tests that hold
/// the scripts to their contract.
#[doc(hidden)]
pub fn script_sources() -> Vec<(&'static str, String)> {
    scripts::all()
        .into_iter()
        .chain(scripts::SCHEMA.iter())
        .map(|script| (script.file, script.source()))
        .collect()
}

fn parse(url: &str) -> Result<Address, OpenError> {
    Address::parse(url).map_err(|error| OpenError::Address(error.to_string()))
}

/// How long a document may be to stand in the record: one longer field than
/// `hash-max-listpack-value` would turn the whole hash into a table, twice the size.
async fn inline_bytes(connection: &mut Connection) -> usize {
    let answer: Result<Vec<String>, _> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("hash-max-listpack-value")
        .query_async(connection)
        .await;
    answer
        .ok()
        .and_then(|pair| pair.get(1)?.parse::<usize>().ok())
        .unwrap_or(SAFE_INLINE_BYTES)
        .min(MOST_INLINE_BYTES)
}

/// 128 random bits as hexadecimal digits.
pub(crate) fn random_hex() -> String {
    codec::hex(&random_bytes::<16>())
}

/// Random bytes that nobody can guess.
pub(crate) fn random_bytes<const COUNT: usize>() -> [u8; COUNT] {
    // The generator of this thread, which the system has seeded: to ask the system itself is a call to it for
    // every claim.
    rand::random()
}

/// A number in [0, 1) for jitter.
pub fn chance() -> f64 {
    rand::random()
}
