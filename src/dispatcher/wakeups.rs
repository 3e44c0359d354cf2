//! Who waits in this replica, and whom a signal wakes: the handle that the api holds.
//!
//! One task wakes one claim. Waiting claims of a queue are woken in the order they came;
//! which of them gets which task is then decided in Redis, by the claim itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::{QueueName, TaskId};

/// The waiting claims and result waits of this replica.
#[derive(Debug, Clone, Default)]
pub struct Wakeups(Arc<Mutex<Waiters>>);

#[derive(Debug, Default)]
struct Waiters {
    next: u64,
    /// Claims by queue, in the order they came.
    claims: HashMap<QueueName, BTreeMap<u64, Arc<Waiter>>>,
    /// Waits for results by task.
    results: HashMap<TaskId, Vec<(u64, Arc<Notify>)>>,
}

/// A waiting claim.
#[derive(Debug, Default)]
struct Waiter {
    notify: Notify,
    /// Woken for a task and not back yet: the next task wakes another claim.
    called: AtomicBool,
}

impl Wakeups {
    /// Puts a claim among those that wait for tasks of these queues.
    pub fn wait_for_ready(&self, queues: &[QueueName]) -> ReadyTicket {
        let waiter = Arc::new(Waiter::default());
        let mut waiters = self.lock();
        let number = waiters.next;
        waiters.next += 1;
        for queue in queues {
            waiters
                .claims
                .entry(queue.clone())
                .or_default()
                .insert(number, Arc::clone(&waiter));
        }
        drop(waiters);
        ReadyTicket {
            number,
            queues: queues.to_vec(),
            waiter,
            wakeups: self.clone(),
        }
    }

    /// Watches for the end of a task's run.
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

    /// Claims that wait here.
    pub fn waiting_claims(&self) -> usize {
        let waiters = self.lock();
        let numbers: std::collections::HashSet<u64> = waiters
            .claims
            .values()
            .flat_map(|claims| claims.keys().copied())
            .collect();
        numbers.len()
    }

    /// Queues that claims wait for.
    pub(super) fn queues(&self) -> Vec<QueueName> {
        self.lock().claims.keys().cloned().collect()
    }

    /// Tasks became claimable: wakes as many claims, those first that came first.
    pub(super) fn ready(&self, queue: &QueueName, count: u64) {
        let waiters = self.lock();
        let Some(claims) = waiters.claims.get(queue) else {
            return;
        };
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        for waiter in claims
            .values()
            .filter(|waiter| !waiter.called.load(Ordering::Relaxed))
        {
            if left == 0 {
                return;
            }
            waiter.called.store(true, Ordering::Relaxed);
            waiter.notify.notify_one();
            left -= 1;
        }
        // All are on their way already: those that come back empty-handed look once more.
        claims
            .values()
            .take(left)
            .for_each(|waiter| waiter.notify.notify_one());
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

    /// Signals may have been missed: everyone who waits for a result looks again.
    pub(super) fn all_results(&self) {
        for (_, notify) in self.lock().results.values().flatten() {
            notify.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A claim's place among those that wait; dropped, it leaves.
#[derive(Debug)]
pub struct ReadyTicket {
    number: u64,
    queues: Vec<QueueName>,
    waiter: Arc<Waiter>,
    wakeups: Wakeups,
}

impl ReadyTicket {
    /// Waits for its turn. It keeps its place, so that a claim that comes too late waits on in front.
    pub async fn woken(&self) {
        self.waiter.called.store(false, Ordering::Relaxed);
        self.waiter.notify.notified().await;
    }
}

impl Drop for ReadyTicket {
    fn drop(&mut self) {
        let mut waiters = self.wakeups.lock();
        for queue in &self.queues {
            if let Some(claims) = waiters.claims.get_mut(queue) {
                claims.remove(&self.number);
                if claims.is_empty() {
                    waiters.claims.remove(queue);
                }
            }
        }
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
