//! `POST /v1/nodes/{node_id}/claim`: a node takes tasks, waiting for them if it likes.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::checked_claim::CheckedClaim;
use super::claimed::ClaimedTaskView;
use super::{directive, session};
use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::path::{Id, NodePath};
use crate::api::problem::{ClaimTasksProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::lease::validate_lease_ms;
use crate::domain::limits::{MAX_CLAIM_QUEUES, MAX_CLAIM_TASKS, MAX_KEY_BYTES};
use crate::domain::queue::{QueueChoice, visiting_order};
use crate::domain::{InvalidInput, NodeId, SessionId, TaskType};

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
