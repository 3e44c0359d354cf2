//! What nodes held that hold it no more: leases that are due, sessions that are silent, drains that are over.

use super::{PAGE, Sweeps};
use crate::domain::{NodeId, Partition, SessionId};
use crate::store::args::Args;
use crate::store::{StoreError, chance, scripts};

impl Sweeps {
    /// Looks at the running tasks whose lease row is due: lost, timed out, revoked, or living on.
    pub async fn return_lost(&self, partition: Partition) -> Result<(), StoreError> {
        let mut sessions = Args::default();
        loop {
            let mut args = Args::default();
            args.push_number(PAGE)
                .push(chance().to_string())
                .append(&sessions);
            let mut reply = self
                .core
                .call(&scripts::RETURN_LOST, partition, "", &args)
                .await?;
            let settled = reply.count()?;
            let mut unknown = reply.next_list()?;
            self.core.blame(reply.next_list()?)?;
            if unknown.left() == 0 {
                if settled < PAGE {
                    return Ok(());
                }
                continue;
            }
            sessions = Args::default();
            while unknown.left() > 0 {
                let (node, session) = (unknown.text()?, unknown.text()?);
                let life = match (NodeId::parse(&node), SessionId::parse(&session)) {
                    (Ok(node), Some(session)) => self.core.session_life(&node, &session).await?,
                    _ => None,
                };
                sessions.push(node).push(session);
                match life {
                    Some(millis) => sessions.push_number(millis),
                    None => sessions.push("ended"),
                };
            }
        }
    }

    /// Ends the sessions that are silent for too long, and gives back what they held.
    pub async fn end_dead(&self, partition: Partition) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE);
        loop {
            let mut reply = self
                .core
                .call(&scripts::END_DEAD, partition, "", &args)
                .await?;
            let full = reply.left() as u64 == 2 * PAGE;
            while reply.left() > 0 {
                let (node, session) = (reply.text()?, reply.text()?);
                if let (Ok(node), Some(session)) =
                    (NodeId::parse(&node), SessionId::parse(&session))
                {
                    self.session_ended(&node, &session).await?;
                }
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// Gives back what nodes still hold whose time to drain is over, free of charge. Cut off, it
    /// begins anew, since the nodes are settled last.
    pub async fn end_drains(&self, partition: Partition) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE);
        let mut over = self
            .core
            .call(&scripts::END_DRAINS, partition, "", &args)
            .await?;
        let mut settled = Args::default();
        while over.left() > 0 {
            let (name, session) = (over.text()?, over.text()?);
            let node = NodeId::parse(&name).map_err(|_| StoreError::corrupt("a node's name"))?;
            self.core.forget_node(&node);
            self.core.release_all_held(&node, &session).await?;
            settled.push(name);
        }
        self.core
            .call(&scripts::END_DRAINS, partition, "settle", &settled)
            .await
            .map(drop)
    }

    /// A session has ended, here or elsewhere: what it held goes back.
    pub async fn session_ended(
        &self,
        node: &NodeId,
        session: &SessionId,
    ) -> Result<(), StoreError> {
        self.core.forget_node(node);
        self.core.return_all_held(node, session).await
    }
}
