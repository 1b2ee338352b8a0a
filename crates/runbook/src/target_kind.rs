//! Which resources a parameter takes as targets, and which of their names.
//!
//! The service is told by the document's `TargetType`, which is no part of its text. What a parameter takes is therefore read
//! from its type (`AWS::EC2::Instance::Id`), or from its name where that is the one that AWS's own operations give it.

use crate::parameter::Parameter;

/// A kind of resource, and which of its names is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetKind {
    /// Its type in CloudFormation; nothing if any will do.
    pub resource_type: Option<&'static str>,
    /// Its type in the Resource Groups Tagging API.
    pub tagging_type: Option<&'static str>,
    wants_arn: bool,
}

/// A type in CloudFormation, in the Tagging API, and the parameters that take one.
type Row = (&'static str, &'static str, &'static [&'static str]);

const INSTANCE: Row = ("AWS::EC2::Instance", "ec2:instance", &["InstanceId"]);

const ROWS: [Row; 16] = [
    INSTANCE,
    ("AWS::EC2::Volume", "ec2:volume", &["VolumeId"]),
    ("AWS::EC2::Snapshot", "ec2:snapshot", &["SnapshotId"]),
    ("AWS::EC2::Image", "ec2:image", &["ImageId", "AmiId"]),
    ("AWS::EC2::SecurityGroup", "ec2:security-group", &["SecurityGroupId", "GroupId"]),
    ("AWS::EC2::VPC", "ec2:vpc", &["VpcId"]),
    ("AWS::EC2::Subnet", "ec2:subnet", &["SubnetId"]),
    ("AWS::EC2::EIP", "ec2:elastic-ip", &["AllocationId"]),
    ("AWS::EC2::NetworkInterface", "ec2:network-interface", &["NetworkInterfaceId"]),
    ("AWS::S3::Bucket", "s3", &["BucketName", "S3BucketName"]),
    ("AWS::RDS::DBInstance", "rds:db", &["DBInstanceIdentifier", "DbInstanceIdentifier"]),
    ("AWS::RDS::DBCluster", "rds:cluster", &["DBClusterIdentifier", "DbClusterIdentifier"]),
    ("AWS::DynamoDB::Table", "dynamodb:table", &["TableName"]),
    ("AWS::Lambda::Function", "lambda:function", &["FunctionName"]),
    ("AWS::KMS::Key", "kms:key", &["KeyId"]),
    ("AWS::IAM::Role", "iam:role", &["RoleName"]),
];

impl TargetKind {
    /// The kind that a parameter takes, if it says so.
    pub fn of(parameter: &Parameter) -> Option<Self> {
        if let Some(resource) = &parameter.kind.resource {
            let (resource_type, name) = resource.rsplit_once("::")?;
            let row = ROWS.iter().find(|(known, ..)| *known == resource_type)?;
            return Some(Self::of_row(*row, name == "Arn"));
        }
        let singular = parameter.name.strip_suffix('s').unwrap_or(&parameter.name);
        if singular.ends_with("Arn") {
            return Some(Self { resource_type: None, tagging_type: None, wants_arn: true });
        }
        let row = ROWS.iter().find(|(.., names)| names.contains(&singular))?;
        Some(Self::of_row(*row, false))
    }

    /// EC2 instances by their ids.
    pub fn instance() -> Self {
        Self::of_row(INSTANCE, false)
    }

    /// Whether it is EC2 instances.
    pub fn is_instance(&self) -> bool {
        self.resource_type == Some(INSTANCE.0)
    }

    /// The name that is wanted of a resource with an ARN.
    pub fn name_in(&self, arn: &str) -> Option<String> {
        let resource = arn.splitn(6, ':').nth(5)?;
        if self.wants_arn {
            return Some(arn.to_owned());
        }
        let name = match resource.find(['/', ':']) {
            // A role may have a path before its name.
            Some(_) if self.tagging_type == Some("iam:role") => resource.rsplit('/').next(),
            Some(place) => resource.get(place + 1..),
            None => Some(resource),
        };
        name.filter(|name| !name.is_empty()).map(str::to_owned)
    }

    fn of_row((resource_type, tagging_type, _): Row, wants_arn: bool) -> Self {
        Self { resource_type: Some(resource_type), tagging_type: Some(tagging_type), wants_arn }
    }
}
