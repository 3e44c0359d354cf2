//! Get and list: nodes as they are.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::Nodes;
use super::resources::add_up;
use crate::domain::egress::Endpoint;
use crate::domain::node::{Drain, Node, NodeState, PushRegistration, Quarantine, Registration};
use crate::domain::placement::Resources;
use crate::domain::push::PushOwner;
use crate::domain::tally::{Tallies, Tally};
use crate::domain::{NodeId, Partition, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{PartitionRank, StoreError, scripts};

impl Core {
    /// The latest session of a node, live or ended.
    pub(crate) async fn session_of(&self, node: &NodeId) -> Result<Option<String>, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str());
        let partition = self.partition_of_node(node);
        let call = self.call(&scripts::GET_NODE, partition, "", &args);
        let mut answer = call.await?.next_list()?;
        if answer.left() == 0 {
            return Ok(None);
        }
        decode(node.clone(), &mut answer).map(|(_, session)| Some(session))
    }
}

impl Nodes {
    /// The node, or `None` when it is not registered.
    pub async fn get(&self, node: &NodeId) -> Result<Option<Node>, StoreError> {
        let nodes = self
            .read(
                self.core.partition_of_node(node),
                std::slice::from_ref(node),
            )
            .await?;
        Ok(nodes.into_iter().next())
    }

    /// Up to `limit` nodes from `place` on, and where to go on, if there are more.
    pub async fn list(
        &self,
        mut place: PartitionRank,
        limit: usize,
    ) -> Result<(Vec<Node>, Option<PartitionRank>), StoreError> {
        let mut nodes: Vec<Node> = Vec::new();
        while place.partition < self.core.partitions {
            let partition = Partition::new(place.partition);
            let missing = limit - nodes.len();
            // One more than is missing tells whether there is a next page.
            let mut names = self
                .names(partition, place.rank, missing as u64 + 1)
                .await?;
            let more = names.len() > missing;
            names.truncate(missing);
            place.rank += names.len() as u64;
            nodes.extend(self.read(partition, &names).await?);
            if more {
                return Ok((nodes, Some(place)));
            }
            place = place.next_partition();
        }
        Ok((nodes, None))
    }

    /// Names of a partition's nodes, from a rank on.
    pub(super) async fn names(
        &self,
        partition: Partition,
        rank: u64,
        count: u64,
    ) -> Result<Vec<NodeId>, StoreError> {
        let mut args = Args::default();
        args.push_number(rank).push_number(count);
        let mut reply = self
            .core
            .call(&scripts::LIST_NODES, partition, "", &args)
            .await?;
        let mut names = Vec::new();
        while reply.left() > 0 {
            names.push(
                NodeId::parse(&reply.text()?).map_err(|_| StoreError::corrupt("a node's name"))?,
            );
            reply.value()?;
        }
        Ok(names)
    }

    /// Those of the nodes that are registered, with their latest session; not what they hold.
    pub(super) async fn records(
        &self,
        partition: Partition,
        names: &[NodeId],
    ) -> Result<Vec<(Node, String)>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = Args::default();
        for name in names {
            args.push(name.as_str());
        }
        let mut reply = self
            .core
            .call(&scripts::GET_NODE, partition, "", &args)
            .await?;
        let mut found = Vec::new();
        for name in names {
            let mut answer = reply.next_list()?;
            if answer.left() > 0 {
                found.push(decode(name.clone(), &mut answer)?);
            }
        }
        Ok(found)
    }

    async fn read(&self, partition: Partition, names: &[NodeId]) -> Result<Vec<Node>, StoreError> {
        let mut found = self.records(partition, names).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.add_health(partition, &mut found).await?;
        let mut args = Args::default();
        for (node, session) in &found {
            args.push(node.id.as_str()).push(session);
        }
        let mut used = vec![(0, Resources::new()); found.len()];
        let held = join_all(self.core.all_partitions().map(|partition| {
            let args = &args;
            async move { self.core.call(&scripts::HELD, partition, "", args).await }
        }));
        for reply in held.await {
            let mut reply = reply?;
            for (tasks, taken) in &mut used {
                *tasks += reply.count()?;
                add_up(taken, reply.next_list()?)?;
            }
        }
        Ok(found
            .into_iter()
            .zip(used)
            .map(|((node, _), (tasks, taken))| node.holding(tasks, taken))
            .collect())
    }

    /// How the endpoints of those fare that have one.
    async fn add_health(
        &self,
        partition: Partition,
        found: &mut [(Node, String)],
    ) -> Result<(), StoreError> {
        let owners: Vec<PushOwner> = found
            .iter()
            .filter(|(node, _)| node.registration.push.is_some())
            .map(|(node, _)| PushOwner::Node(node.id.clone()))
            .collect();
        let mut health = self.core.health(partition, &owners).await?;
        for (node, _) in found {
            node.health = health.remove(&PushOwner::Node(node.id.clone()));
        }
        Ok(())
    }
}

