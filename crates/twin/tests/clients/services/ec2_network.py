"""EC2's network: VPCs, subnets, routes, gateways, security groups, ACLs, addresses, interfaces, flow logs, peering, VPN, transit."""


def check(aws):
    ec2 = aws.client("ec2")
    vpc = check_vpcs(aws, ec2)
    subnets = check_subnets(aws, ec2, vpc)
    check_groups(aws, ec2, vpc)
    check_routes(aws, ec2, vpc, subnets)
    check_acls(aws, ec2, vpc, subnets)
    check_addresses(aws, ec2, subnets)
    check_interfaces(aws, ec2, subnets)
    check_endpoints(aws, ec2, vpc, subnets)
    check_flow_logs(aws, ec2, vpc)
    check_peering(aws, ec2, vpc)
    check_vpn(aws, ec2, vpc)
    check_transit(aws, ec2, vpc, subnets)
    check_prefix_lists(aws, ec2)
    check_default(aws)
    check_deletion(aws, ec2, vpc, subnets)


def check_vpcs(aws, ec2):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "walk"}]}]
    made = ec2.create_vpc(CidrBlock="10.40.0.7/16", TagSpecifications=tags)["Vpc"]
    vpc = made["VpcId"]
    aws.expect("block", (made["CidrBlock"], made["State"]), ("10.40.0.0/16", "available"))
    aws.refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8")
    aws.refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="10.0.0.0")
    named = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["wa*"]}, {"Name": "cidr", "Values": ["10.40.0.0/16"]}])
    aws.expect("found", [found["VpcId"] for found in named["Vpcs"]], [vpc])
    aws.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000"])
    dns = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
    aws.expect("dns", dns["EnableDnsSupport"]["Value"])
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    names = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    aws.expect("host names", names["EnableDnsHostnames"]["Value"])
    added = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.41.0.0/16")["CidrBlockAssociation"]["AssociationId"]
    aws.refused("InvalidVpc.Conflict", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.41.2.0/24")
    ec2.disassociate_vpc_cidr_block(AssociationId=added)
    options = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["walk.example.com"]}])
    options = options["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(VpcId=vpc, DhcpOptionsId=options)
    aws.refused("DependencyViolation", ec2.delete_dhcp_options, DhcpOptionsId=options)
    aws.expect("options", len(ec2.describe_dhcp_options(DhcpOptionsIds=[options])["DhcpOptions"]), 1)
    ec2.associate_dhcp_options(VpcId=vpc, DhcpOptionsId="default")
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    ec2.modify_vpc_tenancy(VpcId=vpc, InstanceTenancy="default")
    return vpc


def check_subnets(aws, ec2, vpc):
    subnets = []
    for letter, block in [("a", "10.40.0.0/24"), ("b", "10.40.1.0/24")]:
        zone = f"{aws.region}{letter}"
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]
        aws.expect("free", made["AvailableIpAddressCount"], 251)
        subnets.append(made["SubnetId"])
    aws.refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.40.1.128/25")
    aws.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.50.0.0/24")
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    aws.expect("subnets", sorted(one["SubnetId"] for one in found), sorted(subnets))
    return subnets


