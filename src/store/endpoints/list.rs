//! List: the endpoints of a partition.

use std::collections::BTreeMap;

use super::Endpoints;
use crate::domain::egress::Endpoint;
use crate::domain::push::{DEFAULT_TARGET_CONCURRENCY, EndpointHealth, PushEndpoint, PushOwner};
use crate::domain::signature::SigningSecret;
use crate::domain::{Partition, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

impl Endpoints {
    /// All partitions.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        self.core.all_partitions()
    }

    /// The endpoints of a partition, with their secrets.
    pub async fn list(&self, partition: Partition) -> Result<Vec<PushEndpoint>, StoreError> {
        let mut reply = self.core.read_endpoints(partition, &[]).await?;
        let now = reply.count()?;
        let mut endpoints = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            endpoints.extend(decode(now, reply.next_list()?)?);
        }
        Ok(endpoints)
    }

    /// How the target of a queue fares; `None` when it has none.
    pub async fn health(&self, owner: &PushOwner) -> Result<Option<EndpointHealth>, StoreError> {
        let partition = self.core.partition_of_owner(owner).await?;
        let owners = std::slice::from_ref(owner);
        Ok(self.core.health(partition, owners).await?.remove(owner))
    }
}

impl Core {
    /// How these endpoints of a partition fare.
    pub(crate) async fn health(
        &self,
        partition: Partition,
        owners: &[PushOwner],
    ) -> Result<BTreeMap<PushOwner, EndpointHealth>, StoreError> {
        let mut found = BTreeMap::new();
        if owners.is_empty() {
            return Ok(found);
        }
        let mut reply = self.read_endpoints(partition, owners).await?;
        let now = reply.count()?;
        while reply.left() > 0 {
            if let Some(endpoint) = decode(now, reply.next_list()?)? {
                found.insert(endpoint.owner, endpoint.health);
            }
        }
        Ok(found)
    }

    async fn read_endpoints(
        &self,
        partition: Partition,
        owners: &[PushOwner],
    ) -> Result<Reply, StoreError> {
        let mut args = Args::default();
        for owner in owners {
            args.push(owner.kind()).push(owner.name());
        }
        self.call(&scripts::LIST_ENDPOINTS, partition, "", &args)
            .await
    }
}

/// `None` for one that has just gone.
fn decode(now: u64, mut reply: Reply) -> Result<Option<PushEndpoint>, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(format!("an endpoint's {what}"));
    let (kind, name, url) = (reply.text()?, reply.text()?, reply.text()?);
    let owner = PushOwner::parse(&kind, &name).ok_or_else(|| corrupt("owner"))?;
    let (queues, concurrency) = (reply.text()?, reply.text()?);
    let mut record = Record::read(reply.value()?)?;
    if url.is_empty() || record.is_empty() {
        return Ok(None);
    }
    let queues = match &owner {
        PushOwner::Queue(queue) => vec![queue.clone()],
        PushOwner::Node(_) => serde_json::from_str(&queues).map_err(|_| corrupt("queues"))?,
    };
    let concurrency = if concurrency.is_empty() {
        DEFAULT_TARGET_CONCURRENCY
    } else {
        concurrency.parse().map_err(|_| corrupt("concurrency"))?
    };
    let mut secret = |field: &str| {
        let text = record.take(field);
        text.map(|text| SigningSecret::parse(&text).map_err(|_| corrupt("secret")))
            .transpose()
    };
    let (newest, before) = (secret("secret")?, secret("secret_before")?);
    let both_until: u64 = record.number("secret_until")?.unwrap_or_default();
    let before = before.filter(|_| both_until > now);
    let open_until = record.moment("open_until")?;
    Ok(Some(PushEndpoint {
        owner,
        url: Endpoint::parse(&url).map_err(|_| corrupt("URL"))?,
        queues,
        concurrency,
        secrets: newest.into_iter().chain(before).collect(),
        health: EndpointHealth {
            open_until,
            open_ms: open_until.map_or(0, UnixMillis::get).saturating_sub(now),
            failures: record.number("failures")?.unwrap_or_default(),
            opened: record.number("opened")?.unwrap_or_default(),
            error: record.take("error").filter(|error| !error.is_empty()),
        },
    }))
}
