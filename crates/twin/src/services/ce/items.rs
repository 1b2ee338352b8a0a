//! What costs something: every resource of the world that has a price.

use std::sync::Arc;

use jiff::Timestamp;
use reeve_model::Value;
use reeve_types::{AccountId, Tags};

use super::prices::{machine, price, region_factor};
use crate::{
    kind::Kind,
    store::{Place, Resource},
    world::World,
};

/// Days in a month, as bills count them.
const MONTH: f64 = 30.4;
const DAY: f64 = 24.0;

/// Something that costs.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    /// As bills name it, such as `Amazon Elastic Compute Cloud - Compute`.
    pub(crate) service: &'static str,
    pub(crate) usage_type: String,
    pub(crate) operation: &'static str,
    /// The type of machine; empty if it is none.
    pub(crate) instance_type: String,
    pub(crate) resource: String,
    pub(crate) tags: Arc<Tags>,
    /// Dollars a day.
    pub(crate) cost: f64,
    /// Units a day, of whatever its usage type counts.
    pub(crate) usage: f64,
    pub(crate) since: Timestamp,
}

/// What one kind of resource costs.
struct Tariff {
    kind: &'static str,
    service: &'static str,
    usage_type: &'static str,
    operation: &'static str,
    since: &'static str,
    /// Dollars and units a day, and the type of machine.
    rate: fn(&Resource) -> Option<(f64, f64, String)>,
}

const COMPUTE: &str = "Amazon Elastic Compute Cloud - Compute";
const EC2_OTHER: &str = "EC2 - Other";
const LOAD_BALANCING: &str = "Amazon Elastic Load Balancing";
const RDS: &str = "Amazon Relational Database Service";

