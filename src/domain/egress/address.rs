//! What kind of address one is: the special ranges of IPv4 and IPv6, by the IANA registries.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// Reached from everywhere.
    Public,
    /// This machine, or none: 0.0.0.0/8, `::`.
    Unspecified,
    /// This machine: 127.0.0.0/8, `::1`.
    Loopback,
    /// A private network: 10/8, 172.16/12, 192.168/16, `fc00::/7`, `fec0::/10`.
    Private,
    /// The nearest network, where clouds answer with secrets: 169.254/16, `fe80::/10`.
    LinkLocal,
    /// A provider's own network: 100.64/10.
    CarrierGrade,
    /// Many machines: 224/4, `ff00::/8`, and the broadcast address.
    Multicast,
    /// For examples in documents.
    Documentation,
    /// For measurements of networks.
    Benchmark,
    /// An IPv4 address in an IPv6 address (mapped, compatible, NAT64, 6to4, Teredo), which leads where
    /// that one does.
    Embedded,
    /// Set aside for something else, or not given to anyone yet.
    Reserved,
}

impl AddressKind {
    /// The kind of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        [0, ..] => AddressKind::Unspecified,
        [127, ..] => AddressKind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressKind::Private,
        [169, 254, ..] => AddressKind::LinkLocal,
        [100, 64..=127, ..] => AddressKind::CarrierGrade,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressKind::Documentation,
        [198, 18..=19, ..] => AddressKind::Benchmark,
        // Relays to 6to4.
        [192, 88, 99, _] => AddressKind::Embedded,
        [224..=239, ..] | [255, 255, 255, 255] => AddressKind::Multicast,
        [192, 0, 0, _] | [240..=255, ..] => AddressKind::Reserved,
        _ => AddressKind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressKind {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressKind::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressKind::Loopback,
        // Compatible, mapped and translated, the two prefixes of NAT64, Teredo, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, ..]
        | [0x2001, 0, ..]
        | [0x2002, ..] => AddressKind::Embedded,
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => AddressKind::Private,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressKind::Documentation,
        [0x2001, 2, 0, ..] => AddressKind::Benchmark,
        // 2001::/23 belongs to protocols; outside of 2000::/3 nothing is given to networks.
        [0x2001, 0..=0x1ff, ..] => AddressKind::Reserved,
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Reserved,
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Public => "public",
            Self::Unspecified => "the unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::CarrierGrade => "an address of a provider's own network",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documents",
            Self::Benchmark => "an address for benchmarks",
            Self::Embedded => "an IPv4 address in an IPv6 address, or a relay to such",
            Self::Reserved => "a reserved address",
        })
    }
}
