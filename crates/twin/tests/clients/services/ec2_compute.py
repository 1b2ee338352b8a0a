"""EC2's machines and storage: instances, volumes, snapshots, images, launch templates, key pairs."""

import base64


def check(aws):
    ec2 = aws.client("ec2")
    subnet = _places(aws, ec2)
    image = _catalogue(aws, ec2)
    instance = _instances(aws, ec2, image, subnet)
    _attributes(aws, ec2, instance)
    volume = _volumes(aws, ec2, instance)
    snapshot = _snapshots(aws, ec2, instance, volume)
    _images(aws, ec2, instance, snapshot)
    _root_volume(aws, ec2, instance)
    _templates(aws, ec2, image, subnet, instance)
    _end(aws, ec2, instance)


def _places(aws, ec2):
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    aws.expect("zones", [zone["ZoneId"] for zone in zones], ["euw1-az1", "euw1-az2", "euw1-az3"])
    aws.expect("regions", aws.region in [r["RegionName"] for r in ec2.describe_regions()["Regions"]], True)
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24", AvailabilityZone="eu-west-1a")["Subnet"]["SubnetId"]


def _catalogue(aws, ec2):
    types = ec2.describe_instance_types(InstanceTypes=["t3.small", "m6g.large"])["InstanceTypes"]
    aws.expect("memory", sorted(t["MemoryInfo"]["SizeInMiB"] for t in types), [2048, 8192])
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(LocationType="availability-zone")
    aws.expect("offerings", len([o for page in pages for o in page["InstanceTypeOfferings"]]) > 150, True)
    filters = [{"Name": "name", "Values": ["al2023-ami-*"]}, {"Name": "architecture", "Values": ["x86_64"]}]
    images = ec2.describe_images(Owners=["amazon"], Filters=filters)["Images"]
    aws.expect("images", len(images), 1)
    aws.refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=["ami-00000000000000000"])
    return images[0]["ImageId"]


