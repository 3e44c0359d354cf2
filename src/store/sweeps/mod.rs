//! Sweeps: the bounded background passes of one partition, as the dispatcher calls them.
//!
//! When they are called is for the dispatcher to know; each may be lost or repeated at any moment.
//! Start with [`Work`], which names them; `sessions` ends silent nodes, `trim` deletes what is over.

mod sessions;
mod trim;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use super::args::Args;
use super::core::Core;
use super::places::Seat;
use super::{Schedules, StoreError, scripts};
use crate::domain::placement::TaskClass;
use crate::domain::{NodeId, Partition, QueueName};

/// Items of one pass.
const PAGE: u64 = 200;
/// Queues whose limits one pass looks at.
const QUEUE_PAGE: u64 = 10;

/// The sweeps of the store.
#[derive(Clone)]
pub struct Sweeps {
    pub(crate) core: Arc<Core>,
}

/// A sweep that has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// Tasks whose moment has come.
    Promote,
    /// Running tasks whose lease row is due.
    ReturnLost,
    /// Sessions that are silent for too long.
    EndDead,
    /// Nodes whose time to drain is over.
    EndDrains,
    /// Tasks that were not started in time.
    Expire,
    /// Rates that let the next tasks start, and limits that were changed.
    OpenLimits,
    /// Operations with a step to do.
    Operate,
    /// Schedules whose moment has come.
    FireSchedules,
    /// Ranges whose next tasks can be made.
    ExtendJobs,
    /// Committed graphs whose tasks are to be made.
    PlantJobs,
    /// Jobs of which something ends: a broken upload, cancelled tasks, the job's own record.
    EndJobs,
    /// Rows in the outbox.
    Deliver,
}

impl Work {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "promote" => Self::Promote,
            "return_lost" => Self::ReturnLost,
            "end_dead" => Self::EndDead,
            "end_drains" => Self::EndDrains,
            "expire" => Self::Expire,
            "open_limits" => Self::OpenLimits,
            "operate" => Self::Operate,
            "fire_schedules" => Self::FireSchedules,
            "extend_jobs" => Self::ExtendJobs,
            "plant_jobs" => Self::PlantJobs,
            "end_jobs" => Self::EndJobs,
            "deliver" => Self::Deliver,
            _ => return None,
        })
    }
}

/// What there is to do in a partition.
#[derive(Debug, Clone, Default)]
pub struct Due {
    /// Whether this replica is the one to sweep just now.
    pub granted: bool,
    /// How long until something is due that is not due yet, milliseconds.
    pub next_in_ms: Option<u64>,
    /// The sweeps with something to do.
    pub work: BTreeSet<Work>,
    /// Of the queues asked about, those with ready tasks, and how many.
    pub ready: Vec<(QueueName, u64)>,
}

