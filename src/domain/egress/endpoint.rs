//! A URL that a user names for the service to call.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// Longest URL, bytes.
const MAX_URL_BYTES: usize = 2_048;

/// An absolute `https` or `http` URL without a user, a password or a fragment.
///
/// Where it leads is decided by [`EgressRules`](super::EgressRules), address by address.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Checks `text`. Whatever spelling of an address a browser would take (octal, one number) is read as that
    /// address here.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_URL_BYTES {
            return Err("a URL has at most 2048 bytes");
        }
        // Such characters would silently be taken out.
        if text
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace())
        {
            return Err("a URL has no spaces and no control characters");
        }
        let url = Url::parse(text)
            .map_err(|_| "this is not an absolute URL such as https://worker.example.com/tasks")?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(
                "a URL begins with https://, or with http:// where --allow-egress names the addresses",
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL names no user and no password: requests are signed instead");
        }
        if url.fragment().is_some() {
            return Err("a URL has no fragment here");
        }
        if url.host().is_none() || url.port_or_known_default() == Some(0) {
            return Err("a URL names a host, and no port or one above 0");
        }
        Ok(Self(url))
    }

    /// The URL as it was understood.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether TLS proves who answers, and hides what is said.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address, for a URL that names one and not a host.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// The host, as it is shown.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
