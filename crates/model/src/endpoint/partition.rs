//! The AWS partitions: which one a Region is in, and what its host names end with.

use regex_lite::Regex;
use serde::Deserialize;

use crate::{Name, Value};

/// The AWS partitions.
#[derive(Debug)]
pub struct Partitions {
    // Invariant: not empty; the first is where Regions belong that no partition knows.
    partitions: Vec<Partition>,
}

/// One partition, such as `aws-cn`.
#[derive(Debug)]
pub struct Partition {
    /// The name, such as `aws-us-gov`.
    pub name: Name,
    /// The Regions, in the published order, with the partition's global pseudo-Region.
    pub regions: Vec<Name>,
    /// The Region that signs requests to services that are not regional.
    pub implicit_global_region: Name,
    region_pattern: Regex,
    outputs: Value,
}

/// A list of partitions that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PartitionsError {
    /// The list does not have the published form.
    #[error("the list of partitions is not as expected")]
    Malformed(#[from] serde_json::Error),
    /// The pattern of a partition's Regions is not a regular expression.
    #[error("the pattern for the Regions of `{partition}` is not a regular expression")]
    Pattern {
        /// The partition.
        partition: String,
        /// What is wrong with it.
        source: regex_lite::Error,
    },
    /// The list has no partition.
    #[error("the list of partitions is empty")]
    Empty,
}

#[derive(Deserialize)]
struct RawPartitions {
    partitions: Vec<RawPartition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPartition {
    id: String,
    region_regex: String,
    regions: serde_json::Map<String, serde_json::Value>,
    outputs: serde_json::Value,
}

impl Partitions {
    /// Reads a list as botocore publishes it (`partitions.json`).
    pub fn from_json(json: &serde_json::Value) -> Result<Self, PartitionsError> {
        let raw = RawPartitions::deserialize(json)?;
        let partitions =
            raw.partitions.into_iter().map(Partition::new).collect::<Result<Vec<_>, _>>()?;
        if partitions.is_empty() { Err(PartitionsError::Empty) } else { Ok(Self { partitions }) }
    }

    /// The partition that a Region is in: the one that lists it, else the one whose pattern it matches, else the first.
    pub fn of_region(&self, region: &str) -> Option<&Partition> {
        let listed = |partition: &&Partition| partition.regions.iter().any(|name| name == region);
        let matching = |partition: &&Partition| partition.region_pattern.is_match(region);
        let mut partitions = self.partitions.iter();
        partitions
            .clone()
            .find(listed)
            .or_else(|| partitions.clone().find(matching))
            .or_else(|| partitions.next())
    }

    /// All partitions.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Partition> {
        self.partitions.iter()
    }
}

impl Partition {
    fn new(raw: RawPartition) -> Result<Self, PartitionsError> {
        let RawPartition { id, region_regex, regions, outputs } = raw;
        let region_pattern = Regex::new(&region_regex)
            .map_err(|source| PartitionsError::Pattern { partition: id.clone(), source })?;
        let mut outputs = Value::from_json(&outputs);
        if let Some(outputs) = outputs.as_object_mut() {
            outputs.insert("name", id.as_str());
        }
        Ok(Self {
            name: id.into(),
            regions: regions.keys().map(|region| Name::from(region.as_str())).collect(),
            implicit_global_region: outputs
                .get("implicitGlobalRegion")
                .and_then(Value::as_str)
                .unwrap_or("us-east-1")
                .into(),
            region_pattern,
            outputs,
        })
    }

    /// What endpoint rules see: `dnsSuffix`, `supportsFIPS` and so on.
    pub(super) fn outputs(&self) -> &Value {
        &self.outputs
    }

    /// What host names end with, such as `amazonaws.com.cn`.
    pub fn dns_suffix(&self) -> &str {
        self.outputs.get("dnsSuffix").and_then(Value::as_str).unwrap_or("amazonaws.com")
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog;

    #[test]
    fn a_region_is_in_the_partition_that_lists_it_or_else_whose_pattern_it_matches() {
        let partitions = catalog().partitions().unwrap();
        let name = |region: &str| partitions.of_region(region).unwrap().name.to_string();
        assert_eq!(name("eu-central-1"), "aws");
        assert_eq!(name("cn-north-1"), "aws-cn");
        assert_eq!(name("us-gov-east-9"), "aws-us-gov");
        assert_eq!(name("nowhere"), "aws");
        assert_eq!(partitions.of_region("cn-north-1").unwrap().dns_suffix(), "amazonaws.com.cn");
    }
}