def _instances(aws, ec2, image, subnet):
    material = ec2.create_key_pair(KeyName="operator")
    aws.expect("key", "PRIVATE KEY" in material["KeyMaterial"], True)
    public = base64.b64encode(b"material").decode()
    ec2.import_key_pair(KeyName="imported", PublicKeyMaterial=f"ssh-ed25519 {public}".encode())
    names = [key["KeyName"] for key in ec2.describe_key_pairs()["KeyPairs"]]
    aws.expect("keys", names, ["imported", "operator"])
    ec2.delete_key_pair(KeyName="imported")
    made = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.small",
        SubnetId=subnet,
        KeyName="operator",
        MinCount=2,
        MaxCount=2,
        UserData="#!/bin/sh\ntrue",
        Monitoring={"Enabled": True},
        MetadataOptions={"HttpTokens": "required"},
        BlockDeviceMappings=[{"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 3, "VolumeType": "gp3"}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
    )
    ids = [one["InstanceId"] for one in made["Instances"]]
    aws.expect("pending", {one["State"]["Name"] for one in made["Instances"]}, {"pending"})
    aws.advance(minutes=5)
    found = ec2.describe_instances(InstanceIds=ids)["Reservations"]
    aws.expect("together", [len(r["Instances"]) for r in found], [2])
    aws.expect("tags", found[0]["Instances"][0]["Tags"], [{"Key": "Name", "Value": "web"}])
    status = ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    aws.expect("checks", {one["InstanceStatus"]["Status"] for one in status}, {"ok"})
    ec2.stop_instances(InstanceIds=ids[1:])
    aws.refused("IncorrectInstanceState", ec2.start_instances, InstanceIds=ids[1:])
    aws.advance(minutes=2)
    every = ec2.describe_instance_status(IncludeAllInstances=True, InstanceIds=ids)["InstanceStatuses"]
    aws.expect("states", sorted(one["InstanceState"]["Name"] for one in every), ["running", "stopped"])
    ec2.start_instances(InstanceIds=ids[1:])
    aws.advance(minutes=1)
    ec2.reboot_instances(InstanceIds=ids)
    ec2.terminate_instances(InstanceIds=ids[1:])
    aws.expect("cli", aws.cli(f"ec2 describe-instances --instance-ids {ids[0]}") is not None, True)
    return ids[0]


def _attributes(aws, ec2, instance):
    for attribute in [
        "instanceType", "userData", "disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior",
        "rootDeviceName", "blockDeviceMapping", "productCodes", "sourceDestCheck", "groupSet", "ebsOptimized",
        "enaSupport", "sriovNetSupport", "enclaveOptions",
    ]:
        ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    aws.refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    ec2.reset_instance_attribute(InstanceId=instance, Attribute="sourceDestCheck")
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=2)
    ec2.unmonitor_instances(InstanceIds=[instance])
    ec2.monitor_instances(InstanceIds=[instance])
    specification = [{"InstanceId": instance, "CpuCredits": "standard"}, {"InstanceId": "i-0", "CpuCredits": "standard"}]
    changed = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=specification)
    aws.expect("changed", len(changed["SuccessfulInstanceCreditSpecifications"]), 1)
    ec2.modify_instance_maintenance_options(InstanceId=instance, AutoRecovery="disabled")
    ec2.modify_instance_metadata_defaults(HttpTokens="required")
    aws.expect("defaults", ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"], "required")
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference")
    aws.refused(
        "InvalidInstanceEventIDNotFound",
        ec2.modify_instance_event_start_time,
        InstanceId=instance,
        InstanceEventId="instance-event-0",
        NotBefore="2099-01-01T00:00:00Z",
    )
    credit = ec2.describe_instance_credit_specifications(InstanceIds=[instance])["InstanceCreditSpecifications"]
    aws.expect("credits", credit[0]["CpuCredits"], "standard")
    aws.expect("console", "Amazon Linux" in ec2.get_console_output(InstanceId=instance)["Output"], True)
    iam = aws.client("iam")
    for name in ["machine", "other"]:
        iam.create_instance_profile(InstanceProfileName=name)
    made = ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": "machine"})
    association = made["IamInstanceProfileAssociation"]["AssociationId"]
    aws.advance(seconds=10)
    replaced = ec2.replace_iam_instance_profile_association(
        AssociationId=association, IamInstanceProfile={"Name": "other"}
    )["IamInstanceProfileAssociation"]["AssociationId"]
    aws.advance(seconds=10)
    known = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    aws.expect("profile", [one["State"] for one in known], ["associated"])
    ec2.disassociate_iam_instance_profile(AssociationId=replaced)


def _volumes(aws, ec2, instance):
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10, VolumeType="gp3")["VolumeId"]
    aws.refused("UnknownVolumeType", ec2.create_volume, AvailabilityZone="eu-west-1a", Size=1, VolumeType="gp9")
    aws.advance(seconds=10)
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    aws.advance(seconds=10)
    filters = [{"Name": "attachment.instance-id", "Values": [instance]}]
    aws.expect("attached", len(ec2.describe_volumes(Filters=filters)["Volumes"]), 3)
    ec2.modify_volume(VolumeId=volume, Size=20)
    aws.advance(minutes=10)
    done = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"][0]
    aws.expect("modified", (done["ModificationState"], done["TargetSize"]), ("completed", 20))
    ec2.describe_volume_status(VolumeIds=[volume])
    ec2.enable_volume_io(VolumeId=volume)
    ec2.modify_volume_attribute(VolumeId=volume, AutoEnableIO={"Value": True})
    shown = ec2.describe_volume_attribute(VolumeId=volume, Attribute="autoEnableIO")
    aws.expect("attribute", shown["AutoEnableIO"]["Value"], True)
    ec2.detach_volume(VolumeId=volume)
    aws.advance(seconds=20)
    other = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    aws.advance(seconds=10)
    ec2.delete_volume(VolumeId=other)
    aws.expect("default", ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"], False)
    ec2.enable_ebs_encryption_by_default()
    ec2.disable_ebs_encryption_by_default()
    ec2.get_ebs_default_kms_key_id()
    key = aws.client("kms").create_key()["KeyMetadata"]
    chosen = ec2.modify_ebs_default_kms_key_id(KmsKeyId=key["KeyId"])["KmsKeyId"]
    aws.expect("key", chosen, key["Arn"])
    ec2.reset_ebs_default_kms_key_id()
    return volume


def _snapshots(aws, ec2, instance, volume):
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="first")["SnapshotId"]
    several = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}, CopyTagsFromSource="volume")
    aws.expect("several", len(several["Snapshots"]), 2)
    aws.advance(minutes=5)
    aws.expect("complete", ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"], "completed")
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=[aws.production]
    )
    shared = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    aws.expect("shared", shared["CreateVolumePermissions"], [{"UserId": aws.production}])
    ec2.reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    copied = ec2.copy_snapshot(SourceSnapshotId=snapshot, SourceRegion=aws.region, Encrypted=True)["SnapshotId"]
    aws.advance(minutes=5)
    ec2.modify_snapshot_tier(SnapshotId=copied, StorageTier="archive")
    aws.advance(hours=25)
    tier = ec2.describe_snapshot_tier_status(Filters=[{"Name": "snapshot-id", "Values": [copied]}])
    aws.expect("archived", tier["SnapshotTierStatuses"][0]["StorageTier"], "archive")
    ec2.restore_snapshot_tier(SnapshotId=copied, PermanentRestore=True)
    ec2.delete_snapshot(SnapshotId=copied)
    aws.refused("InvalidSnapshot.NotFound", ec2.delete_snapshot, SnapshotId=copied)
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    aws.expect("blocked", ec2.get_snapshot_block_public_access_state()["State"], "block-all-sharing")
    ec2.disable_snapshot_block_public_access()
    return snapshot