def check_groups(aws, ec2, vpc):
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    other = ec2.create_security_group(GroupName="data", Description="databases", VpcId=vpc)["GroupId"]
    aws.refused("InvalidGroup.Duplicate", ec2.create_security_group, GroupName="web", Description="x", VpcId=vpc)
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])["SecurityGroupRules"][0]
    aws.expect("rule", (rule["CidrIpv4"], rule["IsEgress"]), ("0.0.0.0/0", False))
    aws.refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[https])
    pair = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    ec2.authorize_security_group_egress(GroupId=other, IpPermissions=[https])
    shown = ec2.describe_security_groups(GroupIds=[other])["SecurityGroups"][0]
    aws.expect("pair", shown["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"], group)
    aws.expect("egress", len(shown["IpPermissionsEgress"]), 2)
    by_port = ec2.describe_security_groups(Filters=[{"Name": "ip-permission.from-port", "Values": ["443"]},
                                                    {"Name": "vpc-id", "Values": [vpc]}])
    aws.expect("by port", [found["GroupId"] for found in by_port["SecurityGroups"]], [group])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    aws.expect("rules", len(rules), 2)
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[
        {"SecurityGroupRuleId": rule["SecurityGroupRuleId"],
         "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIpv4": "10.0.0.0/8"}}])
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, SecurityGroupRuleDescriptions=[
        {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "inside only"}])
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"][0]
    aws.expect("modified", (shown["FromPort"], shown["IpRanges"]), (8443, [{"CidrIp": "10.0.0.0/8", "Description": "inside only"}]))
    ec2.update_security_group_rule_descriptions_egress(GroupId=other, IpPermissions=[
        {**https, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "out"}]}])
    aws.expect("references", ec2.describe_security_group_references(GroupId=[group])["SecurityGroupReferenceSet"][0]["GroupId"], group)
    aws.expect("of the vpc", len(ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]), 3)
    aws.refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    aws.refused("InvalidPermission.NotFound", ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[https])
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[pair])
    ec2.revoke_security_group_egress(GroupId=other, IpPermissions=[https])
    default = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])
    aws.refused("CannotDelete", ec2.delete_security_group, GroupId=default["SecurityGroups"][0]["GroupId"])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=other)
    aws.refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[group])


def check_routes(aws, ec2, vpc, subnets):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.refused("Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    aws.refused("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
    attached = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])["InternetGateways"]
    aws.expect("gateway", attached[0]["Attachments"][0]["State"], "available")
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.refused("RouteAlreadyExists", ec2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    one = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"]
    aws.refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    one = ec2.replace_route_table_association(AssociationId=one, RouteTableId=other)["NewAssociationId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]
    aws.expect("pending", nat["State"], "pending")
    ec2.create_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat["NatGatewayId"])
    aws.advance(minutes=3)
    named = {"NatGatewayIds": [nat["NatGatewayId"]]}
    aws.expect("nat", ec2.describe_nat_gateways(**named)["NatGateways"][0]["State"], "available")
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    aws.advance(minutes=3)
    aws.expect("deleted", ec2.describe_nat_gateways(**named)["NatGateways"][0]["State"], "deleted")
    routes = ec2.describe_route_tables(RouteTableIds=[other])["RouteTables"][0]["Routes"]
    aws.expect("hole", [route["State"] for route in routes], ["active", "blackhole"])
    aws.advance(hours=2)
    aws.refused("NatGatewayNotFound", ec2.describe_nat_gateways, **named)
    ec2.release_address(AllocationId=address)
    ec2.replace_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.delete_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0")
    aws.refused("InvalidRoute.NotFound", ec2.delete_route, RouteTableId=other, DestinationCidrBlock="0.0.0.0/0")
    ec2.disassociate_route_table(AssociationId=one)
    ec2.delete_route_table(RouteTableId=other)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    out = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    aws.expect("egress only", len(ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]), 1)
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=out)


