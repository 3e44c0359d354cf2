//! Nodes: register, heartbeat, claim, leave.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::call::Call;
use super::{Client, ClientError, Document, Page, PageOf};

/// What a node says about itself when it registers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegisterNode {
    /// What tasks may require of it.
    pub labels: BTreeMap<String, String>,
    /// How many tasks it works on at once.
    pub slots: u32,
    /// The task types it takes; empty takes all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// The version of the worker, for people.
    pub version: String,
}

/// The session that a registration begins.
#[derive(Debug, Clone, Deserialize)]
pub struct Registered {
    /// The session's id: what heartbeats and claims carry.
    pub session: String,
    /// How often to send a heartbeat.
    pub heartbeat_interval_ms: u64,
    /// The service's clock (RFC 3339).
    pub server_time: String,
}

/// A sign of life, with the ids of the tasks at hand (at most 1,000).
#[derive(Debug, Clone, Serialize)]
pub struct Heartbeat {
    /// The current session.
    pub session: String,
    /// Tasks that the node works on.
    pub held: Vec<String>,
}

/// What the service wants of the node.
#[derive(Debug, Clone, Deserialize)]
pub struct HeartbeatReply {
    /// Whether to go on.
    pub directive: Directive,
    /// Held tasks that someone cancelled.
    #[serde(default)]
    pub cancel: Vec<String>,
    /// Held tasks whose lease is gone.
    #[serde(default)]
    pub lost: Vec<String>,
    /// When to send the next heartbeat.
    pub next_heartbeat_ms: u64,
}

/// Whether a node goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directive {
    /// Finish what is held, claim nothing more for now.
    Drain,
    /// Finish what is held, then leave.
    Stop,
    /// Go on; also what a word from a newer service is taken for.
    #[serde(other)]
    Continue,
}

/// A claim: the node asks for tasks.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimTasks {
    /// Where to look.
    pub queues: Vec<String>,
    /// The current session, so that leases live as long as it does.
    pub session: String,
    /// How many at most.
    pub max_tasks: usize,
    /// How long the service may wait for work to arrive (at most 30 s).
    pub wait_ms: u64,
    /// Makes a repeat return the same leases.
    pub claim_id: String,
}

/// The answer to a claim.
#[derive(Debug, Deserialize)]
pub struct Claimed {
    /// The tasks this node now holds.
    pub tasks: Vec<ClaimedTask>,
    /// Whether to go on.
    pub directive: Directive,
}

/// One attempt of a task, leased to this node.
#[derive(Debug, Clone, Deserialize)]
pub struct ClaimedTask {
    /// The id.
    pub id: String,
    /// The queue it came from.
    pub queue: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payload's bytes, exactly as they came.
    pub payload: Box<RawValue>,
    /// Which delivery this is.
    pub attempt: u64,
    /// The right to report this attempt.
    pub lease_token: String,
    /// A number that only rises, to guard the handler's own data.
    pub fence: u64,
    /// When the attempt's time is over (RFC 3339).
    #[serde(default)]
    pub deadline_at: Option<String>,
}

/// How a node is to be drained.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DrainNode {
    /// After this long what it still holds goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Client {
    /// PUT /v1/nodes/{id}: begins a session; an older one of this name ends.
    pub async fn register_node(
        &self,
        node: &str,
        register: &RegisterNode,
    ) -> Result<Registered, ClientError> {
        let call = Call::new(Method::PUT, format!("/v1/nodes/{node}")).json(register)?;
        self.send(&call).await
    }

    /// POST /v1/nodes/{id}/heartbeat.
    pub async fn heartbeat(
        &self,
        node: &str,
        heartbeat: &Heartbeat,
    ) -> Result<HeartbeatReply, ClientError> {
        let call =
            Call::new(Method::POST, format!("/v1/nodes/{node}/heartbeat")).json(heartbeat)?;
        self.send(&call).await
    }

    /// POST /v1/nodes/{id}/claim: answers as soon as there is a task.
    pub async fn claim(&self, node: &str, claim: &ClaimTasks) -> Result<Claimed, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/nodes/{node}/claim"))
            .waiting(Duration::from_millis(claim.wait_ms))
            .json(claim)?;
        self.send(&call).await
    }

    /// GET /v1/nodes: the nodes by name, a page of them.
    pub async fn list_nodes(&self, page: &PageOf<'_>) -> Result<Page, ClientError> {
        let call = Call::new(Method::GET, "/v1/nodes".to_owned());
        self.send(&page.ask(call)).await
    }

    /// GET /v1/nodes/{id}: a node as it is.
    pub async fn get_node(&self, node: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/nodes/{node}"));
        self.send(&call).await
    }

    /// POST /v1/nodes/{id}/drain: it gets no more tasks, and is told to finish.
    pub async fn drain_node(&self, node: &str, drain: &DrainNode) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/nodes/{node}/drain")).json(drain)?;
        self.send(&call).await
    }

    /// POST /v1/nodes/{id}/resume: the end of a drain.
    pub async fn resume_node(&self, node: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/nodes/{node}/resume"));
        self.send(&call).await
    }

    /// POST /v1/nodes/{id}/rotate-secret: what is pushed to its endpoint is signed with another one.
    pub async fn rotate_node_secret(&self, node: &str) -> Result<Document, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/nodes/{node}/rotate-secret"));
        self.send(&call).await
    }

    /// DELETE /v1/nodes/{id}: the node leaves; what it still holds is given back.
    pub async fn delete_node(&self, node: &str) -> Result<(), ClientError> {
        let call = Call::new(Method::DELETE, format!("/v1/nodes/{node}"));
        self.send::<IgnoredAny>(&call).await?;
        Ok(())
    }
}
