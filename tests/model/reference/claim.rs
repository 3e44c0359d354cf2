//! Claim: the leases of what it gets. Which tasks those may be, `take` says.

use std::collections::BTreeSet;

use taskyard::domain::TaskState;

use super::task::Lease;
use super::{Answer, LeaseNo, Model, OfferWish, Serial, SessionNo};

const DEFAULT_LEASE_MS: u64 = 60_000;
const DEFAULT_TIMEOUT_MS: u64 = 1_800_000;

/// What a node asks for.
#[derive(Debug, Clone)]
pub(crate) struct ClaimWish {
    pub(crate) node: usize,
    /// A session, and how long it is thought to live on.
    pub(crate) session: Option<(SessionNo, u64)>,
    pub(crate) queues: Vec<usize>,
    pub(crate) offer: OfferWish,
    pub(crate) most: usize,
    pub(crate) lease_ms: Option<u64>,
    pub(crate) claim_id: Option<u8>,
}

/// What a claim has done as far as the promises leave it a choice: where keys take turns, two of
/// them may have the next one.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The tasks that it was given.
    pub(crate) given: Vec<Serial>,
    /// Tasks that should have started by then, and that it found and ended.
    pub(crate) expired: BTreeSet<Serial>,
}

impl Model {
    /// The leases that the claim gets, new or as before; an error says which promise is broken by
    /// what was seen.
    pub(crate) fn claim(
        &mut self,
        wish: &ClaimWish,
        seen: &Seen,
    ) -> Result<(Answer, Vec<LeaseNo>), String> {
        let leases = self.claimed(wish, seen)?;
        if let Some(task) = seen
            .expired
            .iter()
            .find(|task| self.tasks[**task].is(TaskState::Queued))
        {
            return Err(format!("task {task} was not for this claim to end"));
        }
        let told = leases
            .iter()
            .map(|number| {
                let lease = &self.leases[*number];
                let task = &self.tasks[lease.task];
                (lease.task, task.attempt, lease.ends, lease.deadline)
            })
            .collect();
        Ok((Answer::Claimed(told), leases))
    }

    fn claimed(&mut self, wish: &ClaimWish, seen: &Seen) -> Result<Vec<LeaseNo>, String> {
        // Neighbours of one partition are visited together.
        let mut visits: Vec<(u16, Vec<usize>)> = Vec::new();
        for queue in &wish.queues {
            let partition = self.queues[*queue].partition;
            match visits.last_mut() {
                Some((known, together)) if *known == partition => together.push(*queue),
                _ => visits.push((partition, vec![*queue])),
            }
        }
        if wish.claim_id.is_some() && visits.len() > 1 {
            let mut recalled = Vec::new();
            let asked: BTreeSet<u16> = visits.iter().map(|visit| visit.0).collect();
            for partition in &asked {
                self.begin_leases(*partition);
                recalled.extend(self.recall(*partition, wish));
            }
            if !recalled.is_empty() {
                return Ok(recalled);
            }
        }
        let mut leases = Vec::new();
        let mut visited = BTreeSet::new();
        for (partition, queues) in &visits {
            let further = !visited.insert(*partition);
            let exists = queues.iter().any(|queue| self.queues[*queue].exists);
            if leases.len() < wish.most && exists {
                let missing = wish.most - leases.len();
                let how = (missing, further);
                leases.extend(self.visit(*partition, queues, wish, how, seen)?);
            }
        }
        Ok(leases)
    }

    fn recall(&self, partition: u16, wish: &ClaimWish) -> Vec<LeaseNo> {
        let claim_id = wish.claim_id.expect("only a claim_id is recalled");
        let kept = self.claims.get(&(partition, wish.node, claim_id));
        let live = |lease: &&LeaseNo| {
            let lease = &self.leases[**lease];
            lease.outcome.is_none()
        };
        kept.into_iter().flatten().filter(live).copied().collect()
    }

    fn visit(
        &mut self,
        partition: u16,
        queues: &[usize],
        wish: &ClaimWish,
        (most, further): (usize, bool),
        seen: &Seen,
    ) -> Result<Vec<LeaseNo>, String> {
        self.begin_leases(partition);
        if wish.claim_id.is_some() && !further {
            let live = self.recall(partition, wish);
            if !live.is_empty() {
                return Ok(live);
            }
        }
        let mut leases = Vec::new();
        for queue in queues {
            leases.extend(self.take(*queue, most - leases.len(), wish, seen)?);
        }
        if let (Some(claim_id), false) = (wish.claim_id, leases.is_empty()) {
            let key = (partition, wish.node, claim_id);
            let kept = self.claims.entry(key).or_default();
            if !further {
                kept.clear();
            }
            kept.extend(&leases);
        }
        Ok(leases)
    }

    /// The attempt begins.
    pub(super) fn begin_lease(&mut self, next: Serial, wish: &ClaimWish) -> LeaseNo {
        let now = self.now;
        let length = wish
            .lease_ms
            .or(wish.session.is_none().then_some(DEFAULT_LEASE_MS));
        let ends = length
            .into_iter()
            .chain(wish.session.map(|(_, remaining)| remaining))
            .min()
            .expect("a lease has a length, a session or both");
        let timeout = self.tasks[next].timeout;
        let deadline = now + timeout.unwrap_or(DEFAULT_TIMEOUT_MS.max(length.unwrap_or(0)));
        self.leases.push(Lease {
            task: next,
            node: wish.node,
            session: wish.session.map(|(session, _)| session),
            length: wish.lease_ms,
            own_end: wish.session.and(length).map(|length| now + length),
            ends: now + ends,
            deadline,
            row: deadline.min(now + ends),
            outcome: None,
        });
        self.free_when_started(next);
        let task = &mut self.tasks[next];
        task.state = Some(TaskState::Running);
        task.attempt += 1;
        let lease = self.leases.len() - 1;
        task.lease = Some(lease);
        lease
    }

    /// Progress renews a lease: its new end and deadline.
    pub(crate) fn renew(&mut self, number: LeaseNo, extend: Option<u64>, remaining: Option<u64>) {
        let now = self.now;
        let lease = &mut self.leases[number];
        let task = &self.tasks[lease.task];
        let length = extend
            .or(lease.length)
            .or(lease.session.is_none().then_some(DEFAULT_LEASE_MS));
        let own_end = length.map(|length| now + length);
        lease.ends = if lease.session.is_some() {
            let life = remaining.map_or(lease.ends, |remaining| now + remaining);
            own_end.unwrap_or(life).min(life)
        } else {
            own_end.expect("a lease without a session has a length")
        };
        if lease.session.is_some() && own_end.is_some() {
            lease.own_end = own_end;
        }
        // Long leases are for people: the run lasts as long as the lease.
        if task.timeout.is_none()
            && let (Some(length), Some(own_end)) = (length, own_end)
            && length > DEFAULT_TIMEOUT_MS
        {
            lease.deadline = lease.deadline.max(own_end);
        }
        if extend.is_some() {
            lease.length = extend;
        }
        let first = lease.ends.min(lease.deadline);
        lease.row = task.revoke.map_or(first, |revoke| first.min(revoke));
    }
}
