//! Which partition of AWS a Region is in, and which Regions there are.
//!
//! The table is for messages and for nothing else: a Region that is newer than this program is warned about and used. The
//! partition follows from the beginning of the Region's name, as AWS's own tools have it.

use std::fmt;

use reeve_types::Region;

/// A part of AWS with Regions, accounts and ARNs of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// The public one, `aws`.
    Standard,
    /// China.
    China,
    /// The European Sovereign Cloud.
    EuropeanSovereign,
    /// `GovCloud` (US).
    Government,
    /// Secret and top secret Regions: `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
}

/// What Region names begin with, the longest of a kind first.
const PREFIXES: [(&str, Partition); 7] = [
    ("cn-", Partition::China),
    ("eusc-", Partition::EuropeanSovereign),
    ("us-gov-", Partition::Government),
    ("us-iso-", Partition::Iso),
    ("us-isob-", Partition::IsoB),
    ("eu-isoe-", Partition::IsoE),
    ("us-isof-", Partition::IsoF),
];

const KNOWN_REGIONS: [&str; 48] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "sa-west-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

impl Partition {
    /// The partition of a Region.
    pub fn of(region: &Region) -> Self {
        PREFIXES
            .iter()
            .find(|(prefix, _)| region.as_str().starts_with(prefix))
            .map_or(Self::Standard, |(_, partition)| *partition)
    }

    /// Its id, as ARNs have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "aws",
            Self::China => "aws-cn",
            Self::EuropeanSovereign => "aws-eusc",
            Self::Government => "aws-us-gov",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The Regions that were there when this program was built.
pub(crate) fn known_regions() -> impl Iterator<Item = &'static str> {
    KNOWN_REGIONS.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_follows_from_the_beginning_of_the_name() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("xx-future-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(Partition::of(&region.parse().unwrap()).as_str(), partition, "{region}");
        }
    }

    #[test]
    fn every_known_region_is_a_region() {
        for region in known_regions() {
            assert!(region.parse::<Region>().is_ok(), "{region}");
        }
    }
}
