//! The kinds of resource the twin knows, as data: names, ARNs, and where a description carries its identity and tags.
//!
//! A resource is stored without its id, ARN and tags; [`describe`] puts them in when it is shown. So resources can share
//! their stored facts, and no copy of an identity can go stale.

use std::sync::{Arc, LazyLock};

use reeve_model::{Name, Object, Value};
use reeve_types::{AccountId, Region, Tags};

use crate::{digest::hex_digest, store::Resource};

/// A kind of resource, in the order in which a Region's resources are listed across services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    AutoScalingGroup,
    Table,
    Instance,
    NatGateway,
    VpnConnection,
    ElasticFileSystem,
    KubernetesCluster,
    ClassicLoadBalancer,
    LoadBalancer,
    Domain,
    FileSystem,
    DatabaseCluster,
    DatabaseInstance,
    Warehouse,
    Bucket,
    Canary,
}

/// What makes up a member that says which resource it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity {
    /// The id.
    Id,
    /// The ARN.
    Arn,
    /// The account.
    Account,
    /// The part of the id between slashes, counted from zero.
    Segment(usize),
    /// The account, a slash, and the id.
    AccountAndId,
    /// A UUID that belongs to the ARN.
    Uuid,
}

/// How a description carries tags.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TagForm {
    /// Not at all: another call returns them.
    Absent,
    /// As a list of `Key` and `Value`.
    List(&'static str),
    /// As a map.
    Map(&'static str),
    /// As Auto Scaling does, with the group and whether instances inherit them.
    Propagated(&'static str),
}

/// What the twin knows about a kind.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The name in templates and profiles.
    pub(crate) resource_type: &'static str,
    /// The name in the Resource Groups Tagging API.
    pub(crate) tagging_type: &'static str,
    /// The service in the ARN.
    pub(crate) arn_service: &'static str,
    /// What stands before the id in the ARN's resource part.
    pub(crate) arn_prefix: &'static str,
    /// The members of a description that say which resource it is.
    pub(crate) identity: &'static [(&'static str, Identity)],
    /// Where a description carries tags.
    pub(crate) tags: TagForm,
}

impl Kind {
    /// Every kind, in order.
    pub(crate) const ALL: [Self; 16] = [
        Self::AutoScalingGroup,
        Self::Table,
        Self::Instance,
        Self::NatGateway,
        Self::VpnConnection,
        Self::ElasticFileSystem,
        Self::KubernetesCluster,
        Self::ClassicLoadBalancer,
        Self::LoadBalancer,
        Self::Domain,
        Self::FileSystem,
        Self::DatabaseCluster,
        Self::DatabaseInstance,
        Self::Warehouse,
        Self::Bucket,
        Self::Canary,
    ];

    /// The kind that templates and AMS profiles call `resource_type`.
    pub(crate) fn named(resource_type: &str) -> Option<Self> {
        // Templates and AMS profiles tell domains apart by engine; the store does not.
        if ["AWS::Elasticsearch::Domain", "AWS::OpenSearchService::Domain"].contains(&resource_type)
        {
            return Some(Self::Domain);
        }
        Self::ALL.into_iter().find(|kind| kind.definition().resource_type == resource_type)
    }

    /// The kind that an EC2 id is of, by its prefix.
    pub(crate) fn of_ec2_id(id: &str) -> Option<Self> {
        let prefixes =
            [("i-", Self::Instance), ("nat-", Self::NatGateway), ("vpn-", Self::VpnConnection)];
        prefixes.into_iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| kind)
    }

    /// What the twin knows about this kind.
    pub(crate) fn definition(self) -> &'static Definition {
        match self {
            Self::AutoScalingGroup => &AUTO_SCALING_GROUP,
            Self::Table => &TABLE,
            Self::Instance => &INSTANCE,
            Self::NatGateway => &NAT_GATEWAY,
            Self::VpnConnection => &VPN_CONNECTION,
            Self::ElasticFileSystem => &ELASTIC_FILE_SYSTEM,
            Self::KubernetesCluster => &KUBERNETES_CLUSTER,
            Self::ClassicLoadBalancer => &CLASSIC_LOAD_BALANCER,
            Self::LoadBalancer => &LOAD_BALANCER,
            Self::Domain => &DOMAIN,
            Self::FileSystem => &FILE_SYSTEM,
            Self::DatabaseCluster => &DATABASE_CLUSTER,
            Self::DatabaseInstance => &DATABASE_INSTANCE,
            Self::Warehouse => &WAREHOUSE,
            Self::Bucket => &BUCKET,
            Self::Canary => &CANARY,
        }
    }

    /// The ARN of the resource with this id.
    pub(crate) fn arn(self, account: &AccountId, region: &Region, id: &str) -> String {
        let Definition { arn_service, arn_prefix, .. } = self.definition();
        let partition = region.partition();
        match self {
            Self::Bucket => format!("arn:{partition}:s3:::{id}"),
            Self::AutoScalingGroup => {
                let uuid = uuid_of(&format!("{account}/{region}/{id}"));
                format!(
                    "arn:{partition}:autoscaling:{region}:{account}:{arn_prefix}{uuid}:{GROUP_NAME}{id}"
                )
            }
            _ => format!("arn:{partition}:{arn_service}:{region}:{account}:{arn_prefix}{id}"),
        }
    }

    /// The kind and id in an ARN's service and resource part.
    pub(crate) fn parse(service: &str, resource: &str) -> Option<(Self, String)> {
        Self::ALL.into_iter().filter(|kind| kind.definition().arn_service == service).find_map(
            |kind| {
                let rest = resource.strip_prefix(kind.definition().arn_prefix)?;
                let id = match kind {
                    Self::AutoScalingGroup => rest.split_once(':')?.1.strip_prefix(GROUP_NAME)?,
                    // Both generations of load balancer share a prefix; the newer one's id has segments.
                    Self::ClassicLoadBalancer if rest.contains('/') => return None,
                    Self::LoadBalancer if !rest.contains('/') => return None,
                    _ => rest,
                };
                Some((kind, id.to_owned()))
            },
        )
    }
}

