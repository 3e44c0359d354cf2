//! Sessions: which live on, and what those held that have ended.

use futures_util::future::join_all;

use crate::domain::{NodeId, Partition, SessionId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::scripts;

/// Tasks that one call gives back.
const PAGE: u64 = 200;

impl Core {
    /// Gives back all that an ended session held, in every partition.
    pub(crate) async fn return_all_held(
        &self,
        node: &NodeId,
        session: &SessionId,
    ) -> Result<(), StoreError> {
        self.give_back(node, session.as_str(), "").await
    }

    /// Gives back all that a node holds by leases that stand alone, in every partition.
    pub(crate) async fn return_unbound(&self, node: &NodeId) -> Result<(), StoreError> {
        self.give_back(node, "", "").await
    }

    /// Gives back, free of charge, all that a node holds, in every partition: what its session
    /// (empty for none) holds, and the leases that stand alone.
    pub(crate) async fn release_all_held(
        &self,
        node: &NodeId,
        session: &str,
    ) -> Result<(), StoreError> {
        if !session.is_empty() {
            self.give_back(node, session, "release").await?;
        }
        self.give_back(node, "", "release").await
    }

    async fn give_back(&self, node: &NodeId, session: &str, mode: &str) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push(node.as_str()).push(session).push_number(PAGE);
        let all = join_all(
            self.all_partitions()
                .map(|partition| self.return_held(partition, mode, &args)),
        );
        all.await.into_iter().collect()
    }

    /// Gives back what is held in one partition, page by page.
    async fn return_held(
        &self,
        partition: Partition,
        mode: &str,
        args: &Args,
    ) -> Result<(), StoreError> {
        while self
            .call(&scripts::RETURN_HELD, partition, mode, args)
            .await?
            .count()?
            > 0
        {}
        Ok(())
    }

    /// How long a session lives on, milliseconds; `None` when it has ended.
    pub(crate) async fn session_life(
        &self,
        node: &NodeId,
        session: &SessionId,
    ) -> Result<Option<u64>, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str()).push(session.as_str());
        let life = self
            .call(&scripts::SESSIONS, self.partition_of_node(node), "", &args)
            .await?
            .text()?;
        Ok(life.parse().ok())
    }
}
