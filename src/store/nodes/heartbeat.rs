//! Heartbeat: a session says that it lives.

use std::collections::BTreeMap;

use super::Nodes;
use crate::domain::node::{DEAD_AFTER_MS, Load};
use crate::domain::{NodeId, Partition, SessionId, TaskId};
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// What became of a heartbeat.
#[derive(Debug, Clone)]
pub enum HeartbeatOutcome {
    /// The session lives.
    Alive {
        /// Tasks it is to stop.
        cancel: Vec<TaskId>,
        /// Tasks it says it holds and does not.
        lost: Vec<TaskId>,
        /// Whether its node drains.
        draining: bool,
    },
    /// The session is not the node's, or has ended.
    SessionEnded,
}

impl Nodes {
    /// Notes that a session lives, and tells it about the tasks it says it holds.
    pub async fn heartbeat(
        &self,
        node: &NodeId,
        session: &SessionId,
        load: Option<&Load>,
        held: &[TaskId],
    ) -> Result<HeartbeatOutcome, StoreError> {
        let load = load
            .map(serde_json::to_string)
            .transpose()
            .map_err(|error| StoreError::corrupt(error.to_string()))?;
        let mut args = Args::default();
        args.push(node.as_str())
            .push(session.as_str())
            .push_number(DEAD_AFTER_MS)
            .push(load.unwrap_or_default());
        let partition = self.core.partition_of_node(node);
        let mut reply = self
            .core
            .call(&scripts::HEARTBEAT, partition, "", &args)
            .await?;
        if reply.text()? != "alive" {
            self.core.forget_node(node);
            return Ok(HeartbeatOutcome::SessionEnded);
        }
        self.core.renew_node(node, session);
        let draining = reply.text()? == "1";
        let mut cancel = Vec::new();
        while reply.left() > 0 {
            cancel.extend(TaskId::from_compact(reply.text()?.as_bytes()));
        }
        let lost = self.check_held(node, session, held, &mut cancel).await?;
        Ok(HeartbeatOutcome::Alive {
            cancel,
            lost,
            draining,
        })
    }

    /// Which of these tasks the session does not hold; those it is to stop join `cancel`.
    async fn check_held(
        &self,
        node: &NodeId,
        session: &SessionId,
        held: &[TaskId],
        cancel: &mut Vec<TaskId>,
    ) -> Result<Vec<TaskId>, StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        let mut lost = Vec::new();
        for id in held {
            if self.core.knows(*id) {
                by_partition.entry(id.partition()).or_default().push(*id);
            } else {
                lost.push(*id);
            }
        }
        for (partition, ids) in by_partition {
            let mut args = Args::default();
            args.push(node.as_str()).push(session.as_str());
            for id in &ids {
                args.push(id.compact());
            }
            let mut reply = self
                .core
                .call(&scripts::HELD, partition, "check", &args)
                .await?;
            for id in ids {
                match reply.text()?.as_str() {
                    "lost" => lost.push(id),
                    "cancel" if !cancel.contains(&id) => cancel.push(id),
                    _ => {}
                }
            }
        }
        // A note of a cancellation outlives its task by a while.
        cancel.retain(|id| !lost.contains(id));
        Ok(lost)
    }
}