const TARIFFS: [Tariff; 22] = [
    Tariff {
        kind: "AWS::EC2::Instance",
        service: COMPUTE,
        usage_type: "BoxUsage",
        operation: "RunInstances",
        since: "LaunchTime",
        rate: instance,
    },
    Tariff {
        kind: "AWS::EC2::Volume",
        service: EC2_OTHER,
        usage_type: "EBS:VolumeUsage",
        operation: "CreateVolume",
        since: "CreateTime",
        rate: volume,
    },
    Tariff {
        kind: "AWS::EC2::Snapshot",
        service: EC2_OTHER,
        usage_type: "EBS:SnapshotUsage",
        operation: "CreateSnapshot",
        since: "StartTime",
        rate: snapshot,
    },
    Tariff {
        kind: "AWS::EC2::NatGateway",
        service: EC2_OTHER,
        usage_type: "NatGateway-Hours",
        operation: "NatGateway",
        since: "CreateTime",
        rate: |_| hourly("nat"),
    },
    Tariff {
        kind: "AWS::EC2::EIP",
        service: "Amazon Virtual Private Cloud",
        usage_type: "PublicIPv4:InUseAddress",
        operation: "AllocateAddressVPC",
        since: "",
        rate: |_| hourly("address"),
    },
    Tariff {
        kind: "AWS::EC2::VPNConnection",
        service: "Amazon Virtual Private Cloud",
        usage_type: "VPN-Usage-Hours:ipsec.1",
        operation: "CreateVpnConnection",
        since: "",
        rate: |_| hourly("vpn"),
    },
    Tariff {
        kind: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        service: LOAD_BALANCING,
        usage_type: "LoadBalancerUsage",
        operation: "LoadBalancing:Application",
        since: "CreatedTime",
        rate: |_| hourly("alb"),
    },
    Tariff {
        kind: "AWS::ElasticLoadBalancing::LoadBalancer",
        service: LOAD_BALANCING,
        usage_type: "LoadBalancerUsage",
        operation: "LoadBalancing",
        since: "CreatedTime",
        rate: |_| hourly("clb"),
    },
    Tariff {
        kind: "AWS::RDS::DBInstance",
        service: RDS,
        usage_type: "InstanceUsage",
        operation: "CreateDBInstance",
        since: "InstanceCreateTime",
        rate: database,
    },
    Tariff {
        kind: "AWS::DynamoDB::Table",
        service: "Amazon DynamoDB",
        usage_type: "ReadRequestUnits",
        operation: "PayPerRequestThroughput",
        since: "CreationDateTime",
        rate: |_| daily("dynamodb"),
    },
    Tariff {
        kind: "AWS::EFS::FileSystem",
        service: "Amazon Elastic File System",
        usage_type: "TimedStorage-ByteHrs",
        operation: "CreateFileSystem",
        since: "CreationTime",
        rate: elastic_file_system,
    },
    Tariff {
        kind: "AWS::FSx::FileSystem",
        service: "Amazon FSx",
        usage_type: "Storage",
        operation: "CreateFileSystem",
        since: "CreationTime",
        rate: file_system,
    },
    Tariff {
        kind: "AWS::Redshift::Cluster",
        service: "Amazon Redshift",
        usage_type: "Node:dc2.large",
        operation: "RunComputeNode",
        since: "ClusterCreateTime",
        rate: warehouse,
    },
    Tariff {
        kind: "AWS::OpenSearch::Domain",
        service: "Amazon OpenSearch Service",
        usage_type: "ESInstance:m5",
        operation: "ESDomain",
        since: "",
        rate: domain,
    },
    Tariff {
        kind: "AWS::ElastiCache::CacheCluster",
        service: "Amazon ElastiCache",
        usage_type: "NodeUsage",
        operation: "CreateCacheCluster",
        since: "CacheClusterCreateTime",
        rate: |_| hourly("elasticache"),
    },
    Tariff {
        kind: "AWS::EKS::Cluster",
        service: "Amazon Elastic Container Service for Kubernetes",
        usage_type: "AmazonEKS-Hours:perCluster",
        operation: "CreateOperation",
        since: "createdAt",
        rate: |_| hourly("eks"),
    },
    Tariff {
        kind: "AWS::Lambda::Function",
        service: "AWS Lambda",
        usage_type: "Lambda-GB-Second",
        operation: "Invoke",
        since: "",
        rate: |_| daily("lambda"),
    },
    Tariff {
        kind: "AWS::S3::Bucket",
        service: "Amazon Simple Storage Service",
        usage_type: "TimedStorage-ByteHrs",
        operation: "StandardStorage",
        since: "CreationDate",
        rate: |_| daily("bucket"),
    },
    Tariff {
        kind: "AWS::Synthetics::Canary",
        service: "AmazonCloudWatch",
        usage_type: "CW:Canary-runs",
        operation: "CanaryRuns",
        since: "Timeline.Created",
        rate: |_| daily("canary"),
    },
    Tariff {
        kind: "AWS::CloudWatch::Alarm",
        service: "AmazonCloudWatch",
        usage_type: "CW:AlarmMonitorUsage",
        operation: "Unknown",
        since: "",
        rate: |_| daily("alarm"),
    },
    Tariff {
        kind: "AWS::KMS::Key",
        service: "AWS Key Management Service",
        usage_type: "KMS-Keys",
        operation: "Unknown",
        since: "CreationDate",
        rate: |_| daily("key"),
    },
    Tariff {
        kind: "AWS::SecretsManager::Secret",
        service: "AWS Secrets Manager",
        usage_type: "AWSSecretsManager-Secrets",
        operation: "Unknown",
        since: "CreatedDate",
        rate: |_| daily("secret"),
    },
];

type Rate = Option<(f64, f64, String)>;

fn hourly(name: &str) -> Rate {
    Some((price("hour", name) * DAY, DAY, String::new()))
}

fn daily(name: &str) -> Rate {
    Some((price("day", name), 1.0, String::new()))
}

fn stored(name: &str, gigabytes: f64) -> Rate {
    Some((gigabytes * price("storage", name) / MONTH, gigabytes / MONTH, String::new()))
}

fn number(resource: &Resource, path: &str) -> f64 {
    resource.value(path).and_then(Value::as_f64).unwrap_or(0.0)
}

fn instance(instance: &Resource) -> Rate {
    if instance.fact("State.Name") != Some("running") {
        return None;
    }
    let kind = instance.fact("InstanceType")?;
    let windows =
        instance.fact("Platform").is_some_and(|name| name.eq_ignore_ascii_case("windows"));
    let factor = if windows { price("factor", "windows") } else { 1.0 };
    Some((machine(kind) * factor * DAY, DAY, kind.to_owned()))
}

