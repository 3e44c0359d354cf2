//! Where Redis is: at an address of its own, or wherever Sentinel says that its master is now.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use deadpool_redis::redis::{
    self, AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

/// How long a connection may take to come about, and Redis to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// What is taken from the pool is kept, so this only limits how many are made at once.
const POOL_SIZE: usize = 64;
const SENTINEL_SCHEME: &str = "redis+sentinel://";
const SENTINEL_PORT: u16 = 26_379;

/// Where the Redis that takes writes is found.
pub(crate) enum Address {
    /// At one place: `redis://...` or `redis+unix://...`.
    Fixed { client: Client, pool: Pool },
    /// `redis+sentinel://[user:password@]host[:port][,...]/service[?db=1&sentinel_pass=...]`.
    Sentinel(Box<Mutex<SentinelClient>>),
}

impl Address {
    /// Reads a URL, and connects to nothing yet.
    pub(crate) fn parse(url: &str) -> Result<Self, RedisError> {
        match url.strip_prefix(SENTINEL_SCHEME) {
            Some(rest) => sentinel(rest),
            None => fixed(url),
        }
    }

    /// A client of the master of this moment.
    pub(crate) async fn client(&self) -> Result<Client, RedisError> {
        match self {
            Self::Fixed { client, .. } => Ok(client.clone()),
            Self::Sentinel(sentinels) => {
                let found = async { sentinels.lock().await.async_get_client().await };
                timeout(RESPONSE_TIMEOUT, found)
                    .await
                    .unwrap_or_else(|_| Err(silent("Sentinel does not answer")))
            }
        }
    }

    /// A new connection to the master of this moment.
    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        match self {
            Self::Fixed { pool, .. } => match pool.get().await {
                Ok(connection) => Ok(Connection::take(connection)),
                Err(PoolError::Backend(error)) => Err(error),
                Err(_) => Err(silent("no connection came about in time")),
            },
            Self::Sentinel(_) => {
                let client = self.client().await?;
                client
                    .get_multiplexed_async_connection_with_config(&config())
                    .await
            }
        }
    }

    /// Forgets connections that wait in the pool.
    pub(crate) fn forget_connections(&self) {
        if let Self::Fixed { pool, .. } = self {
            pool.retain(|_, _| false);
        }
    }
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

/// `rest` is what follows the scheme.
fn sentinel(rest: &str) -> Result<Address, RedisError> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut sentinels = Vec::new();
    for host in hosts.split(',') {
        let url = parsed(&format!("redis://{host}"))?;
        let name = url
            .host_str()
            .ok_or_else(|| wrong("a sentinel has no host"))?;
        sentinels.push(ConnectionAddr::Tcp(
            name.to_owned(),
            url.port().unwrap_or(SENTINEL_PORT),
        ));
    }
    // The rest is read as those of URLs with one host.
    let url = parsed(&format!("redis://sentinel{tail}"))?;
    let service = url.path().trim_matches('/');
    if service.is_empty() {
        return Err(wrong(
            "the path names no service, as in redis+sentinel://host:26379/mymaster",
        ));
    }
    let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?;
    let login = format!("redis://{login}@sentinel").into_connection_info()?;
    if let Some(user) = login.redis_settings().username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = login.redis_settings().password() {
        builder = builder.set_client_to_redis_password(password);
    }
    for (name, value) in url.query_pairs() {
        builder = match &*name {
            "db" => {
                builder.set_client_to_redis_db(value.parse().map_err(|_| wrong("db is no number"))?)
            }
            "sentinel_user" => builder.set_client_to_sentinel_username(value),
            "sentinel_pass" => builder.set_client_to_sentinel_password(value),
            _ => return Err(wrong("parameters are db, sentinel_user and sentinel_pass")),
        };
    }
    Ok(Address::Sentinel(Box::new(Mutex::new(builder.build()?))))
}

fn parsed(url: &str) -> Result<Url, RedisError> {
    Url::parse(url).map_err(|_| wrong("the URL does not parse"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_sentinels_are_read() {
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
        for url in [
            "redis+sentinel://a:1",
            "redis+sentinel:///mymaster",
            "redis+sentinel://a:x/mymaster",
            "redis+sentinel://a/mymaster?what=1",
            "redis+sentinel://a/mymaster?db=x",
            "http://a",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
