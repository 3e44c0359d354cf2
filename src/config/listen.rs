//! The listen address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;

/// Only this machine.
pub(super) const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// An address and port; of names only `localhost`, which needs no look-up.
pub(super) fn parse(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        "an address and a port are needed, such as 127.0.0.1:8080 or [::1]:8080".to_owned()
    })
}

/// The same for the settings file.
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
    input: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    parse(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_read() {
        assert_eq!(parse("localhost:80").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(parse("[::1]:0").unwrap().to_string(), "[::1]:0");
        assert!(parse("8080").is_err());
        assert!(parse("example.org:80").is_err());
    }
}
