//! CIDR blocks: what a VPC or subnet may have, and which addresses of it are free.
//!
//! AWS keeps five addresses of every subnet for itself: the first four and the last.

use std::{collections::BTreeSet, net::Ipv4Addr};

use ipnet::Ipv4Net;

/// The addresses of a subnet that AWS keeps at its beginning: network, router, DNS, future use.
const RESERVED_AT_START: u32 = 4;
/// And at its end: the broadcast address.
const RESERVED_AT_END: u32 = 1;

/// Reads a block as EC2 does: host bits are cleared, not refused.
pub(crate) fn parse(text: &str) -> Option<Ipv4Net> {
    text.parse::<Ipv4Net>().ok().map(|block| block.trunc())
}

/// Whether a VPC or a subnet may be of this size.
pub(crate) fn fits_a_vpc(block: Ipv4Net) -> bool {
    (16..=28).contains(&block.prefix_len())
}

/// Whether two blocks have an address in common.
pub(crate) fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// How many addresses of a subnet somebody can use.
pub(crate) fn usable(block: Ipv4Net) -> i64 {
    let all = 1_i64 << (32 - u32::from(block.prefix_len()).min(32));
    (all - i64::from(RESERVED_AT_START + RESERVED_AT_END)).max(0)
}

/// Whether AWS keeps this address of a subnet.
pub(crate) fn is_reserved(block: Ipv4Net, address: Ipv4Addr) -> bool {
    let (first, last) = (u32::from(block.network()), u32::from(block.broadcast()));
    let address = u32::from(address);
    address < first.saturating_add(RESERVED_AT_START) || address >= last
}

/// The lowest address of a subnet that nobody has.
pub(crate) fn next_free(block: Ipv4Net, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    let (first, last) = (u32::from(block.network()), u32::from(block.broadcast()));
    (first.saturating_add(RESERVED_AT_START)..last)
        .map(Ipv4Addr::from)
        .find(|address| !taken.contains(address))
}

/// The host name that EC2 gives to a private address.
pub(crate) fn private_name(address: &str, region: &str) -> String {
    let dashed = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        _ => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

/// The host name that EC2 gives to a public address.
pub(crate) fn public_name(address: &str, region: &str) -> String {
    let dashed = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ec2-{dashed}.compute-1.amazonaws.com"),
        _ => format!("ec2-{dashed}.{region}.compute.amazonaws.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Ipv4Net {
        parse(text).unwrap()
    }

    #[test]
    fn host_bits_are_cleared_and_nonsense_is_nothing() {
        for (text, expected) in [
            ("10.0.0.0/16", Some("10.0.0.0/16")),
            ("100.68.0.18/18", Some("100.68.0.0/18")),
            ("10.0.0.0", None),
            ("10.0.0.0/33", None),
            ("10.0.0/16", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|found| found.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn blocks_overlap_if_one_holds_the_other() {
        for (one, other, expected) in [
            ("10.0.0.0/16", "10.0.1.0/24", true),
            ("10.0.1.0/24", "10.0.0.0/16", true),
            ("10.0.0.0/24", "10.0.1.0/24", false),
            ("10.0.0.0/16", "10.0.0.0/16", true),
        ] {
            assert_eq!(overlap(block(one), block(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_subnet_lacks_five_of_its_addresses() {
        for (text, count) in [("10.0.0.0/24", 251), ("10.0.0.0/28", 11), ("10.0.0.0/16", 65531)] {
            assert_eq!(usable(block(text)), count, "{text}");
        }
        let small = block("10.0.0.0/28");
        let mut taken = BTreeSet::new();
        while let Some(address) = next_free(small, &taken) {
            assert!(!is_reserved(small, address), "{address}");
            taken.insert(address);
        }
        assert_eq!(taken.len(), 11);
        assert_eq!(taken.first().map(ToString::to_string).as_deref(), Some("10.0.0.4"));
        assert_eq!(taken.last().map(ToString::to_string).as_deref(), Some("10.0.0.14"));
    }

    #[test]
    fn only_blocks_of_sixteen_to_twenty_eight_bits_make_a_vpc() {
        for (text, fits) in [
            ("10.0.0.0/15", false),
            ("10.0.0.0/16", true),
            ("10.0.0.0/28", true),
            ("10.0.0.0/29", false),
        ] {
            assert_eq!(fits_a_vpc(block(text)), fits, "{text}");
        }
    }
}
