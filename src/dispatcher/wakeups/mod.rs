//! Who waits in this replica, and whom a signal wakes: the handle that the api holds.
//!
//! It knows nothing of tasks: which claim gets which task is decided in Redis, by the claim itself.
//! Start with [`Wakeups`]; which claim is woken next stands in `claims`.

mod claims;
mod endpoints;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use self::claims::WaitingClaims;
use self::endpoints::ChangedEndpoints;
use crate::domain::placement::{Candidate, Offer, Strategy, TaskClass};
use crate::domain::{Partition, QueueName, TaskId};

/// The waiting claims and result waits of this replica.
#[derive(Debug, Clone, Default)]
pub struct Wakeups {
    waiters: Arc<Mutex<Waiters>>,
    /// Changes with every drain and resume of a node.
    drains: watch::Sender<()>,
    /// Changes with the end of every operation.
    operations: watch::Sender<()>,
    /// Endpoints that the pushers are to look at.
    endpoints: ChangedEndpoints,
}

/// How a claim's node stands while the claim rests.
#[derive(Debug, Clone, Default)]
pub struct Bid {
    /// What speaks for the node and against it.
    pub candidate: Candidate,
    /// How the tasks of each of the claim's queues are spread, in their order.
    pub strategies: Vec<Strategy>,
    /// Whether it found nothing for reasons of its own: another node with the same offer may be
    /// luckier.
    pub held_back: bool,
}

#[derive(Debug, Default)]
struct Waiters {
    claims: WaitingClaims,
    next: u64,
    /// Waits for results by task.
    results: HashMap<TaskId, Vec<(u64, Arc<Notify>)>>,
}

impl Wakeups {
    /// Puts a claim among those that wait for tasks of these queues that `offer` covers. It is to
    /// look for tasks now; what becomes claimable from here on wakes it.
    pub fn wait_for_ready(&self, queues: &[QueueName], offer: &Offer) -> ReadyTicket {
        let (number, notify) = self.lock().claims.join(queues, offer);
        ReadyTicket {
            number,
            notify,
            wakeups: self.clone(),
        }
    }

    /// Watches for the end of a task's run, and for its cancellation while it runs without a session.
    pub fn wait_for_final(&self, id: TaskId) -> FinalTicket {
        let notify = Arc::new(Notify::new());
        let mut waiters = self.lock();
        let number = waiters.next;
        waiters.next += 1;
        waiters
            .results
            .entry(id)
            .or_default()
            .push((number, Arc::clone(&notify)));
        drop(waiters);
        FinalTicket {
            number,
            id,
            notify,
            wakeups: self.clone(),
        }
    }

    /// Watches for drains of nodes, whichever they are: they are rare, and whoever waits looks.
    pub fn watch_drains(&self) -> watch::Receiver<()> {
        self.drains.subscribe()
    }

    /// Watches for the ends of operations, whichever they are.
    pub fn watch_operations(&self) -> watch::Receiver<()> {
        self.operations.subscribe()
    }

    /// Claims that wait here.
    pub fn waiting_claims(&self) -> usize {
        self.lock().claims.count()
    }

    /// Claims that wait here and have found nothing so far.
    pub fn resting_claims(&self) -> usize {
        self.lock().claims.resting()
    }

    /// Queues that claims wait for.
    pub(super) fn queues(&self) -> Vec<QueueName> {
        self.lock().claims.queues().cloned().collect()
    }

    /// Whether claims wait for tasks of the queue.
    pub(super) fn wait_for(&self, queue: &QueueName) -> bool {
        self.lock().claims.wait_for(queue)
    }

    /// Tasks of a class became claimable.
    pub(super) fn ready(&self, queue: &QueueName, count: u64, class: Option<Arc<TaskClass>>) {
        self.lock().claims.ready(queue, count, class);
    }

    /// A sweep saw claimable tasks: should a signal have been lost, this makes up for it.
    pub(super) fn still_ready(&self, queue: &QueueName, count: u64, class: Option<Arc<TaskClass>>) {
        self.lock().claims.still_ready(queue, count, class);
    }

    /// Runs ended.
    pub(super) fn finished(&self, ids: &[TaskId]) {
        let waiters = self.lock();
        if waiters.results.is_empty() {
            return;
        }
        for id in ids {
            for (_, notify) in waiters.results.get(id).into_iter().flatten() {
                notify.notify_one();
            }
        }
    }

    /// A node drains, or does not any more.
    pub(super) fn drained(&self) {
        self.drains.send_replace(());
    }

    /// An operation is over.
    pub(super) fn operations(&self) {
        self.operations.send_replace(());
    }

    /// Endpoints have changed, or may have, in these partitions.
    pub(super) fn endpoints_changed(&self, partitions: impl Iterator<Item = Partition>) {
        self.endpoints.add(partitions);
    }

    /// Waits for partitions in which endpoints have changed.
    pub(super) async fn changed_endpoints(&self) -> BTreeSet<Partition> {
        self.endpoints.take().await
    }

    /// Signals may have been missed: everyone who waits for a result looks again.
    pub(super) fn all_results(&self) {
        for (_, notify) in self.lock().results.values().flatten() {
            notify.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A claim's place among those that wait; dropped, it leaves, and whatever it was woken for wakes
/// another.
#[derive(Debug)]
pub struct ReadyTicket {
    number: u64,
    notify: Arc<Notify>,
    wakeups: Wakeups,
}

impl ReadyTicket {
    /// The claim found nothing, and its node stands so: waits for its turn to look again. It keeps
    /// its place, so that a claim that comes too late waits on in front.
    pub fn woken(&self, bid: &Bid) -> impl Future<Output = ()> + use<'_> {
        let rests = self.wakeups.lock().claims.rest(self.number, bid);
        async move {
            if rests {
                self.notify.notified().await;
            }
            self.wakeups.lock().claims.look(self.number);
        }
    }

    /// What the node may run now.
    pub fn renew(&self, offer: &Offer) {
        self.wakeups.lock().claims.renew(self.number, offer);
    }

    /// The claim got tasks, one of each of these queues: it leaves.
    pub fn took<'a>(self, queues: impl Iterator<Item = &'a QueueName>) {
        self.wakeups.lock().claims.leave(self.number, queues);
    }
}

impl Drop for ReadyTicket {
    fn drop(&mut self) {
        // After `took` it has left already.
        let mut waiters = self.wakeups.lock();
        waiters.claims.leave(self.number, std::iter::empty());
    }
}

/// A wait for a task's end; dropped, it is over.
#[derive(Debug)]
pub struct FinalTicket {
    number: u64,
    id: TaskId,
    notify: Arc<Notify>,
    wakeups: Wakeups,
}

impl FinalTicket {
    /// Waits until the task may have ended: look, and wait again if it has not.
    pub async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Drop for FinalTicket {
    fn drop(&mut self) {
        let mut waiters = self.wakeups.lock();
        if let Some(waits) = waiters.results.get_mut(&self.id) {
            waits.retain(|(number, _)| *number != self.number);
            if waits.is_empty() {
                waiters.results.remove(&self.id);
            }
        }
    }
}
