"""What several scenarios begin with. Its steps are compared like theirs."""


def image_of(aws):
    """An image to start machines from."""
    volume = aws.ec2.create_volume(Size=8, VolumeType="gp3", AvailabilityZone="us-east-1a")["VolumeId"]
    aws.wait(minutes=5)
    snapshot = aws.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    aws.wait(minutes=60)
    image = aws.ec2.register_image(
        Name="linux", RootDeviceName="/dev/xvda", Architecture="x86_64", VirtualizationType="hvm", EnaSupport=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])["ImageId"]
    aws.wait(minutes=60)
    return image


def subnets_of(aws):
    """A network with a gateway, and its two subnets."""
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    make = lambda block, zone: aws.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return vpc, [make("10.0.1.0/24", "us-east-1a"), make("10.0.2.0/24", "us-east-1b")]
