//! Waiting claims with one offer, and who took tasks before.

use std::collections::{BTreeSet, HashMap};

use crate::domain::placement::{Offer, Rank, TaskClass};
use crate::domain::{NodeId, QueueName};

/// Nodes whose turns are remembered for one queue; beyond it they begin anew.
const REMEMBERED_TAKERS: usize = 10_000;

/// The claims of one queue with one offer: those that rest by their rank, then by when they came.
#[derive(Debug)]
pub(super) struct Crowd {
    offer: Offer,
    pub(super) resting: BTreeSet<(Rank, u64)>,
    pub(super) looking: BTreeSet<u64>,
}

impl Crowd {
    pub(super) fn of(offer: &Offer) -> Self {
        Self {
            offer: offer.clone(),
            resting: BTreeSet::new(),
            looking: BTreeSet::new(),
        }
    }

    pub(super) fn may_run(&self, class: &TaskClass) -> bool {
        self.offer.covers_but_for_its_name(class)
    }

    /// How much of what the class prefers its nodes have.
    pub(super) fn preference_of(&self, class: Option<&TaskClass>) -> u32 {
        class.map_or(0, |class| class.preference_for(&self.offer.labels))
    }
}

/// Which node took a task of a sticky queue when: numbers that only rise.
#[derive(Debug, Default)]
pub(super) struct Takers {
    next: u64,
    turns: HashMap<QueueName, HashMap<NodeId, u64>>,
}

impl Takers {
    pub(super) fn note(&mut self, queue: &QueueName, node: Option<&NodeId>) {
        let Some(node) = node else { return };
        self.next += 1;
        let turns = self.turns.entry(queue.clone()).or_default();
        if turns.len() >= REMEMBERED_TAKERS {
            turns.clear();
        }
        turns.insert(node.clone(), self.next);
    }

    /// The node's last turn; 0 for never.
    pub(super) fn last(&self, queue: &QueueName, node: Option<&NodeId>) -> u64 {
        let turns = node.and_then(|node| self.turns.get(queue)?.get(node));
        turns.copied().unwrap_or_default()
    }
}
