//! Which waiting claim is woken for which tasks.
//!
//! Tasks that became claimable together are a wave. It wakes the claims that came first. A claim
//! that took a task hands what is left of the wave on; one that found nothing hands it on to the
//! next claim with another [`OfferKey`], since the same offer would find the same nothing. So one
//! task wakes at most one claim for each different offer, however many wait, and to choose the
//! next claim costs as many steps as there are different offers.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::domain::QueueName;
use crate::domain::placement::OfferKey;

/// Claims that a wave wakes at once, and that each claim which found a task wakes in its turn.
const HANDFUL: u64 = 8;

/// The waiting claims of a replica, and the waves on their way among them.
#[derive(Debug, Default)]
pub(super) struct WaitingClaims {
    next: u64,
    claims: HashMap<u64, Claim>,
    queues: HashMap<QueueName, HashMap<OfferKey, Crowd>>,
    waves: HashMap<u64, Wave>,
}

/// A waiting claim. It looks for tasks or rests.
#[derive(Debug)]
struct Claim {
    queues: Arc<[QueueName]>,
    offer: OfferKey,
    notify: Arc<Notify>,
    /// Waves that its present look answers.
    answering: Vec<u64>,
    /// Waves that came since it began to look: it has to look again for them.
    asked: Vec<u64>,
}

/// The claims of one queue with one offer, by when they came.
#[derive(Debug, Default)]
struct Crowd {
    resting: BTreeSet<u64>,
    looking: BTreeSet<u64>,
}

/// Tasks of a queue that became claimable together.
#[derive(Debug)]
struct Wave {
    queue: QueueName,
    /// Tasks that no woken claim has taken.
    left: u64,
    /// Offers that found nothing.
    tried: HashSet<OfferKey>,
    /// Claims that it waits for.
    holders: u64,
}

impl WaitingClaims {
    /// A claim joins; it looks for the first time before it rests.
    pub(super) fn join(&mut self, queues: &[QueueName], offer: OfferKey) -> (u64, Arc<Notify>) {
        let (number, notify) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        let claim = Claim {
            queues: queues.into(),
            offer,
            notify: Arc::clone(&notify),
            answering: Vec::new(),
            asked: Vec::new(),
        };
        self.enter(number, &claim);
        self.claims.insert(number, claim);
        (number, notify)
    }

    /// How many claims wait.
    pub(super) fn count(&self) -> usize {
        self.claims.len()
    }