fn volume(volume: &Resource) -> Rate {
    stored(volume.fact("VolumeType").unwrap_or("gp3"), number(volume, "Size"))
}

fn snapshot(snapshot: &Resource) -> Rate {
    // Snapshots hold what changed: about a third of their volume.
    stored("snapshot", number(snapshot, "VolumeSize") * 0.35)
}

fn database(database: &Resource) -> Rate {
    let kind = database.fact("DBInstanceClass")?;
    let two = database.flag("MultiAZ");
    let factor = price("factor", "rds") * if two { price("factor", "multi-az") } else { 1.0 };
    let stopped = database.fact("DBInstanceStatus") == Some("stopped");
    let running = if stopped { 0.0 } else { machine(kind) * factor * DAY };
    let storage = number(database, "AllocatedStorage") * price("storage", "rds") / MONTH;
    Some((running + storage, DAY, kind.to_owned()))
}

fn elastic_file_system(system: &Resource) -> Rate {
    const GIBIBYTE: f64 = 1_073_741_824.0;
    stored("efs", (number(system, "SizeInBytes.Value") / GIBIBYTE).max(1.0))
}

fn file_system(system: &Resource) -> Rate {
    stored("fsx", number(system, "StorageCapacity"))
}

fn warehouse(cluster: &Resource) -> Rate {
    let nodes = number(cluster, "NumberOfNodes").max(1.0);
    Some((price("hour", "redshift") * DAY * nodes, DAY * nodes, String::new()))
}

fn domain(domain: &Resource) -> Rate {
    let nodes = number(domain, "ClusterConfig.InstanceCount").max(1.0);
    Some((price("hour", "opensearch") * DAY * nodes, DAY * nodes, String::new()))
}

/// Everything in some accounts that costs something.
pub(crate) fn items(world: &World, includes: &dyn Fn(&AccountId) -> bool) -> Vec<Item> {
    let mut items = Vec::new();
    for tariff in &TARIFFS {
        let Some(kind) = crate::kind::named(tariff.kind) else { continue };
        for (place, id, resource) in world.every(kind) {
            if includes(&place.account)
                && let Some(rate) = (tariff.rate)(resource)
            {
                items.push(item(tariff, (kind, place, id), resource, rate));
            }
        }
    }
    items
}

fn item(
    tariff: &Tariff,
    (kind, place, id): (Kind, &Place, &str),
    resource: &Resource,
    (cost, usage, instance_type): (f64, f64, String),
) -> Item {
    let since = resource.value(tariff.since).and_then(Value::as_timestamp);
    let code = usage_prefix(place.region.as_str());
    let usage_type = if instance_type.is_empty() || tariff.kind.ends_with("Volume") {
        format!("{code}{}", tariff.usage_type)
    } else {
        format!("{code}{}:{instance_type}", tariff.usage_type)
    };
    Item {
        account: place.account.clone(),
        region: place.region.to_string(),
        service: tariff.service,
        usage_type,
        operation: tariff.operation,
        instance_type,
        resource: place.arn_of(kind, id),
        tags: Arc::clone(&resource.tags),
        cost: cost * region_factor(place.region.as_str()),
        usage,
        since: since.unwrap_or(Timestamp::UNIX_EPOCH),
    }
}

/// What the usage types of a Region begin with.
fn usage_prefix(region: &str) -> &'static str {
    match region {
        "us-east-2" => "USE2-",
        "us-west-1" => "USW1-",
        "us-west-2" => "USW2-",
        "eu-west-1" => "EU-",
        "eu-west-2" => "EUW2-",
        "eu-west-3" => "EUW3-",
        "eu-central-1" => "EUC1-",
        "eu-north-1" => "EUN1-",
        "ap-southeast-1" => "APS1-",
        "ap-southeast-2" => "APS2-",
        "ap-northeast-1" => "APN1-",
        "sa-east-1" => "SAE1-",
        _ => "",
    }
}
