//! Which waiting claim is woken for which tasks.
//!
//! Tasks of one class that became claimable together are a wave. Of the claims that may run them it
//! wakes those first that the class prefers, then those with the best [`Rank`], then those that came
//! first. A claim that took a task hands what is left of the wave on; one that found nothing hands
//! it on to the next claim with another [`OfferKey`], since the same offer would find the same
//! nothing, unless it was held back for reasons of its own. So one task wakes at most one claim for
//! each different offer, however many wait, and to choose the next claim costs as many steps as
//! there are different offers.
//!
//! Here is how claims come, rest and go; `crowd` keeps those of one offer, and `waves` has the waves.

mod crowd;
mod waves;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::Notify;

use self::crowd::{Crowd, Takers};
use self::waves::Wave;
use super::Bid;
use crate::domain::placement::{Offer, OfferKey, Rank, Strategy};
use crate::domain::{NodeId, QueueName};

/// The waiting claims of a replica, and the waves on their way among them.
#[derive(Debug, Default)]
pub(super) struct WaitingClaims {
    next: u64,
    claims: HashMap<u64, Claim>,
    queues: HashMap<QueueName, HashMap<OfferKey, Crowd>>,
    by_node: HashMap<NodeId, BTreeSet<u64>>,
    waves: HashMap<u64, Wave>,
    takers: Takers,
}

/// A waiting claim. It looks for tasks or rests.
#[derive(Debug)]
struct Claim {
    queues: Arc<[QueueName]>,
    /// For each queue, where it stands while it rests.
    ranks: Vec<Rank>,
    /// For each queue, how its tasks are spread.
    strategies: Vec<Strategy>,
    node: Option<NodeId>,
    rests: bool,
    offer: OfferKey,
    notify: Arc<Notify>,
    /// Waves that its present look answers.
    answering: Vec<u64>,
    /// Waves that came since it began to look: it has to look again for them.
    asked: Vec<u64>,
}

impl WaitingClaims {
    /// A claim joins; it looks for the first time before it rests.
    pub(super) fn join(&mut self, queues: &[QueueName], offer: &Offer) -> (u64, Arc<Notify>) {
        let (number, notify) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        let claim = Claim {
            queues: queues.into(),
            ranks: vec![Rank::default(); queues.len()],
            strategies: vec![Strategy::default(); queues.len()],
            node: offer.node.clone(),
            rests: false,
            offer: offer.key(),
            notify: Arc::clone(&notify),
            answering: Vec::new(),
            asked: Vec::new(),
        };
        self.enter(number, &claim, offer);
        if let Some(node) = &claim.node {
            self.by_node.entry(node.clone()).or_default().insert(number);
        }
        self.claims.insert(number, claim);
        (number, notify)
    }

    /// How many claims wait.
    pub(super) fn count(&self) -> usize {
        self.claims.len()
    }

    /// How many of them rest.
    pub(super) fn resting(&self) -> usize {
        self.claims.values().filter(|claim| claim.rests).count()
    }

    /// Queues that claims wait for.
    pub(super) fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.queues.keys()
    }

    /// Whether claims wait for tasks of the queue.
    pub(super) fn wait_for(&self, queue: &QueueName) -> bool {
        self.queues.contains_key(queue)
    }

    /// What the claim may run has changed since it last looked.
    pub(super) fn renew(&mut self, number: u64, offer: &Offer) {
        let Some(mut claim) = self.claims.remove(&number) else {
            return;
        };
        let key = offer.key();
        if claim.offer != key {
            self.exit(number, &claim);
            claim.offer = key;
            self.enter(number, &claim, offer);
        }
        self.claims.insert(number, claim);
    }

    /// The claim found nothing, and its node stands so. False when it has to look again at once,
    /// for what came meanwhile.
    pub(super) fn rest(&mut self, number: u64, bid: &Bid) -> bool {
        let Some(claim) = self.claims.get_mut(&number) else {
            return false;
        };
        let rests = claim.asked.is_empty();
        claim.rests = rests;
        let (answered, offer) = (std::mem::take(&mut claim.answering), claim.offer.clone());
        if rests {
            let (queues, node) = (claim.queues.clone(), claim.node.clone());
            for (place, queue) in queues.iter().enumerate() {
                let strategy = bid.strategies.get(place).copied().unwrap_or_default();
                let last_taken = self.takers.last(queue, node.as_ref());
                let rank = strategy.rank(&bid.candidate, last_taken);
                if let Some(claim) = self.claims.get_mut(&number) {
                    claim.ranks[place] = rank;
                    claim.strategies[place] = strategy;
                }
                if let Some(crowd) = self.crowd(queue, &offer) {
                    crowd.looking.remove(&number);
                    crowd.resting.insert((rank, number));
                }
            }
        }
        for wave in answered {
            self.found_nothing(wave, number, &offer, bid.held_back);
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
        if let Some(node) = &claim.node
            && let Some(numbers) = self.by_node.get_mut(node)
        {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_node.remove(node);
            }
        }
        let mut counts: HashMap<&QueueName, u64> = HashMap::new();
        for queue in taken {
            *counts.entry(queue).or_default() += 1;
        }
        for (queue, strategy) in claim.queues.iter().zip(&claim.strategies) {
            if *strategy == Strategy::Sticky && counts.contains_key(queue) {
                self.takers.note(queue, claim.node.as_ref());
            }
        }
        for wave in claim.answering {
            self.took(wave, &mut counts);
        }
        for wave in claim.asked {
            self.hand_on(wave, 1);
        }
    }

    fn crowd(&mut self, queue: &QueueName, offer: &OfferKey) -> Option<&mut Crowd> {
        self.queues.get_mut(queue)?.get_mut(offer)
    }

    /// Puts a claim that looks into the crowds of its queues.
    fn enter(&mut self, number: u64, claim: &Claim, offer: &Offer) {
        for queue in claim.queues.iter() {
            let crowds = self.queues.entry(queue.clone()).or_default();
            let crowd = crowds.entry(claim.offer.clone());
            crowd
                .or_insert_with(|| Crowd::of(offer))
                .looking
                .insert(number);
        }
    }

    fn exit(&mut self, number: u64, claim: &Claim) {
        for (queue, rank) in claim.queues.iter().zip(&claim.ranks) {
            let Some(crowds) = self.queues.get_mut(queue) else {
                continue;
            };
            if let Some(crowd) = crowds.get_mut(&claim.offer) {
                crowd.resting.remove(&(*rank, number));
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
mod simulation;
#[cfg(test)]
mod tests;
