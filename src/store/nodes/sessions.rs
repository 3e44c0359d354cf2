//! Sessions: which live on, and what those held that have ended.

use futures_util::future::join_all;

use crate::domain::tally::Ending;
use crate::domain::{NodeId, Partition, SessionId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::reply::Reply;
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
                .map(|partition| self.return_held(partition, node, mode, &args)),
        );
        all.await.into_iter().collect()
    }

    /// Gives back what is held in one partition, page by page.
    async fn return_held(
        &self,
        partition: Partition,
        node: &NodeId,
        mode: &str,
        args: &Args,
    ) -> Result<(), StoreError> {
        loop {
            let call = self.call(&scripts::RETURN_HELD, partition, mode, args);
            let mut reply = call.await?;
            let given_back = reply.count()?;
            let mut lost = reply.next_list()?;
            while lost.left() > 0 {
                let (queue, task_type) = (lost.text()?, lost.text()?);
                if let Ok(kind) = format!("{queue}/{task_type}").parse() {
                    self.ledger.note(node, kind, Ending::Lost);
                }
            }
            if given_back == 0 {
                return Ok(());
            }
        }
    }

    /// Notes what a sweep found: node, queue, type, and how an attempt ended, one after the other.
    pub(crate) fn blame(&self, mut found: Reply) -> Result<(), StoreError> {
        while found.left() > 0 {
            let (node, queue, task_type) = (found.text()?, found.text()?, found.text()?);
            let ending = if found.text()? == "timeout" {
                Ending::Failed
            } else {
                Ending::Lost
            };
            if let (Ok(node), Ok(kind)) =
                (NodeId::parse(&node), format!("{queue}/{task_type}").parse())
            {
                self.ledger.note(&node, kind, ending);
            }
        }
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