def check_acls(aws, ec2, vpc, subnets):
    acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    aws.expect("default", (len(acls), len(acls[0]["Associations"])), (1, 2))
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": False,
             "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}}
    ec2.create_network_acl_entry(**entry)
    aws.refused("NetworkAclEntryAlreadyExists", ec2.create_network_acl_entry, **entry)
    ec2.replace_network_acl_entry(**{**entry, "RuleAction": "deny"})
    shown = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    aws.expect("entries", [(one["RuleNumber"], one["RuleAction"]) for one in shown],
               [(32767, "deny"), (100, "deny"), (32767, "deny")])
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    association = next(one for one in acls[0]["Associations"] if one["SubnetId"] == subnets[0])
    moved = ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    aws.refused("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    ec2.replace_network_acl_association(AssociationId=moved["NewAssociationId"], NetworkAclId=acls[0]["NetworkAclId"])
    ec2.delete_network_acl(NetworkAclId=acl)


def check_addresses(aws, ec2, subnets):
    address = ec2.allocate_address()
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    bound = ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)["AssociationId"]
    found = ec2.describe_addresses(PublicIps=[address["PublicIp"]])["Addresses"][0]
    aws.expect("bound", (found["AssociationId"], found["NetworkInterfaceId"]), (bound, interface))
    aws.refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=address["AllocationId"])
    ec2.disassociate_address(AssociationId=bound)
    ec2.release_address(AllocationId=address["AllocationId"])
    aws.refused("InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[address["AllocationId"]])
    ec2.delete_network_interface(NetworkInterfaceId=interface)


def check_interfaces(aws, ec2, subnets):
    made = ec2.create_network_interface(SubnetId=subnets[1], PrivateIpAddress="10.40.1.77", Description="walk")["NetworkInterface"]
    eni = made["NetworkInterfaceId"]
    aws.refused("InvalidIPAddress.InUse", ec2.create_network_interface, SubnetId=subnets[1], PrivateIpAddress="10.40.1.77")
    aws.refused("InvalidParameterValue", ec2.create_network_interface, SubnetId=subnets[1], PrivateIpAddress="10.40.1.1")
    free = ec2.describe_subnets(SubnetIds=[subnets[1]])["Subnets"][0]["AvailableIpAddressCount"]
    aws.expect("one taken", free, 250)
    assigned = ec2.assign_private_ip_addresses(NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=2)
    more = [one["PrivateIpAddress"] for one in assigned["AssignedPrivateIpAddresses"]]
    aws.expect("assigned", more, ["10.40.1.4", "10.40.1.5"])
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=eni, PrivateIpAddresses=more)
    ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, Description={"Value": "changed"})
    shown = ec2.describe_network_interface_attribute(NetworkInterfaceId=eni, Attribute="description")
    aws.expect("changed", shown["Description"]["Value"], "changed")
    instances = [one for group in ec2.describe_instances(Filters=[{"Name": "availability-zone", "Values": [f"{aws.region}b"]}])["Reservations"]
                 for one in group["Instances"]]
    if instances:
        attachment = ec2.attach_network_interface(NetworkInterfaceId=eni, InstanceId=instances[0]["InstanceId"], DeviceIndex=1)
        aws.refused("InvalidParameterValue", ec2.delete_network_interface, NetworkInterfaceId=eni)
        ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
    pages = ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5})
    aws.expect("listed", eni in [one["NetworkInterfaceId"] for page in pages for one in page["NetworkInterfaces"]])
    ec2.delete_network_interface(NetworkInterfaceId=eni)


def check_endpoints(aws, ec2, vpc, subnets):
    service = f"com.amazonaws.{aws.region}"
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    gateway = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{service}.s3", RouteTableIds=[table])["VpcEndpoint"]
    aws.expect("gateway endpoint", gateway["State"], "available")
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{service}.ssm", VpcEndpointType="Interface", SubnetIds=subnets)
    interface = made["VpcEndpoint"]["VpcEndpointId"]
    aws.expect("pending", made["VpcEndpoint"]["State"], "pending")
    aws.advance(minutes=3)
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[interface])["VpcEndpoints"][0]
    aws.expect("ready", (found["State"], len(found["NetworkInterfaceIds"])), ("available", 2))
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway["VpcEndpointId"], RemoveRouteTableIds=[table])
    aws.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[interface, gateway["VpcEndpointId"]])
    aws.advance(minutes=3)
    aws.refused("InvalidVpcEndpointId.NotFound", ec2.describe_vpc_endpoints, VpcEndpointIds=[interface])


