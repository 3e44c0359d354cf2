//! The tasks at hand, and how an order to stop reaches the process of each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Why an attempt is to end before its process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// Someone cancelled the task: the cancellation is reported.
    Cancelled,
    /// The lease is gone: whatever could be reported would be refused.
    Lost,
    /// This worker ends: the task is given back.
    Released,
}

/// An order to stop one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    /// What to do once the process has ended. The first reason given stays.
    pub(super) reason: StopReason,
    /// Whether the process is killed without time to end by itself.
    pub(super) at_once: bool,
}

/// Where an attempt hears of an order to stop.
pub(super) type StopOrders = watch::Receiver<Option<Stop>>;

/// Every attempt between its claim and the service's answer to its report.
#[derive(Debug, Default)]
pub(super) struct Held {
    attempts: Mutex<HashMap<String, watch::Sender<Option<Stop>>>>,
}

impl Held {
    /// Notes a claimed task, until [`Held::remove`]. An earlier attempt of the same task
    /// is stopped: its lease is gone, or there would be no new one.
    pub(super) fn insert(&self, task_id: &str) -> StopOrders {
        let (sender, orders) = watch::channel(None);
        if let Some(earlier) = self.lock().insert(task_id.to_owned(), sender) {
            order(&earlier, StopReason::Lost, false);
        }
        orders
    }

    /// The task is settled. `orders` tells a later attempt of the same task apart, which
    /// may have been claimed again after this one's lease was lost.
    pub(super) fn remove(&self, task_id: &str, orders: &StopOrders) {
        let mut attempts = self.lock();
        if attempts
            .get(task_id)
            .is_some_and(|sender| sender.subscribe().same_channel(orders))
        {
            attempts.remove(task_id);
        }
    }

    /// The ids at hand, at most `limit`.
    pub(super) fn ids(&self, limit: usize) -> Vec<String> {
        self.lock().keys().take(limit).cloned().collect()
    }

    /// Stops one attempt; one that is already over is left alone.
    pub(super) fn stop(&self, task_id: &str, reason: StopReason) {
        if let Some(sender) = self.lock().get(task_id) {
            order(sender, reason, false);
        }
    }

    /// Stops every attempt.
    pub(super) fn stop_all(&self, reason: StopReason, at_once: bool) {
        for sender in self.lock().values() {
            order(sender, reason, at_once);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Option<Stop>>>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn order(sender: &watch::Sender<Option<Stop>>, reason: StopReason, at_once: bool) {
    sender.send_modify(|stop| match stop {
        Some(stop) => stop.at_once |= at_once,
        None => *stop = Some(Stop { reason, at_once }),
    });
}

#[cfg(test)]
mod tests {
    use super::{Held, Stop, StopReason};

    #[test]
    fn the_first_reason_stays_and_haste_only_grows() {
        let held = Held::default();
        let orders = held.insert("a");
        held.stop("a", StopReason::Cancelled);
        held.stop_all(StopReason::Released, true);
        held.stop("a", StopReason::Lost);
        let stop = Stop {
            reason: StopReason::Cancelled,
            at_once: true,
        };
        assert_eq!(*orders.borrow(), Some(stop));
    }

    #[test]
    fn a_later_attempt_stops_the_earlier_one_and_outlives_it() {
        let held = Held::default();
        let first = held.insert("a");
        let second = held.insert("a");
        assert_eq!(
            first.borrow().map(|stop| stop.reason),
            Some(StopReason::Lost)
        );
        assert_eq!(*second.borrow(), None);
        held.remove("a", &first);
        assert_eq!(held.ids(10), ["a"]);
        held.remove("a", &second);
        assert!(held.ids(10).is_empty());
    }
}
