//! Register: a node says what it is; without its current session a new one begins.

use super::Nodes;
use crate::domain::node::{DEAD_AFTER_MS, Registration};
use crate::domain::signature::SigningSecret;
use crate::domain::{NodeId, SessionId, UnixMillis};
use crate::store::args::Args;
use crate::store::{StoreError, random_bytes, random_hex, scripts};

/// A node that is registered.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Whether it was unknown before.
    pub is_new: bool,
    /// Its session.
    pub session: SessionId,
    /// Redis's clock.
    pub server_time: UnixMillis,
    /// The secret that was made for its endpoint: told this once.
    pub secret: Option<SigningSecret>,
}

/// What became of a registration.
#[derive(Debug, Clone)]
pub enum RegisterOutcome {
    /// The node is registered.
    Registered(Registered),
    /// The session it names is not the node's, or has ended.
    SessionEnded,
}

impl Nodes {
    /// Registers a node or updates it; an old session that this replaces gives its tasks back at once.
    /// An endpoint without a secret keeps the one it has, or gets a fresh one.
    pub async fn register(
        &self,
        node: &NodeId,
        registration: &Registration,
        session: Option<&SessionId>,
    ) -> Result<RegisterOutcome, StoreError> {
        let fresh = SigningSecret::of(&random_bytes());
        let mut args = Args::default();
        args.push(node.as_str())
            .push(session.map_or("", SessionId::as_str))
            .push(random_hex())
            .push_number(DEAD_AFTER_MS);
        let push = registration.push.as_ref();
        let secret = push.and_then(|push| push.secret.as_ref());
        let queues: &[_] = push.map_or(&[], |push| &push.queues);
        args.push(push.map_or("", |push| push.endpoint.as_str()))
            .push(serde_json::to_string(queues).map_err(corrupt)?)
            .push(secret.map_or("", SigningSecret::expose))
            .push(fresh.expose());
        encode(&mut args, registration)?;
        self.core.forget_node(node);
        let partition = self.core.partition_of_node(node);
        let mut reply = self
            .core
            .call(&scripts::REGISTER, partition, "", &args)
            .await?;
        let word = reply.text()?;
        if word == "unknown" {
            return Ok(RegisterOutcome::SessionEnded);
        }
        let session =
            SessionId::parse(&reply.text()?).ok_or_else(|| StoreError::corrupt("a session"))?;
        let ended = SessionId::parse(&reply.text()?);
        let server_time = UnixMillis::new(reply.count()?);
        let made = reply.text()? == "1";
        self.core.forget_node(node);
        if let Some(ended) = ended {
            self.core.return_all_held(node, &ended).await?;
        }
        Ok(RegisterOutcome::Registered(Registered {
            is_new: word == "new",
            session,
            server_time,
            secret: made.then_some(fresh),
        }))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::corrupt(error.to_string())
}

/// The registration as fields of the node's record.
fn encode(args: &mut Args, registration: &Registration) -> Result<(), StoreError> {
    args.push("labels")
        .push(serde_json::to_string(&registration.labels).map_err(corrupt)?);
    args.push("resources")
        .push(serde_json::to_string(&registration.resources).map_err(corrupt)?);
    args.push("types")
        .push(serde_json::to_string(&registration.types).map_err(corrupt)?);
    args.push("performance")
        .push(serde_json::to_string(&registration.performance).map_err(corrupt)?);
    args.push("version")
        .push(serde_json::to_string(&registration.version).map_err(corrupt)?);
    args.push("slots").push_number(registration.slots);
    Ok(())
}
