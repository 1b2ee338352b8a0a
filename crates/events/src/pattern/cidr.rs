//! Blocks of addresses.

use std::net::IpAddr;

use super::PatternError;

/// The addresses whose first bits are those of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    network: IpAddr,
    bits: u32,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut parts = text.split('/');
        let (Some(address), Some(bits), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(PatternError::new("Malformed CIDR, one '/' required"));
        };
        let bits: u32 = bits
            .parse()
            .map_err(|_| PatternError::new("Malformed CIDR, mask bits must be an integer"))?;
        let network: IpAddr = address
            .parse()
            .map_err(|_| PatternError::new(format!("Nonstandard IP address: {address}")))?;
        match network {
            IpAddr::V4(_) if bits > 32 => Err(PatternError::new("IPv4 mask bits must be < 32")),
            IpAddr::V6(_) if bits > 128 => Err(PatternError::new("IPv6 mask bits must be < 128")),
            _ => Ok(Self { network, bits }),
        }
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}
