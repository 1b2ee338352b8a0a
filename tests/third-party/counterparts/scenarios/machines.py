"""EC2: networks, security groups, instances, volumes, snapshots, images, tags and filters."""

from making import image_of



def networks(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws.ec2.create_vpc(CidrBlock="10.0.0.0/8")
    aws.ec2.create_vpc(CidrBlock="nonsense")
    aws.ec2.describe_vpcs(VpcIds=[vpc])
    aws.ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])
    aws.ec2.describe_vpcs(VpcIds=["nonsense"])
    aws.ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/16"]}])
    aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    aws.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="colour")
    zone = {"AvailabilityZone": "us-east-1a"}
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", **zone)["Subnet"]["SubnetId"]
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/25", **zone)
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="192.168.0.0/24", **zone)
    aws.ec2.create_subnet(VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.2.0/24", **zone)
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1z")
    aws.ec2.describe_subnets(SubnetIds=[subnet])
    aws.ec2.describe_subnets(SubnetIds=["subnet-0123456789abcdef0"])
    aws.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    aws.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    aws.ec2.delete_vpc(VpcId=vpc)
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.attach_internet_gateway(InternetGatewayId="igw-0123456789abcdef0", VpcId=vpc)
    aws.ec2.describe_internet_gateways(InternetGatewayIds=[gateway])
    aws.ec2.describe_internet_gateways(InternetGatewayIds=["igw-0123456789abcdef0"])
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.ec2.create_route(RouteTableId="rtb-0123456789abcdef0", DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="nonsense", GatewayId=gateway)
    used = aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    aws.ec2.describe_route_tables(RouteTableIds=[table])
    aws.ec2.describe_route_tables(RouteTableIds=["rtb-0123456789abcdef0"])
    aws.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    aws.ec2.disassociate_route_table(AssociationId=used)
    aws.ec2.disassociate_route_table(AssociationId=used)
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_vpc(VpcId=vpc)
    aws.ec2.delete_vpc(VpcId=vpc)


def security_groups(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = aws.ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    aws.ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)
    aws.ec2.create_security_group(GroupName="sg-web", Description="web", VpcId=vpc)
    aws.ec2.create_security_group(GroupName="other", Description="web", VpcId="vpc-0123456789abcdef0")
    aws.ec2.create_security_group(GroupName="other", VpcId=vpc)
    aws.ec2.describe_security_groups(GroupIds=[group])
    aws.ec2.describe_security_groups(GroupIds=["sg-0123456789abcdef0"])
    aws.ec2.describe_security_groups(GroupIds=["nonsense"])
    aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    aws.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["w*"]}])
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
    aws.ec2.authorize_security_group_ingress(GroupId="sg-0123456789abcdef0", IpPermissions=[https])
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**https, "FromPort": 500}])
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**https, "IpRanges": [{"CidrIp": "nonsense"}]}])
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**https, "IpProtocol": "pigeon"}])
    aws.ec2.authorize_security_group_ingress(GroupId=group)
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
    aws.ec2.describe_security_groups(GroupIds=[group])
    aws.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[{**https, "FromPort": 80, "ToPort": 80}])
    aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[https])
    aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[https])
    aws.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[https])
    aws.ec2.describe_security_groups(GroupIds=[group])
    own = aws.ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])
    aws.ec2.delete_security_group(GroupId=own["SecurityGroups"][0]["GroupId"])
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.delete_security_group(GroupId=group)


def instances(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    image = image_of(aws)
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId="subnet-0123456789abcdef0", InstanceType="t3.micro")
    aws.ec2.run_instances(ImageId=image, MinCount=2, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro")
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t9.gigantic")
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro", KeyName="nobody")
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro",
                          SecurityGroupIds=["sg-0123456789abcdef0"])
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro", DryRun=True)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    made = aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro",
                                 TagSpecifications=tags)["Instances"][0]["InstanceId"]
    aws.wait(minutes=10)
    aws.ec2.describe_instances(InstanceIds=[made])
    aws.ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"])
    aws.ec2.describe_instances(InstanceIds=["nonsense"])
    aws.ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["w*"]}])
    aws.ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}])
    aws.ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["red"]}])
    aws.ec2.describe_instance_status(InstanceIds=[made])
    aws.ec2.describe_instance_attribute(InstanceId=made, Attribute="disableApiTermination")
    aws.ec2.describe_instance_attribute(InstanceId=made, Attribute="instanceType")
    aws.ec2.describe_instance_attribute(InstanceId=made, Attribute="colour")
    aws.ec2.modify_instance_attribute(InstanceId=made, DisableApiTermination={"Value": True})
    aws.ec2.terminate_instances(InstanceIds=[made])
    aws.ec2.modify_instance_attribute(InstanceId=made, DisableApiTermination={"Value": False})
    aws.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "t3.large"})
    aws.ec2.reboot_instances(InstanceIds=[made])
    aws.ec2.reboot_instances(InstanceIds=["i-0123456789abcdef0"])
    aws.ec2.stop_instances(InstanceIds=["i-0123456789abcdef0"])
    aws.ec2.stop_instances(InstanceIds=[made], DryRun=True)
    aws.ec2.stop_instances(InstanceIds=[made])
    aws.wait(minutes=10)
    aws.ec2.describe_instances(InstanceIds=[made])
    aws.ec2.describe_instance_status(InstanceIds=[made], IncludeAllInstances=True)
    aws.ec2.stop_instances(InstanceIds=[made])
    aws.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "t3.large"})
    aws.ec2.start_instances(InstanceIds=[made])
    aws.wait(minutes=10)
    aws.ec2.start_instances(InstanceIds=[made])
    aws.ec2.terminate_instances(InstanceIds=[made])
    aws.wait(minutes=10)
    aws.ec2.describe_instances(InstanceIds=[made])
    aws.ec2.start_instances(InstanceIds=[made])
    aws.ec2.terminate_instances(InstanceIds=[made])