    /// Queues that claims wait for.
    pub(super) fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.queues.keys()
    }

    /// Tasks became claimable.
    pub(super) fn ready(&mut self, queue: &QueueName, count: u64) {
        self.begin_wave(queue, count, HANDFUL);
    }

    /// Tasks are claimable, perhaps since long: one claim finds out whether anyone missed them.
    pub(super) fn still_ready(&mut self, queue: &QueueName, count: u64) {
        self.begin_wave(queue, count, 1);
    }

    fn begin_wave(&mut self, queue: &QueueName, count: u64, most: u64) {
        if count == 0 || !self.queues.contains_key(queue) {
            return;
        }
        let number = self.next;
        self.next += 1;
        let wave = Wave {
            queue: queue.clone(),
            left: count,
            tried: HashSet::new(),
            holders: 0,
        };
        self.waves.insert(number, wave);
        self.call(number, most);
        self.end_if_unheld(number);
    }

    /// What the claim may run has changed since it last looked.
    pub(super) fn renew(&mut self, number: u64, offer: OfferKey) {
        let Some(mut claim) = self.claims.remove(&number) else {
            return;
        };
        if claim.offer != offer {
            self.exit(number, &claim);
            claim.offer = offer;
            self.enter(number, &claim);
        }
        self.claims.insert(number, claim);
    }

    /// The claim found nothing. False when it has to look again at once, for what came meanwhile.
    pub(super) fn rest(&mut self, number: u64) -> bool {
        let Some(claim) = self.claims.get_mut(&number) else {
            return false;
        };
        let rests = claim.asked.is_empty();
        let (answered, offer) = (std::mem::take(&mut claim.answering), claim.offer.clone());
        if rests {
            for queue in claim.queues.clone().iter() {
                if let Some(crowd) = self.crowd(queue, &offer) {
                    crowd.looking.remove(&number);
                    crowd.resting.insert(number);
                }
            }
        }
        for wave in answered {
            if let Some(wave) = self.waves.get_mut(&wave) {
                wave.tried.insert(offer.clone());
            }
            self.hand_on(wave, 1);
        }
        rests
    }

    /// The claim begins to look, for all that it was asked so far.
    pub(super) fn look(&mut self, number: u64) {
        if let Some(claim) = self.claims.get_mut(&number) {
            claim.answering.append(&mut claim.asked);
        }
    }

    /// The claim leaves, with tasks taken from these queues. Whatever else it was woken for goes on.
    pub(super) fn leave<'a>(&mut self, number: u64, taken: impl Iterator<Item = &'a QueueName>) {
        let Some(claim) = self.claims.remove(&number) else {
            return;
        };
        self.exit(number, &claim);
        let mut counts: HashMap<&QueueName, u64> = HashMap::new();
        for queue in taken {
            *counts.entry(queue).or_default() += 1;
        }
        for wave in claim.answering {
            let mut took = 0;
            if let Some(wave) = self.waves.get_mut(&wave)
                && let Some(count) = counts.get_mut(&wave.queue)
            {
                took = wave.left.min(*count);
                wave.left -= took;
                *count -= took;
            }
            self.hand_on(wave, if took > 0 { HANDFUL } else { 1 });
        }
        for wave in claim.asked {
            self.hand_on(wave, 1);
        }
    }

    /// A claim is through with a wave: what is left of it wakes up to `most` others.
    fn hand_on(&mut self, number: u64, most: u64) {
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
            wave.holders += 1;
            let (queues, offer) = (claim.queues.clone(), claim.offer.clone());
            claim.notify.notify_one();
            for queue in queues.iter() {
                if let Some(crowd) = self.crowd(queue, &offer) {
                    crowd.resting.remove(&chosen);
                    crowd.looking.insert(chosen);
                }
            }
        }
    }

    /// The first resting claim whose offer has not been tried. Is there none, the first of an
    /// offer that is just looking: it may have looked too early.
    fn choose(&self, number: u64) -> Option<u64> {
        let wave = self.waves.get(&number)?;
        let crowds = self.queues.get(&wave.queue)?;
        let open = || {
            crowds
                .iter()
                .filter(|(offer, _)| !wave.tried.contains(*offer))
                .map(|(_, crowd)| crowd)
        };
        let is_free = |chosen: &&u64| {
            self.claims.get(chosen).is_some_and(|claim| {
                !claim.asked.contains(&number) && !claim.answering.contains(&number)
            })
        };
        open()
            .filter_map(|crowd| crowd.resting.first())
            .min()
            .or_else(|| {
                open()
                    .filter_map(|crowd| crowd.looking.first())
                    .filter(is_free)
                    .min()
            })
            .copied()
    }

    fn crowd(&mut self, queue: &QueueName, offer: &OfferKey) -> Option<&mut Crowd> {
        self.queues.get_mut(queue)?.get_mut(offer)
    }

    /// Puts a claim that looks into the crowds of its queues.
    fn enter(&mut self, number: u64, claim: &Claim) {
        for queue in claim.queues.iter() {
            let crowds = self.queues.entry(queue.clone()).or_default();
            let crowd = crowds.entry(claim.offer.clone()).or_default();
            crowd.looking.insert(number);
        }
    }

    fn exit(&mut self, number: u64, claim: &Claim) {
        for queue in claim.queues.iter() {
            let Some(crowds) = self.queues.get_mut(queue) else {
                continue;
            };
            if let Some(crowd) = crowds.get_mut(&claim.offer) {
                crowd.resting.remove(&number);
                crowd.looking.remove(&number);
                if crowd.resting.is_empty() && crowd.looking.is_empty() {
                    crowds.remove(&claim.offer);
                }
            }
            if crowds.is_empty() {
                self.queues.remove(queue);
            }
        }
    }
}

#[cfg(test)]
mod tests;
