//! Turns: the keys of a queue by their virtual times.
//!
//! A task costs its key 1 / weight. What a key begins with is known but for a fraction that tells
//! apart those that come at one time: that is learnt from the store.

use std::collections::BTreeMap;

use taskyard::domain::TaskState;

use super::Model;
use super::limits::Scope;

/// A fairness key: its number among `KEYS`.
pub(crate) type Key = u8;
/// The names of keys; tasks without one share the first.
pub(crate) const KEYS: [&str; 4] = ["", "a", "b", "c"];

/// What keys that come at one time may be apart.
const FRACTION: f64 = 0.001;
/// What sums of costs may be wrong by.
const ROUNDING: f64 = 1e-9;

/// Whose turn it is in a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    /// Whether keys take turns: since a task with a key was ready.
    pub(crate) begun: bool,
    /// The largest time at which a task was given.
    pub(crate) time: f64,
    /// The times of the keys that take turns.
    pub(crate) at: BTreeMap<Key, f64>,
    /// Where keys left.
    left: BTreeMap<Key, f64>,
    /// What was seen last does not say in which order it was done.
    pub(crate) unsure: bool,
}

impl Turns {
    pub(super) fn is_before(&self, one: Key, other: Key) -> bool {
        let times = self.at.get(&one).zip(self.at.get(&other));
        times.is_some_and(|(one, other)| *one < *other - ROUNDING)
    }

    /// Where a key stands; one that comes, or comes back, has no credit for the time it was away. One
    /// that stands at a limit may have been away.
    fn bounds(&self, key: Key, is_free: bool) -> (f64, f64) {
        let known = self.at.get(&key).copied();
        let left = known.or(self.left.get(&key).copied()).unwrap_or_default();
        let new = (left.max(self.time), left.max(self.time + FRACTION));
        match known {
            Some(known) if is_free => (known, known),
            Some(known) => (known, new.1),
            None => new,
        }
    }
}

impl Model {
    /// The key has had a turn.
    pub(super) fn charge(&mut self, queue: usize, key: Key) {
        let weights = &self.queues[queue].weights;
        let weight = weights.get(KEYS[usize::from(key)]).copied().unwrap_or(1.0);
        let turns = &mut self.queues[queue].turns;
        if let Some(at) = turns.at.get_mut(&key) {
            turns.time = turns.time.max(*at);
            *at = turns.time + 1.0 / weight;
        }
    }

    /// Learns the times that the store has, which must be what they can be.
    pub(crate) fn learn_turns(
        &mut self,
        queue: usize,
        seen: &BTreeMap<Key, f64>,
        time: f64,
    ) -> Result<(), String> {
        let differ = |one: f64, other: f64| (one - other).abs() > ROUNDING;
        let is_sure = !std::mem::take(&mut self.queues[queue].turns.unsure);
        let turns = &self.queues[queue].turns;
        if is_sure && differ(turns.time, time) {
            return Err(format!("the time is {time} instead of {}", turns.time));
        }
        self.queues[queue].turns.time = time;
        for (key, name) in (0..).zip(KEYS) {
            let waits = self.tasks.iter().any(|task| {
                task.queue == queue && task.is(TaskState::Queued) && task.fairness_key == key
            });
            let is_free = self.has_room(queue, Scope::Key(key));
            let turns = &mut self.queues[queue].turns;
            let Some(at) = seen.get(&key) else {
                if waits && is_free {
                    return Err(format!("key '{name}' waits and takes no turns"));
                }
                if let Some(at) = turns.at.remove(&key) {
                    turns.left.insert(key, at);
                }
                continue;
            };
            let (least, most) = turns.bounds(key, is_free);
            if !waits {
                return Err(format!("key '{name}' takes turns without tasks"));
            }
            if is_sure && !(least - ROUNDING..=most + ROUNDING).contains(at) {
                return Err(format!("key '{name}' is at {at}, not in {least}..={most}"));
            }
            turns.at.insert(key, *at);
        }
        Ok(())
    }
}