impl Sweeps {
    /// How many partitions there are.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + Clone + use<> {
        self.core.all_partitions()
    }

    /// The partition of a queue, as far as that is known here.
    pub fn partition_of(&self, queue: &QueueName) -> Partition {
        self.core.partition_of(queue)
    }

    /// Looks what there is to do, and asks to be the one to do it. Queues for which claims wait and that live
    /// elsewhere are found out by it, and those that have nothing.
    pub async fn due(
        &self,
        partition: Partition,
        replica: &str,
        grant_ms: u64,
        waiting: &[QueueName],
    ) -> Result<Due, StoreError> {
        let mut args = Args::default();
        args.push(replica).push_number(grant_ms);
        let asked = Instant::now();
        let mut questions = BTreeMap::new();
        for queue in waiting {
            args.push(queue.as_str());
            questions.insert(queue.clone(), self.core.quiet.ask(queue, asked));
        }
        let mut reply = self.core.call(&scripts::DUE, partition, "", &args).await?;
        let granted = reply.text()? == "1";
        let next_in_ms = u64::try_from(reply.number()?).ok();
        let mut due = Due {
            granted,
            next_in_ms,
            ..Due::default()
        };
        let mut words = reply.next_list()?;
        while words.left() > 0 {
            due.work.extend(Work::from_word(&words.text()?));
        }
        let mut ready = reply.next_list()?;
        while ready.left() > 0 {
            let name = QueueName::parse(&ready.text()?)
                .map_err(|_| StoreError::corrupt("a queue's name"))?;
            self.queue_has_tasks(&name);
            questions.remove(&name);
            due.ready.push((name, ready.count()?));
        }
        let mut strays = reply.next_list()?;
        while strays.left() > 0 {
            let name = QueueName::parse(&strays.text()?)
                .map_err(|_| StoreError::corrupt("a queue's name"))?;
            questions.remove(&name);
            let signpost = strays.text()?;
            let seat = (!signpost.is_empty()).then(|| Seat::unpacked(&signpost));
            self.core.note_place(&name, partition, seat.transpose()?);
        }
        for (queue, question) in questions {
            self.core.quiet.learn(&queue, question);
        }
        Ok(due)
    }

    /// Does one kind of work in a partition until there is none left.
    pub async fn run(&self, work: Work, partition: Partition) -> Result<(), StoreError> {
        match work {
            Work::Promote => self.promote(partition).await,
            Work::ReturnLost => self.return_lost(partition).await,
            Work::EndDead => self.end_dead(partition).await,
            Work::EndDrains => self.end_drains(partition).await,
            Work::Expire => self.expire(partition).await,
            Work::OpenLimits => self.open_limits(partition).await,
            Work::Operate => self.operate(partition).await,
            Work::FireSchedules => self.fire_schedules(partition).await,
            Work::ExtendJobs => self.core.extend_jobs(partition).await,
            Work::PlantJobs => self.core.plant_jobs(partition).await,
            Work::EndJobs => self.core.end_jobs(partition).await,
            Work::Deliver => self.deliver(partition).await,
        }
    }

    /// Tasks whose moment has come become claimable.
    pub async fn promote(&self, partition: Partition) -> Result<(), StoreError> {
        self.page_through(&scripts::PROMOTE, partition).await
    }

    /// Tasks that were not started in time expire.
    pub async fn expire(&self, partition: Partition) -> Result<(), StoreError> {
        self.page_through(&scripts::EXPIRE, partition).await
    }

    /// What a rate held may start, and what follows from other limits goes on.
    pub async fn open_limits(&self, partition: Partition) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push_number(QUEUE_PAGE).push_number(PAGE);
        while self
            .core
            .call(&scripts::OPEN_LIMITS, partition, "", &args)
            .await?
            .count()?
            > 0
        {}
        Ok(())
    }

    async fn page_through(
        &self,
        script: &super::scripts::Script,
        partition: Partition,
    ) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE);
        while self
            .core
            .call(script, partition, "", &args)
            .await?
            .count()?
            == PAGE
        {}
        Ok(())
    }

    /// A node drains, or does not any more, here or elsewhere.
    pub fn drain_changed(&self, node: &NodeId) {
        self.core.forget_node(node);
    }

    /// Fires the schedules whose moment has come.
    pub async fn fire_schedules(&self, partition: Partition) -> Result<(), StoreError> {
        let core = Arc::clone(&self.core);
        Schedules { core }.fire_due(partition).await
    }

    /// Delivers the outbox.
    pub async fn deliver(&self, partition: Partition) -> Result<(), StoreError> {
        while self.core.deliver_outbox(partition).await? > 0 {}
        Ok(())
    }

    /// A class of a queue, if it is known here.
    pub fn known_class(&self, queue: &QueueName, number: usize) -> Option<Arc<TaskClass>> {
        self.core.known_class(queue, number)
    }

    /// The same, read anew.
    pub async fn read_class(
        &self,
        queue: &QueueName,
        number: usize,
    ) -> Result<Option<Arc<TaskClass>>, StoreError> {
        let classes = self.core.read_classes(queue).await?;
        Ok(classes.and_then(|known| known.all.get(number).cloned()))
    }

    /// Known classes of a queue that one node alone may run.
    pub fn classes_of_one_node(&self, queue: &QueueName) -> Vec<Arc<TaskClass>> {
        self.core.classes_of_one_node(queue)
    }

    /// A queue has claimable tasks, and so is there.
    pub fn queue_has_tasks(&self, queue: &QueueName) {
        self.core.missing.forget(queue);
        self.core.quiet.forget(queue);
    }

    /// Signals may have been missed: any queue may have tasks by now.
    pub fn signals_missed(&self) {
        self.core.forget_what_is_missing();
    }

    /// A queue has got a new class, here or elsewhere.
    pub fn classes_changed(&self, queue: &QueueName) {
        self.core.forget_classes(queue);
    }
}
