"""Amazon FSx: file systems and their backups."""


def check(aws):
    fsx = aws.client("fsx")
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    system = _file_system(aws, fsx, subnet)
    backup = _backups(aws, fsx, system, subnet)
    fsx.delete_file_system(FileSystemId=system, WindowsConfiguration={"SkipFinalBackup": True})
    aws.advance(minutes=30)
    aws.refused("FileSystemNotFound", lambda: fsx.describe_file_systems(FileSystemIds=[system]))
    fsx.delete_backup(BackupId=backup)
    aws.advance(minutes=5)
    aws.refused("BackupNotFound", lambda: fsx.describe_backups(BackupIds=[backup]))


def _file_system(aws, fsx, subnet):
    made = fsx.create_file_system(
        FileSystemType="WINDOWS", StorageCapacity=300, SubnetIds=[subnet], Tags=[{"Key": "Name", "Value": "share"}],
        WindowsConfiguration={"ThroughputCapacity": 32, "ActiveDirectoryId": "d-0123456789"})["FileSystem"]
    system = made["FileSystemId"]
    aws.expect("state", made["Lifecycle"], "CREATING")
    aws.advance(minutes=45)
    found = fsx.describe_file_systems(FileSystemIds=[system])["FileSystems"][0]
    aws.expect("available", found["Lifecycle"], "AVAILABLE")
    arn = found["ResourceARN"]
    fsx.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
    fsx.untag_resource(ResourceARN=arn, TagKeys=["Name"])
    aws.expect("tags", fsx.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "a", "Value": "b"}])
    aws.refused("BadRequest", lambda: fsx.update_file_system(FileSystemId=system, StorageCapacity=200))
    fsx.update_file_system(FileSystemId=system, StorageCapacity=400)
    aws.advance(hours=12)
    aws.expect("capacity", fsx.describe_file_systems(FileSystemIds=[system])["FileSystems"][0]["StorageCapacity"], 400)
    aws.refused("FileSystemNotFound", lambda: fsx.update_file_system(
        FileSystemId="fs-00000000000000000", StorageCapacity=500))
    return system


def _backups(aws, fsx, system, subnet):
    made = fsx.create_backup(FileSystemId=system)["Backup"]
    aws.refused("BackupInProgress", lambda: fsx.create_backup(FileSystemId=system))
    aws.advance(hours=2)
    found = fsx.describe_backups(BackupIds=[made["BackupId"]])["Backups"][0]
    aws.expect("backup", (found["Lifecycle"], found["Type"]), ("AVAILABLE", "USER_INITIATED"))
    again = fsx.create_file_system_from_backup(
        BackupId=made["BackupId"], SubnetIds=[subnet],
        WindowsConfiguration={"ThroughputCapacity": 32, "ActiveDirectoryId": "d-0123456789"})["FileSystem"]
    aws.advance(hours=2)
    found = fsx.describe_file_systems(FileSystemIds=[again["FileSystemId"]])["FileSystems"][0]
    aws.expect("restored", (found["Lifecycle"], found["StorageCapacity"]), ("AVAILABLE", 400))
    aws.refused("BackupNotFound", lambda: fsx.delete_backup(BackupId="backup-00000000000000000"))
    return made["BackupId"]
