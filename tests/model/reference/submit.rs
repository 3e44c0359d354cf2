//! Submit: new tasks, singly or all or none.

use taskyard::domain::TaskState;
use taskyard::domain::retry::RetryPolicy;

use super::task::{Due, Task};
use super::{Answer, Key, Model, Serial, UniqueWish};

/// What is submitted.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) queue: usize,
    pub(crate) class: u8,
    pub(crate) fairness_key: Key,
    pub(crate) priority: i64,
    pub(crate) delay_ms: Option<u64>,
    pub(crate) expires_in_ms: Option<u64>,
    pub(crate) max_attempts: u32,
    pub(crate) max_losses: u32,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) retry: Option<RetryPolicy>,
    /// Idempotency key and body.
    pub(crate) key: Option<(u8, u8)>,
    pub(crate) unique: Option<UniqueWish>,
}

impl Wish {
    /// A task with every default.
    pub(crate) fn plain(queue: usize) -> Self {
        Self {
            queue,
            class: 0,
            fairness_key: 0,
            priority: 0,
            delay_ms: None,
            expires_in_ms: None,
            max_attempts: 3,
            max_losses: 3,
            timeout_ms: None,
            retry: None,
            key: None,
            unique: None,
        }
    }
}

impl Model {
    pub(crate) fn submit(&mut self, wish: &Wish) -> Answer {
        self.queues[wish.queue].exists = true;
        if let Some(answer) = self.known(wish) {
            return answer;
        }
        if let Some(answer) = self.conflict(wish) {
            if let (Answer::Duplicate(holder), Some((key, body))) = (&answer, wish.key) {
                self.keys.insert((wish.queue, key), (body, *holder));
            }
            return answer;
        }
        let place = self.replace(wish);
        let task = self.draft(wish);
        self.tasks[task].place = place;
        self.create(task, wish.delay_ms);
        self.hold(task);
        Answer::Created(self.tasks[task].state.unwrap())
    }

    /// All or none.
    pub(crate) fn submit_atomic(&mut self, wishes: &[Wish]) -> Answer {
        for wish in wishes {
            self.queues[wish.queue].exists = true;
        }
        let known: Vec<Answer> = wishes
            .iter()
            .map(|wish| {
                let known = self.known(wish).or_else(|| self.conflict(wish));
                match known {
                    None | Some(Answer::Duplicate(_)) => Answer::Rejected,
                    Some(refusal) => refusal,
                }
            })
            .collect();
        if known.iter().any(|answer| *answer != Answer::Rejected) {
            return Answer::Batch(known);
        }
        Answer::Batch(wishes.iter().map(|wish| self.submit(wish)).collect())
    }

    fn known(&self, wish: &Wish) -> Option<Answer> {
        let (key, body) = wish.key?;
        let (first_body, task) = self.keys.get(&(wish.queue, key))?;
        Some(if *first_body == body {
            Answer::Replayed(*task)
        } else {
            Answer::KeyReused
        })
    }

    /// A task that is not there yet.
    pub(crate) fn draft(&mut self, wish: &Wish) -> Serial {
        self.tasks.push(Task {
            queue: wish.queue,
            class: wish.class,
            fairness_key: wish.fairness_key,
            priority: wish.priority,
            max_attempts: wish.max_attempts,
            max_losses: wish.max_losses,
            retry: wish.retry.unwrap_or_default(),
            timeout: wish.timeout_ms,
            state: None,
            attempt: 0,
            failures: 0,
            losses: 0,
            place: None,
            due: Due::At(0),
            expires: wish.expires_in_ms,
            unique: wish.unique,
            finished: 0,
            reason: None,
            revoke: None,
            lease: None,
            run: 1,
            has_result: false,
            gone_as: None,
        });
        let task = self.tasks.len() - 1;
        if let Some((key, body)) = wish.key {
            self.keys.insert((wish.queue, key), (body, task));
        }
        task
    }

    /// A drafted task comes into being.
    pub(crate) fn create(&mut self, task: Serial, delay_ms: Option<u64>) {
        let now = self.now;
        let queue = self.tasks[task].queue;
        self.queues[queue].exists = true;
        if let Some(expires_in) = self.tasks[task].expires {
            self.tasks[task].expires = Some(now + expires_in);
        }
        match delay_ms {
            Some(delay) if delay > 0 => {
                self.make_waiting(task, TaskState::Scheduled, Due::At(now + delay));
            }
            _ => self.make_queued(task, true),
        }
    }
}
