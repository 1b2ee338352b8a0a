//! Resources: what Reeve observes, and what controllers decide about.

use std::{collections::BTreeMap, fmt};

use crate::{AccountId, Region, Tags};

/// A CloudFormation-style resource type name, such as `AWS::EC2::Instance`.
///
/// Any text is accepted: whether Reeve knows the type is for the inventory's definitions to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(String);

impl ResourceType {
    /// Names a resource type.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// What one look covers: one resource type in one Region of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The account looked into.
    pub account: AccountId,
    /// The Region looked into.
    pub region: Region,
    /// The type looked for.
    pub resource_type: ResourceType,
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} in {} {}", self.resource_type, self.account, self.region)
    }
}

/// Which resource: its place, its type and the identifier that its own API uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef {
    /// Where it is and what it is.
    pub scope: Scope,
    /// The identifier its API uses: an instance id, a bucket name, a load balancer's ARN.
    pub id: String,
    /// Its ARN as text, built from its parts where its API does not return one.
    pub arn: String,
}

/// A fact about a resource that a filter can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A text, such as a name or an engine version.
    Text(String),
    /// A yes or no.
    Flag(bool),
}

impl Attribute {
    /// The name of the attribute that is set where a tag with `key` is passed on to what the resource launches, as Auto
    /// Scaling groups pass tags on to instances. It belongs to the tag: who changes the tag keeps it.
    pub fn propagation_of(key: &str) -> String {
        format!("PropagateAtLaunch:{key}")
    }
}

/// A resource as it was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Which resource.
    pub reference: ResourceRef,
    /// Its tags when it was observed.
    pub tags: Tags,
    /// The facts that filters can ask for, by filter field name (`AvailabilityZone`, `VPCId`, …).
    pub attributes: BTreeMap<String, Attribute>,
}