fn decode(id: NodeId, answer: &mut Reply) -> Result<(Node, String), StoreError> {
    let silence = u64::try_from(answer.number()?).ok();
    let last_seen = UnixMillis::new(answer.count()?);
    let mut record = Record::read(answer.value()?)?;
    let session = record.take("session").unwrap_or_default();
    let load = record
        .take("load")
        .and_then(|text| serde_json::from_str(&text).ok());
    let registered_at = record
        .moment("registered")?
        .ok_or_else(|| StoreError::corrupt("a node without registration"))?;
    let drain = match record.moment("drain")? {
        Some(since) => Some(Drain {
            since,
            deadline_at: record.moment("drain_deadline")?,
            reason: record.take("drain_reason"),
        }),
        None => None,
    };
    let quarantine = decode_quarantine(&mut record)?;
    let node = Node {
        id,
        state: NodeState::of(silence, drain.is_some(), quarantine.is_some()),
        quarantine,
        work: decode_work(&mut record)?,
        registration: decode_registration(&mut record)?,
        used: 0,
        taken: Resources::new(),
        drain,
        load,
        last_seen,
        registered_at,
        health: None,
    };
    Ok((node, session))
}

/// That a node gets no more tasks for its failures.
pub(super) fn decode_quarantine(record: &mut Record) -> Result<Option<Quarantine>, StoreError> {
    let since = record.moment("quarantine")?;
    let reason = record.take("quarantine_reason").unwrap_or_default();
    Ok(since.map(|since| Quarantine { since, reason }))
}

/// What came of a node's attempts of late.
pub(super) fn decode_work(record: &mut Record) -> Result<Tallies, StoreError> {
    let corrupt = || StoreError::corrupt("a node's tallies");
    let Some(text) = record.take("work") else {
        return Ok(Tallies::new());
    };
    let named: BTreeMap<String, Tally> = serde_json::from_str(&text).map_err(|_| corrupt())?;
    let read = |(kind, tally): (String, Tally)| Some((kind.parse().ok()?, tally));
    named
        .into_iter()
        .map(|pair| read(pair).ok_or_else(corrupt))
        .collect()
}

/// What a node said of itself.
pub(super) fn decode_registration(record: &mut Record) -> Result<Registration, StoreError> {
    fn json<T: serde::de::DeserializeOwned + Default>(
        record: &mut Record,
        field: &str,
    ) -> Result<T, StoreError> {
        record.take(field).map_or_else(
            || Ok(T::default()),
            |text| {
                serde_json::from_str(&text)
                    .map_err(|_| StoreError::corrupt(format!("a node's {field}")))
            },
        )
    }
    Ok(Registration {
        slots: record.number("slots")?.unwrap_or(1),
        labels: json(record, "labels")?,
        resources: json(record, "resources")?,
        types: json(record, "types")?,
        performance: json(record, "performance")?,
        version: json(record, "version")?,
        push: decode_push(record)?,
    })
}

fn decode_push(record: &mut Record) -> Result<Option<PushRegistration>, StoreError> {
    let Some(url) = record.take("endpoint") else {
        return Ok(None);
    };
    let endpoint = Endpoint::parse(&url).map_err(StoreError::corrupt)?;
    let queues = record.take("endpoint_queues").unwrap_or_default();
    let queues = serde_json::from_str(&queues)
        .map_err(|_| StoreError::corrupt("the queues of a node's endpoint"))?;
    Ok(Some(PushRegistration {
        endpoint,
        queues,
        secret: None,
    }))
}
