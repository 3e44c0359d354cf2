//! What all parts of the store stand on: the connections, the keys, the lanes and plain calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use deadpool_redis::redis::Value;
use tokio::time::{Instant, timeout_at};

use super::StoreError;
use super::address::Address;
use super::args::Args;
use super::clock::Clock;
use super::condition::Condition;
use super::faults::Faults;
use super::functions::Functions;
use super::keys::Keys;
use super::lanes::{Lanes, PATIENCE, Slice, Verb};
use super::ledger::Ledger;
use super::link::Link;
use super::nodes::alone::Alone;
use super::nodes::facts::FactsCache;
use super::nodes::resources::Turns;
use super::places::Places;
use super::reply::Reply;
use super::scripts::Script;
use super::servers::Servers;
use super::tasks::classes::ClassCache;
use super::tasks::missing::MissingQueues;
use super::tasks::quiet::QuietQueues;
use super::wire::Wire;
use crate::domain::fleet::Fleet;
use crate::domain::{Partition, TaskId};

/// Connections for plain calls; a call takes the next one in turn.
const DESKS: usize = 4;

/// What every connection and every script call of a service has in common.
pub(crate) struct Shared {
    pub(crate) address: Address,
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) clock: Clock,
    pub(crate) epoch: RwLock<String>,
    /// Whether what is promised is to have reached a replica.
    pub(crate) replicated: bool,
    /// How Redis was found to be.
    pub(crate) condition: Condition,
    /// Whether it takes functions.
    pub(crate) functions: Functions,
    /// Rises when connections are found to lead to the wrong server.
    pub(crate) moves: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        address: Address,
        faults: Option<Arc<Faults>>,
        clock: Clock,
        epoch: String,
        replicated: bool,
    ) -> Self {
        Self {
            address,
            faults,
            clock,
            epoch: RwLock::new(epoch),
            replicated,
            condition: Condition::default(),
            functions: Functions::default(),
            moves: AtomicU64::new(0),
        }
    }

    /// All connections are made anew before they are used again: the server behind them is
    /// not the one to work with (any more), and the same address may lead to another.
    pub(crate) fn leave_server(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
        self.address.forget_connections();
    }

    /// The arguments that every script begins with (`lib/header.lua`).
    pub(crate) fn header(&self, lane: &str, number: u64, mode: &str) -> Args {
        let mut args = Args::with_room(5, 96);
        args.push(self.epoch().as_bytes())
            .push(self.clock.header())
            .push(lane)
            .push_number(number)
            .push(mode);
        args
    }

    pub(crate) fn epoch(&self) -> String {
        self.epoch
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The store's inside.
pub(crate) struct Core {
    pub(crate) shared: Arc<Shared>,
    pub(crate) keys: Vec<Keys>,
    pub(crate) partitions: u16,
    /// Longest document that stands in the task's record.
    pub(crate) inline_bytes: usize,
    /// Which queues live away from home.
    pub(crate) places: Places,
    /// Which classes each queue has.
    pub(crate) classes: ClassCache,
    /// Which queues were looked for in vain.
    pub(crate) missing: MissingQueues,
    /// Which queues have nothing to claim.
    pub(crate) quiet: QuietQueues,
    /// What is known of nodes.
    pub(crate) facts: FactsCache,
    /// What came of attempts that began here.
    pub(crate) ledger: Ledger,
    /// The nodes as the last survey found them.
    pub(crate) fleet: RwLock<Arc<Fleet>>,
    /// Classes that one node alone may run.
    pub(crate) alone: Alone,
    /// For what is asked without a script: of a key, of servers.
    pub(crate) questions: Wire,
    pub(crate) servers: Servers,
    /// Whose turn it is to claim tasks that take something of their node.
    pub(crate) turns: Turns,
    lanes: Lanes,
    desks: Vec<tokio::sync::Mutex<Link>>,
    /// For calls that are made side by side.
    abreast: Arc<Wire>,
    next_desk: AtomicUsize,
}

impl Core {
    pub(crate) fn new(shared: Arc<Shared>, partitions: u16, inline_bytes: usize) -> Self {
        let desk = || tokio::sync::Mutex::new(Link::new(Arc::clone(&shared)));
        Self {
            keys: Partition::all(partitions).map(Keys::of).collect(),
            partitions,
            inline_bytes,
            places: Places::default(),
            classes: Mutex::new(HashMap::new()),
            missing: MissingQueues::default(),
            quiet: QuietQueues::default(),
            facts: FactsCache::default(),
            ledger: Ledger::default(),
            fleet: RwLock::default(),
            alone: Alone::default(),
            questions: Wire::new(Arc::clone(&shared)),
            servers: Servers::new(Arc::clone(&shared)),
            lanes: Lanes::new(partitions, Arc::clone(&shared)),
            turns: Turns::default(),
            desks: (0..DESKS).map(|_| desk()).collect(),
            abreast: Arc::new(Wire::new(Arc::clone(&shared))),
            next_desk: AtomicUsize::new(0),
            shared,
        }
    }

    /// A fresh id in `partition`.
    pub(crate) fn mint_id(&self, partition: Partition) -> TaskId {
        TaskId::mint(self.shared.clock.new_uuid(), partition)
    }

    /// Whether an id can name a task here.
    pub(crate) fn knows(&self, id: TaskId) -> bool {
        id.partition().number() < self.partitions
    }

    /// Sends items through the lane of `verb`; one answer an item.
    pub(crate) async fn through_lane(
        &self,
        verb: Verb,
        partition: Partition,
        slice: Slice,
    ) -> Result<Vec<Value>, StoreError> {
        let prefix = self.prefix(partition);
        let lane = self.lanes.get(verb, partition, prefix, slice.ordered);
        lane.run(slice).await
    }

    /// The same of a single item: its answer.
    pub(crate) async fn one_through_lane(
        &self,
        verb: Verb,
        partition: Partition,
        slice: Slice,
    ) -> Result<Reply, StoreError> {
        let answers = self.through_lane(verb, partition, slice).await?;
        let answer = answers.into_iter().next();
        Reply::list(answer.ok_or_else(|| StoreError::corrupt("an item was not answered"))?)
    }

    /// Runs a script once, outside any lane, within `PATIENCE`. A lost reply leaves its outcome
    /// unknown.
    ///
    /// For calls that come alone: each takes its turn at a desk. See [`Self::call_abreast`].
    pub(crate) async fn call(
        &self,
        script: &Script,
        partition: Partition,
        mode: &str,
        arguments: &Args,
    ) -> Result<Reply, StoreError> {
        let turn = self.next_desk.fetch_add(1, Ordering::Relaxed);
        // While Redis hangs, those in front take their time-outs one after another.
        let deadline = Instant::now() + PATIENCE;
        let desk = self.desks[turn % DESKS].lock();
        let mut link = timeout_at(deadline, desk)
            .await
            .map_err(|_| StoreError::not_done())?;
        self.evaluate(&mut link, deadline, script, partition, mode, arguments)
            .await
    }

    /// The same over a connection that all such calls share: those of several partitions that are made at once
    /// reach a server in one piece, and come back so.
    pub(crate) async fn call_abreast(
        &self,
        script: &Script,
        partition: Partition,
        mode: &str,
        arguments: &Args,
    ) -> Result<Reply, StoreError> {
        let mut link = Link::over(Arc::clone(&self.abreast), Arc::clone(&self.shared));
        let deadline = Instant::now() + PATIENCE;
        self.evaluate(&mut link, deadline, script, partition, mode, arguments)
            .await
    }

    async fn evaluate(
        &self,
        link: &mut Link,
        deadline: Instant,
        script: &Script,
        partition: Partition,
        mode: &str,
        arguments: &Args,
    ) -> Result<Reply, StoreError> {
        let header = self.shared.header("", 0, mode);
        let args = [&header, arguments];
        let evaluated = link.eval(script, self.prefix(partition), &args);
        let value = timeout_at(deadline, evaluated)
            .await
            .map_err(|_| StoreError::unknown())??;
        Reply::of_script(value, script.file)
    }

    fn prefix(&self, partition: Partition) -> &str {
        self.keys[usize::from(partition.number()) % self.keys.len()].prefix()
    }

    /// All partitions.
    pub(crate) fn all_partitions(&self) -> impl Iterator<Item = Partition> + Clone + use<> {
        Partition::all(self.partitions)
    }
}
