//! The sweeps of one partition.

use std::collections::BTreeMap;

use taskyard::domain::{FailureReason, TaskState};

use super::node::DEAD_AFTER_MS;
use super::task::Outcome;
use super::{LeaseNo, Model, OutboxRow, Serial, SessionNo};

impl Model {
    /// Tasks whose moment has come, the earliest first, each at a new place.
    pub(crate) fn promote(&mut self, partition: u16) {
        let mut due = self.tasks_in(partition, |task| {
            task.waits_for_a_moment() && task.due_at() <= self.now
        });
        due.sort_by_key(|task| (self.tasks[*task].due_at(), *task));
        for task in due {
            self.make_queued(task, false);
        }
    }

    /// Ready tasks of queues that should have started by now.
    pub(crate) fn late(&self, queues: &[usize]) -> Vec<Serial> {
        let is_late = |task: &Serial| {
            let task = &self.tasks[*task];
            let expired = task.expires.is_some_and(|expires| expires <= self.now);
            expired && task.is(TaskState::Queued) && queues.contains(&task.queue)
        };
        (0..self.tasks.len()).filter(is_late).collect()
    }

    pub(crate) fn expire(&mut self, partition: u16) {
        let late = self.tasks_in(partition, |task| {
            task.waits() && task.expires.is_some_and(|expires| expires <= self.now)
        });
        for task in late {
            self.make_final(task, TaskState::Expired, None);
        }
    }

    /// Looks at the leases whose row is due.
    pub(crate) fn return_lost(&mut self, partition: u16) {
        self.look(partition);
        let running = self.tasks_in(partition, |task| task.is(TaskState::Running));
        let mut lives: BTreeMap<SessionNo, Option<u64>> = BTreeMap::new();
        for task in running {
            let lease = self.tasks[task].lease.unwrap();
            if self.leases[lease].row <= self.now {
                self.settle_due(partition, task, lease, &mut lives);
            }
        }
    }

    fn settle_due(
        &mut self,
        partition: u16,
        task: Serial,
        number: LeaseNo,
        lives: &mut BTreeMap<SessionNo, Option<u64>>,
    ) {
        let now = self.now;
        let lease = self.leases[number].clone();
        if self.ran_out_in_outage(partition, lease.row) {
            let again = lease.length.unwrap_or(DEAD_AFTER_MS).min(DEAD_AFTER_MS);
            self.leases[number].ends = now + again;
            self.leases[number].row = now + again;
        } else if self.tasks[task].revoke.is_some_and(|revoke| revoke <= now) {
            self.settle(task, Outcome::Revoked);
            self.make_final(task, TaskState::Cancelled, None);
        } else if lease.deadline <= now {
            self.fail_attempt(task, Outcome::Timeout, true, None, FailureReason::Timeout);
        } else if let Some(session) = lease.session {
            let life = *lives.entry(session).or_insert_with(|| {
                self.look(self.nodes[self.sessions[session]].partition);
                self.session_life(session)
            });
            match life {
                Some(life) if lease.own_end.is_none_or(|own_end| own_end > now) => {
                    let ends = lease.own_end.map_or(now + life, |end| end.min(now + life));
                    let first = ends.min(lease.deadline);
                    let revoke = self.tasks[task].revoke;
                    self.leases[number].ends = ends;
                    self.leases[number].row = revoke.map_or(first, |revoke| first.min(revoke));
                }
                _ => self.lose_attempt(task),
            }
        } else {
            self.lose_attempt(task);
        }
    }

    /// Ends silent sessions, and gives back what they held.
    pub(crate) fn end_dead(&mut self, partition: u16) {
        self.look(partition);
        for node in 0..self.nodes.len() {
            let record = &self.nodes[node];
            let silent = record.beats_until.is_some_and(|due| due <= self.now);
            if record.partition == partition && silent {
                let session = record.session.unwrap();
                if self.session_life(session).is_none() {
                    self.return_held(session);
                }
            }
        }
    }

    /// Delivers the rows for other partitions.
    pub(crate) fn deliver(&mut self, partition: u16) {
        let rows = std::mem::take(&mut self.partitions[usize::from(partition)].outbox);
        for row in rows {
            match row {
                OutboxRow::Child(serial) | OutboxRow::LastTask(serial) => {
                    self.create(serial, None);
                }
                OutboxRow::Cancel { session, task } => {
                    let now = self.now;
                    let node = self.sessions[session];
                    if self.nodes[node].lives(session) {
                        self.nodes[node].notes.insert(task, now);
                    }
                }
            }
        }
    }

    /// Whether a sweep of leases and sessions would look at the clock: it has something to watch.
    pub(crate) fn watches(&self, partition: u16) -> bool {
        let running = self.tasks_in(partition, |task| task.is(TaskState::Running));
        let mut homes = self.nodes.iter().filter(|node| node.partition == partition);
        !running.is_empty() || homes.any(|node| node.beats_until.is_some())
    }
}
