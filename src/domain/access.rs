//! Who may call in open mode: direct, same-origin requests to a local host only.
//!
//! Open mode has no tokens, so the address of the caller is its only credential.
//! These rules keep out what merely passes through this machine: a proxy's
//! visitors, a web page in the user's browser, and a name rebound to 127.0.0.1.

/// The request headers that decide, as text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// `Host`.
    pub host: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`.
    pub fetch_site: Option<&'a str>,
    /// Whether `Forwarded`, an `X-Forwarded-*` or `Via` header is there.
    pub forwarded: bool,
    /// Whether the method may change something.
    pub unsafe_method: bool,
}

/// Why a request without a token is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The Host header names no local host.
    #[error("open mode serves requests whose Host is localhost, 127.0.0.1 or [::1]")]
    ForeignHost,
    /// A proxy passed the request on.
    #[error(
        "open mode serves direct requests; this one carries a Forwarded, X-Forwarded-* or Via header"
    )]
    Forwarded,
    /// A page of another origin sent the request.
    #[error("open mode serves requests of its own origin; this one comes from another site's page")]
    ForeignOrigin,
}

/// Whether a request without a token acts as admin.
pub fn admit_open(caller: Caller<'_>) -> Result<(), Refusal> {
    let host = caller.host.unwrap_or_default();
    if !is_local(host_name(host)) {
        return Err(Refusal::ForeignHost);
    }
    if caller.forwarded {
        return Err(Refusal::Forwarded);
    }
    if caller.unsafe_method {
        let same_site = matches!(caller.fetch_site, None | Some("same-origin" | "none"));
        let same_origin = caller.origin.is_none_or(|origin| {
            origin
                .strip_prefix("http://")
                .is_some_and(|origin_host| origin_host == host)
        });
        if !same_site || !same_origin {
            return Err(Refusal::ForeignOrigin);
        }
    }
    Ok(())
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() =>
        {
            name
        }
        _ => host,
    }
}

fn is_local(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(host: &str) -> Caller<'_> {
        Caller {
            host: Some(host),
            unsafe_method: true,
            ..Caller::default()
        }
    }

    #[test]
    fn direct_local_requests_are_served() {
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8080",
            "LOCALHOST:9",
        ] {
            assert_eq!(admit_open(direct(host)), Ok(()), "{host}");
        }
    }

    #[test]
    fn foreign_hosts_are_refused() {
        for host in [
            "",
            "example.org",
            "127.0.0.1.example.org",
            "localhost.evil:8080",
            "[::2]",
            ":8080",
            "10.0.0.1",
        ] {
            assert_eq!(
                admit_open(direct(host)),
                Err(Refusal::ForeignHost),
                "{host}"
            );
        }
        assert_eq!(admit_open(Caller::default()), Err(Refusal::ForeignHost));
    }

    #[test]
    fn proxies_and_foreign_pages_are_refused() {
        let forwarded = Caller {
            forwarded: true,
            ..direct("localhost")
        };
        assert_eq!(admit_open(forwarded), Err(Refusal::Forwarded));
        for origin in [
            "http://evil.example",
            "null",
            "https://localhost:8080",
            "http://localhost:9090",
        ] {
            let page = Caller {
                origin: Some(origin),
                ..direct("localhost:8080")
            };
            assert_eq!(admit_open(page), Err(Refusal::ForeignOrigin), "{origin}");
        }
        let own = Caller {
            origin: Some("http://localhost:8080"),
            ..direct("localhost:8080")
        };
        assert_eq!(admit_open(own), Ok(()));
        let cross = Caller {
            fetch_site: Some("cross-site"),
            ..direct("localhost")
        };
        assert_eq!(admit_open(cross), Err(Refusal::ForeignOrigin));
        let read = Caller {
            origin: Some("http://evil.example"),
            unsafe_method: false,
            ..direct("localhost")
        };
        assert_eq!(admit_open(read), Ok(()));
    }
}