def volumes(aws):
    zone = {"AvailabilityZone": "us-east-1a"}
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "web"}]}]
    volume = aws.ec2.create_volume(Size=8, VolumeType="gp3", TagSpecifications=tags, **zone)["VolumeId"]
    aws.wait(minutes=5)
    aws.ec2.create_volume(Size=8, AvailabilityZone="us-east-1z")
    aws.ec2.create_volume(**zone)
    aws.ec2.create_volume(Size=8, VolumeType="io2", **zone)
    aws.ec2.create_volume(Size=0, VolumeType="gp3", **zone)
    aws.ec2.create_volume(Size=8, VolumeType="fast", **zone)
    aws.ec2.create_volume(SnapshotId="snap-0123456789abcdef0", **zone)
    aws.ec2.describe_volumes(VolumeIds=[volume])
    aws.ec2.describe_volumes(VolumeIds=["vol-0123456789abcdef0"])
    aws.ec2.describe_volumes(VolumeIds=["nonsense"])
    aws.ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])
    aws.ec2.describe_volumes(Filters=[{"Name": "tag:team", "Values": ["web"]}])
    aws.ec2.describe_volumes(Filters=[{"Name": "colour", "Values": ["red"]}])
    aws.ec2.modify_volume(VolumeId=volume, Size=16)
    aws.ec2.modify_volume(VolumeId="vol-0123456789abcdef0", Size=16)
    aws.wait(minutes=60)
    aws.ec2.describe_volumes_modifications(VolumeIds=[volume])
    aws.ec2.modify_volume(VolumeId=volume, Size=4)
    aws.ec2.attach_volume(VolumeId=volume, InstanceId="i-0123456789abcdef0", Device="/dev/sdf")
    aws.ec2.attach_volume(VolumeId="vol-0123456789abcdef0", InstanceId="i-0123456789abcdef0", Device="/dev/sdf")
    aws.ec2.detach_volume(VolumeId=volume)
    snapshot = aws.ec2.create_snapshot(VolumeId=volume, Description="before")["SnapshotId"]
    aws.ec2.create_snapshot(VolumeId="vol-0123456789abcdef0")
    aws.wait(minutes=60)
    aws.ec2.describe_snapshots(SnapshotIds=[snapshot])
    aws.ec2.describe_snapshots(SnapshotIds=["snap-0123456789abcdef0"])
    aws.ec2.describe_snapshots(SnapshotIds=["nonsense"])
    aws.ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])
    aws.ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    aws.ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=["111122223333"])
    aws.ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    copy = aws.ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    aws.ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId="snap-0123456789abcdef0")
    aws.wait(minutes=60)
    restored = aws.ec2.create_volume(SnapshotId=snapshot, **zone)["VolumeId"]
    aws.ec2.create_volume(SnapshotId=snapshot, Size=1, **zone)
    aws.wait(minutes=5)
    image = aws.ec2.register_image(
        Name="from-snapshot", RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])["ImageId"]
    aws.wait(minutes=60)
    aws.ec2.delete_snapshot(SnapshotId=snapshot)
    aws.ec2.describe_images(ImageIds=[image])
    aws.ec2.describe_images(ImageIds=["ami-0123456789abcdef0"])
    aws.ec2.deregister_image(ImageId=image)
    aws.ec2.deregister_image(ImageId=image)
    aws.ec2.delete_snapshot(SnapshotId=snapshot)
    aws.ec2.delete_snapshot(SnapshotId=snapshot)
    aws.ec2.delete_snapshot(SnapshotId=copy)
    aws.ec2.delete_volume(VolumeId=restored)
    aws.ec2.delete_volume(VolumeId=volume)
    aws.wait(minutes=5)
    aws.ec2.delete_volume(VolumeId=volume)


