//! A range of addresses, as CIDR writes it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses that begin with the same bits, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    prefix: u32,
}

impl AddressRange {
    /// Whether the address is one of them. An IPv4 address is in no range of IPv6, and the other way round.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let shift = 32 - self.prefix;
                u64::from(first.to_bits()) >> shift == u64::from(address.to_bits()) >> shift
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differs = first.to_bits() ^ address.to_bits();
                differs.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for AddressRange {
    type Err = &'static str;

    /// Reads `10.0.0.0/8`, or an address alone. Bits behind the prefix must be 0: whoever writes others
    /// may mean another range.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "a range is an address, or an address and a prefix as in 10.0.0.0/8 or fd00::/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| FORM)?;
        let longest = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().map_err(|_| FORM)?
            }
            Some(_) => return Err(FORM),
        };
        if prefix > longest {
            return Err("a prefix has at most 32 bits for IPv4, and 128 for IPv6");
        }
        let rest = match first {
            IpAddr::V4(first) => u128::from(first.to_bits()) & ((1_u128 << (32 - prefix)) - 1),
            IpAddr::V6(first) => first.to_bits() & u128::MAX.checked_shr(prefix).unwrap_or(0),
        };
        if rest != 0 {
            return Err("the bits of a range's address behind its prefix are 0");
        }
        Ok(Self { first, prefix })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first, self.prefix)
    }
}

impl<'de> serde::Deserialize<'de> for AddressRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
