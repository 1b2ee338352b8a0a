//! A second reading of the recorded answers that knows nothing of the definitions: plain look-ups in the JSON.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Texts by name.
pub(crate) type Texts = BTreeMap<String, String>;

/// Where things are in the answers about one type.
pub(crate) struct Reading {
    /// The type.
    pub(crate) resource_type: &'static str,
    /// The lists that lead to the items, from outside in.
    pub(crate) lists: &'static [&'static str],
    /// The member that is the id; none if the item is the id.
    pub(crate) id: Option<&'static str>,
    /// The member that is the ARN, if there is one.
    pub(crate) arn: Option<&'static str>,
    /// What an ARN of the type looks like: the service, and what its resource part begins with.
    pub(crate) arn_form: (&'static str, &'static str),
    /// The member with the tags, in the item or in the detail's answer.
    pub(crate) tags: &'static str,
    /// Each fact, where it is, and what it is if it is not there.
    pub(crate) facts: &'static [(&'static str, &'static str, Option<&'static str>)],
}

const fn reading(resource_type: &'static str, lists: &'static [&'static str]) -> Reading {
    Reading {
        resource_type,
        lists,
        id: None,
        arn: None,
        arn_form: ("", ""),
        tags: "Tags",
        facts: &[],
    }
}

/// One for each type that was recorded.
pub(crate) const READINGS: &[Reading] = &[
    Reading {
        id: Some("AutoScalingGroupName"),
        arn: Some("AutoScalingGroupARN"),
        arn_form: ("autoscaling", "autoScalingGroup:"),
        facts: &[("AutoScalingGroupName", "/AutoScalingGroupName", None)],
        ..reading("AWS::AutoScaling::AutoScalingGroup", &["AutoScalingGroups"])
    },
    Reading {
        arn_form: ("dynamodb", "table/"),
        facts: &[("TableName", "", None)],
        ..reading("AWS::DynamoDB::Table", &["TableNames"])
    },
    Reading {
        id: Some("InstanceId"),
        arn_form: ("ec2", "instance/i-"),
        facts: &[
            ("InstanceId", "/InstanceId", None),
            ("AvailabilityZone", "/Placement/AvailabilityZone", None),
            ("Platform", "/Platform", Some("linux")),
        ],
        ..reading("AWS::EC2::Instance", &["Reservations", "Instances"])
    },
    Reading {
        id: Some("NatGatewayId"),
        arn_form: ("ec2", "natgateway/nat-"),
        facts: &[
            ("NatGatewayId", "/NatGatewayId", None),
            ("State", "/State", None),
            ("VpcId", "/VpcId", None),
            ("SubnetId", "/SubnetId", None),
        ],
        ..reading("AWS::EC2::NatGateway", &["NatGateways"])
    },
    Reading {
        id: Some("FileSystemId"),
        arn: Some("FileSystemArn"),
        arn_form: ("elasticfilesystem", "file-system/fs-"),
        facts: &[("FileSystemId", "/FileSystemId", None)],
        ..reading("AWS::EFS::FileSystem", &["FileSystems"])
    },
    Reading {
        arn_form: ("eks", "cluster/"),
        tags: "tags",
        facts: &[("ClusterName", "", None)],
        ..reading("AWS::EKS::Cluster", &["clusters"])
    },
    Reading {
        id: Some("LoadBalancerName"),
        arn_form: ("elasticloadbalancing", "loadbalancer/"),
        facts: &[
            ("LoadBalancerName", "/LoadBalancerName", None),
            ("Scheme", "/Scheme", None),
            ("VPCId", "/VPCId", None),
        ],
        ..reading("AWS::ElasticLoadBalancing::LoadBalancer", &["LoadBalancerDescriptions"])
    },
    Reading {
        id: Some("LoadBalancerArn"),
        arn: Some("LoadBalancerArn"),
        arn_form: ("elasticloadbalancing", "loadbalancer/"),
        facts: &[
            ("LoadBalancerArn", "/LoadBalancerArn", None),
            ("DNSName", "/DNSName", None),
            ("LoadBalancerName", "/LoadBalancerName", None),
        ],
        ..reading("AWS::ElasticLoadBalancingV2::LoadBalancer", &["LoadBalancers"])
    },
    Reading {
        id: Some("DomainName"),
        arn_form: ("es", "domain/"),
        tags: "TagList",
        facts: DOMAIN_FACTS,
        ..reading("AWS::Elasticsearch::Domain", &["DomainNames"])
    },
    Reading {
        id: Some("DomainName"),
        arn_form: ("es", "domain/"),
        tags: "TagList",
        facts: DOMAIN_FACTS,
        ..reading("AWS::OpenSearch::Domain", &["DomainNames"])
    },
    Reading {
        id: Some("FileSystemId"),
        arn: Some("ResourceARN"),
        arn_form: ("fsx", "file-system/fs-"),
        facts: &[("FileSystemId", "/FileSystemId", None)],
        ..reading("AWS::FSx::FileSystem", &["FileSystems"])
    },
    Reading {
        id: Some("DBClusterIdentifier"),
        arn: Some("DBClusterArn"),
        arn_form: ("rds", "cluster:"),
        tags: "TagList",
        facts: &[
            ("DBClusterIdentifier", "/DBClusterIdentifier", None),
            ("Engine", "/Engine", None),
            ("EngineVersion", "/EngineVersion", None),
        ],
        ..reading("AWS::RDS::DBCluster", &["DBClusters"])
    },
    Reading {
        id: Some("DBInstanceIdentifier"),
        arn: Some("DBInstanceArn"),
        arn_form: ("rds", "db:"),
        tags: "TagList",
        facts: &[
            ("DBInstanceIdentifier", "/DBInstanceIdentifier", None),
            ("Engine", "/Engine", None),
            ("EngineVersion", "/EngineVersion", None),
        ],
        ..reading("AWS::RDS::DBInstance", &["DBInstances"])
    },
    Reading {
        id: Some("ClusterIdentifier"),
        arn_form: ("redshift", "cluster:"),
        facts: &[("ClusterIdentifier", "/ClusterIdentifier", None)],
        ..reading("AWS::Redshift::Cluster", &["Clusters"])
    },
    Reading {
        id: Some("Name"),
        arn: Some("BucketArn"),
        arn_form: ("s3", ""),
        tags: "TagSet",
        facts: &[("BucketName", "/Name", None)],
        ..reading("AWS::S3::Bucket", &["Buckets"])
    },
    Reading {
        id: Some("Name"),
        arn_form: ("synthetics", "canary:"),
        facts: &[("CanaryName", "/Name", None)],
        ..reading("AWS::Synthetics::Canary", &["Canaries"])
    },
];

const DOMAIN_FACTS: &[(&str, &str, Option<&str>)] = &[
    ("DomainName", "/DomainName", None),
    ("DomainId", "/DomainId", None),
    ("HasMasterNode", "/ClusterConfig/DedicatedMasterEnabled", Some("false")),
    ("HasKmsKey", "/EncryptionAtRestOptions/KmsKeyId", Some("false")),
];

impl Reading {
    /// The items of a page that are to become resources.
    pub(crate) fn items<'a>(&self, page: &'a Json) -> Vec<&'a Json> {
        let mut found = vec![page];
        for list in self.lists {
            let inner = found.into_iter().filter_map(|outer| outer.get(list)?.as_array());
            found = inner.flatten().collect();
        }
        let state =
            |item: &Json| item.pointer("/State/Name").and_then(Json::as_str).map(str::to_owned);
        let over = ["shutting-down", "terminated"];
        found.retain(|item| state(item).is_none_or(|state| !over.contains(&state.as_str())));
        found
    }

    /// The id of an item.
    pub(crate) fn id<'a>(&self, item: &'a Json) -> &'a str {
        self.id.map_or(Some(item), |member| item.get(member)).and_then(Json::as_str).unwrap_or("")
    }

    /// The facts of an item and of what its details say.
    pub(crate) fn facts(&self, item: &Json, details: &[&Json]) -> Texts {
        let facts = self.facts.iter().filter_map(|(name, pointer, absent)| {
            let there = std::iter::once(item)
                .chain(details.iter().copied())
                .find_map(|json| json.pointer(pointer).and_then(text));
            let there = match (*name, there) {
                ("HasKmsKey", Some(_)) => Some("true".to_owned()),
                (_, there) => there,
            };
            Some(((*name).to_owned(), there.or_else(|| absent.map(str::to_owned))?))
        });
        // Only entries of Auto Scaling tags have the flag.
        let tags = item.pointer("/Tags").and_then(Json::as_array).into_iter().flatten();
        let propagating = tags
            .filter(|tag| tag.pointer("/PropagateAtLaunch") == Some(&Json::Bool(true)))
            .filter_map(|tag| tag.pointer("/Key")?.as_str())
            .map(|key| (format!("PropagateAtLaunch:{key}"), "true".to_owned()));
        facts.chain(propagating).collect()
    }
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Tags in either form.
pub(crate) fn tags(json: Option<&Json>) -> Texts {
    let pair = |tag: &Json| {
        let text = |name: &str| tag.get(name).and_then(Json::as_str).map(str::to_owned);
        Some((text("Key")?, text("Value").unwrap_or_default()))
    };
    match json {
        Some(Json::Array(list)) => list.iter().filter_map(pair).collect(),
        Some(Json::Object(map)) => map
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
        _ => Texts::new(),
    }
}

/// Every text in an answer that begins as an ARN of the service does.
pub(crate) fn arns_of(service: &str, json: &Json, found: &mut Vec<String>) {
    match json {
        Json::String(text) if text.starts_with(&format!("arn:aws:{service}:")) => {
            found.push(text.clone());
        }
        Json::Array(list) => list.iter().for_each(|inner| arns_of(service, inner, found)),
        Json::Object(map) => map.values().for_each(|inner| arns_of(service, inner, found)),
        _ => {}
    }
}
