//! EC2's network: NAT gateways and VPN connections.

use super::{PAGES, check_ids};
use crate::{
    call::{Answer, Call},
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::Part,
    world::World,
};

pub(crate) static PART: Part = Part {
    kinds: &[&NAT_GATEWAY, &VPN_CONNECTION],
    operations: &[
        ("DescribeNatGateways", Action::Own(describe_nat_gateways)),
        ("DescribeVpnConnections", Action::Own(describe_vpn_connections)),
    ],
    tasks: &[],
};

/// AWS::EC2::NatGateway.
pub(crate) static NAT_GATEWAY: Definition = Definition {
    resource_type: "AWS::EC2::NatGateway",
    tagging_type: "ec2:natgateway",
    arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{id}",
    prefix: "nat-",
    identity: &[("NatGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("NatGatewayNotFound", "The Nat Gateway {id} was not found"),
    sample: Some(|sample| sample.nat_gateway()),
    ..Definition::OF
};

/// AWS::EC2::VPNConnection.
pub(crate) static VPN_CONNECTION: Definition = Definition {
    resource_type: "AWS::EC2::VPNConnection",
    tagging_type: "ec2:vpn-connection",
    arn: "arn:{partition}:ec2:{region}:{account}:vpn-connection/{id}",
    prefix: "vpn-",
    identity: &[("VpnConnectionId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidVpnConnectionID.NotFound",
        "The vpnConnection ID '{id}' does not exist",
    ),
    sample: Some(|sample| sample.vpn_connection()),
    ..Definition::OF
};

const NAT_GATEWAY_FILTERS: [FilterPath; 4] =
    [("nat-gateway-id", ""), ("state", "State"), ("subnet-id", "SubnetId"), ("vpc-id", "VpcId")];

const VPN_CONNECTION_FILTERS: [FilterPath; 6] = [
    ("vpn-connection-id", ""),
    ("customer-gateway-id", "CustomerGatewayId"),
    ("state", "State"),
    ("transit-gateway-id", "TransitGatewayId"),
    ("type", "Type"),
    ("vpn-gateway-id", "VpnGatewayId"),
];

static NAT_GATEWAYS: List = List {
    kind: &NAT_GATEWAY,
    member: "NatGateways",
    paging: &PAGES,
    filters: Filters::Named("Filter", &NAT_GATEWAY_FILTERS),
    ids: "NatGatewayIds",
    ..List::OF
};

static VPN_CONNECTIONS: List = List {
    kind: &VPN_CONNECTION,
    member: "VpnConnections",
    filters: Filters::Named("Filters", &VPN_CONNECTION_FILTERS),
    ids: "VpnConnectionIds",
    ..List::OF
};

fn describe_nat_gateways(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("NatGatewayIds");
    check_ids(call, &NAT_GATEWAY, &ids, "InvalidNatGatewayID.Malformed")?;
    Action::List(&NAT_GATEWAYS).perform(call, world)
}

fn describe_vpn_connections(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("VpnConnectionIds");
    check_ids(call, &VPN_CONNECTION, &ids, "InvalidVpnConnectionID.Malformed")?;
    Action::List(&VPN_CONNECTIONS).perform(call, world)
}
