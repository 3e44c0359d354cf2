//! A claim on its way, alone or in an exchange: what it asks of the store, and how it waits.

use std::time::Duration;

use tokio::sync::watch;

use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::api::wait;
use crate::dispatcher::Bid;
use crate::domain::placement::{Candidate, Offer};
use crate::domain::{NodeId, QueueName, SessionId, TaskType};
use crate::store::{ClaimRequest, Claimed};

/// A claim that waits so long may go by what others have found a moment ago: should the signal of a task have
/// been lost, a sweep wakes it in time.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// A claim that is of its form.
pub(crate) struct CheckedClaim {
    pub(super) node: NodeId,
    pub(super) session: Option<SessionId>,
    pub(super) types: Option<Vec<TaskType>>,
    pub(super) queues: Vec<QueueName>,
    pub(super) max_tasks: usize,
    pub(super) lease_ms: Option<u64>,
    pub(super) wait_ms: u64,
    pub(super) claim_id: Option<String>,
}

/// Whether a node gets tasks at all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// It finishes what it holds and gets nothing more.
    pub(crate) draining: bool,
    /// Why it gets nothing for its failures.
    pub(crate) quarantine: Option<String>,
    /// What speaks for it when several nodes wait; how many tasks it holds is not known yet.
    candidate: Candidate,
}

impl Standing {
    fn gets_tasks(&self) -> bool {
        !self.draining && self.quarantine.is_none()
    }
}

// Thousands of claims may wait at once, so what is done before and after the wait is boxed, and what is handed
// on to it: in place it would take its room in each of them all the time.
impl CheckedClaim {
    /// Claims, and waits for tasks as long as the claim allows. Says too how the node stands: one
    /// that gets no tasks gets nothing but what its `claim_id` has got before.
    pub(crate) async fn run(&self, state: &ApiState) -> Result<(Claimed, Standing), Problem> {
        let wait = Duration::from_millis(self.wait_ms.min(state.limits.wait_ms));
        if wait.is_zero() {
            return Box::pin(self.look(state)).await;
        }
        if state.shutdown.is_cancelled() {
            // Nobody waits here any more, and [] at once would have the node ask in a loop.
            let (claimed, standing) = Box::pin(self.look(state)).await?;
            return if claimed.is_empty() && !standing.draining {
                Err(Problem::not_done(Code::ShuttingDown))
            } else {
                Ok((claimed, standing))
            };
        }
        let mut drains = state.wakeups.watch_drains();
        let (request, standing) = Box::pin(self.request(state)).await?;
        if standing.draining {
            let recalled = Box::pin(state.store.tasks.recall(&request)).await?;
            return Ok((recalled, *standing));
        }
        self.wait(state, request, standing, wait, &mut drains).await
    }

    /// Looks once.
    async fn look(&self, state: &ApiState) -> Result<(Claimed, Standing), Problem> {
        let (request, standing) = self.request(state).await?;
        Ok((take(state, *request, &standing).await?, *standing))
    }

    async fn wait(
        &self,
        state: &ApiState,
        mut request: Box<ClaimRequest>,
        mut standing: Box<Standing>,
        wait: Duration,
        drains: &mut watch::Receiver<()>,
    ) -> Result<(Claimed, Standing), Problem> {
        let _place = wait::place(state)?;
        // Its place is taken before the first look, so that a task in between wakes it.
        let ticket = state.wakeups.wait_for_ready(&self.queues, &request.offer);
        let over = tokio::time::sleep(wait);
        tokio::pin!(over);
        loop {
            request.waits = wait >= LONG_WAIT;
            let claimed = Box::pin(take(state, *request, &standing)).await?;
            if !claimed.is_empty() {
                ticket.took(claimed.queues());
                return Ok((claimed, *standing));
            }
            if state.shutdown.is_cancelled() {
                return Ok((claimed, *standing));
            }
            tokio::select! {
                () = ticket.woken(&self.bid(state, &standing, &claimed)) => {}
                () = self.changed(state, &standing, drains) => {}
                () = state.shutdown.cancelled() => return Ok((claimed, *standing)),
                () = &mut over => return Ok((claimed, *standing)),
            }
            (request, standing) = Box::pin(self.request(state)).await?;
            if standing.draining {
                return Ok((claimed, *standing));
            }
            ticket.renew(&request.offer);
        }
    }

    /// What the node bids for tasks while it waits, having found nothing.
    fn bid(&self, state: &ApiState, standing: &Standing, found: &Claimed) -> Bid {
        Bid {
            candidate: Candidate {
                used: found.holds(),
                ..standing.candidate
            },
            strategies: state.store.nodes.placements_of(&self.queues),
            held_back: found.is_held_back(),
        }
    }

    /// Waits until the node stands otherwise, or cannot be looked at. One in quarantine waits on,
    /// so that it does not ask in a loop, and works again when it is resumed.
    async fn changed(
        &self,
        state: &ApiState,
        standing: &Standing,
        drains: &mut watch::Receiver<()>,
    ) {
        while drains.changed().await.is_ok() {
            match Box::pin(state.store.nodes.facts(&self.node)).await {
                Ok(Some(facts))
                    if !facts.draining
                        && facts.quarantine.is_some() == standing.quarantine.is_some() => {}
                Ok(None) => {}
                _ => return,
            }
        }
        // The service ends, which the claim watches itself.
        std::future::pending::<()>().await;
    }

    /// What is asked of the store, with what is known of the node by now, and how that stands.
    async fn request(
        &self,
        state: &ApiState,
    ) -> Result<(Box<ClaimRequest>, Box<Standing>), Problem> {
        let facts = state.store.nodes.facts(&self.node).await?;
        let fleet = state.store.nodes.fleet();
        let standing = facts.as_ref().map(|facts| Standing {
            draining: facts.draining,
            quarantine: facts.quarantine.clone(),
            candidate: Candidate::among(&fleet, &facts.work, 0, facts.registration.slots),
        });
        let (offer, session, slots) = match (facts, &self.session) {
            (Some(facts), Some(session))
                if facts.session.as_ref() == Some(session) && facts.remaining_ms > 0 =>
            {
                let live = Some((session.clone(), facts.remaining_ms));
                (
                    facts.registration.offer(&self.node),
                    live,
                    facts.registration.slots,
                )
            }
            (_, Some(_)) => return Err(Problem::of(Code::NodeUnknown)),
            (Some(facts), None) => {
                let registration = &facts.registration;
                (registration.offer(&self.node), None, registration.slots)
            }
            (None, None) => {
                let offer = Offer {
                    node: Some(self.node.clone()),
                    ..Offer::default()
                };
                (offer, None, u32::MAX)
            }
        };
        let offer = match &self.types {
            Some(types) => Offer {
                types: types.clone(),
                ..offer
            },
            None => offer,
        };
        let request = Box::new(ClaimRequest {
            node: self.node.clone(),
            session,
            offer,
            queues: self.queues.clone(),
            max_tasks: self
                .max_tasks
                .min(usize::try_from(slots).unwrap_or(usize::MAX)),
            lease_ms: self.lease_ms,
            claim_id: self.claim_id.clone(),
            waits: false,
        });
        Ok((request, Box::new(standing.unwrap_or_default())))
    }
}

/// Takes tasks, or what its `claim_id` has got, when the node gets no others.
async fn take(
    state: &ApiState,
    request: ClaimRequest,
    standing: &Standing,
) -> Result<Claimed, Problem> {
    let tasks = &state.store.tasks;
    let claimed = if standing.gets_tasks() {
        tasks.claim(request).await
    } else {
        tasks.recall(&request).await
    };
    Ok(claimed?)
}
