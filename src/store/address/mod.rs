//! Where Redis is: at an address of its own, wherever Sentinel says that its master is now, or
//! spread over a cluster.
//!
//! What comes of here are connections; who keeps them, and what is sent on them, is not known
//! here. Start with [`Address`].

mod cluster;
mod hosts;
mod sentinel;

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::sentinel::SentinelClient;
use deadpool_redis::redis::{self, AsyncConnectionConfig, Client, RedisError};
use deadpool_redis::{Manager, Pool, PoolError, Runtime};
use tokio::sync::Mutex;
use tokio::time::timeout;

use self::cluster::Cluster;
use super::connection::Connection;

/// How long a connection may take to come about, and Redis to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// What is taken from the pool is kept, so this only limits how many are made at once.
const POOL_SIZE: usize = 64;

/// Where the Redis that takes writes is found.
pub(crate) enum Address {
    /// At one place: `redis://...` or `redis+unix://...`.
    Fixed { client: Client, pool: Pool },
    /// `redis+sentinel://...`
    Sentinel(Box<Mutex<SentinelClient>>),
    /// `redis+cluster://...`
    Cluster(Box<Cluster>),
}

impl Address {
    /// Reads a URL, and connects to nothing yet.
    pub(crate) fn parse(url: &str) -> Result<Self, RedisError> {
        if let Some(rest) = url.strip_prefix(sentinel::SCHEME) {
            let sentinels = Mutex::new(sentinel::client(rest)?);
            return Ok(Self::Sentinel(Box::new(sentinels)));
        }
        match url.strip_prefix(cluster::SCHEME) {
            Some(rest) => Ok(Self::Cluster(Box::new(Cluster::parse(rest)?))),
            None => fixed(url),
        }
    }

    /// Whether partitions are spread over servers, of which some may be away while others serve.
    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// A client of a server at which everything that is published is heard.
    pub(crate) async fn client(&self) -> Result<Client, RedisError> {
        match self {
            Self::Fixed { client, .. } => Ok(client.clone()),
            Self::Sentinel(sentinels) => {
                let found = async { sentinels.lock().await.async_get_client().await };
                timeout(RESPONSE_TIMEOUT, found)
                    .await
                    .unwrap_or_else(|_| Err(silent("Sentinel does not answer")))
            }
            Self::Cluster(cluster) => cluster.any().await,
        }
    }

    /// A new connection, that leads to the server which takes writes of a command's key.
    pub(crate) async fn connect(&self) -> Result<Connection, RedisError> {
        match self {
            Self::Fixed { pool, .. } => match pool.get().await {
                Ok(pooled) => Ok(Connection::One(deadpool_redis::Connection::take(pooled))),
                Err(PoolError::Backend(error)) => Err(error),
                Err(_) => Err(silent("no connection came about in time")),
            },
            Self::Sentinel(_) => Ok(Connection::One(connected(&self.client().await?).await?)),
            Self::Cluster(cluster) => Ok(Connection::Cluster(cluster.connect().await?)),
        }
    }

    /// New connections to each server that takes writes.
    pub(crate) async fn masters(&self) -> Result<Vec<MultiplexedConnection>, RedisError> {
        let clients = match self {
            Self::Fixed { .. } | Self::Sentinel(_) => vec![self.client().await?],
            Self::Cluster(cluster) => cluster.masters().await?,
        };
        let mut connections = Vec::new();
        for client in clients {
            connections.push(connected(&client).await?);
        }
        Ok(connections)
    }

    /// Forgets connections that wait in the pool.
    pub(crate) fn forget_connections(&self) {
        if let Self::Fixed { pool, .. } = self {
            pool.retain(|_, _| false);
        }
    }
}

async fn connected(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    client
        .get_multiplexed_async_connection_with_config(&config())
        .await
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
}

fn silent(what: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::Io, what))
}

fn wrong(what: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::InvalidClientConfig, what))
}

fn fixed(url: &str) -> Result<Address, RedisError> {
    let pool = Pool::builder(Manager::new_with_config(url, config())?)
        .max_size(POOL_SIZE)
        .runtime(Runtime::Tokio1)
        .create_timeout(Some(CONNECT_TIMEOUT))
        .wait_timeout(Some(CONNECT_TIMEOUT))
        .build()
        .map_err(|_| wrong("the pool cannot be made"))?;
    Ok(Address::Fixed {
        client: Client::open(url)?,
        pool,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_several_hosts_are_read() {
        for url in [
            "redis+sentinel://a:1,b,[::1]:3/mymaster",
            "redis+sentinel://user:p%40ss@a/mymaster?db=2&sentinel_pass=x",
            "redis+sentinel://:pass@a,b/mymaster/",
        ] {
            assert!(
                matches!(Address::parse(url), Ok(Address::Sentinel(_))),
                "{url}"
            );
        }
        for url in ["redis+cluster://a:1,b", "redis+cluster://user:pass@a/"] {
            assert!(
                matches!(Address::parse(url), Ok(Address::Cluster(_))),
                "{url}"
            );
        }
        for url in [
            "redis+sentinel://a:1",
            "redis+sentinel:///mymaster",
            "redis+sentinel://a:x/mymaster",
            "redis+sentinel://a/mymaster?what=1",
            "redis+sentinel://a/mymaster?db=x",
            "redis+cluster://a/1",
            "redis+cluster://",
            "http://a",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
