//! Limits: what they count, what has been used of them, and which tasks they hold.
//!
//! What a rate has held may be claimed at its moment, or not before the next sweep that lets go of
//! it: so a task is held, or free, or it may be either.

use taskyard::domain::TaskState;
use taskyard::domain::queue_limits::Rate;

use super::constraints::CLASSES;
use super::turns::Key;
use super::{Model, Serial, Task};

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Queue,
    Key(Key),
    Type(&'static str),
}

/// The type of the tasks of a class.
fn type_of(class: u8) -> &'static str {
    CLASSES[usize::from(class)].task_type
}

impl Scope {
    fn counts(self, task: &Task) -> bool {
        match self {
            Self::Queue => true,
            Self::Key(key) => key > 0 && task.fairness_key == key,
            Self::Type(name) => type_of(task.class) == name,
        }
    }
}

/// Milliseconds that a task of the rate takes.
fn interval(rate: Rate) -> f64 {
    1_000.0 / rate.per_second
}

impl Model {
    fn limits_of(&self, queue: usize, scope: Scope) -> (Option<u64>, Option<Rate>) {
        let limits = &self.queues[queue].limits;
        match scope {
            Scope::Queue => (limits.running, limits.rate),
            Scope::Key(0) => (None, None),
            Scope::Key(_) => (limits.running_per_key, limits.rate_per_key),
            Scope::Type(name) => {
                let mut types = limits.types.iter();
                let own = types.find(|(other, _)| other.as_str() == name);
                own.map_or((None, None), |(_, own)| (own.running, own.rate))
            }
        }
    }

    /// Up to when the scope has used its rate, as far as that counts at a moment.
    #[expect(clippy::cast_precision_loss, reason = "moments are exact")]
    fn used_up_to(&self, queue: usize, scope: Scope, rate: Rate, moment: u64) -> f64 {
        let used = self.queues[queue].used.get(&scope).copied();
        let (moment, burst) = (moment as f64, rate.burst as f64);
        let used = used.unwrap_or_default().max(moment);
        used.min(moment + burst * interval(rate))
    }

    /// Whether one more task of the scope may start at a moment.
    #[expect(clippy::cast_precision_loss, reason = "moments are exact")]
    fn has_room_at(&self, queue: usize, scope: Scope, moment: u64) -> bool {
        let (running, rate) = self.limits_of(queue, scope);
        let busy = || {
            let tasks = self.tasks.iter().filter(|task| task.queue == queue);
            let running = tasks.filter(|task| task.is(TaskState::Running));
            running.filter(|task| scope.counts(task)).count() as u64
        };
        let has_place = running.is_none_or(|most| busy() < most);
        let may_start = rate.is_none_or(|rate| {
            let ahead = self.used_up_to(queue, scope, rate, moment) - moment as f64;
            rate.burst as f64 - ahead / interval(rate) + 1e-6 >= 1.0
        });
        has_place && may_start
    }

    /// Whether the scope is sure to be open: what limits have closed opens when a task ends, and
    /// for a rate with the next sweep.
    pub(super) fn has_room(&self, queue: usize, scope: Scope) -> bool {
        let opened = self.partitions[usize::from(self.queues[queue].partition)].opened;
        let moment = if scope == Scope::Queue {
            self.now
        } else {
            opened
        };
        self.has_room_at(queue, scope, moment)
    }

    fn scopes(&self, task: Serial) -> [Scope; 3] {
        let task = &self.tasks[task];
        let own = Scope::Type(type_of(task.class));
        [Scope::Queue, Scope::Key(task.fairness_key), own]
    }

    /// Whether no limit holds the task, for sure.
    pub(super) fn is_free(&self, task: Serial) -> bool {
        let queue = self.tasks[task].queue;
        let mut scopes = self.scopes(task).into_iter();
        scopes.all(|scope| self.has_room(queue, scope))
    }

    /// Whether a queue has a task of these classes that may start at once, for sure.
    pub(crate) fn has_work(&self, queue: usize, classes: &[u8]) -> bool {
        let record = &self.queues[queue];
        let opened = self.partitions[usize::from(record.partition)].opened;
        let is_open = |task: &Serial| {
            let mut scopes = self.scopes(*task).into_iter();
            let expires = self.tasks[*task].expires;
            self.tasks[*task].queue == queue
                && classes.contains(&self.tasks[*task].class)
                && self.tasks[*task].is(TaskState::Queued)
                && expires.is_none_or(|expires| expires > self.now)
                && scopes.all(|scope| self.has_room_at(queue, scope, opened))
        };
        !record.paused && (0..self.tasks.len()).any(|task| is_open(&task))
    }

    /// The task starts, which its limits must allow.
    pub(super) fn use_limits(&mut self, task: Serial) -> Result<(), String> {
        let queue = self.tasks[task].queue;
        for scope in self.scopes(task) {
            if !self.has_room_at(queue, scope, self.now) {
                return Err(format!("task {task} was given, which {scope:?} holds"));
            }
            if let (_, Some(rate)) = self.limits_of(queue, scope) {
                let used = self.used_up_to(queue, scope, rate, self.now) + interval(rate);
                self.queues[queue].used.insert(scope, used);
            }
        }
        Ok(())
    }

    /// A sweep lets go of what rates have held up to now.
    pub(crate) fn open_limits(&mut self, partition: u16) {
        self.partitions[usize::from(partition)].opened = self.now;
    }
}
