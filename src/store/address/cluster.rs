//! `redis+cluster://[user:password@]host[:port][,...]`: a Redis Cluster, of which these are some.

use std::collections::BTreeSet;

use deadpool_redis::redis::cluster::{ClusterClient, ClusterClientBuilder};
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::{
    self, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo,
    RedisError, Value,
};

use super::hosts::Hosts;
use super::{CONNECT_TIMEOUT, RESPONSE_TIMEOUT, wrong};

pub(super) const SCHEME: &str = "redis+cluster://";
const PORT: u16 = 6_379;

/// How to reach a cluster.
pub(crate) struct Cluster {
    client: ClusterClient,
    known: Vec<(String, u16)>,
    login: RedisConnectionInfo,
}

impl Cluster {
    /// Reads what follows the scheme.
    pub(super) fn parse(text: &str) -> Result<Self, RedisError> {
        let hosts = Hosts::parse(text, PORT)?;
        if hosts.rest.path().len() > 1 || hosts.rest.query().is_some() {
            return Err(wrong("a cluster has no databases and no parameters"));
        }
        let known = hosts.addresses.iter();
        let known = known.map(|address| info(address, &hosts.login));
        let mut builder = ClusterClientBuilder::new(known.collect::<Result<Vec<_>, _>>()?)
            // A repetition might run a script twice: who asked decides whether that does harm.
            .retries(0)
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(RESPONSE_TIMEOUT);
        if let Some(user) = hosts.login.username() {
            builder = builder.username(user);
        }
        if let Some(password) = hosts.login.password() {
            builder = builder.password(password);
        }
        Ok(Self {
            client: builder.build()?,
            known: hosts.addresses,
            login: hosts.login,
        })
    }

    pub(super) async fn connect(&self) -> Result<ClusterConnection, RedisError> {
        self.client.get_async_connection().await
    }

    /// Some server of it that answers: what one publishes, all hear.
    pub(super) async fn any(&self) -> Result<Client, RedisError> {
        let mut failure = wrong("the URL names no host");
        for address in &self.known {
            let client = Client::open(info(address, &self.login)?)?;
            match client
                .get_multiplexed_async_connection_with_config(&super::config())
                .await
            {
                Ok(_) => return Ok(client),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The masters, each once.
    pub(super) async fn masters(&self) -> Result<Vec<Client>, RedisError> {
        let mut connection = self.connect().await?;
        let mut command = redis::cmd("CLUSTER");
        let ranges: Vec<Vec<Value>> = command.arg("SLOTS").query_async(&mut connection).await?;
        let mut masters = BTreeSet::new();
        for range in ranges {
            // First slot, last slot, the master, its replicas.
            let master = range.into_iter().nth(2).unwrap_or(Value::Nil);
            let mut fields: Vec<Value> = redis::from_redis_value(master)?;
            fields.truncate(2);
            let (host, port): (String, u16) = redis::from_redis_value(Value::Array(fields))?;
            masters.insert((host, port));
        }
        masters
            .iter()
            .map(|address| Client::open(info(address, &self.login)?))
            .collect()
    }
}

fn info(
    (host, port): &(String, u16),
    login: &RedisConnectionInfo,
) -> Result<ConnectionInfo, RedisError> {
    let address = ConnectionAddr::Tcp(host.clone(), *port);
    Ok(address
        .into_connection_info()?
        .set_redis_settings(login.clone()))
}