def attached_volumes(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    image = image_of(aws)
    made = aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro")
    instance = made["Instances"][0]["InstanceId"]
    here = aws.ec2.create_volume(Size=8, VolumeType="gp3", AvailabilityZone="us-east-1a")["VolumeId"]
    elsewhere = aws.ec2.create_volume(Size=8, VolumeType="gp3", AvailabilityZone="us-east-1b")["VolumeId"]
    aws.wait(minutes=10)
    aws.ec2.attach_volume(VolumeId=elsewhere, InstanceId=instance, Device="/dev/sdf")
    aws.ec2.attach_volume(VolumeId=here, InstanceId=instance, Device="/dev/sdf")
    aws.wait(minutes=5)
    aws.ec2.attach_volume(VolumeId=here, InstanceId=instance, Device="/dev/sdg")
    aws.ec2.describe_volumes(VolumeIds=[here])
    aws.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]},
                                      {"Name": "attachment.device", "Values": ["/dev/sdf"]}])
    aws.ec2.detach_volume(VolumeId=here, InstanceId="i-0123456789abcdef0")
    aws.ec2.detach_volume(VolumeId=here)
    aws.wait(minutes=5)
    aws.ec2.detach_volume(VolumeId=here)
    aws.ec2.describe_volumes(VolumeIds=[here])
    aws.ec2.delete_volume(VolumeId=here)
    picture = aws.ec2.create_image(InstanceId=instance, Name="picture", Description="of a machine")["ImageId"]
    aws.ec2.create_image(InstanceId=instance, Name="picture")
    aws.ec2.create_image(InstanceId="i-0123456789abcdef0", Name="nothing")
    aws.wait(minutes=60)
    aws.ec2.describe_images(ImageIds=[picture])
    aws.ec2.terminate_instances(InstanceIds=[instance])


def tags(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": "test"}])
    aws.ec2.create_tags(Resources=["vpc-0123456789abcdef0"], Tags=[{"Key": "team", "Value": "web"}])
    aws.ec2.create_tags(Resources=["nonsense"], Tags=[{"Key": "team", "Value": "web"}])
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "aws:mine", "Value": "x"}])
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "k" * 129, "Value": "x"}])
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"k{n}", "Value": "x"} for n in range(51)])
    aws.ec2.create_tags(Resources=[vpc], Tags=[])
    aws.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])
    aws.ec2.describe_tags(Filters=[{"Name": "key", "Values": ["te*"]}])
    aws.ec2.describe_vpcs(Filters=[{"Name": "tag:team", "Values": ["web", "shop"]}])
    aws.ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["stage"]}])
    aws.ec2.describe_vpcs(Filters=[{"Name": "tag:team", "Values": ["w?b"]}, {"Name": "tag:stage", "Values": ["live"]}])
    aws.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "other"}])
    aws.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "stage"}])
    aws.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "nobody"}])
    aws.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])


def addresses(aws):
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    aws.ec2.describe_addresses(AllocationIds=[address])
    aws.ec2.describe_addresses(AllocationIds=["eipalloc-0123456789abcdef0"])
    aws.ec2.associate_address(AllocationId=address, InstanceId="i-0123456789abcdef0")
    aws.ec2.associate_address(AllocationId="eipalloc-0123456789abcdef0", InstanceId="i-0123456789abcdef0")
    aws.ec2.disassociate_address(AssociationId="eipassoc-0123456789abcdef0")
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.create_key_pair(KeyName="key")
    aws.ec2.create_key_pair(KeyName="key")
    aws.ec2.describe_key_pairs(KeyNames=["key"])
    aws.ec2.describe_key_pairs(KeyNames=["nobody"])
    aws.ec2.delete_key_pair(KeyName="key")
    aws.ec2.delete_key_pair(KeyName="key")
    template = aws.ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.micro"})["LaunchTemplate"]["LaunchTemplateId"]
    aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.micro"})
    aws.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.small"})
    aws.ec2.describe_launch_templates(LaunchTemplateNames=["web"])
    aws.ec2.describe_launch_templates(LaunchTemplateNames=["nobody"])
    aws.ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Latest"])
    aws.ec2.delete_launch_template(LaunchTemplateId=template)
    aws.ec2.delete_launch_template(LaunchTemplateId=template)
    aws.ec2.describe_regions(RegionNames=["us-east-1"])
    aws.ec2.describe_regions(RegionNames=["nowhere-1"])
    aws.ec2.describe_availability_zones(ZoneNames=["us-east-1a"])
    aws.ec2.get_ebs_encryption_by_default()
    aws.ec2.enable_ebs_encryption_by_default()
    aws.ec2.get_ebs_encryption_by_default()