/// The description of a resource as its service shows it.
pub(crate) fn describe(
    kind: Kind,
    (account, region): (&AccountId, &Region),
    id: &str,
    resource: &Resource,
) -> Object {
    let definition = kind.definition();
    let mut description = Object::clone(&resource.facts);
    for (member, identity) in definition.identity {
        let text = match identity {
            Identity::Id => id.to_owned(),
            Identity::Arn => kind.arn(account, region, id),
            Identity::Account => account.to_string(),
            Identity::Segment(place) => id.split('/').nth(*place).unwrap_or(id).to_owned(),
            Identity::AccountAndId => format!("{account}/{id}"),
            Identity::Uuid => uuid_of(&kind.arn(account, region, id)),
        };
        description.insert(*member, text);
    }
    match definition.tags {
        TagForm::Absent => {}
        TagForm::List(member) => {
            description.insert(member, tag_list(&resource.tags));
        }
        TagForm::Map(member) => {
            description.insert(member, tag_map(&resource.tags));
        }
        TagForm::Propagated(member) => {
            let tags =
                resource.tags.iter().map(|(key, value)| propagated_tag(id, key, value, resource));
            description.insert(member, tags.collect::<Value>());
        }
    }
    description
}

static KEY: LazyLock<Name> = LazyLock::new(|| Name::from("Key"));
static VALUE: LazyLock<Name> = LazyLock::new(|| Name::from("Value"));

/// One tag as `Key` and `Value`.
pub(crate) fn tag_pair(key: &str, value: &str) -> Value {
    Value::from_iter([(&*KEY, Value::from(key)), (&*VALUE, Value::from(value))])
}

/// Tags as a list of `Key` and `Value`.
pub(crate) fn tag_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| tag_pair(key, value)).collect()
}

/// Tags as a map.
pub(crate) fn tag_map(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| (key.as_str(), Value::from(value))).collect()
}

/// One tag as Auto Scaling shows it.
pub(crate) fn propagated_tag(group: &str, key: &str, value: &str, resource: &Resource) -> Value {
    Value::from_iter([
        ("ResourceId", Value::from(group)),
        ("ResourceType", Value::from("auto-scaling-group")),
        ("Key", Value::from(key)),
        ("Value", Value::from(value)),
        ("PropagateAtLaunch", Value::from(resource.propagated.contains(key))),
    ])
}

/// A UUID that always belongs to `text`.
pub(crate) fn uuid_of(text: &str) -> String {
    hyphenate(&hex_digest(text, 32))
}

