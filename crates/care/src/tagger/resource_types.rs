//! The resource types that the Tagger tags, and what a filter can ask of each.

/// A resource type that the Tagger tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaggedType {
    /// Its name, such as `AWS::EC2::Instance`.
    pub name: &'static str,
    /// The fields that its filters may have, besides `Tag` and the functions.
    pub fields: &'static [Field],
}

/// A field of a filter; the attribute of a resource that it asks for has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name, such as `AvailabilityZone`.
    pub name: &'static str,
    /// What may be written for it.
    pub values: FieldValues,
}

/// What may be written for a field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValues {
    /// A text in which `*` stands for anything.
    Wildcard,
    /// A whole text, without any `*`.
    Exact,
    /// A whole text, or a lone `*`.
    ExactOrAny,
    /// One of these words, or a lone `*`.
    OneOf(&'static [&'static str]),
    /// One of these words in any case, or a lone `*`.
    OneOfInAnyCase(&'static [&'static str]),
    /// True or false.
    Flag,
}

use FieldValues::{Exact, ExactOrAny, Flag, OneOf, OneOfInAnyCase, Wildcard};

/// Every resource type that the Tagger tags, in order of name.
pub fn tagged_types() -> &'static [TaggedType] {
    TYPES
}

/// The type with this name, if the Tagger tags it.
pub(crate) fn tagged_type(name: &str) -> Option<&'static TaggedType> {
    TYPES.iter().find(|tagged| tagged.name == name)
}

impl TaggedType {
    /// The field with this name, if its filters may have it.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn field(name: &'static str, values: FieldValues) -> Field {
    Field { name, values }
}

const STATES: &[&str] = &["pending", "failed", "available", "deleting", "deleted"];

const DOMAIN: &[Field] = &[
    field("DomainId", Wildcard),
    field("DomainName", Wildcard),
    field("HasMasterNode", Flag),
    field("HasKmsKey", Flag),
];

const TYPES: &[TaggedType] = &[
    TaggedType {
        name: "AWS::AutoScaling::AutoScalingGroup",
        fields: &[field("AutoScalingGroupName", Wildcard)],
    },
    TaggedType { name: "AWS::DynamoDB::Table", fields: &[field("TableName", Wildcard)] },
    TaggedType {
        name: "AWS::EC2::Instance",
        fields: &[
            field("AvailabilityZone", Wildcard),
            field("InstanceId", Wildcard),
            field("Platform", OneOfInAnyCase(&["windows", "linux"])),
        ],
    },
    TaggedType {
        name: "AWS::EC2::NatGateway",
        fields: &[
            field("NatGatewayId", Wildcard),
            field("State", OneOf(STATES)),
            field("VpcId", Wildcard),
            field("SubnetId", Wildcard),
        ],
    },
    TaggedType { name: "AWS::EC2::VPNConnection", fields: &[field("VpnConnectionId", Wildcard)] },
    TaggedType { name: "AWS::EFS::FileSystem", fields: &[field("FileSystemId", Wildcard)] },
    TaggedType { name: "AWS::EKS::Cluster", fields: &[field("ClusterName", Wildcard)] },
    TaggedType {
        name: "AWS::ElasticLoadBalancing::LoadBalancer",
        fields: &[
            field("LoadBalancerName", Wildcard),
            field("Scheme", OneOf(&["internet-facing", "internal"])),
            field("VPCId", ExactOrAny),
        ],
    },
    TaggedType {
        name: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        fields: &[
            field("LoadBalancerArn", Exact),
            field("DNSName", Wildcard),
            field("LoadBalancerName", Wildcard),
        ],
    },
    TaggedType { name: "AWS::Elasticsearch::Domain", fields: DOMAIN },
    TaggedType { name: "AWS::FSx::FileSystem", fields: &[field("FileSystemId", Wildcard)] },
    TaggedType { name: "AWS::OpenSearch::Domain", fields: DOMAIN },
    TaggedType {
        name: "AWS::RDS::DBCluster",
        fields: &[
            field("DBClusterIdentifier", Exact),
            field("Engine", Wildcard),
            field("EngineVersion", Wildcard),
        ],
    },
    TaggedType {
        name: "AWS::RDS::DBInstance",
        fields: &[
            field("DBInstanceIdentifier", Exact),
            field("Engine", Wildcard),
            field("EngineVersion", Wildcard),
        ],
    },
    TaggedType { name: "AWS::Redshift::Cluster", fields: &[field("ClusterIdentifier", Wildcard)] },
    TaggedType { name: "AWS::S3::Bucket", fields: &[field("BucketName", Wildcard)] },
    TaggedType { name: "AWS::Synthetics::Canary", fields: &[field("CanaryName", Exact)] },
];
