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
        let all = join_all(
            self.all_partitions()
                .map(|partition| self.return_held(partition, node, session)),
        );
        all.await.into_iter().collect()
    }

    /// Gives back what an ended session held in one partition, page by page.
    async fn return_held(
        &self,
        partition: Partition,
        node: &NodeId,
        session: &SessionId,
    ) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push(node.as_str())
            .push(session.as_str())
            .push_number(PAGE);
        while self
            .call(&scripts::RETURN_HELD, partition, "", &args)
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