/// Writes 32 digits as a UUID is written.
pub(crate) fn hyphenate(digits: &str) -> String {
    let mut uuid = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// Facts shared by every resource of the same make.
pub(crate) type Facts = Arc<Object>;

const GROUP_NAME: &str = "autoScalingGroupName/";

static AUTO_SCALING_GROUP: Definition = Definition {
    resource_type: "AWS::AutoScaling::AutoScalingGroup",
    tagging_type: "autoscaling:autoScalingGroup",
    arn_service: "autoscaling",
    arn_prefix: "autoScalingGroup:",
    identity: &[("AutoScalingGroupName", Identity::Id), ("AutoScalingGroupARN", Identity::Arn)],
    tags: TagForm::Propagated("Tags"),
};

static TABLE: Definition = Definition {
    resource_type: "AWS::DynamoDB::Table",
    tagging_type: "dynamodb:table",
    arn_service: "dynamodb",
    arn_prefix: "table/",
    identity: &[
        ("TableName", Identity::Id),
        ("TableArn", Identity::Arn),
        ("TableId", Identity::Uuid),
    ],
    tags: TagForm::Absent,
};

static INSTANCE: Definition = Definition {
    resource_type: "AWS::EC2::Instance",
    tagging_type: "ec2:instance",
    arn_service: "ec2",
    arn_prefix: "instance/",
    identity: &[("InstanceId", Identity::Id)],
    tags: TagForm::List("Tags"),
};

static NAT_GATEWAY: Definition = Definition {
    resource_type: "AWS::EC2::NatGateway",
    tagging_type: "ec2:natgateway",
    arn_service: "ec2",
    arn_prefix: "natgateway/",
    identity: &[("NatGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
};

static VPN_CONNECTION: Definition = Definition {
    resource_type: "AWS::EC2::VPNConnection",
    tagging_type: "ec2:vpn-connection",
    arn_service: "ec2",
    arn_prefix: "vpn-connection/",
    identity: &[("VpnConnectionId", Identity::Id)],
    tags: TagForm::List("Tags"),
};

static ELASTIC_FILE_SYSTEM: Definition = Definition {
    resource_type: "AWS::EFS::FileSystem",
    tagging_type: "elasticfilesystem:file-system",
    arn_service: "elasticfilesystem",
    arn_prefix: "file-system/",
    identity: &[
        ("FileSystemId", Identity::Id),
        ("FileSystemArn", Identity::Arn),
        ("OwnerId", Identity::Account),
        ("CreationToken", Identity::Uuid),
    ],
    tags: TagForm::List("Tags"),
};

static KUBERNETES_CLUSTER: Definition = Definition {
    resource_type: "AWS::EKS::Cluster",
    tagging_type: "eks:cluster",
    arn_service: "eks",
    arn_prefix: "cluster/",
    identity: &[("name", Identity::Id), ("arn", Identity::Arn)],
    tags: TagForm::Map("tags"),
};

static CLASSIC_LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancing::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn_service: "elasticloadbalancing",
    arn_prefix: "loadbalancer/",
    identity: &[("LoadBalancerName", Identity::Id)],
    tags: TagForm::Absent,
};

static LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn_service: "elasticloadbalancing",
    arn_prefix: "loadbalancer/",
    identity: &[("LoadBalancerArn", Identity::Arn), ("LoadBalancerName", Identity::Segment(1))],
    tags: TagForm::Absent,
};

static DOMAIN: Definition = Definition {
    resource_type: "AWS::OpenSearch::Domain",
    tagging_type: "es:domain",
    arn_service: "es",
    arn_prefix: "domain/",
    identity: &[
        ("DomainName", Identity::Id),
        ("DomainId", Identity::AccountAndId),
        ("ARN", Identity::Arn),
    ],
    tags: TagForm::Absent,
};

static FILE_SYSTEM: Definition = Definition {
    resource_type: "AWS::FSx::FileSystem",
    tagging_type: "fsx:file-system",
    arn_service: "fsx",
    arn_prefix: "file-system/",
    identity: &[
        ("FileSystemId", Identity::Id),
        ("ResourceARN", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
};

static DATABASE_CLUSTER: Definition = Definition {
    resource_type: "AWS::RDS::DBCluster",
    tagging_type: "rds:cluster",
    arn_service: "rds",
    arn_prefix: "cluster:",
    identity: &[("DBClusterIdentifier", Identity::Id), ("DBClusterArn", Identity::Arn)],
    tags: TagForm::List("TagList"),
};

static DATABASE_INSTANCE: Definition = Definition {
    resource_type: "AWS::RDS::DBInstance",
    tagging_type: "rds:db",
    arn_service: "rds",
    arn_prefix: "db:",
    identity: &[("DBInstanceIdentifier", Identity::Id), ("DBInstanceArn", Identity::Arn)],
    tags: TagForm::List("TagList"),
};

static WAREHOUSE: Definition = Definition {
    resource_type: "AWS::Redshift::Cluster",
    tagging_type: "redshift:cluster",
    arn_service: "redshift",
    arn_prefix: "cluster:",
    identity: &[("ClusterIdentifier", Identity::Id)],
    tags: TagForm::List("Tags"),
};

static BUCKET: Definition = Definition {
    resource_type: "AWS::S3::Bucket",
    tagging_type: "s3",
    arn_service: "s3",
    arn_prefix: "",
    identity: &[("Name", Identity::Id)],
    tags: TagForm::Absent,
};

static CANARY: Definition = Definition {
    resource_type: "AWS::Synthetics::Canary",
    tagging_type: "synthetics:canary",
    arn_service: "synthetics",
    arn_prefix: "canary:",
    identity: &[("Name", Identity::Id), ("Id", Identity::Uuid)],
    tags: TagForm::Map("Tags"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_the_kind_and_id_it_was_made_from() {
        let account: AccountId = "111122223333".parse().unwrap();
        let region: Region = "eu-west-1".parse().unwrap();
        for kind in Kind::ALL {
            let id = if kind == Kind::LoadBalancer { "app/web/0123456789abcdef" } else { "x-1" };
            let arn = kind.arn(&account, &region, id);
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            assert_eq!(Kind::parse(parts[2], parts[5]), Some((kind, id.to_owned())), "{arn}");
            assert_eq!(Kind::named(kind.definition().resource_type), Some(kind));
        }
    }
}
