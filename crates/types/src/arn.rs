//! Amazon Resource Names.

use std::{fmt, str::FromStr};

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// Region and account may be empty (S3 buckets have neither); the resource part may itself contain colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(String);

/// A text that is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an ARN: expected `arn:partition:service:region:account:resource`")]
pub struct ParseArnError {
    text: String,
}

impl Arn {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, such as `aws` or `aws-cn`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, such as `ec2`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The Region, empty for global resources.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account, empty for resources whose names are global.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The resource: all that follows the account, colons and slashes included.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, service, _, _, resource]
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ParseArnError { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_its_resource_may_hold_colons() {
        let arn: Arn = "arn:aws:rds:eu-west-1:111122223333:db:orders".parse().unwrap();
        assert_eq!(arn.partition(), "aws");
        assert_eq!(arn.service(), "rds");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account(), "111122223333");
        assert_eq!(arn.resource(), "db:orders");
    }

    #[test]
    fn a_bucket_has_neither_region_nor_account() {
        let arn: Arn = "arn:aws:s3:::logs".parse().unwrap();
        assert_eq!((arn.region(), arn.account(), arn.resource()), ("", "", "logs"));
    }

    #[test]
    fn what_is_not_an_arn_is_refused() {
        for wrong in ["", "arn", "arn:aws:ec2:::", "arn::ec2:::x", "urn:aws:ec2:::x"] {
            assert!(wrong.parse::<Arn>().is_err(), "{wrong}");
        }
    }
}
