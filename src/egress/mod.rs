//! Outgoing HTTP to addresses that users name: one guarded way out, for whatever calls them.
//!
//! [`EgressRules`] say which addresses are allowed. They are asked when an endpoint is set up
//! ([`Egress::check`]) and again for every connection, after the name was resolved and before anything
//! is connected to (`names`), so that a name which changes its address in between gains nothing. No
//! redirect is followed, no proxy is taken from the environment, nothing is decompressed, and time and
//! bytes of an answer are bounded. It knows nothing of tasks. Start with [`Egress::post`].

mod names;
mod post;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Certificate, Client, redirect, retry};

use self::names::GuardedNames;
pub use self::names::{LookUp, SystemNames};
pub use self::post::{Answer, Post, SendError};
use crate::domain::egress::{EgressRules, Endpoint, ForbiddenAddress};

/// From the name to the end of the TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Servers commonly close idle connections after 5 s; one that is closed just as it is used again
/// would look like a failure.
const IDLE: Duration = Duration::from_secs(3);
/// Idle connections kept for one host.
const IDLE_CONNECTIONS: usize = 32;
/// Headers of an answer. All of its head has at most 400 KiB, which hyper sets.
const HEADERS: usize = 100;

/// The way out.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    rules: Arc<EgressRules>,
    names: Arc<dyn LookUp>,
    roots: Roots,
    /// For `https` and for `http`. Made when first used: to load the system's certificates takes
    /// a while, and most services call nobody.
    secure: OnceLock<Result<Client, String>>,
    plain: OnceLock<Result<Client, String>>,
}

/// Why an endpoint is not accepted. Each is a sentence for whoever set it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It leads to an address that must not be connected to.
    #[error("{0}")]
    Forbidden(#[from] ForbiddenAddress),
    /// The name has no address, or none could be found in time.
    #[error("the name {host} has no address that can be found")]
    Unresolved {
        /// The name.
        host: String,
    },
}

/// Certificates of authorities that are trusted beside the system's.
#[derive(Debug, Clone, Default)]
pub struct Roots(Vec<Certificate>);

impl Roots {
    /// Reads certificates in PEM, one after the other.
    pub fn parse(pem: &[u8]) -> Result<Self, WrongCertificates> {
        match Certificate::from_pem_bundle(pem) {
            Ok(roots) if roots.is_empty() => Err(WrongCertificates("there is none".to_owned())),
            Ok(roots) => Ok(Self(roots)),
            Err(error) => Err(WrongCertificates(post::cause(&error))),
        }
    }
}

/// The certificates that were given are none.
#[derive(Debug, thiserror::Error)]
#[error("these are not certificates in PEM: {0}")]
pub struct WrongCertificates(String);

impl Egress {
    /// A way out under these rules.
    pub fn new(rules: EgressRules, roots: Roots, names: impl LookUp) -> Self {
        // Whoever was first has set the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self(Arc::new(Inner {
            rules: Arc::new(rules),
            names: Arc::new(names),
            roots,
            secure: OnceLock::new(),
            plain: OnceLock::new(),
        }))
    }

    /// Whether an endpoint may be called, as far as can be told now.
    pub async fn check(&self, endpoint: &Endpoint) -> Result<(), Refusal> {
        let secure = endpoint.is_secure();
        if let Some(address) = endpoint.address() {
            return Ok(self.0.rules.judge(address, secure)?);
        }
        let host = endpoint.host();
        let looked_up = tokio::time::timeout(CONNECT, self.0.names.look_up(host)).await;
        let addresses = looked_up.unwrap_or(Ok(Vec::new())).unwrap_or_default();
        if addresses.is_empty() {
            let host = host.to_owned();
            return Err(Refusal::Unresolved { host });
        }
        names::allowed(&self.0.rules, addresses, secure)?;
        Ok(())
    }

    /// The client that connects where the rules allow it only.
    fn client(&self, secure: bool) -> Result<&Client, SendError> {
        let made = if secure {
            &self.0.secure
        } else {
            &self.0.plain
        };
        let client = made.get_or_init(|| {
            let names = GuardedNames {
                rules: Arc::clone(&self.0.rules),
                names: Arc::clone(&self.0.names),
                secure,
            };
            let roots = self.0.roots.0.iter().cloned();
            let builder = if secure {
                Client::builder().tls_certs_merge(roots)
            } else {
                Client::builder().tls_certs_only([])
            };
            builder
                .user_agent(concat!("taskyard/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .no_proxy()
                .referer(false)
                .https_only(secure)
                .http1_only()
                .http1_max_headers(HEADERS)
                .connect_timeout(CONNECT)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .dns_resolver(Arc::new(names))
                .build()
                .map_err(|error| post::cause(&error))
        });
        client
            .as_ref()
            .map_err(|cause| SendError::NoTls(cause.clone()))
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Egress")
            .field(&self.0.rules)
            .finish()
    }
}

#[cfg(test)]
mod tests;
