//! `redis+sentinel://[user:password@]host[:port][,...]/service[?db=1&sentinel_user=..&sentinel_pass=..]`:
//! the master of a service, as the sentinels at these hosts know it.

use deadpool_redis::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use deadpool_redis::redis::{ConnectionAddr, RedisError};

use super::hosts::Hosts;
use super::wrong;

pub(super) const SCHEME: &str = "redis+sentinel://";
const PORT: u16 = 26_379;

/// Reads what follows the scheme.
pub(super) fn client(text: &str) -> Result<SentinelClient, RedisError> {
    let hosts = Hosts::parse(text, PORT)?;
    let service = hosts.rest.path().trim_matches('/');
    if service.is_empty() {
        return Err(wrong(
            "the path names no service, as in redis+sentinel://host:26379/mymaster",
        ));
    }
    let sentinels = hosts.addresses.into_iter();
    let sentinels = sentinels.map(|(host, port)| ConnectionAddr::Tcp(host, port));
    let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?;
    if let Some(user) = hosts.login.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = hosts.login.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    for (name, value) in hosts.rest.query_pairs() {
        builder = match &*name {
            "db" => {
                let db = value.parse().map_err(|_| wrong("db is no number"))?;
                builder.set_client_to_redis_db(db)
            }
            "sentinel_user" => builder.set_client_to_sentinel_username(value),
            "sentinel_pass" => builder.set_client_to_sentinel_password(value),
            _ => return Err(wrong("parameters are db, sentinel_user and sentinel_pass")),
        };
    }
    builder.build()
}
