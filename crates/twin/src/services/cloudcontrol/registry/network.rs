//! Networks and load balancers.

use reeve_model::{Object, Value};

use super::{From, ResourceType, Setter, TagWay, change, request, set};
use crate::value::{object, value};

const TAGS: Setter = change("Tags", request("CreateTags", &[("Resources", From::Ids)]), "Tags");
const BALANCER_TAGS: Setter =
    change("Tags", request("AddTags", &[("ResourceArns", From::Ids)]), "Tags");

/// The types.
pub(super) static TYPES: [ResourceType; 13] = [
    ResourceType {
        name: "AWS::EC2::VPC",
        service: "ec2",
        create: "CreateVpc",
        id: "Vpc.VpcId",
        read: request("DescribeVpcs", &[("VpcIds", From::Ids)]),
        at: "Vpcs.0",
        ready: ("State", &["available"]),
        delete: request("DeleteVpc", &[("VpcId", From::Id)]),
        setters: &[
            set(
                "EnableDnsHostnames",
                request("ModifyVpcAttribute", &[("VpcId", From::Id)]),
                "EnableDnsHostnames",
            )
            .shaped(as_value),
            set(
                "EnableDnsSupport",
                request("ModifyVpcAttribute", &[("VpcId", From::Id)]),
                "EnableDnsSupport",
            )
            .shaped(as_value),
            TAGS,
        ],
        fixed: &["CidrBlock", "InstanceTenancy"],
        tags: TagWay::Specifications("vpc"),
        shown: &[("EnableDnsHostnames", ""), ("EnableDnsSupport", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::Subnet",
        service: "ec2",
        create: "CreateSubnet",
        id: "Subnet.SubnetId",
        read: request("DescribeSubnets", &[("SubnetIds", From::Ids)]),
        at: "Subnets.0",
        ready: ("State", &["available"]),
        delete: request("DeleteSubnet", &[("SubnetId", From::Id)]),
        setters: &[
            set(
                "MapPublicIpOnLaunch",
                request("ModifySubnetAttribute", &[("SubnetId", From::Id)]),
                "MapPublicIpOnLaunch",
            )
            .shaped(as_value),
            TAGS,
        ],
        fixed: &["AvailabilityZone", "CidrBlock", "VpcId"],
        tags: TagWay::Specifications("subnet"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::SecurityGroup",
        service: "ec2",
        create: "CreateSecurityGroup",
        rename: &[("GroupDescription", "Description")],
        name_property: "GroupName",
        id: "GroupId",
        read: request("DescribeSecurityGroups", &[("GroupIds", From::Ids)]),
        at: "SecurityGroups.0",
        delete: request("DeleteSecurityGroup", &[("GroupId", From::Id)]),
        setters: &[
            set(
                "SecurityGroupIngress",
                request("AuthorizeSecurityGroupIngress", &[("GroupId", From::Id)]),
                "IpPermissions",
            )
            .shaped(permissions),
            set(
                "SecurityGroupEgress",
                request("AuthorizeSecurityGroupEgress", &[("GroupId", From::Id)]),
                "IpPermissions",
            )
            .shaped(permissions),
            TAGS,
        ],
        fixed: &["GroupDescription", "GroupName", "VpcId"],
        attributes: &[("GroupId", "GroupId")],
        tags: TagWay::Specifications("security-group"),
        shown: &[
            ("GroupDescription", "Description"),
            ("SecurityGroupIngress", ""),
            ("SecurityGroupEgress", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::RouteTable",
        service: "ec2",
        create: "CreateRouteTable",
        id: "RouteTable.RouteTableId",
        read: request("DescribeRouteTables", &[("RouteTableIds", From::Ids)]),
        at: "RouteTables.0",
        delete: request("DeleteRouteTable", &[("RouteTableId", From::Id)]),
        setters: &[TAGS],
        fixed: &["VpcId"],
        tags: TagWay::Specifications("route-table"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::Route",
        service: "ec2",
        create: "CreateRoute",
        id: "*RouteTableId|DestinationCidrBlock",
        delete: request(
            "DeleteRoute",
            &[
                ("RouteTableId", From::Property("RouteTableId")),
                ("DestinationCidrBlock", From::Property("DestinationCidrBlock")),
            ],
        ),
        fixed: &[
            "RouteTableId",
            "DestinationCidrBlock",
            "GatewayId",
            "NatGatewayId",
            "InstanceId",
            "NetworkInterfaceId",
            "VpcPeeringConnectionId",
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::SubnetRouteTableAssociation",
        service: "ec2",
        create: "AssociateRouteTable",
        id: "AssociationId",
        delete: request("DisassociateRouteTable", &[("AssociationId", From::Id)]),
        fixed: &["RouteTableId", "SubnetId"],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::InternetGateway",
        service: "ec2",
        create: "CreateInternetGateway",
        id: "InternetGateway.InternetGatewayId",
        read: request("DescribeInternetGateways", &[("InternetGatewayIds", From::Ids)]),
        at: "InternetGateways.0",
        delete: request("DeleteInternetGateway", &[("InternetGatewayId", From::Id)]),
        setters: &[TAGS],
        tags: TagWay::Specifications("internet-gateway"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::VPCGatewayAttachment",
        service: "ec2",
        create: "AttachInternetGateway",
        id: "*InternetGatewayId|VpcId",
        delete: request(
            "DetachInternetGateway",
            &[
                ("InternetGatewayId", From::Property("InternetGatewayId")),
                ("VpcId", From::Property("VpcId")),
            ],
        ),
        fixed: &["InternetGatewayId", "VpcId"],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::NatGateway",
        service: "ec2",
        create: "CreateNatGateway",
        id: "NatGateway.NatGatewayId",
        read: request("DescribeNatGateways", &[("NatGatewayIds", From::Ids)]),
        at: "NatGateways.0",
        ready: ("State", &["available"]),
        delete: request("DeleteNatGateway", &[("NatGatewayId", From::Id)]),
        setters: &[TAGS],
        fixed: &["AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId"],
        tags: TagWay::Specifications("natgateway"),
        shown: &[("AllocationId", "NatGatewayAddresses.0.AllocationId")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EC2::EIP",
        service: "ec2",
        create: "AllocateAddress",
        id: "AllocationId",
        read: request("DescribeAddresses", &[("AllocationIds", From::Ids)]),
        at: "Addresses.0",
        delete: request("ReleaseAddress", &[("AllocationId", From::Id)]),
        setters: &[
            set(
                "InstanceId",
                request("AssociateAddress", &[("AllocationId", From::Id)]),
                "InstanceId",
            ),
            TAGS,
        ],
        fixed: &["Domain", "NetworkBorderGroup"],
        reference: "PublicIp",
        tags: TagWay::Specifications("elastic-ip"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        service: "elbv2",
        create: "CreateLoadBalancer",
        name_property: "Name",
        id: "LoadBalancers.0.LoadBalancerArn",
        read: request("DescribeLoadBalancers", &[("LoadBalancerArns", From::Ids)]),
        at: "LoadBalancers.0",
        ready: ("State.Code", &["active"]),
        delete: request("DeleteLoadBalancer", &[("LoadBalancerArn", From::Id)]),
        setters: &[
            set(
                "LoadBalancerAttributes",
                request("ModifyLoadBalancerAttributes", &[("LoadBalancerArn", From::Id)]),
                "Attributes",
            ),
            change(
                "SecurityGroups",
                request("SetSecurityGroups", &[("LoadBalancerArn", From::Id)]),
                "SecurityGroups",
            ),
            BALANCER_TAGS,
        ],
        fixed: &["Name", "Type", "Scheme"],
        attributes: &[
            ("LoadBalancerName", "LoadBalancerName"),
            ("CanonicalHostedZoneID", "CanonicalHostedZoneId"),
        ],
        tags: TagWay::List("Tags"),
        shown: &[
            ("Name", "LoadBalancerName"),
            ("Subnets", ""),
            ("SubnetMappings", ""),
            ("LoadBalancerAttributes", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::ElasticLoadBalancingV2::TargetGroup",
        service: "elbv2",
        create: "CreateTargetGroup",
        rename: &[("HealthyThresholdCount", "HealthyThresholdCount")],
        name_property: "Name",
        id: "TargetGroups.0.TargetGroupArn",
        read: request("DescribeTargetGroups", &[("TargetGroupArns", From::Ids)]),
        at: "TargetGroups.0",
        delete: request("DeleteTargetGroup", &[("TargetGroupArn", From::Id)]),
        setters: &[
            set("Targets", request("RegisterTargets", &[("TargetGroupArn", From::Id)]), "Targets"),
            set(
                "TargetGroupAttributes",
                request("ModifyTargetGroupAttributes", &[("TargetGroupArn", From::Id)]),
                "Attributes",
            ),
            change(
                "HealthCheckPath",
                request("ModifyTargetGroup", &[("TargetGroupArn", From::Id)]),
                "HealthCheckPath",
            ),
            change(
                "HealthCheckIntervalSeconds",
                request("ModifyTargetGroup", &[("TargetGroupArn", From::Id)]),
                "HealthCheckIntervalSeconds",
            ),
            BALANCER_TAGS,
        ],
        fixed: &[
            "Name",
            "Port",
            "Protocol",
            "ProtocolVersion",
            "TargetType",
            "VpcId",
            "IpAddressType",
        ],
        attributes: &[("TargetGroupName", "TargetGroupName")],
        tags: TagWay::List("Tags"),
        shown: &[("Name", "TargetGroupName"), ("Targets", ""), ("TargetGroupAttributes", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::ElasticLoadBalancingV2::Listener",
        service: "elbv2",
        create: "CreateListener",
        id: "Listeners.0.ListenerArn",
        read: request("DescribeListeners", &[("ListenerArns", From::Ids)]),
        at: "Listeners.0",
        delete: request("DeleteListener", &[("ListenerArn", From::Id)]),
        setters: &[
            change("Port", request("ModifyListener", &[("ListenerArn", From::Id)]), "Port"),
            change("Protocol", request("ModifyListener", &[("ListenerArn", From::Id)]), "Protocol"),
            change(
                "DefaultActions",
                request("ModifyListener", &[("ListenerArn", From::Id)]),
                "DefaultActions",
            ),
            change(
                "Certificates",
                request("ModifyListener", &[("ListenerArn", From::Id)]),
                "Certificates",
            ),
        ],
        fixed: &["LoadBalancerArn"],
        shown: &[("DefaultActions", "")],
        ..ResourceType::OF
    },
];

fn as_value(value: &Value) -> Value {
    value!({ "Value": (value.clone()) })
}

/// The rules of a security group, as templates write them, become permissions.
fn permissions(rules: &Value) -> Value {
    let rules = match rules {
        Value::List(rules) => rules.clone(),
        one => vec![one.clone()],
    };
    rules.iter().map(permission).collect()
}

fn permission(rule: &Value) -> Value {
    let text = |member: &str| rule.get(member).cloned();
    let mut permission = Object::new();
    for member in ["IpProtocol", "FromPort", "ToPort"] {
        if let Some(value) = text(member) {
            permission.insert(member, value);
        }
    }
    for (member, list, inner) in [
        ("CidrIp", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("SourcePrefixListId", "PrefixListIds", "PrefixListId"),
    ] {
        if let Some(value) = text(member) {
            let mut range = object! {};
            range.insert(inner, value);
            if let Some(description) = text("Description") {
                range.insert("Description", description);
            }
            permission.insert(list, Value::List(vec![range.into()]));
        }
    }
    permission.into()
}
