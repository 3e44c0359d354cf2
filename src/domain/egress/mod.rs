//! Where the service itself may connect to when a user names the address.
//!
//! A user's URL must not lead the service into the network it stands in: to its Redis, to the
//! metadata of its cloud, to a neighbour. So only public addresses are allowed, and those that an
//! operator names by range. This folder decides and does no I/O; `src/egress` asks it before each
//! connection. Start with [`EgressRules::judge`].

mod address;
mod endpoint;
mod range;

use std::net::IpAddr;

pub use address::AddressKind;
pub use endpoint::Endpoint;
pub use range::AddressRange;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressRules {
    named: Vec<AddressRange>,
}

/// An address that must not be connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForbiddenAddress {
    /// It is of a kind that is not reached from everywhere, and no range that is named has it.
    #[error("{address} is {kind}, and only --allow-egress opens such addresses")]
    NotPublic {
        /// The address.
        address: IpAddr,
        /// What it is.
        kind: AddressKind,
    },
    /// Without TLS, only addresses that are named are connected to.
    #[error("{address} is reached without TLS, and http is for ranges that --allow-egress names")]
    NotSecure {
        /// The address.
        address: IpAddr,
    },
}

impl EgressRules {
    /// Public addresses, and those in the ranges that are named.
    pub fn new(named: Vec<AddressRange>) -> Self {
        Self { named }
    }

    /// Whether an address may be connected to, with TLS or without.
    pub fn judge(&self, address: IpAddr, secure: bool) -> Result<(), ForbiddenAddress> {
        if self.named.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        match AddressKind::of(address) {
            AddressKind::Public if secure => Ok(()),
            AddressKind::Public => Err(ForbiddenAddress::NotSecure { address }),
            kind => Err(ForbiddenAddress::NotPublic { address, kind }),
        }
    }
}

#[cfg(test)]
mod tests;
