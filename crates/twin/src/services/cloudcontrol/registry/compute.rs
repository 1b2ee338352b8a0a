//! Instances, volumes, scaling and functions.

use reeve_model::{Object, Value};

use super::{From, ResourceType, TagWay, change, request, set};
use crate::value::{object, value};

/// The types.
pub(super) static TYPES: [ResourceType; 9] = [
    ResourceType {
        name: "AWS::EC2::Instance",
        service: "ec2",
        create: "RunInstances",
        prepare: one_instance,
        id: "Instances.0.InstanceId",
        read: request("DescribeInstances", &[("InstanceIds", From::Ids)]),
        at: "Reservations.0.Instances.0",
        ready: ("State.Name", &["running"]),
        delete: request("TerminateInstances", &[("InstanceIds", From::Ids)]),
        setters: &[
            // The type of an instance changes only while it is stopped, which takes several steps: refused.
            change(
                "DisableApiTermination",
                request("ModifyInstanceAttribute", &[("InstanceId", From::Id)]),
                "DisableApiTermination",
            )
            .shaped(as_value),
            change(
                "SecurityGroupIds",
                request("ModifyInstanceAttribute", &[("InstanceId", From::Id)]),
                "Groups",
            ),
            change("Tags", request("CreateTags", &[("Resources", From::Ids)]), "Tags"),
        ],
        fixed: &[
            "AvailabilityZone",
            "ImageId",
            "KeyName",
            "LaunchTemplate",
            "NetworkInterfaces",
            "PrivateIpAddress",
            "SecurityGroups",
            "SubnetId",
        ],
        attributes: &[
            ("PrivateIp", "PrivateIpAddress"),
            ("PublicIp", "PublicIpAddress"),
            ("AvailabilityZone", "Placement.AvailabilityZone"),
        ],
        tags: TagWay::Specifications("instance"),
        shown: &[
            ("AvailabilityZone", "Placement.AvailabilityZone"),
            ("UserData", ""),
            ("BlockDeviceMappings", ""),
            ("IamInstanceProfile", ""),
            ("Monitoring", ""),
            ("SecurityGroupIds", ""),
            ("SecurityGroups", ""),
            ("LaunchTemplate", ""),
            ("DisableApiTermination", ""),
            ("NetworkInterfaces", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::Volume",
        service: "ec2",
        create: "CreateVolume",
        id: "VolumeId",
        read: request("DescribeVolumes", &[("VolumeIds", From::Ids)]),
        at: "Volumes.0",
        ready: ("State", &["available", "in-use"]),
        delete: request("DeleteVolume", &[("VolumeId", From::Id)]),
        setters: &[
            change("Size", request("ModifyVolume", &[("VolumeId", From::Id)]), "Size"),
            change("VolumeType", request("ModifyVolume", &[("VolumeId", From::Id)]), "VolumeType"),
            change("Iops", request("ModifyVolume", &[("VolumeId", From::Id)]), "Iops"),
            change("Throughput", request("ModifyVolume", &[("VolumeId", From::Id)]), "Throughput"),
            change("Tags", request("CreateTags", &[("Resources", From::Ids)]), "Tags"),
        ],
        fixed: &["AvailabilityZone", "Encrypted", "KmsKeyId", "SnapshotId"],
        tags: TagWay::Specifications("volume"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::LaunchTemplate",
        service: "ec2",
        create: "CreateLaunchTemplate",
        name_property: "LaunchTemplateName",
        id: "LaunchTemplate.LaunchTemplateId",
        read: request("DescribeLaunchTemplates", &[("LaunchTemplateIds", From::Ids)]),
        at: "LaunchTemplates.0",
        delete: request("DeleteLaunchTemplate", &[("LaunchTemplateId", From::Id)]),
        setters: &[change(
            "LaunchTemplateData",
            request("CreateLaunchTemplateVersion", &[("LaunchTemplateId", From::Id)]),
            "LaunchTemplateData",
        )],
        fixed: &["LaunchTemplateName"],
        attributes: &[
            ("LatestVersionNumber", "LatestVersionNumber"),
            ("DefaultVersionNumber", "DefaultVersionNumber"),
        ],
        shown: &[("LaunchTemplateData", ""), ("TagSpecifications", ""), ("VersionDescription", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::AutoScaling::AutoScalingGroup",
        service: "autoscaling",
        create: "CreateAutoScalingGroup",
        prepare: group,
        name_property: "AutoScalingGroupName",
        rename: &[("Cooldown", "DefaultCooldown"), ("LoadBalancerNames", "LoadBalancerNames")],
        read: request("DescribeAutoScalingGroups", &[("AutoScalingGroupNames", From::Ids)]),
        at: "AutoScalingGroups.0",
        delete: request(
            "DeleteAutoScalingGroup",
            &[("AutoScalingGroupName", From::Id), ("ForceDelete", From::Flag(true))],
        ),
        setters: &[
            change(
                "MinSize",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "MinSize",
            ),
            change(
                "MaxSize",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "MaxSize",
            ),
            change(
                "DesiredCapacity",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "DesiredCapacity",
            ),
            change(
                "LaunchTemplate",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "LaunchTemplate",
            ),
            change(
                "HealthCheckType",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "HealthCheckType",
            ),
            change(
                "VPCZoneIdentifier",
                request("UpdateAutoScalingGroup", &[("AutoScalingGroupName", From::Id)]),
                "VPCZoneIdentifier",
            )
            .shaped(joined),
        ],
        fixed: &["AutoScalingGroupName", "InstanceId"],
        attributes: &[("Arn", "AutoScalingGroupARN")],
        shown: &[
            ("VPCZoneIdentifier", ""),
            ("LaunchTemplate", ""),
            ("Cooldown", "DefaultCooldown"),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Lambda::Function",
        service: "lambda",
        create: "CreateFunction",
        prepare: code,
        name_property: "FunctionName",
        read: request("GetFunction", &[("FunctionName", From::Id)]),
        at: "Configuration",
        ready: ("State", &["Active", ""]),
        delete: request("DeleteFunction", &[("FunctionName", From::Id)]),
        setters: &[
            change("Code", request("UpdateFunctionCode", &[("FunctionName", From::Id)]), "")
                .shaped(archive),
            change(
                "MemorySize",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "MemorySize",
            ),
            change(
                "Timeout",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Timeout",
            ),
            change(
                "Runtime",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Runtime",
            ),
            change(
                "Handler",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Handler",
            ),
            change(
                "Role",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Role",
            ),
            change(
                "Description",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Description",
            ),
            change(
                "Environment",
                request("UpdateFunctionConfiguration", &[("FunctionName", From::Id)]),
                "Environment",
            ),
        ],
        fixed: &["FunctionName", "PackageType"],
        attributes: &[("Arn", "FunctionArn")],
        tags: TagWay::Map("Tags"),
        shown: &[("Code", ""), ("Environment", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Lambda::Version",
        service: "lambda",
        create: "PublishVersion",
        id: "FunctionArn",
        read: request("GetFunction", &[("FunctionName", From::Id)]),
        at: "Configuration",
        delete: request("DeleteFunction", &[("FunctionName", From::Id)]),
        fixed: &["FunctionName", "Description", "CodeSha256"],
        attributes: &[("Version", "Version")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Lambda::Alias",
        service: "lambda",
        create: "CreateAlias",
        id: "AliasArn",
        read: request(
            "GetAlias",
            &[("FunctionName", From::Property("FunctionName")), ("Name", From::Property("Name"))],
        ),
        delete: request(
            "DeleteAlias",
            &[("FunctionName", From::Property("FunctionName")), ("Name", From::Property("Name"))],
        ),
        setters: &[
            change(
                "FunctionVersion",
                request(
                    "UpdateAlias",
                    &[
                        ("FunctionName", From::Property("FunctionName")),
                        ("Name", From::Property("Name")),
                    ],
                ),
                "FunctionVersion",
            ),
            change(
                "Description",
                request(
                    "UpdateAlias",
                    &[
                        ("FunctionName", From::Property("FunctionName")),
                        ("Name", From::Property("Name")),
                    ],
                ),
                "Description",
            ),
        ],
        fixed: &["FunctionName", "Name"],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Lambda::Permission",
        service: "lambda",
        create: "AddPermission",
        name_property: "StatementId",
        delete: request(
            "RemovePermission",
            &[("FunctionName", From::Property("FunctionName")), ("StatementId", From::Id)],
        ),
        fixed: &[
            "FunctionName",
            "Action",
            "Principal",
            "SourceArn",
            "SourceAccount",
            "EventSourceToken",
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::ECS::Cluster",
        service: "ecs",
        create: "CreateCluster",
        name_property: "ClusterName",
        rename: &[("ClusterSettings", "settings")],
        read: request("DescribeClusters", &[("clusters", From::Ids)]),
        at: "clusters.0",
        delete: request("DeleteCluster", &[("cluster", From::Id)]),
        setters: &[
            set(
                "ServiceConnectDefaults",
                request("UpdateCluster", &[("cluster", From::Id)]),
                "serviceConnectDefaults",
            ),
            change(
                "ClusterSettings",
                request("UpdateCluster", &[("cluster", From::Id)]),
                "settings",
            ),
        ],
        fixed: &["ClusterName"],
        attributes: &[("Arn", "clusterArn")],
        tags: TagWay::Lower("tags"),
        shown: &[("ClusterSettings", "settings")],
        ..ResourceType::OF
    },
];

fn one_instance(properties: &mut Object) {
    properties.insert("MinCount", 1);
    properties.insert("MaxCount", 1);
    if let Some(zone) = properties.remove("AvailabilityZone") {
        properties.insert("Placement", object! { "AvailabilityZone": (zone) });
    }
    if let Some(profile) = properties.remove("IamInstanceProfile") {
        properties.insert("IamInstanceProfile", object! { "Name": (profile) });
    }
    if let Some(is) = properties.remove("Monitoring") {
        properties.insert("Monitoring", object! { "Enabled": (is) });
    }
}

fn group(properties: &mut Object) {
    if let Some(subnets) = properties.remove("VPCZoneIdentifier") {
        properties.insert("VPCZoneIdentifier", joined(&subnets));
    }
}

fn joined(value: &Value) -> Value {
    match value {
        Value::List(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            Value::from(parts.join(","))
        }
        other => other.clone(),
    }
}

fn as_value(value: &Value) -> Value {
    value!({ "Value": (value.clone()) })
}

/// Inline code becomes the archive that Lambda takes: here its bytes as they are.
fn archive(code: &Value) -> Value {
    match code.get("ZipFile").and_then(Value::as_str) {
        Some(source) => value!({ "ZipFile": (source.as_bytes().to_vec()) }),
        None => code.clone(),
    }
}

fn code(properties: &mut Object) {
    if let Some(code) = properties.remove("Code") {
        properties.insert("Code", archive(&code));
    }
}
