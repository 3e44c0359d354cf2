//! Where the private Redis listens.

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::PrivateRedisError;

/// The kernel takes 108 bytes on Linux and 104 elsewhere, with the closing zero.
const SOCKET_PATH_LIMIT: usize = 100;

/// A unix socket, or a loopback port where its path would be too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Socket(PathBuf),
    Loopback(u16),
}

impl Endpoint {
    pub(super) fn choose(socket: PathBuf, loopback: bool) -> Result<Self, PrivateRedisError> {
        if loopback || socket.as_os_str().len() > SOCKET_PATH_LIMIT {
            return free_port().map(Self::Loopback);
        }
        Ok(Self::Socket(socket))
    }

    pub(super) fn url(&self, password: &str) -> String {
        match self {
            Self::Socket(path) => format!("redis+unix://{}?pass={password}", percent_encoded(path)),
            Self::Loopback(port) => format!("redis://:{password}@127.0.0.1:{port}"),
        }
    }
}

/// Random, and below the range from which the kernel takes ports for outgoing
/// connections: so the port is still free when Redis has to be started again. In
/// cluster mode Redis also takes this port + 10,000.
fn free_port() -> Result<u16, PrivateRedisError> {
    const LOWEST: u16 = 10_000;
    const COUNT: u16 = 22_000;
    for _ in 0..100 {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(PrivateRedisError::NoRandomness)?;
        let port = LOWEST + u16::from_ne_bytes(random) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(PrivateRedisError::NoFreePort)
}

fn percent_encoded(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                encoded.push(char::from(*byte));
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_falls_back_to_a_loopback_port() {
        let short = PathBuf::from("/data/redis.sock");
        assert_eq!(
            Endpoint::choose(short.clone(), false).unwrap(),
            Endpoint::Socket(short.clone())
        );
        assert!(matches!(
            Endpoint::choose(short, true).unwrap(),
            Endpoint::Loopback(10_000..=31_999)
        ));
        let long = Path::new("/data").join("x".repeat(100));
        assert!(matches!(
            Endpoint::choose(long, false).unwrap(),
            Endpoint::Loopback(_)
        ));
    }

    #[test]
    fn urls_survive_odd_paths() {
        let odd = Endpoint::Socket(PathBuf::from("/da ta?/%/redis.sock"));
        assert_eq!(
            odd.url("secret"),
            "redis+unix:///da%20ta%3F/%25/redis.sock?pass=secret"
        );
        assert_eq!(
            Endpoint::Loopback(12_345).url("secret"),
            "redis://:secret@127.0.0.1:12345"
        );
    }
}
