//! Waves: tasks on their way among the claims that wait, from one to the next until they are taken or everyone
//! was asked.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::WaitingClaims;
use crate::domain::placement::{OfferKey, TaskClass};
use crate::domain::{NodeId, QueueName};

/// Claims that a wave wakes at once, and that each claim which found a task wakes in its turn.
pub(super) const HANDFUL: u64 = 8;
/// Claims that a wave tries of one offer when each of them is held back for reasons of its own.
const MOST_PASSED: usize = 64;

/// Tasks of a queue that became claimable together.
#[derive(Debug)]
pub(super) struct Wave {
    queue: QueueName,
    /// What they are; `None` when that is not known, or they are of several classes.
    class: Option<Arc<TaskClass>>,
    /// Tasks that no woken claim has taken.
    left: u64,
    /// Offers that found nothing.
    tried: HashSet<OfferKey>,
    /// Claims that were held back for reasons of their own.
    passed: HashSet<u64>,
    /// Claims that it waits for.
    holders: u64,
}

impl WaitingClaims {
    /// Tasks of a class became claimable.
    pub(in super::super) fn ready(
        &mut self,
        queue: &QueueName,
        count: u64,
        class: Option<Arc<TaskClass>>,
    ) {
        self.begin_wave(queue, count, class, HANDFUL);
    }

    /// Tasks are claimable, perhaps since long: one claim finds out whether anyone missed them.
    pub(in super::super) fn still_ready(
        &mut self,
        queue: &QueueName,
        count: u64,
        class: Option<Arc<TaskClass>>,
    ) {
        self.begin_wave(queue, count, class, 1);
    }

    fn begin_wave(
        &mut self,
        queue: &QueueName,
        count: u64,
        class: Option<Arc<TaskClass>>,
        most: u64,
    ) {
        if count == 0 || !self.wait_for(queue) {
            return;
        }
        let number = self.next;
        self.next += 1;
        let wave = Wave {
            queue: queue.clone(),
            class,
            left: count,
            tried: HashSet::new(),
            passed: HashSet::new(),
            holders: 0,
        };
        self.waves.insert(number, wave);
        self.call(number, most);
        self.end_if_unheld(number);
    }

    /// A claim that looked for the wave found nothing.
    pub(super) fn found_nothing(
        &mut self,
        number: u64,
        claim: u64,
        offer: &OfferKey,
        held_back: bool,
    ) {
        if let Some(wave) = self.waves.get_mut(&number) {
            if held_back && wave.passed.len() < MOST_PASSED {
                wave.passed.insert(claim);
            } else {
                wave.tried.insert(offer.clone());
            }
        }
        self.hand_on(number, 1);
    }

    /// A claim that looked for the wave leaves with so many tasks of each queue; those of the wave are counted off.
    pub(super) fn took(&mut self, number: u64, counts: &mut HashMap<&QueueName, u64>) {
        let mut took = 0;
        if let Some(wave) = self.waves.get_mut(&number)
            && let Some(count) = counts.get_mut(&wave.queue)
        {
            took = wave.left.min(*count);
            wave.left -= took;
            *count -= took;
        }
        self.hand_on(number, if took > 0 { HANDFUL } else { 1 });
    }

    /// A claim is through with a wave: what is left of it wakes up to `most` others.
    pub(super) fn hand_on(&mut self, number: u64, most: u64) {
        if let Some(wave) = self.waves.get_mut(&number) {
            wave.holders -= 1;
        }
        self.call(number, most);
        self.end_if_unheld(number);
    }

    fn end_if_unheld(&mut self, number: u64) {
        if self
            .waves
            .get(&number)
            .is_some_and(|wave| wave.holders == 0)
        {
            self.waves.remove(&number);
        }
    }

    /// Wakes claims for a wave, those first that came first.
    fn call(&mut self, number: u64, most: u64) {
        // Each claim that was woken for it and is not back may take one.
        let left = self
            .waves
            .get(&number)
            .map_or(0, |wave| wave.left.saturating_sub(wave.holders));
        let most = most.min(left);
        for _ in 0..most {
            let Some(chosen) = self.choose(number) else {
                return;
            };
            let (Some(claim), Some(wave)) =
                (self.claims.get_mut(&chosen), self.waves.get_mut(&number))
            else {
                return;
            };
            claim.asked.push(number);
            claim.rests = false;
            wave.holders += 1;
            let (queues, offer) = (claim.queues.clone(), claim.offer.clone());
            let ranks = claim.ranks.clone();
            claim.notify.notify_one();
            for (queue, rank) in queues.iter().zip(ranks) {
                if let Some(crowd) = self.crowd(queue, &offer) {
                    crowd.resting.remove(&(rank, chosen));
                    crowd.looking.insert(chosen);
                }
            }
        }
    }

    /// The best resting claim whose offer has not been tried. Is there none, the first of an
    /// offer that is just looking: it may have looked too early.
    fn choose(&self, number: u64) -> Option<u64> {
        let wave = self.waves.get(&number)?;
        let class = wave.class.as_deref();
        if let Some(node) = class.and_then(|class| class.requires.node.as_ref()) {
            return self.choose_of(node, number, wave);
        }
        let crowds = self.queues.get(&wave.queue)?;
        let open = || {
            crowds
                .iter()
                .filter(|(offer, _)| !wave.tried.contains(*offer))
                .map(|(_, crowd)| crowd)
                .filter(|crowd| class.is_none_or(|class| crowd.may_run(class)))
        };
        let best = open().filter_map(|crowd| {
            let mut resting = crowd.resting.iter();
            let (rank, chosen) = resting.find(|(_, chosen)| !wave.passed.contains(chosen))?;
            Some((Reverse(crowd.preference_of(class)), *rank, *chosen))
        });
        best.min().map(|(.., chosen)| chosen).or_else(|| {
            open()
                .filter_map(|crowd| crowd.looking.first())
                .filter(|chosen| self.is_free(**chosen, number))
                .min()
                .copied()
        })
    }

    /// The first claim of one node that may run what the wave brings.
    fn choose_of(&self, node: &NodeId, number: u64, wave: &Wave) -> Option<u64> {
        let class = wave.class.as_deref()?;
        let fits = |chosen: &&u64| {
            let claim = self.claims.get(chosen);
            claim.is_some_and(|claim| {
                let crowds = self.queues.get(&wave.queue);
                let crowd = crowds.and_then(|crowds| crowds.get(&claim.offer));
                claim.queues.contains(&wave.queue)
                    && crowd.is_some_and(|crowd| crowd.may_run(class))
                    && !wave.tried.contains(&claim.offer)
                    && !wave.passed.contains(*chosen)
                    && self.is_free(**chosen, number)
            })
        };
        self.by_node.get(node)?.iter().find(fits).copied()
    }

    /// Whether the claim does not look for this wave already.
    fn is_free(&self, chosen: u64, wave: u64) -> bool {
        self.claims
            .get(&chosen)
            .is_some_and(|claim| !claim.asked.contains(&wave) && !claim.answering.contains(&wave))
    }
}