def check_flow_logs(aws, ec2, vpc):
    role = f"arn:aws:iam::{aws.management}:role/flow"
    made = ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="walk-flow",
                                DeliverLogsPermissionArn=role, MaxAggregationInterval=60)
    aws.expect("made", (len(made["FlowLogIds"]), made["Unsuccessful"]), (1, []))
    again = ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="walk-flow",
                                 DeliverLogsPermissionArn=role)
    aws.expect("twice", again["Unsuccessful"][0]["Error"]["Code"], "FlowLogAlreadyExists")
    aws.expect("active", ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]["FlowLogStatus"], "ACTIVE")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="walk-flow", CreateBucketConfiguration={"LocationConstraint": aws.region})
    subnet = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    to_bucket = ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], TrafficType="REJECT", LogDestinationType="s3",
                                     LogDestination="arn:aws:s3:::walk-flow/net", MaxAggregationInterval=60)
    aws.expect("to a bucket", len(to_bucket["FlowLogIds"]), 1)
    aws.advance(minutes=2)
    ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"] + to_bucket["FlowLogIds"])
    ec2.delete_network_interface(NetworkInterfaceId=interface)


def check_peering(aws, ec2, vpc):
    other = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]
    name = {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}
    aws.expect("asked", made["Status"]["Code"], "pending-acceptance")
    ec2.accept_vpc_peering_connection(**name)
    aws.advance(minutes=1)
    found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[made["VpcPeeringConnectionId"]])
    aws.expect("active", found["VpcPeeringConnections"][0]["Status"]["Code"], "active")
    ec2.modify_vpc_peering_connection_options(RequesterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": True}, **name)
    aws.refused("DependencyViolation", ec2.delete_vpc, VpcId=other)
    ec2.delete_vpc_peering_connection(**name)
    aws.refused("InvalidStateTransition", ec2.accept_vpc_peering_connection, **name)
    second = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=second)
    ec2.delete_vpc(VpcId=other)


def check_vpn(aws, ec2, vpc):
    customer = ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65010, PublicIp="198.51.100.9")["CustomerGateway"]["CustomerGatewayId"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=vpc)
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    vpn = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway,
                                    Options={"StaticRoutesOnly": True})["VpnConnection"]["VpnConnectionId"]
    ec2.create_vpn_connection_route(VpnConnectionId=vpn, DestinationCidrBlock="192.168.0.0/24")
    aws.advance(minutes=12)
    found = ec2.describe_vpn_connections(VpnConnectionIds=[vpn])["VpnConnections"][0]
    aws.expect("tunnels", (found["State"], [one["Status"] for one in found["VgwTelemetry"]]), ("available", ["UP", "UP"]))
    ec2.delete_vpn_connection_route(VpnConnectionId=vpn, DestinationCidrBlock="192.168.0.0/24")
    aws.refused("IncorrectState", ec2.delete_customer_gateway, CustomerGatewayId=customer)
    ec2.delete_vpn_connection(VpnConnectionId=vpn)
    aws.advance(minutes=5)
    aws.expect("customers", len(ec2.describe_customer_gateways(CustomerGatewayIds=[customer])["CustomerGateways"]), 1)
    aws.expect("gateways", len(ec2.describe_vpn_gateways(VpnGatewayIds=[gateway])["VpnGateways"]), 1)
    ec2.detach_vpn_gateway(VpnGatewayId=gateway, VpcId=vpc)
    ec2.delete_vpn_gateway(VpnGatewayId=gateway)
    ec2.delete_customer_gateway(CustomerGatewayId=customer)


