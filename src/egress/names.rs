//! Names become addresses, and only allowed ones are connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::egress::{EgressRules, ForbiddenAddress};

/// Finds the addresses of a name.
pub trait LookUp: Send + Sync + 'static {
    /// All addresses of `host` as of now.
    fn look_up(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's own way to find names.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

impl LookUp for SystemNames {
    fn look_up(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Those that may be connected to; when there is none, why the first may not.
pub(super) fn allowed(
    rules: &EgressRules,
    addresses: Vec<IpAddr>,
    secure: bool,
) -> Result<Vec<IpAddr>, ForbiddenAddress> {
    let (mut allowed, mut refused) = (Vec::new(), None);
    for address in addresses {
        match rules.judge(address, secure) {
            Ok(()) => allowed.push(address),
            Err(forbidden) => refused = refused.or(Some(forbidden)),
        }
    }
    match refused {
        Some(forbidden) if allowed.is_empty() => Err(forbidden),
        _ => Ok(allowed),
    }
}

/// Stands between the client and the names: what it lets through is what is connected to.
pub(super) struct GuardedNames {
    pub(super) rules: Arc<EgressRules>,
    pub(super) names: Arc<dyn LookUp>,
    pub(super) secure: bool,
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (rules, secure) = (Arc::clone(&self.rules), self.secure);
        let found = self.names.look_up(name.as_str());
        Box::pin(async move {
            let addresses = allowed(&rules, found.await?, secure)?;
            // The client puts the port of the URL in the place of 0.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
