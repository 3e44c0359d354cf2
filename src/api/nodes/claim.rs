//! `POST /v1/nodes/{node_id}/claim`: a node takes tasks, waiting for them if it likes.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::claimed::ClaimedTaskView;
use super::{directive, session};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{ClaimTasksProblems, Code, Problem};
use crate::api::state::ApiState;
use crate::api::wait;
use crate::dispatcher::Bid;
use crate::domain::lease::validate_lease_ms;
use crate::domain::limits::{MAX_CLAIM_QUEUES, MAX_CLAIM_TASKS, MAX_KEY_BYTES};
use crate::domain::placement::{Candidate, Offer};
use crate::domain::queue::{QueueChoice, visiting_order};
use crate::domain::{InvalidInput, NodeId, QueueName, SessionId, TaskType};
use crate::store::{ClaimRequest, Claimed};

/// A claim that waits so long may go by what others have found a moment ago: should the signal of a task have
/// been lost, a sweep wakes it in time.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// What a node asks for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimTasks {
    /// Where to look. A name is looked at in its place. Neighbours with weights take turns: twice the weight comes
    /// first twice as often.
    #[schema(value_type = Vec<schemas::QueueChoice>, min_items = 1, max_items = 64)]
    queues: Vec<QueueChoice>,
    /// The node's live session.
    #[serde(default)]
    session: Option<String>,
    /// Types it takes now; what it registered by default.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::Name>>)]
    types: Option<Vec<TaskType>>,
    /// Tasks at most; 1 by default.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    max_tasks: Option<usize>,
    /// How long the leases last without news; 60 s by default, without a session.
    #[serde(default)]
    #[schema(minimum = 1000, maximum = 604_800_000_u64)]
    lease_ms: Option<u64>,
    /// How long to wait for a task; more than 30 s counts as 30 s, and it does not wait by default.
    #[serde(default)]
    wait_ms: Option<u64>,
    /// Makes repeating the claim harmless: the same leases come back while they live.
    #[serde(default)]
    #[schema(pattern = "^[!-~]{1,255}$")]
    claim_id: Option<String>,
}

/// What the node has got.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ClaimedTasks<'a> {
    tasks: Vec<ClaimedTaskView<'a>>,
    #[schema(value_type = schemas::Directive)]
    directive: &'static str,
    /// Why the node gets no tasks, while it is quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Claim tasks
///
/// Takes up to `max_tasks` of the tasks that the node may run, and waits up to `wait_ms` for the first. No
/// task is an answer too. Each task comes with a lease, which complete, fail, release and progress name.
/// A node need not be registered to claim. With a `claim_id` the request may be repeated.
#[utoipa::path(post, path = "/v1/nodes/{node_id}/claim", operation_id = "claimTasks", tag = "nodes",
    params(NodePath), request_body = ClaimTasks,
    responses(
        (status = 200, description = "The tasks, or none", body = ClaimedTasks),
        ClaimTasksProblems))]
pub(crate) fn claim_tasks(
    State(state): State<ApiState>,
    Id(node): Id<NodeId>,
    body: Json<ClaimTasks>,
) -> impl Future<Output = Result<Response, Problem>> {
    // The body is done with before the future begins, which had room for it else for as long as it waits.
    // And it is a part of the buffer that the request was read into, which a claim that waits does without.
    let claim = body.value.check(node, None);
    let claim = claim.map(Box::new).map_err(Box::new);
    async move {
        let claim = claim.map_err(|problem| *problem)?;
        let (claimed, standing) = claim.run(&state).await?;
        let claimed = claimed.deliver();
        let tasks = claimed.iter().map(ClaimedTaskView::from).collect();
        Ok(json::ok(&ClaimedTasks {
            tasks,
            directive: directive(standing.draining),
            reason: standing.quarantine,
        }))
    }
}

/// A claim that is of its form.
pub(crate) struct CheckedClaim {
    node: NodeId,
    session: Option<SessionId>,
    types: Option<Vec<TaskType>>,
    queues: Vec<QueueName>,
    max_tasks: usize,
    lease_ms: Option<u64>,
    wait_ms: u64,
    claim_id: Option<String>,
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

impl ClaimTasks {
    /// Checks everything that is not a matter of form. An exchange names the session itself.
    pub(crate) fn check(
        self,
        node: NodeId,
        exchange_session: Option<SessionId>,
    ) -> Result<CheckedClaim, Problem> {
        let refuse =
            |pointer: &str, message: &'static str| Err(InvalidInput::new(pointer, message).into());
        if !(1..=MAX_CLAIM_QUEUES).contains(&self.queues.len()) {
            return refuse("/queues", "a claim names 1 to 64 queues");
        }
        let max_tasks = self.max_tasks.unwrap_or(1);
        if !(1..=MAX_CLAIM_TASKS).contains(&max_tasks) {
            return refuse("/max_tasks", "max_tasks lies between 1 and 100");
        }
        if let Some(lease_ms) = self.lease_ms {
            validate_lease_ms("/lease_ms", lease_ms)?;
        }
        if self.claim_id.as_ref().is_some_and(|id| {
            id.is_empty()
                || id.len() > MAX_KEY_BYTES
                || !id.bytes().all(|byte| byte.is_ascii_graphic())
        }) {
            return refuse(
                "/claim_id",
                "a claim_id has 1 to 255 visible ASCII characters",
            );
        }
        for (index, choice) in self.queues.iter().enumerate() {
            if let QueueChoice::Weighted(choice) = choice
                && !(choice.weight > 0.0 && choice.weight <= 1_000_000.0)
            {
                let pointer = format!("/queues/{index}/weight");
                return refuse(&pointer, "a weight is more than 0 and at most 1000000");
            }
        }
        let queues = visiting_order(self.queues, crate::store::chance);
        let session = match exchange_session {
            Some(session) => Some(session),
            None => self.session.as_deref().map(session).transpose()?,
        };
        Ok(CheckedClaim {
            node,
            session,
            types: self.types,
            queues,
            max_tasks,
            lease_ms: self.lease_ms,
            wait_ms: self.wait_ms.unwrap_or(0),
            claim_id: self.claim_id,
        })
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