def check_transit(aws, ec2, vpc, subnets):
    gateway = ec2.create_transit_gateway(Description="walk")["TransitGateway"]["TransitGatewayId"]
    aws.refused("IncorrectState", ec2.create_transit_gateway_vpc_attachment, TransitGatewayId=gateway, VpcId=vpc, SubnetIds=subnets)
    aws.advance(minutes=5)
    aws.expect("available", ec2.describe_transit_gateways(TransitGatewayIds=[gateway])["TransitGateways"][0]["State"], "available")
    ec2.modify_transit_gateway(TransitGatewayId=gateway, Description="walked")
    aws.advance(minutes=5)
    made = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=vpc, SubnetIds=subnets)
    attachment = made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    aws.advance(minutes=5)
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    tables = ec2.describe_transit_gateway_route_tables(Filters=[{"Name": "transit-gateway-id", "Values": [gateway]}])
    aws.expect("tables", len(tables["TransitGatewayRouteTables"]), 2)
    first = next(one for one in tables["TransitGatewayRouteTables"] if one["TransitGatewayRouteTableId"] != table)
    ec2.disassociate_transit_gateway_route_table(TransitGatewayRouteTableId=first["TransitGatewayRouteTableId"],
                                                 TransitGatewayAttachmentId=attachment)
    ec2.associate_transit_gateway_route_table(TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment)
    found = ec2.get_transit_gateway_route_table_associations(TransitGatewayRouteTableId=table)["Associations"]
    aws.expect("associated", found[0]["ResourceId"], vpc)
    ec2.create_transit_gateway_route(TransitGatewayRouteTableId=table, DestinationCidrBlock="10.0.0.0/8",
                                     TransitGatewayAttachmentId=attachment)
    routes = ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=table, Filters=[{"Name": "state", "Values": ["active"]}])
    aws.expect("routes", len(routes["Routes"]), 1)
    ec2.delete_transit_gateway_route(TransitGatewayRouteTableId=table, DestinationCidrBlock="10.0.0.0/8")
    aws.expect("attachments", len(ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]), 1)
    aws.expect("of vpcs", len(ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]), 1)
    aws.refused("IncorrectState", ec2.delete_transit_gateway, TransitGatewayId=gateway)
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attachment)
    aws.advance(minutes=5)
    ec2.delete_transit_gateway_route_table(TransitGatewayRouteTableId=table)
    ec2.delete_transit_gateway(TransitGatewayId=gateway)
    aws.advance(hours=3)


def check_prefix_lists(aws, ec2):
    made = ec2.create_managed_prefix_list(PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4",
                                          Entries=[{"Cidr": "192.0.2.0/24"}])["PrefixList"]["PrefixListId"]
    aws.refused("PrefixListVersionMismatch", ec2.modify_managed_prefix_list, PrefixListId=made, CurrentVersion=7,
                AddEntries=[{"Cidr": "198.51.100.0/24"}])
    ec2.modify_managed_prefix_list(PrefixListId=made, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}])
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=made)["Entries"]
    aws.expect("entries", [entry["Cidr"] for entry in entries], ["192.0.2.0/24", "198.51.100.0/24"])
    aws.expect("version", ec2.describe_managed_prefix_lists(PrefixListIds=[made])["PrefixLists"][0]["Version"], 2)
    ec2.delete_managed_prefix_list(PrefixListId=made)
    aws.expect("of aws", len(ec2.describe_prefix_lists()["PrefixLists"]), 2)


def check_default(aws):
    ec2 = aws.client("ec2", region="eu-north-1")
    vpc = ec2.create_default_vpc()["Vpc"]
    aws.expect("default", (vpc["IsDefault"], vpc["CidrBlock"]), (True, "172.31.0.0/16"))
    aws.refused("DefaultVpcAlreadyExists", ec2.create_default_vpc)
    subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    aws.expect("default subnets", len(subnets), 3)
    ec2.delete_subnet(SubnetId=subnets[0]["SubnetId"])
    ec2.create_default_subnet(AvailabilityZone=subnets[0]["AvailabilityZone"])
    attributes = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    aws.expect("attribute", attributes[0]["AttributeValues"][0]["AttributeValue"], vpc["VpcId"])
    shown = aws.cli("ec2 describe-vpcs --filters Name=is-default,Values=true", region="eu-north-1")
    if shown is not None:
        aws.expect("cli", len(shown["Vpcs"]), 1)


def check_deletion(aws, ec2, vpc, subnets):
    aws.refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    for gateway in ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
        ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    ec2.delete_vpc(VpcId=vpc)
    aws.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])