def _images(aws, ec2, instance, snapshot):
    golden = ec2.create_image(InstanceId=instance, Name="golden", NoReboot=True)["ImageId"]
    registered = ec2.register_image(
        Name="registered",
        RootDeviceName="/dev/xvda",
        Architecture="x86_64",
        VirtualizationType="hvm",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    aws.advance(minutes=5)
    copied = ec2.copy_image(SourceImageId=golden, SourceRegion=aws.region, Name="copied")["ImageId"]
    aws.advance(minutes=5)
    states = [image["State"] for image in ec2.describe_images(Owners=["self"])["Images"]]
    aws.expect("images", states, ["available"] * 3)
    ec2.enable_image_deprecation(ImageId=golden, DeprecateAt="2099-01-01T00:00:00Z")
    ec2.disable_image_deprecation(ImageId=golden)
    ec2.disable_image(ImageId=golden)
    ec2.enable_image(ImageId=golden)
    ec2.enable_image_deregistration_protection(ImageId=golden)
    aws.refused("OperationNotPermitted", ec2.deregister_image, ImageId=golden)
    ec2.disable_image_deregistration_protection(ImageId=golden)
    ec2.modify_image_attribute(ImageId=golden, LaunchPermission={"Add": [{"UserId": aws.production}]})
    ec2.modify_image_attribute(ImageId=golden, Description={"Value": "for everybody"})
    for attribute in ["description", "launchPermission", "blockDeviceMapping", "bootMode", "imdsSupport"]:
        ec2.describe_image_attribute(ImageId=golden, Attribute=attribute)
    aws.expect("blocked", ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"], "block-new-sharing")
    everyone = {"Add": [{"Group": "all"}]}
    aws.refused("OperationNotPermitted", ec2.modify_image_attribute, ImageId=golden, LaunchPermission=everyone)
    ec2.disable_image_block_public_access()
    ec2.modify_image_attribute(ImageId=golden, LaunchPermission=everyone)
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    ec2.reset_image_attribute(ImageId=golden, Attribute="launchPermission")
    for image in [golden, registered, copied]:
        ec2.deregister_image(ImageId=image)


def _root_volume(aws, ec2, instance):
    ec2.create_replace_root_volume_task(InstanceId=instance, DeleteReplacedRootVolume=True)
    aws.advance(minutes=3)
    tasks = ec2.describe_replace_root_volume_tasks(Filters=[{"Name": "instance-id", "Values": [instance]}])
    aws.expect("replaced", tasks["ReplaceRootVolumeTasks"][0]["TaskState"], "succeeded")


def _templates(aws, ec2, image, subnet, instance):
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small"}
    )
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    found = ec2.describe_launch_templates(LaunchTemplateNames=["web"])["LaunchTemplates"][0]
    aws.expect("versions", (found["DefaultVersionNumber"], found["LatestVersionNumber"]), (2, 2))
    launched = ec2.run_instances(LaunchTemplate={"LaunchTemplateId": template}, SubnetId=subnet, MinCount=1, MaxCount=1)
    aws.expect("launched", launched["Instances"][0]["InstanceType"], "t3.small")
    ec2.terminate_instances(InstanceIds=[launched["Instances"][0]["InstanceId"]])
    gone = ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["1", "2"])
    aws.expect("gone", len(gone["SuccessfullyDeletedLaunchTemplateVersions"]), 1)
    ec2.describe_launch_template_versions(LaunchTemplateId=template)
    ec2.get_launch_template_data(InstanceId=instance)
    ec2.delete_launch_template(LaunchTemplateId=template)


def _end(aws, ec2, instance):
    ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(minutes=2)
    state = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
    aws.expect("ended", state, "terminated")
