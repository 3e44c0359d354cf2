//! Drain and resume: a node gets no more tasks, or gets tasks again.

use super::Nodes;
use crate::domain::NodeId;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

impl Nodes {
    /// Lets a node finish what it holds and gives it nothing more, also in later sessions; false
    /// when it is not known. After `deadline_ms` what it still holds goes back, free of charge.
    /// Drained once more it keeps its beginning, and gets the new deadline and reason.
    pub async fn drain(
        &self,
        node: &NodeId,
        deadline_ms: Option<u64>,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.set_drain(node, "", deadline_ms, reason).await
    }

    /// Gives a node tasks again; false when it is not known.
    pub async fn resume(&self, node: &NodeId) -> Result<bool, StoreError> {
        self.set_drain(node, "resume", None, None).await
    }

    async fn set_drain(
        &self,
        node: &NodeId,
        mode: &str,
        deadline_ms: Option<u64>,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str())
            .push_optional(deadline_ms)
            .push(reason.unwrap_or_default());
        let partition = self.core.partition_of_node(node);
        let mut reply = self
            .core
            .call(&scripts::DRAIN, partition, mode, &args)
            .await?;
        self.core.forget_node(node);
        Ok(reply.text()? == "done")
    }
}
