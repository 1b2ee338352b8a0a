//! What an ordinary resource of each kind looks like to the calls that describe it.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use serde_json::{Value as Json, json};

use crate::{digest::hex_digest, store::Place};

/// The making of one ordinary resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'s> {
    pub(crate) place: &'s Place,
    pub(crate) id: &'s str,
    pub(crate) created: Timestamp,
}

/// The member of a sample that is not shown, but known to its service.
pub(crate) const INSIDE: &str = "{inside}";

/// Reads JSON in which texts that begin with `@` are points in time.
pub(super) fn timed(json: &Json) -> Value {
    match json {
        Json::String(text) => match text.strip_prefix('@').map(str::parse) {
            Some(Ok(time)) => Value::Timestamp(time),
            _ => Value::from(text),
        },
        Json::Array(elements) => elements.iter().map(timed).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.as_str(), timed(value))).collect()
        }
        other => Value::from_json(other),
    }
}

impl Sample<'_> {
    /// The description, without identity and tags.
    pub(super) fn described(&self) -> Object {
        let mut made = self.made();
        made.remove(INSIDE);
        made
    }

    /// What its service knows about it and does not show.
    pub(super) fn inside(&self) -> Object {
        match self.made().remove(INSIDE) {
            Some(Value::Object(inside)) => inside,
            _ => Object::new(),
        }
    }

    fn made(&self) -> Object {
        let json = self.place.kind.sample.map_or_else(|| json!({}), |sample| sample(self));
        match timed(&json) {
            Value::Object(made) => made,
            _ => Object::new(),
        }
    }

    pub(crate) fn created(&self) -> String {
        format!("@{}", self.created)
    }

    /// An id of something beside the resource: the same for the same account and Region.
    pub(crate) fn network(&self, prefix: &str, which: &str) -> String {
        let Place { account, region, .. } = self.place;
        format!("{prefix}-{}", hex_digest(&format!("{account}/{region}/{which}"), 17))
    }

    /// Hexadecimal digits that belong to the resource.
    pub(crate) fn own(&self, which: &str, length: usize) -> String {
        let Place { account, region, .. } = self.place;
        hex_digest(&format!("{account}/{region}/{}/{which}", self.id), length)
    }

    pub(crate) fn vpc(&self) -> String {
        self.network("vpc", "vpc")
    }

    pub(crate) fn subnet(&self, zone: &str) -> String {
        self.network("subnet", zone)
    }

    pub(crate) fn group(&self) -> String {
        self.network("sg", "default")
    }

    pub(crate) fn zone(&self, letter: &str) -> String {
        format!("{}{letter}", self.place.region)
    }

    pub(crate) fn role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.place.account)
    }

    pub(crate) fn address(&self, which: &str) -> String {
        let digits = self.own(which, 4);
        let octet = |from, to| {
            let digits = digits.get(from..to).unwrap_or("00");
            u8::from_str_radix(digits, 16).unwrap_or(0)
        };
        format!("10.0.{}.{}", octet(0, 2), octet(2, 4))
    }

    /// An ordinary one.
    pub(crate) fn instance(&self) -> Json {
        json!({
            "AmiLaunchIndex": 0,
            "Architecture": "x86_64",
            "BlockDeviceMappings": [{
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "AttachTime": self.created(),
                    "DeleteOnTermination": true,
                    "Status": "attached",
                    "VolumeId": format!("vol-{}", self.own("root", 17)),
                },
            }],
            "EbsOptimized": true,
            "EnaSupport": true,
            "Hypervisor": "xen",
            "IamInstanceProfile": {
                "Arn": format!("arn:aws:iam::{}:instance-profile/managed", self.place.account),
                "Id": format!("AIPA{}", self.network("", "managed").to_uppercase().replace('-', "")),
            },
            "ImageId": "ami-0abcdef1234567890",
            "InstanceType": "m6i.large",
            "LaunchTime": self.created(),
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "State": "applied"},
            "Monitoring": {"State": "disabled"},
            "Placement": {"AvailabilityZone": self.zone("a"), "Tenancy": "default"},
            "PlatformDetails": "Linux/UNIX",
            "PrivateIpAddress": self.address("address"),
            "RootDeviceName": "/dev/xvda",
            "RootDeviceType": "ebs",
            "SecurityGroups": [{"GroupId": self.group(), "GroupName": "default"}],
            "State": {"Code": 16, "Name": "running"},
            "SubnetId": self.subnet("a"),
            "VirtualizationType": "hvm",
            "VpcId": self.vpc(),
        })
    }

    /// An ordinary one.
    pub(crate) fn nat_gateway(&self) -> Json {
        json!({
            "ConnectivityType": "public",
            "CreateTime": self.created(),
            "NatGatewayAddresses": [{
                "AllocationId": format!("eipalloc-{}", self.own("eip", 17)),
                "NetworkInterfaceId": format!("eni-{}", self.own("eni", 17)),
                "PrivateIp": self.address("private"),
                "Status": "succeeded",
            }],
            "State": "available",
            "SubnetId": self.subnet("a"),
            "VpcId": self.vpc(),
        })
    }

    /// An ordinary one.
    pub(crate) fn vpn_connection(&self) -> Json {
        json!({
            "Category": "VPN",
            "CustomerGatewayId": format!("cgw-{}", self.own("customer", 17)),
            "State": "available",
            "Type": "ipsec.1",
            "VgwTelemetry": [
                {"OutsideIpAddress": "198.51.100.7", "Status": "UP", "AcceptedRouteCount": 1},
                {"OutsideIpAddress": "203.0.113.9", "Status": "DOWN", "AcceptedRouteCount": 0},
            ],
            "VpnGatewayId": self.network("vgw", "gateway"),
        })
    }

    /// An ordinary one.
    pub(crate) fn auto_scaling_group(&self) -> Json {
        json!({
            "AvailabilityZones": [self.zone("a"), self.zone("b")],
            "CreatedTime": self.created(),
            "DefaultCooldown": 300,
            "DesiredCapacity": 2,
            "HealthCheckGracePeriod": 300,
            "HealthCheckType": "ELB",
            "Instances": [],
            "LaunchTemplate": {
                "LaunchTemplateId": format!("lt-{}", self.own("template", 17)),
                "LaunchTemplateName": self.id,
                "Version": "$Latest",
            },
            "MaxSize": 6,
            "MinSize": 2,
            "NewInstancesProtectedFromScaleIn": false,
            "TerminationPolicies": ["Default"],
            "VPCZoneIdentifier": format!("{},{}", self.subnet("a"), self.subnet("b")),
        })
    }

    /// An ordinary one.
    pub(crate) fn table(&self) -> Json {
        json!({
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "CreationDateTime": self.created(),
            "DeletionProtectionEnabled": false,
            "ItemCount": 1204,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "TableSizeBytes": 482_113,
            "TableStatus": "ACTIVE",
        })
    }

    /// An ordinary one.
    pub(crate) fn elastic_file_system(&self) -> Json {
        json!({
            "CreationTime": self.created(),
            "Encrypted": true,
            "LifeCycleState": "available",
            "NumberOfMountTargets": 2,
            "PerformanceMode": "generalPurpose",
            "SizeInBytes": {"Value": 6_442_450_944_i64},
            "ThroughputMode": "bursting",
        })
    }

    /// An ordinary one.
    pub(crate) fn file_system(&self) -> Json {
        json!({
            "CreationTime": self.created(),
            "DNSName": format!("amznfs{}.harbour.example.com", self.own("dns", 8)),
            "FileSystemType": "WINDOWS",
            "Lifecycle": "AVAILABLE",
            "StorageCapacity": 1024,
            "StorageType": "SSD",
            "SubnetIds": [self.subnet("a")],
            "VpcId": self.vpc(),
            "WindowsConfiguration": {"DeploymentType": "SINGLE_AZ_2", "ThroughputCapacity": 32},
        })
    }

    /// An ordinary one.
    pub(crate) fn kubernetes_cluster(&self) -> Json {
        json!({
            "createdAt": self.created(),
            "endpoint": format!(
                "https://{}.gr7.{}.eks.amazonaws.com",
                self.own("endpoint", 32).to_uppercase(),
                self.place.region
            ),
            "kubernetesNetworkConfig": {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"},
            "platformVersion": "eks.14",
            "resourcesVpcConfig": {
                "endpointPrivateAccess": true,
                "endpointPublicAccess": false,
                "securityGroupIds": [self.group()],
                "subnetIds": [self.subnet("a"), self.subnet("b")],
                "vpcId": self.vpc(),
            },
            "roleArn": self.role("eks-cluster"),
            "status": "ACTIVE",
            "version": "1.33",
        })
    }

    /// An ordinary one.
    pub(crate) fn classic_load_balancer(&self) -> Json {
        json!({
            "AvailabilityZones": [self.zone("a"), self.zone("b")],
            "CreatedTime": self.created(),
            "DNSName": format!("{}-{}.{}.elb.amazonaws.com", self.id, self.number(), self.place.region),
            "HealthCheck": {
                "HealthyThreshold": 10,
                "Interval": 30,
                "Target": "HTTP:80/health",
                "Timeout": 5,
                "UnhealthyThreshold": 2,
            },
            "Instances": [],
            "ListenerDescriptions": [{
                "Listener": {
                    "InstancePort": 80,
                    "InstanceProtocol": "HTTP",
                    "LoadBalancerPort": 80,
                    "Protocol": "HTTP",
                },
                "PolicyNames": [],
            }],
            "Scheme": "internet-facing",
            "SecurityGroups": [self.group()],
            "Subnets": [self.subnet("a"), self.subnet("b")],
            "VPCId": self.vpc(),
        })
    }

    /// An ordinary one.
    pub(crate) fn load_balancer(&self) -> Json {
        let mut segments = self.id.split('/');
        let (make, name) = (segments.next().unwrap_or("app"), segments.next().unwrap_or(self.id));
        let region = &self.place.region;
        let kind = match make {
            "net" => "network",
            "gwy" => "gateway",
            _ => "application",
        };
        json!({
            "AvailabilityZones": [
                {"ZoneName": self.zone("a"), "SubnetId": self.subnet("a")},
                {"ZoneName": self.zone("b"), "SubnetId": self.subnet("b")},
            ],
            "CreatedTime": self.created(),
            "DNSName": format!("{name}-{}.{region}.elb.amazonaws.com", self.number()),
            "IpAddressType": "ipv4",
            "Scheme": "internet-facing",
            "SecurityGroups": [self.group()],
            "State": {"Code": "active"},
            "Type": kind,
            "VpcId": self.vpc(),
        })
    }

    /// The number in a load balancer's host name.
    fn number(&self) -> u32 {
        u32::from_str_radix(&self.own("number", 8), 16).unwrap_or(0)
    }

    /// An ordinary one.
    pub(crate) fn bucket(&self) -> Json {
        json!({"CreationDate": self.created()})
    }

    /// An ordinary one.
    pub(crate) fn domain() -> Json {
        json!({
            "ClusterConfig": {
                "InstanceType": "t3.small.search",
                "InstanceCount": 1,
                "DedicatedMasterEnabled": false,
                "ZoneAwarenessEnabled": false,
                "WarmEnabled": false,
            },
            "Created": true,
            "Deleted": false,
            "DomainEndpointOptions": {
                "EnforceHTTPS": true,
                "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07",
            },
            "EBSOptions": {"EBSEnabled": true, "VolumeSize": 20, "VolumeType": "gp3"},
            "EncryptionAtRestOptions": {"Enabled": false},
            "EngineVersion": "OpenSearch_2.17",
            "NodeToNodeEncryptionOptions": {"Enabled": true},
            "Processing": false,
            "UpgradeProcessing": false,
        })
    }

    /// An ordinary one.
    pub(crate) fn database_cluster(&self) -> Json {
        let host = |endpoint: &str| {
            let owner = self.network("x", "rds");
            format!("{}.{endpoint}-{owner}.{}.rds.amazonaws.com", self.id, self.place.region)
        };
        json!({
            "AvailabilityZones": [self.zone("a"), self.zone("b"), self.zone("c")],
            "BackupRetentionPeriod": 7,
            "ClusterCreateTime": self.created(),
            "CopyTagsToSnapshot": true,
            "DbClusterResourceId": format!("cluster-{}", self.own("resource", 26).to_uppercase()),
            "DBClusterParameterGroup": "default.aurora-postgresql15",
            "DeletionProtection": true,
            "Endpoint": host("cluster"),
            "Engine": "aurora-postgresql",
            "EngineMode": "provisioned",
            "EngineVersion": "15.8",
            "MasterUsername": "harbour",
            "MultiAZ": true,
            "Port": 5432,
            "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
            "ReaderEndpoint": host("cluster-ro"),
            "Status": "available",
            "StorageEncrypted": true,
        })
    }

    /// An ordinary one.
    pub(crate) fn database_instance(&self) -> Json {
        json!({
            "AllocatedStorage": 100,
            "AutoMinorVersionUpgrade": true,
            "AvailabilityZone": self.zone("a"),
            "BackupRetentionPeriod": 7,
            "CopyTagsToSnapshot": true,
            "DBInstanceClass": "db.m6g.large",
            "DBInstanceStatus": "available",
            "DbiResourceId": format!("db-{}", self.own("resource", 26).to_uppercase()),
            "DeletionProtection": true,
            "Endpoint": {
                "Address": format!(
                    "{}.{}.{}.rds.amazonaws.com",
                    self.id,
                    self.network("x", "rds"),
                    self.place.region
                ),
                "Port": 5432,
            },
            "Engine": "postgres",
            "EngineVersion": "16.4",
            "InstanceCreateTime": self.created(),
            "MasterUsername": "harbour",
            "MaxAllocatedStorage": 500,
            "MultiAZ": false,
            "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
            "PubliclyAccessible": false,
            "StorageEncrypted": true,
            "StorageType": "gp3",
            "VpcSecurityGroups": [{"Status": "active", "VpcSecurityGroupId": self.group()}],
        })
    }

    /// An ordinary one.
    pub(crate) fn warehouse(&self) -> Json {
        json!({
            "AllowVersionUpgrade": true,
            "AutomatedSnapshotRetentionPeriod": 7,
            "AvailabilityZone": self.zone("a"),
            "ClusterAvailabilityStatus": "Available",
            "ClusterCreateTime": self.created(),
            "ClusterStatus": "available",
            "ClusterVersion": "1.0",
            "DBName": "harbour",
            "Encrypted": true,
            "Endpoint": {
                "Address": format!(
                    "{}.{}.{}.redshift.amazonaws.com",
                    self.id,
                    self.network("x", "redshift"),
                    self.place.region
                ),
                "Port": 5439,
            },
            "MasterUsername": "harbour",
            "NodeType": "ra3.large",
            "NumberOfNodes": 2,
            "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
            "PubliclyAccessible": false,
            "VpcId": self.vpc(),
        })
    }

    /// An ordinary one.
    pub(crate) fn canary(&self) -> Json {
        json!({
            "ArtifactS3Location": format!("cw-syn-results-{}", self.place.account),
            "Code": {"Handler": "check.handler"},
            "ExecutionRoleArn": self.role("canary"),
            "FailureRetentionPeriodInDays": 31,
            "RunConfig": {"TimeoutInSeconds": 60, "MemoryInMB": 1000, "ActiveTracing": false},
            "RuntimeVersion": "syn-nodejs-puppeteer-11.0",
            "Schedule": {"Expression": "rate(5 minutes)", "DurationInSeconds": 0},
            "Status": {"State": "RUNNING"},
            "SuccessRetentionPeriodInDays": 31,
            "Timeline": {
                "Created": self.created(),
                "LastModified": self.created(),
                "LastStarted": self.created(),
            },
        })
    }
}
