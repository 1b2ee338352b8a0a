//! The partitions of AWS.

use std::fmt;

use crate::Region;

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

impl Partition {
    /// The partition of a Region, by the beginning of its name, as AWS's own tools have it. A Region that is newer than this
    /// program is told right too.
    pub(crate) fn of(region: &Region) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_follows_from_the_beginning_of_the_name() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("aws-global", "aws"),
            ("xx-future-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(
                region.parse::<Region>().unwrap().partition().as_str(),
                partition,
                "{region}"
            );
        }
    }
}
