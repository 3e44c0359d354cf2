//! Claims, on the store and on the model.

use std::collections::BTreeSet;

use taskyard::domain::placement::Offer;
use taskyard::domain::{LeaseToken, TaskState, TaskType};
use taskyard::store::audit::TaskFacts;
use taskyard::store::{ClaimRequest, Store};

use super::text;
use crate::model::action::{Action, Holder, NODES, QUEUES};
use crate::model::reference::{Answer, CLASSES, ClaimWish, LeaseNo, OfferWish, Seen, Serial};
use crate::model::world::World;
use crate::support::{node, queue};

/// How long a claim believes a session to live on that may have ended.
const BELIEVED_MS: u64 = 7_000;

impl World {
    pub(super) async fn claim(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let Action::Claim {
            node: number,
            holder,
            queues,
            offer,
            most,
            lease_ms,
            claim_id,
        } = action
        else {
            unreachable!("a claim");
        };
        let session = match holder {
            Holder::Alone => None,
            Holder::Session => self.model.nodes[*number].session,
        };
        let session =
            session.map(|session| (session, self.remaining(session).unwrap_or(BELIEVED_MS)));
        let wish = ClaimWish {
            node: *number,
            session,
            queues: queues.clone(),
            offer: *offer,
            most: *most,
            lease_ms: *lease_ms,
            claim_id: *claim_id,
        };
        let late = self.model.late(queues);
        let request = ClaimRequest {
            node: node(NODES[*number]),
            session: session.map(|(session, left)| (self.sessions[session].clone(), left)),
            offer: offer_of(&wish),
            queues: queues.iter().map(|number| queue(QUEUES[*number])).collect(),
            max_tasks: *most,
            lease_ms: *lease_ms,
            claim_id: claim_id.map(|number| format!("claim:{number}")),
            waits: false,
        };
        let claimed = store.tasks.claim(request).await.map_err(text)?.deliver();
        let mut found = Vec::new();
        let mut seen = Seen {
            given: Vec::new(),
            expired: self.expired_of(late).await?,
        };
        for task in &claimed {
            let serial = self.serial(task.id)?;
            seen.given.push(serial);
            let (ends, deadline) = (task.lease_expires_at.get(), task.deadline_at.get());
            found.push((serial, task.attempt, ends, deadline));
        }
        let (expected, leases) = self.model.claim(&wish, &seen)?;
        // Whoever has looked at all there is, and wants more, waits for it.
        if leases.len() < wish.most && wish.claim_id.is_none() {
            let free = |class: &u8| wish.covers(*class) && CLASSES[usize::from(*class)].memory == 0;
            let classes: Vec<u8> = (0..u8::try_from(CLASSES.len()).unwrap())
                .filter(free)
                .collect();
            for queue in queues {
                self.ear.waiting[*queue].clone_from(&classes);
            }
        }
        if expected == Answer::Claimed(found.clone()) {
            let mut told: Vec<_> = leases.into_iter().zip(&claimed).collect();
            told.sort_by_key(|(lease, _)| *lease);
            for (lease, task) in told {
                self.know_token(lease, &task.lease_token)?;
            }
        }
        Ok((expected, Answer::Claimed(found)))
    }

    /// Those of the tasks that have expired.
    async fn expired_of(&self, late: Vec<Serial>) -> Result<BTreeSet<Serial>, String> {
        let ids: Vec<_> = late.iter().map(|task| self.id(*task)).collect();
        let facts = self.stores[0].task_facts(&ids).await.map_err(text)?;
        let is_expired = |facts: &TaskFacts| facts.state() == Some(TaskState::Expired);
        let known = late.into_iter().zip(&facts);
        Ok(known
            .filter(|(_, facts)| is_expired(facts))
            .map(|(task, _)| task)
            .collect())
    }

    fn know_token(&mut self, lease: LeaseNo, token: &LeaseToken) -> Result<(), String> {
        match self.tokens.get(lease) {
            None => self.tokens.push(token.clone()),
            Some(known) if known == token => {}
            Some(_) => return Err(format!("lease {lease} comes back with another token")),
        }
        Ok(())
    }

    /// How long a session lives on as far as its last heartbeat tells; `None` when it is over.
    pub(super) fn remaining(&self, session: usize) -> Option<u64> {
        let node = &self.model.nodes[self.model.sessions[session]];
        let until = node.beats_until.filter(|_| node.lives(session))?;
        Some(until.saturating_sub(self.model.now))
    }
}

/// What a node offers.
fn offer_of(wish: &ClaimWish) -> Offer {
    let OfferWish {
        only,
        gpu,
        memory,
        is_named,
    } = wish.offer;
    let types = only.map(|name| TaskType::parse(name).unwrap());
    let label = gpu.map(|gpu| ("gpu".to_owned(), gpu.to_owned()));
    Offer {
        types: types.into_iter().collect(),
        labels: label.into_iter().collect(),
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        resources: [("memory".to_owned(), memory as f64)].into(),
        node: is_named.then(|| node(NODES[wish.node])),
    }
}
