//! Remove: forgets a node; its tasks go back at once.

use super::Nodes;
use crate::domain::{NodeId, SessionId};
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

impl Nodes {
    /// Forgets a node; false when it is not known.
    pub async fn remove(&self, node: &NodeId) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str());
        let mut reply = self
            .core
            .call(
                &scripts::REMOVE_NODE,
                self.core.partition_of_node(node),
                "",
                &args,
            )
            .await?;
        self.core.forget_node(node);
        if reply.text()? != "removed" {
            return Ok(false);
        }
        if let Some(session) = SessionId::parse(&reply.text()?) {
            self.core.return_all_held(node, &session).await?;
        }
        // What is pushed has leases that stand alone.
        if reply.text()? == "1" {
            self.core.return_unbound(node).await?;
        }
        Ok(true)
    }
}
