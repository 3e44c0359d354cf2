//! Survey: the fleet as it is, and what came of attempts, noted with their nodes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;

use super::Nodes;
use crate::domain::fleet::Fleet;
use crate::domain::node::Node;
use crate::domain::placement::Strategy;
use crate::domain::tally::{Tallies, absorb};
use crate::domain::{NodeId, Partition, QueueName};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Nodes that one call reads.
const PAGE: u64 = 500;

impl Core {
    /// The fleet as the last survey found it.
    pub(crate) fn fleet(&self) -> Arc<Fleet> {
        Arc::clone(&self.fleet.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Nodes {
    /// The fleet as the last survey found it; of no nodes before the first.
    pub fn fleet(&self) -> Arc<Fleet> {
        self.core.fleet()
    }

    /// How the tasks of these queues are spread over the nodes that wait, as far as it is known here.
    pub fn placements_of(&self, queues: &[QueueName]) -> Vec<Strategy> {
        self.core.placements_of(queues)
    }

    /// Reads all nodes, without what they hold, and remembers the fleet that they are.
    pub async fn survey(&self) -> Result<Arc<Fleet>, StoreError> {
        let pages = self
            .core
            .all_partitions()
            .map(|partition| self.all_in(partition));
        let mut nodes = Vec::new();
        for page in join_all(pages).await {
            nodes.extend(page?);
        }
        let fleet = Arc::new(Fleet::of(nodes));
        *self
            .core
            .fleet
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fleet);
        self.core.forget_alone();
        Ok(fleet)
    }

    async fn all_in(&self, partition: Partition) -> Result<Vec<Node>, StoreError> {
        let (mut nodes, mut rank) = (Vec::new(), 0);
        loop {
            let names = self.names(partition, rank, PAGE).await?;
            rank += names.len() as u64;
            nodes.extend(
                self.records(partition, &names)
                    .await?
                    .into_iter()
                    .map(|(node, _)| node),
            );
            if (names.len() as u64) < PAGE {
                return Ok(nodes);
            }
        }
    }

    /// Notes with their nodes what came of attempts since it was done last.
    pub async fn note_work(&self) -> Result<(), StoreError> {
        let mut by_partition: HashMap<Partition, Vec<(NodeId, Tallies)>> = HashMap::new();
        for (node, tallies) in self.core.ledger.take() {
            let partition = self.core.partition_of_node(&node);
            by_partition
                .entry(partition)
                .or_default()
                .push((node, tallies));
        }
        for (partition, later) in by_partition {
            for page in later.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
                self.note_in(partition, page).await?;
            }
        }
        Ok(())
    }

    async fn note_in(
        &self,
        partition: Partition,
        later: &[(NodeId, Tallies)],
    ) -> Result<(), StoreError> {
        let names: Vec<NodeId> = later.iter().map(|(name, _)| name.clone()).collect();
        let known = self.records(partition, &names).await?;
        let mut works: HashMap<NodeId, Tallies> = known
            .into_iter()
            .map(|(node, _)| (node.id, node.work))
            .collect();
        let mut args = Args::default();
        for (name, later) in later {
            if let Some(work) = works.get_mut(name) {
                absorb(work, later);
                args.push(name.as_str()).push(encode_work(work)?);
            }
        }
        self.core
            .call(&scripts::TALLY, partition, "", &args)
            .await
            .map(drop)
    }

    /// Gives the node no more tasks until it is resumed; says whether that is new.
    pub async fn quarantine(&self, node: &NodeId, reason: &str) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str()).push(reason);
        let partition = self.core.partition_of_node(node);
        let mut reply = self
            .core
            .call(&scripts::QUARANTINE, partition, "", &args)
            .await?;
        self.core.forget_node(node);
        Ok(reply.text()? == "done")
    }
}

/// Tallies as a node's record has them.
fn encode_work(work: &Tallies) -> Result<String, StoreError> {
    let named: std::collections::BTreeMap<String, _> = work
        .iter()
        .map(|(kind, tally)| (kind.to_string(), tally))
        .collect();
    serde_json::to_string(&named).map_err(|error| StoreError::corrupt(error.to_string()))
}
