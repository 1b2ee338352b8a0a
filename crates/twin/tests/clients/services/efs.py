"""Amazon EFS: file systems, their policies, mount targets, access points."""


def check(aws):
    efs = aws.client("efs")
    system = _file_system(aws, efs)
    _policies(aws, efs, system)
    _mount(aws, efs, system)
    _access(aws, efs, system)
    efs.delete_file_system(FileSystemId=system)
    aws.advance(minutes=5)
    aws.refused("FileSystemNotFound", lambda: efs.describe_file_systems(FileSystemId=system))


def _file_system(aws, efs):
    made = efs.create_file_system(CreationToken="media", Encrypted=True, Tags=[{"Key": "Name", "Value": "media"}])
    system = made["FileSystemId"]
    aws.expect("state", made["LifeCycleState"], "creating")
    aws.refused("IncorrectFileSystemLifeCycleState", lambda: efs.create_mount_target(
        FileSystemId=system, SubnetId="subnet-0123456789abcdef0"))
    aws.advance(minutes=2)
    found = efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]
    aws.expect("found", (found["LifeCycleState"], found["Name"]), ("available", "media"))
    efs.update_file_system(FileSystemId=system, ThroughputMode="elastic")
    efs.update_file_system_protection(FileSystemId=system, ReplicationOverwriteProtection="DISABLED")
    aws.advance(minutes=2)
    found = efs.describe_file_systems(CreationToken="media")["FileSystems"][0]
    aws.expect("throughput", found["ThroughputMode"], "elastic")
    efs.tag_resource(ResourceId=system, Tags=[{"Key": "a", "Value": "b"}])
    efs.untag_resource(ResourceId=system, TagKeys=["Name"])
    aws.expect("tags", efs.list_tags_for_resource(ResourceId=system)["Tags"], [{"Key": "a", "Value": "b"}])
    return system


def _policies(aws, efs, system):
    aws.refused("PolicyNotFound", lambda: efs.describe_file_system_policy(FileSystemId=system))
    efs.put_file_system_policy(FileSystemId=system, Policy='{"Version": "2012-10-17", "Statement": []}')
    efs.describe_file_system_policy(FileSystemId=system)
    efs.delete_file_system_policy(FileSystemId=system)
    rule = [{"TransitionToIA": "AFTER_30_DAYS"}]
    efs.put_lifecycle_configuration(FileSystemId=system, LifecyclePolicies=rule)
    aws.expect("lifecycle", efs.describe_lifecycle_configuration(FileSystemId=system)["LifecyclePolicies"], rule)
    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "ENABLED"})
    aws.advance(minutes=5)
    aws.expect("backup", efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"]["Status"], "ENABLED")
    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "DISABLED"})


def _mount(aws, efs, system):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="nfs", Description="nfs", VpcId=vpc)["GroupId"]
    target = efs.create_mount_target(FileSystemId=system, SubnetId=subnet)["MountTargetId"]
    aws.refused("MountTargetConflict", lambda: efs.create_mount_target(FileSystemId=system, SubnetId=subnet))
    aws.advance(minutes=5)
    found = efs.describe_mount_targets(FileSystemId=system)["MountTargets"][0]
    aws.expect("target", (found["LifeCycleState"], found["VpcId"]), ("available", vpc))
    efs.modify_mount_target_security_groups(MountTargetId=target, SecurityGroups=[group])
    aws.expect("groups", efs.describe_mount_target_security_groups(MountTargetId=target)["SecurityGroups"], [group])
    aws.refused("FileSystemInUse", lambda: efs.delete_file_system(FileSystemId=system))
    efs.delete_mount_target(MountTargetId=target)
    aws.advance(minutes=5)
    aws.refused("MountTargetNotFound", lambda: efs.describe_mount_targets(MountTargetId=target))


def _access(aws, efs, system):
    point = efs.create_access_point(ClientToken="one", FileSystemId=system, PosixUser={"Uid": 1, "Gid": 1})["AccessPointId"]
    aws.advance(minutes=2)
    found = efs.describe_access_points(FileSystemId=system)["AccessPoints"][0]
    aws.expect("access point", (found["AccessPointId"], found["LifeCycleState"]), (point, "available"))
    efs.delete_access_point(AccessPointId=point)
    aws.advance(minutes=2)
    aws.refused("AccessPointNotFound", lambda: efs.describe_access_points(AccessPointId=point))
