//! EC2's network: VPCs and everything in them and between them.
//!
//! Each kind of thing has its file in `network/`; this one says which operation is which function. Pure parts are `cidr`
//! (addresses), `permission` (rules of security groups) and `selection` (which route a packet takes).

mod acl;
pub(crate) mod address;
mod cidr;
mod dhcp;
mod endpoint;
mod flow_log;
mod gateway;
mod group;
pub(crate) mod interface;
mod limits;
mod make;
mod nat;
mod peering;
mod permission;
mod prefix_list;
mod route_table;
mod rules;
mod selection;
pub(crate) mod subnet;
mod transit;
mod vpc;
mod vpn;

pub(crate) use group::GROUP;
pub(crate) use nat::NAT_GATEWAY;
pub(crate) use subnet::SUBNET;
pub(crate) use vpc::VPC;
pub(crate) use vpn::VPN_CONNECTION;

use crate::{recipe::Action, services::Part};

pub(crate) static PART: Part = Part {
    kinds: &[
        &nat::NAT_GATEWAY,
        &vpn::VPN_CONNECTION,
        &vpn::CUSTOMER,
        &vpn::GATEWAY,
        &vpc::VPC,
        &dhcp::OPTIONS,
        &subnet::SUBNET,
        &route_table::TABLE,
        &gateway::INTERNET,
        &gateway::EGRESS_ONLY,
        &group::GROUP,
        &group::RULE,
        &acl::ACL,
        &address::ADDRESS,
        &interface::INTERFACE,
        &endpoint::ENDPOINT,
        &flow_log::FLOW_LOG,
        &peering::PEERING,
        &prefix_list::PREFIX_LIST,
        &transit::GATEWAY,
        &transit::ATTACHMENT,
        &transit::TABLE,
    ],
    operations: &[
        ("CreateVpc", Action::Own(vpc::create)),
        ("DeleteVpc", Action::Own(vpc::delete)),
        ("DescribeVpcs", Action::List(&vpc::LIST)),
        ("CreateDefaultVpc", Action::Own(vpc::create_default)),
        ("ModifyVpcAttribute", Action::Own(vpc::modify_attribute)),
        ("DescribeVpcAttribute", Action::Own(vpc::describe_attribute)),
        ("ModifyVpcTenancy", Action::Own(vpc::modify_tenancy)),
        ("AssociateVpcCidrBlock", Action::Own(vpc::associate_block)),
        ("DisassociateVpcCidrBlock", Action::Own(vpc::disassociate_block)),
        ("AssociateDhcpOptions", Action::Own(vpc::associate_dhcp_options)),
        ("CreateDhcpOptions", Action::Own(dhcp::create)),
        ("DeleteDhcpOptions", Action::Own(dhcp::delete)),
        ("DescribeDhcpOptions", Action::List(&dhcp::LIST)),
        ("CreateSubnet", Action::Own(subnet::create)),
        ("CreateDefaultSubnet", Action::Own(subnet::create_default)),
        ("DeleteSubnet", Action::Own(subnet::delete)),
        ("DescribeSubnets", Action::Own(subnet::describe)),
        ("ModifySubnetAttribute", Action::Own(subnet::modify_attribute)),
        ("CreateRouteTable", Action::Own(route_table::create)),
        ("DeleteRouteTable", Action::Own(route_table::delete)),
        ("DescribeRouteTables", Action::List(&route_table::LIST)),
        ("AssociateRouteTable", Action::Own(route_table::associate)),
        ("DisassociateRouteTable", Action::Own(route_table::disassociate)),
        ("ReplaceRouteTableAssociation", Action::Own(route_table::replace_association)),
        ("CreateRoute", Action::Own(route_table::create_route)),
        ("ReplaceRoute", Action::Own(route_table::replace_route)),
        ("DeleteRoute", Action::Own(route_table::delete_route)),
        ("EnableVgwRoutePropagation", Action::Own(route_table::enable_propagation)),
        ("DisableVgwRoutePropagation", Action::Own(route_table::disable_propagation)),
        ("CreateInternetGateway", Action::Own(gateway::create)),
        ("DeleteInternetGateway", Action::Own(gateway::delete)),
        ("DescribeInternetGateways", Action::List(&gateway::LIST)),
        ("AttachInternetGateway", Action::Own(gateway::attach)),
        ("DetachInternetGateway", Action::Own(gateway::detach)),
        ("CreateEgressOnlyInternetGateway", Action::Own(gateway::create_egress_only)),
        ("DeleteEgressOnlyInternetGateway", Action::Own(gateway::delete_egress_only)),
        ("DescribeEgressOnlyInternetGateways", Action::List(&gateway::EGRESS_ONLY_LIST)),
        ("CreateNatGateway", Action::Own(nat::create)),
        ("DeleteNatGateway", Action::Own(nat::delete)),
        ("DescribeNatGateways", Action::Own(nat::describe)),
        ("CreateVpcEndpoint", Action::Own(endpoint::create)),
        ("ModifyVpcEndpoint", Action::Own(endpoint::modify)),
        ("DeleteVpcEndpoints", Action::Own(endpoint::delete)),
        ("DescribeVpcEndpoints", Action::List(&endpoint::LIST)),
        ("CreateSecurityGroup", Action::Own(group::create)),
        ("DeleteSecurityGroup", Action::Own(group::delete)),
        ("DescribeSecurityGroups", Action::Own(group::describe)),
        ("DescribeSecurityGroupRules", Action::List(&group::RULE_LIST)),
        ("DescribeSecurityGroupReferences", Action::Own(group::references)),
        ("GetSecurityGroupsForVpc", Action::Own(group::groups_for_vpc)),
        ("AuthorizeSecurityGroupIngress", Action::Own(rules::authorize_ingress)),
        ("AuthorizeSecurityGroupEgress", Action::Own(rules::authorize_egress)),
        ("RevokeSecurityGroupIngress", Action::Own(rules::revoke_ingress)),
        ("RevokeSecurityGroupEgress", Action::Own(rules::revoke_egress)),
        ("ModifySecurityGroupRules", Action::Own(rules::modify)),
        ("UpdateSecurityGroupRuleDescriptionsIngress", Action::Own(rules::redescribe_ingress)),
        ("UpdateSecurityGroupRuleDescriptionsEgress", Action::Own(rules::redescribe_egress)),
        ("CreateNetworkAcl", Action::Own(acl::create)),
        ("DeleteNetworkAcl", Action::Own(acl::delete)),
        ("DescribeNetworkAcls", Action::List(&acl::LIST)),
        ("CreateNetworkAclEntry", Action::Own(acl::create_entry)),
        ("ReplaceNetworkAclEntry", Action::Own(acl::replace_entry)),
        ("DeleteNetworkAclEntry", Action::Own(acl::delete_entry)),
        ("ReplaceNetworkAclAssociation", Action::Own(acl::replace_association)),
        ("AllocateAddress", Action::Own(address::allocate)),
        ("ReleaseAddress", Action::Own(address::release)),
        ("AssociateAddress", Action::Own(address::associate)),
        ("DisassociateAddress", Action::Own(address::disassociate)),
        ("DescribeAddresses", Action::Own(address::describe)),
        ("CreateNetworkInterface", Action::Own(interface::create)),
        ("DeleteNetworkInterface", Action::Own(interface::delete)),
        ("DescribeNetworkInterfaces", Action::Own(interface::list)),
        ("AttachNetworkInterface", Action::Own(interface::attach)),
        ("DetachNetworkInterface", Action::Own(interface::detach)),
        ("ModifyNetworkInterfaceAttribute", Action::Own(interface::modify_attribute)),
        ("DescribeNetworkInterfaceAttribute", Action::Own(interface::describe_attribute)),
        ("AssignPrivateIpAddresses", Action::Own(interface::assign_addresses)),
        ("UnassignPrivateIpAddresses", Action::Own(interface::unassign_addresses)),
        ("CreateFlowLogs", Action::Own(flow_log::create)),
        ("DeleteFlowLogs", Action::Own(flow_log::delete)),
        ("DescribeFlowLogs", Action::List(&flow_log::LIST)),
        ("CreateVpcPeeringConnection", Action::Own(peering::create)),
        ("AcceptVpcPeeringConnection", Action::Own(peering::accept)),
        ("RejectVpcPeeringConnection", Action::Own(peering::reject)),
        ("DeleteVpcPeeringConnection", Action::Own(peering::delete)),
        ("DescribeVpcPeeringConnections", Action::List(&peering::LIST)),
        ("ModifyVpcPeeringConnectionOptions", Action::Own(peering::modify_options)),
        ("CreateCustomerGateway", Action::Own(vpn::create_customer)),
        ("DeleteCustomerGateway", Action::Own(vpn::delete_customer)),
        ("DescribeCustomerGateways", Action::List(&vpn::CUSTOMERS)),
        ("CreateVpnGateway", Action::Own(vpn::create_gateway)),
        ("DeleteVpnGateway", Action::Own(vpn::delete_gateway)),
        ("DescribeVpnGateways", Action::List(&vpn::GATEWAYS)),
        ("AttachVpnGateway", Action::Own(vpn::attach)),
        ("DetachVpnGateway", Action::Own(vpn::detach)),
        ("CreateVpnConnection", Action::Own(vpn::create)),
        ("DeleteVpnConnection", Action::Own(vpn::delete)),
        ("DescribeVpnConnections", Action::Own(vpn::describe)),
        ("CreateVpnConnectionRoute", Action::Own(vpn::create_route)),
        ("DeleteVpnConnectionRoute", Action::Own(vpn::delete_route)),
        ("CreateManagedPrefixList", Action::Own(prefix_list::create)),
        ("ModifyManagedPrefixList", Action::Own(prefix_list::modify)),
        ("DeleteManagedPrefixList", Action::Own(prefix_list::delete)),
        ("DescribeManagedPrefixLists", Action::List(&prefix_list::LIST)),
        ("GetManagedPrefixListEntries", Action::Own(prefix_list::entries)),
        ("DescribePrefixLists", Action::Own(prefix_list::of_aws)),
        ("CreateTransitGateway", Action::Own(transit::create)),
        ("ModifyTransitGateway", Action::Own(transit::modify)),
        ("DeleteTransitGateway", Action::Own(transit::delete)),
        ("DescribeTransitGateways", Action::List(&transit::GATEWAYS)),
        ("CreateTransitGatewayVpcAttachment", Action::Own(transit::attach_vpc)),
        ("DeleteTransitGatewayVpcAttachment", Action::Own(transit::delete_attachment)),
        ("DescribeTransitGatewayVpcAttachments", Action::List(&transit::VPC_ATTACHMENTS)),
        ("DescribeTransitGatewayAttachments", Action::List(&transit::ATTACHMENTS)),
        ("CreateTransitGatewayRouteTable", Action::Own(transit::create_table)),
        ("DeleteTransitGatewayRouteTable", Action::Own(transit::delete_table)),
        ("DescribeTransitGatewayRouteTables", Action::List(&transit::TABLES)),
        ("AssociateTransitGatewayRouteTable", Action::Own(transit::associate)),
        ("DisassociateTransitGatewayRouteTable", Action::Own(transit::disassociate)),
        ("GetTransitGatewayRouteTableAssociations", Action::Own(transit::associations)),
        ("CreateTransitGatewayRoute", Action::Own(transit::create_route)),
        ("DeleteTransitGatewayRoute", Action::Own(transit::delete_route)),
        ("SearchTransitGatewayRoutes", Action::Own(transit::search_routes)),
        ("DescribeAccountAttributes", Action::Own(limits::account_attributes)),
    ],
    tasks: &[
        (nat::READY, nat::ready),
        (nat::DELETED, nat::deleted),
        (nat::FORGOTTEN, nat::forgotten),
        (endpoint::READY, endpoint::ready),
        (endpoint::GONE, endpoint::gone),
        (flow_log::WRITE, flow_log::write),
        (peering::EXPIRY, peering::expiry),
        (peering::PROVISIONED, peering::provisioned),
        (peering::FORGOTTEN, peering::forgotten),
        (vpn::READY, vpn::ready),
        (vpn::TUNNEL_UP, vpn::tunnel_up),
        (vpn::GONE, vpn::gone),
        (transit::SETTLED, transit::settled),
    ],
};
