//! Which Redis or Valkey a server is, and whether it is new enough.

use std::fmt;

/// The two servers that Taskyard runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Redis.
    Redis,
    /// Valkey.
    Valkey,
}

/// A server's product and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedisVersion {
    /// Redis or Valkey.
    pub product: Product,
    /// Major and minor number: what features depend on.
    pub number: (u32, u32),
}

impl RedisVersion {
    /// Reads what `redis-server --version` prints, such as
    /// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64`.
    pub fn from_version_line(line: &str) -> Option<Self> {
        // Valkey 7.2 prints a bare "Server v=", later ones "Valkey server v=".
        let product = if line.starts_with("Redis") {
            Product::Redis
        } else {
            Product::Valkey
        };
        let version = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("v="))?;
        Some(Self {
            product,
            number: major_minor(version)?,
        })
    }

    /// Reads the `INFO server` section.
    pub fn from_info(info: &str) -> Option<Self> {
        let field = |name: &str| info_field(info, name).and_then(major_minor);
        // Valkey also tells a `redis_version`: that of the Redis it is compatible with.
        match field("valkey_version") {
            Some(number) => Some(Self {
                product: Product::Valkey,
                number,
            }),
            None => Some(Self {
                product: Product::Redis,
                number: field("redis_version")?,
            }),
        }
    }

    /// Whether scripts with a `#!lua` line and `allow-oom` run on it.
    pub fn is_supported(self) -> bool {
        self.number
            >= match self.product {
                Product::Redis => (7, 0),
                Product::Valkey => (7, 2),
            }
    }
}

impl fmt::Display for RedisVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.number;
        write!(f, "{:?} {major}.{minor}", self.product)
    }
}

/// The value of one `name:value` line of an `INFO` reply.
pub(super) fn info_field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_lines_of_both_products_are_read() {
        let read = |line| RedisVersion::from_version_line(line).unwrap().to_string();
        assert_eq!(
            read("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"),
            "Redis 7.0"
        );
        assert_eq!(
            read("Server v=7.2.5 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"),
            "Valkey 7.2"
        );
        assert_eq!(
            read("Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64"),
            "Valkey 9.1"
        );
        assert_eq!(RedisVersion::from_version_line("bash: what?"), None);
    }

    #[test]
    fn info_of_valkey_is_not_taken_for_redis() {
        let info =
            "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n";
        assert_eq!(
            RedisVersion::from_info(info).unwrap().to_string(),
            "Valkey 8.0"
        );
    }

    #[test]
    fn versions_below_the_floor_are_refused() {
        let of = |product, number| RedisVersion { product, number }.is_supported();
        assert!(!of(Product::Redis, (6, 2)));
        assert!(of(Product::Redis, (7, 0)));
        assert!(of(Product::Redis, (8, 0)));
        assert!(!of(Product::Valkey, (7, 1)));
        assert!(of(Product::Valkey, (7, 2)));
    }
}
