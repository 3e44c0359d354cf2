//! All nodes together: how fast each is among its peers, which of them fails far more than they do,
//! and what none of them can run.

use std::collections::HashMap;

use super::NodeId;
use super::node::{Node, NodeState};
use super::placement::{Offer, TaskClass};
use super::tally::{Kind, Tallies, Tally};

/// When a node is quarantined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuarantineRule {
    /// Share of its attempts that ended badly, 0 to 1, from which on it is; 0 for never.
    pub share: f64,
    /// Attempts that have to be known, of it and of its peers together.
    pub attempts: f64,
}

/// How many times more often than its peers' a quarantined node's attempts end badly.
const WORSE_THAN_PEERS: f64 = 3.0;

impl Default for QuarantineRule {
    fn default() -> Self {
        Self {
            share: 0.5,
            attempts: 20.0,
        }
    }
}

/// A node among the others.
#[derive(Debug, Clone)]
struct Member {
    id: NodeId,
    offer: Offer,
    state: NodeState,
    work: Tallies,
}

/// The registered nodes, as they were a moment ago.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    members: Vec<Member>,
    /// The mean over the nodes of how long a run takes, milliseconds.
    pace: HashMap<Kind, f64>,
}

impl Fleet {
    /// The fleet that consists of these nodes.
    pub fn of(nodes: impl IntoIterator<Item = Node>) -> Self {
        let members: Vec<Member> = nodes
            .into_iter()
            .map(|node| Member {
                offer: node.offer(),
                id: node.id,
                state: node.state,
                work: node.work,
            })
            .collect();
        let mut sums: HashMap<Kind, (f64, f64)> = HashMap::new();
        for (kind, tally) in members.iter().flat_map(|member| &member.work) {
            if let Some(mean) = tally.mean_run_ms() {
                let (sum, nodes) = sums.entry(kind.clone()).or_default();
                *sum += mean;
                *nodes += 1.0;
            }
        }
        let pace = sums
            .into_iter()
            .map(|(kind, (sum, nodes))| (kind, sum / nodes));
        Self {
            pace: pace.collect(),
            members,
        }
    }

    /// How fast a node with these tallies is: 2 for one that takes half the time its peers take.
    /// `None` when too few of its runs are known.
    pub fn speed(&self, work: &Tallies) -> Option<f64> {
        let (mut expected, mut taken) = (0.0, 0.0);
        for (kind, tally) in work {
            if let (Some(mean), Some(pace)) = (tally.mean_run_ms(), self.pace.get(kind)) {
                expected += pace * tally.runs;
                taken += mean * tally.runs;
            }
        }
        (taken > 0.0 && expected > 0.0).then(|| expected / taken)
    }

    /// Whether a node that takes tasks may run those of the class. One that requires nothing may be
    /// run by whoever asks, as long as no node is registered.
    pub fn can_place(&self, class: &TaskClass) -> bool {
        let mut takers = self.takers().peekable();
        if class.requires.is_empty() && takers.peek().is_none() {
            return true;
        }
        takers.any(|member| member.offer.covers(class))
    }

    /// Whether no other node takes tasks.
    pub fn has_none_but(&self, node: &NodeId) -> bool {
        self.takers().all(|member| member.id == *node)
    }

    /// Whether a node other than this one takes tasks and may run those of the class.
    pub fn has_another_for(&self, class: &TaskClass, node: &NodeId) -> bool {
        self.takers()
            .any(|member| member.id != *node && member.offer.covers(class))
    }

    /// Nodes to be quarantined, and why: each fails or loses far more than the others do at the same
    /// kinds of work. Never more than half of the nodes that are alive.
    pub fn outcasts(&self, rule: &QuarantineRule) -> Vec<(NodeId, String)> {
        if rule.share <= 0.0 {
            return Vec::new();
        }
        let mut all: HashMap<&Kind, Tally> = HashMap::new();
        let judged = |member: &&Member| member.state != NodeState::Quarantined;
        for (kind, tally) in self.members.iter().filter(judged).flat_map(|one| &one.work) {
            let sum = all.entry(kind).or_default();
            sum.runs += tally.runs;
            sum.failures += tally.bad();
        }
        let alive = |member: &&Member| member.state != NodeState::Dead;
        let cast_out = self
            .members
            .iter()
            .filter(alive)
            .filter(|member| !judged(member))
            .count();
        let room = (self.members.iter().filter(alive).count() / 2).saturating_sub(cast_out);
        let mut worst: Vec<(f64, NodeId, String)> = self
            .takers()
            .filter_map(|member| {
                let (share, reason) = judge(&member.work, &all, rule)?;
                Some((share, member.id.clone(), reason))
            })
            .collect();
        worst.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        worst.truncate(room);
        worst
            .into_iter()
            .map(|(_, id, reason)| (id, reason))
            .collect()
    }

    fn takers(&self) -> impl Iterator<Item = &Member> {
        let takes =
            |member: &&Member| matches!(member.state, NodeState::Ready | NodeState::Suspect);
        self.members.iter().filter(takes)
    }
}

/// The share of a node's attempts that ended badly, and the sentence that condemns it; `None` when it
/// stays. A kind of work that no peer does is nobody's fault.
fn judge(
    work: &Tallies,
    all: &HashMap<&Kind, Tally>,
    rule: &QuarantineRule,
) -> Option<(f64, String)> {
    let (mut bad, mut ended, mut expected, mut peers_ended) = (0.0, 0.0, 0.0, 0.0);
    for (kind, tally) in work {
        let sum = all.get(kind).copied().unwrap_or_default();
        let (peers_bad, peers) = (sum.bad() - tally.bad(), sum.ended() - tally.ended());
        if peers < 1.0 {
            continue;
        }
        bad += tally.bad();
        ended += tally.ended();
        expected += tally.ended() * peers_bad / peers;
        peers_ended += peers;
    }
    if ended < rule.attempts || peers_ended < rule.attempts {
        return None;
    }
    let (share, peers) = (bad / ended, expected / ended);
    (share >= rule.share && share >= WORSE_THAN_PEERS * peers).then(|| {
        let reason = format!(
            "{:.0} of its last {:.0} attempts failed or were lost ({:.0} %); its peers' at the same work: {:.0} %",
            bad,
            ended,
            share * 100.0,
            peers * 100.0
        );
        (share, reason)
    })
}

#[cfg(test)]
mod tests;
