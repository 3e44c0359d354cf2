//! What a claim may take of a queue, and what it must not leave behind.

use std::collections::{BTreeMap, VecDeque};

use taskyard::domain::TaskState;

use super::claim::{ClaimWish, Seen};
use super::turns::Key;
use super::{LeaseNo, Model, Serial};

impl Model {
    /// The leases of what was seen to be given of a queue, in the order in which it was.
    pub(super) fn take(
        &mut self,
        queue: usize,
        most: usize,
        wish: &ClaimWish,
        seen: &Seen,
    ) -> Result<Vec<LeaseNo>, String> {
        let of_queue = |task: &&Serial| self.tasks[**task].queue == queue;
        let given: Vec<Serial> = seen.given.iter().filter(of_queue).copied().collect();
        let expired: Vec<Serial> = seen.expired.iter().filter(of_queue).copied().collect();
        if given.len() > most {
            return Err(format!("{given:?} are more than {most} tasks"));
        }
        let mut lines = self.lines_of(wish, &given, &expired)?;
        let mut leases = BTreeMap::new();
        // A task that had expired held a place for a moment: others may have been passed over.
        let is_strict = expired.is_empty() || self.queues[queue].limits.is_empty();
        while let Some(key) = self.next_key(queue, &given, &lines) {
            let line = lines.get_mut(&key).expect("the key has a line");
            let task = line.pop_front().expect("the line has a task");
            if is_strict {
                self.check_turn(task, wish)?;
            }
            self.charge(queue, key);
            if expired.contains(&task) {
                self.make_final(task, TaskState::Expired, None);
            } else {
                if !self.may_run(wish, self.tasks[task].class) {
                    return Err(format!("task {task} takes what its node has no more"));
                }
                self.use_limits(task)?;
                leases.insert(task, self.begin_lease(task, wish));
            }
        }
        self.queues[queue].turns.unsure |= !is_strict;
        let left = self.ready_for(queue, wish);
        let left = left.into_iter().find(|task| self.is_free(*task));
        match left {
            Some(left) if given.len() < most => Err(format!(
                "{} of {most} tasks are given, and no limit holds task {left}",
                given.len()
            )),
            _ => Ok(given.iter().map(|task| leases[task]).collect()),
        }
    }

    /// The ready tasks that the claim may take: none of a queue that is paused.
    fn ready_for(&self, queue: usize, wish: &ClaimWish) -> Vec<Serial> {
        let fits = |task: &Serial| {
            let task = &self.tasks[*task];
            task.queue == queue && task.is(TaskState::Queued) && self.may_run(wish, task.class)
        };
        let is_paused = self.queues[queue].paused;
        let all = 0..if is_paused { 0 } else { self.tasks.len() };
        all.filter(fits).collect()
    }

    /// What was taken, by key, in order. It must be there to take, and be told in order.
    fn lines_of(
        &self,
        wish: &ClaimWish,
        given: &[Serial],
        expired: &[Serial],
    ) -> Result<BTreeMap<Key, VecDeque<Serial>>, String> {
        let mut lines: BTreeMap<Key, VecDeque<Serial>> = BTreeMap::new();
        for task in given.iter().chain(expired) {
            let record = &self.tasks[*task];
            if !self.ready_for(record.queue, wish).contains(task) {
                return Err(format!("task {task} is not to be had"));
            }
            let is_late = record.expires.is_some_and(|expires| expires <= self.now);
            if is_late != expired.contains(task) {
                return Err(format!("task {task} expires at {:?}", record.expires));
            }
            let line = lines.entry(record.fairness_key).or_default();
            line.push_back(*task);
            if given.contains(task) && !line.iter().is_sorted_by_key(|one| self.tasks[*one].place) {
                return Err(format!("task {task} is told too late"));
            }
        }
        for line in lines.values_mut() {
            line.make_contiguous()
                .sort_by_key(|task| self.tasks[*task].place);
        }
        Ok(lines)
    }

    /// Whose turn it was: the key with the least virtual time; of several, the one told first.
    fn next_key(
        &self,
        queue: usize,
        given: &[Serial],
        lines: &BTreeMap<Key, VecDeque<Serial>>,
    ) -> Option<Key> {
        let turns = &self.queues[queue].turns;
        let first = |line: &VecDeque<Serial>| given.iter().position(|task| line.contains(task));
        lines
            .iter()
            .filter(|(_, line)| !line.is_empty())
            .min_by(|(one, a), (other, b)| {
                let time = |key| turns.at.get(key).copied().unwrap_or_default();
                time(one)
                    .total_cmp(&time(other))
                    .then_with(|| first(a).cmp(&first(b)))
            })
            .map(|(key, _)| *key)
    }

    /// Nothing that no limit holds stood before the task, in its key or among the keys.
    fn check_turn(&self, task: Serial, wish: &ClaimWish) -> Result<(), String> {
        let record = &self.tasks[task];
        for other in self.ready_for(record.queue, wish) {
            let rival = &self.tasks[other];
            let is_before = if rival.fairness_key == record.fairness_key {
                rival.place < record.place
            } else {
                self.queues[record.queue]
                    .turns
                    .is_before(rival.fairness_key, record.fairness_key)
            };
            if is_before && self.is_free(other) {
                return Err(format!("task {other} is to go before task {task}"));
            }
        }
        Ok(())
    }
}
