//! URLs that name several hosts: `scheme://[user:password@]host[:port][,host[:port]...][rest]`.

use deadpool_redis::redis::{IntoConnectionInfo, RedisConnectionInfo, RedisError};
use url::Url;

use super::wrong;

/// What stands behind the scheme.
pub(super) struct Hosts {
    /// Hosts and their ports.
    pub(super) addresses: Vec<(String, u16)>,
    /// User and password, for Redis.
    pub(super) login: RedisConnectionInfo,
    /// A URL of one host with the path and the parameters.
    pub(super) rest: Url,
}

impl Hosts {
    pub(super) fn parse(text: &str, default_port: u16) -> Result<Self, RedisError> {
        let end = text.find(['/', '?']).unwrap_or(text.len());
        let (authority, tail) = text.split_at(end);
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let mut addresses = Vec::new();
        for host in hosts.split(',') {
            let url = parsed(&format!("redis://{host}"))?;
            let name = url
                .host_str()
                .ok_or_else(|| wrong("the URL names no host"))?;
            addresses.push((name.to_owned(), url.port().unwrap_or(default_port)));
        }
        let info = format!("redis://{login}@host").into_connection_info()?;
        Ok(Self {
            addresses,
            login: info.redis_settings().clone(),
            rest: parsed(&format!("redis://host{tail}"))?,
        })
    }
}

fn parsed(url: &str) -> Result<Url, RedisError> {
    Url::parse(url).map_err(|_| wrong("the URL does not parse"))
}
