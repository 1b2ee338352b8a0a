"""Where data is: DynamoDB, RDS, EFS, and AWS Backup, which copies it."""

TABLE = {
    "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": "customer", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"}],
}


def tables(aws):
    aws.dynamodb.create_table(**{**TABLE, "TableName": "a"})
    aws.dynamodb.create_table(
        **{**TABLE, "TableName": "half", "AttributeDefinitions": TABLE["AttributeDefinitions"][:1]})
    aws.dynamodb.create_table(**{**TABLE, "TableName": "provisioned", "BillingMode": "PROVISIONED"})
    table = aws.dynamodb.create_table(**TABLE, Tags=[{"Key": "team", "Value": "web"}])["TableDescription"]["TableArn"]
    aws.wait(minutes=5)
    aws.dynamodb.create_table(**TABLE)
    aws.dynamodb.describe_table(TableName="orders")
    aws.dynamodb.describe_table(TableName="nobody")
    aws.dynamodb.list_tables()
    aws.dynamodb.list_tags_of_resource(ResourceArn=table)
    aws.dynamodb.tag_resource(ResourceArn=table, Tags=[{"Key": "stage", "Value": "test"}])
    aws.dynamodb.untag_resource(ResourceArn=table, TagKeys=["team"])
    aws.dynamodb.list_tags_of_resource(ResourceArn=table)
    aws.dynamodb.list_tags_of_resource(ResourceArn=table + "-nobody")
    aws.dynamodb.describe_continuous_backups(TableName="orders")
    aws.dynamodb.describe_continuous_backups(TableName="nobody")
    aws.dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    aws.dynamodb.describe_time_to_live(TableName="orders")
    aws.dynamodb.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    aws.dynamodb.update_table(TableName="orders", DeletionProtectionEnabled=True)
    aws.wait(minutes=5)
    aws.dynamodb.delete_table(TableName="orders")
    aws.dynamodb.update_table(TableName="orders", DeletionProtectionEnabled=False)
    aws.dynamodb.update_table(TableName="nobody", BillingMode="PAY_PER_REQUEST")
    aws.wait(minutes=5)
    backup = aws.dynamodb.create_backup(TableName="orders", BackupName="daily")["BackupDetails"]["BackupArn"]
    aws.dynamodb.create_backup(TableName="nobody", BackupName="daily")
    aws.wait(minutes=30)
    aws.dynamodb.describe_backup(BackupArn=backup)
    aws.dynamodb.restore_table_from_backup(TargetTableName="orders", BackupArn=backup)
    aws.dynamodb.delete_backup(BackupArn=backup)
    aws.dynamodb.delete_table(TableName="orders")
    aws.wait(minutes=5)
    aws.dynamodb.delete_table(TableName="orders")
    aws.dynamodb.describe_table(TableName="orders")


def items(aws):
    aws.dynamodb.create_table(**TABLE)
    aws.wait(minutes=5)
    key = lambda customer, number: {"customer": {"S": customer}, "number": {"N": str(number)}}
    order = lambda number, total: {**key("ana", number), "total": {"N": str(total)}, "lines": {"L": [{"S": "tea"}]}}
    put = lambda item, **more: aws.dynamodb.put_item(TableName="orders", Item=item, **more)
    put(order(1, 10))
    put(order(1, 11), ConditionExpression="attribute_not_exists(customer)")
    put(order(1, 12), ReturnValues="ALL_OLD")
    put({"customer": {"S": "ana"}})
    put({**key("ana", 1), "customer": {"N": "1"}})
    put({**key("ana", 1), "customer": {"S": ""}})
    put(order(2, "ten"))
    put(order(2, 20))
    put(order(3, 30))
    aws.dynamodb.put_item(TableName="nobody", Item=order(1, 1))
    get = lambda at, **more: aws.dynamodb.get_item(TableName="orders", Key=at, **more)
    get(key("ana", 1))
    get(key("ben", 1))
    get({"customer": {"S": "ana"}})
    get(key("ana", 1), ProjectionExpression="total")
    get(key("ana", 1), ProjectionExpression="#t", ExpressionAttributeNames={"#x": "total"})
    query = lambda **more: aws.dynamodb.query(TableName="orders", **more)
    ana = {"KeyConditionExpression": "customer = :c", "ExpressionAttributeValues": {":c": {"S": "ana"}}}
    query(**ana)
    query(**ana, Limit=1, ScanIndexForward=False)
    query(**ana, Select="COUNT")
    query(KeyConditionExpression="customer = :c and #n between :a and :b", ExpressionAttributeNames={"#n": "number"},
          ExpressionAttributeValues={":c": {"S": "ana"}, ":a": {"N": "2"}, ":b": {"N": "9"}})
    query(KeyConditionExpression="total = :t", ExpressionAttributeValues={":t": {"N": "10"}})
    query(KeyConditionExpression="customer = :c")
    query(**ana, IndexName="nobody")
    scan = lambda **more: aws.dynamodb.scan(TableName="orders", **more)
    scan()
    scan(FilterExpression="total > :t", ExpressionAttributeValues={":t": {"N": "15"}})
    scan(FilterExpression="total >", ExpressionAttributeValues={":t": {"N": "15"}})
    scan(FilterExpression="size(lines) = :n", ExpressionAttributeValues={":n": {"N": "1"}})
    update = lambda expression, **more: aws.dynamodb.update_item(
        TableName="orders", Key=key("ana", 1), UpdateExpression=expression, **more)
    update("SET total = total + :n", ExpressionAttributeValues={":n": {"N": "5"}}, ReturnValues="UPDATED_NEW")
    update("SET paid = :p REMOVE lines", ExpressionAttributeValues={":p": {"BOOL": True}}, ReturnValues="ALL_NEW")
    update("SET nowhere = nobody + :n", ExpressionAttributeValues={":n": {"N": "5"}})
    update("DANCE total", ReturnValues="ALL_NEW")
    update("SET #n = :n", ExpressionAttributeNames={"#n": "number"}, ExpressionAttributeValues={":n": {"N": "5"}})
    update("SET total = :n", ConditionExpression="total > :m",
           ExpressionAttributeValues={":n": {"N": "5"}, ":m": {"N": "1000"}})
    aws.dynamodb.delete_item(TableName="orders", Key=key("ana", 3), ReturnValues="ALL_OLD")
    aws.dynamodb.delete_item(TableName="orders", Key=key("ana", 3))
    write = lambda *requests: aws.dynamodb.batch_write_item(RequestItems={"orders": list(requests)})
    write({"PutRequest": {"Item": order(4, 40)}}, {"DeleteRequest": {"Key": key("ana", 2)}})
    write({"PutRequest": {"Item": order(4, 40)}}, {"DeleteRequest": {"Key": key("ana", 4)}})
    write(*[{"PutRequest": {"Item": order(n, 1)}} for n in range(100, 126)])
    aws.dynamodb.batch_get_item(RequestItems={"orders": {"Keys": [key("ana", 4), key("ana", 99)]}})
    aws.dynamodb.batch_get_item(RequestItems={"orders": {"Keys": [key("ana", 4), key("ana", 4)]}})
    aws.dynamodb.transact_write_items(TransactItems=[
        {"Put": {"TableName": "orders", "Item": order(5, 50)}},
        {"ConditionCheck": {"TableName": "orders", "Key": key("ana", 4), "ConditionExpression": "attribute_not_exists(total)"}}])
    aws.dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": order(5, 50)}}])
    aws.dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "orders", "Key": key("ana", 5)}}])


def databases(aws):
    make = {"DBInstanceIdentifier": "shop", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
            "MasterUsername": "harbour", "MasterUserPassword": "not-a-secret", "StorageType": "gp3",
            "PreferredBackupWindow": "03:30-04:00", "PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}
    aws.rds.create_db_instance(**{**make, "DBInstanceIdentifier": "wrong-engine", "Engine": "oracular"})
    aws.rds.create_db_instance(**{**make, "DBInstanceIdentifier": "1-shop"})
    aws.rds.create_db_instance(**{**make, "DBInstanceIdentifier": "wrong-class", "DBInstanceClass": "db.huge"})
    aws.rds.create_db_instance(**{**make, "DBInstanceIdentifier": "wrong-password", "MasterUserPassword": "short"})
    aws.rds.create_db_instance(**{**make, "DBInstanceIdentifier": "wrong-group", "DBSubnetGroupName": "nobody"})
    arn = aws.rds.create_db_instance(**make, Tags=[{"Key": "team", "Value": "web"}])["DBInstance"]["DBInstanceArn"]
    aws.rds.create_db_instance(**make)
    aws.wait(minutes=60)
    aws.rds.describe_db_instances(DBInstanceIdentifier="shop")
    aws.rds.describe_db_instances(DBInstanceIdentifier="nobody")
    aws.rds.describe_db_instances(Filters=[{"Name": "engine", "Values": ["mysql"]}])
    aws.rds.describe_db_instances(Filters=[{"Name": "colour", "Values": ["red"]}])
    aws.rds.list_tags_for_resource(ResourceName=arn)
    aws.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "stage", "Value": "test"}])
    aws.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
    aws.rds.list_tags_for_resource(ResourceName=arn)
    aws.rds.list_tags_for_resource(ResourceName=arn + "-nobody")
    aws.rds.modify_db_instance(DBInstanceIdentifier="shop", BackupRetentionPeriod=7, ApplyImmediately=True)
    aws.rds.modify_db_instance(DBInstanceIdentifier="nobody", BackupRetentionPeriod=7)
    aws.rds.modify_db_instance(DBInstanceIdentifier="shop", DBParameterGroupName="nobody", ApplyImmediately=True)
    aws.wait(minutes=60)
    aws.rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before")
    aws.rds.create_db_snapshot(DBInstanceIdentifier="nobody", DBSnapshotIdentifier="other")
    aws.wait(minutes=60)
    aws.rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before")
    aws.rds.describe_db_snapshots(DBSnapshotIdentifier="before")
    aws.rds.describe_db_snapshots(DBSnapshotIdentifier="nobody")
    aws.rds.copy_db_snapshot(SourceDBSnapshotIdentifier="before", TargetDBSnapshotIdentifier="before-copy")
    aws.rds.copy_db_snapshot(SourceDBSnapshotIdentifier="nobody", TargetDBSnapshotIdentifier="other-copy")
    aws.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before")
    aws.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="again", DBSnapshotIdentifier="nobody")
    aws.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="again", DBSnapshotIdentifier="before")
    aws.wait(minutes=60)
    aws.rds.stop_db_instance(DBInstanceIdentifier="again")
    aws.rds.stop_db_instance(DBInstanceIdentifier="nobody")
    aws.wait(minutes=60)
    aws.rds.stop_db_instance(DBInstanceIdentifier="again")
    aws.rds.reboot_db_instance(DBInstanceIdentifier="again")
    aws.rds.start_db_instance(DBInstanceIdentifier="again")
    aws.wait(minutes=60)
    aws.rds.start_db_instance(DBInstanceIdentifier="again")
    aws.rds.reboot_db_instance(DBInstanceIdentifier="nobody")
    aws.rds.modify_db_instance(DBInstanceIdentifier="again", DeletionProtection=True, ApplyImmediately=True)
    aws.wait(minutes=60)
    aws.rds.delete_db_instance(DBInstanceIdentifier="again", SkipFinalSnapshot=True)
    aws.rds.delete_db_instance(DBInstanceIdentifier="shop")
    aws.rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    aws.wait(minutes=60)
    aws.rds.describe_db_instances(DBInstanceIdentifier="shop")
    aws.rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier="before")
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier="before")


def database_groups(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    make = lambda block, zone: aws.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
    subnets = [make("10.0.1.0/24", "us-east-1a"), make("10.0.2.0/24", "us-east-1b")]
    group = {"DBSubnetGroupName": "shop", "DBSubnetGroupDescription": "the shop"}
    aws.rds.create_db_subnet_group(**group, SubnetIds=["subnet-0123456789abcdef0"])
    aws.rds.create_db_subnet_group(**group, SubnetIds=subnets[:1])
    aws.rds.create_db_subnet_group(**group, SubnetIds=subnets)
    aws.rds.create_db_subnet_group(**group, SubnetIds=subnets)
    aws.rds.describe_db_subnet_groups(DBSubnetGroupName="shop")
    aws.rds.describe_db_subnet_groups(DBSubnetGroupName="nobody")
    aws.rds.delete_db_subnet_group(DBSubnetGroupName="shop")
    aws.rds.delete_db_subnet_group(DBSubnetGroupName="shop")
    group = {"DBParameterGroupName": "shop", "DBParameterGroupFamily": "postgres15", "Description": "the shop"}
    aws.rds.create_db_parameter_group(**group)
    aws.rds.create_db_parameter_group(**group)
    aws.rds.describe_db_parameter_groups(DBParameterGroupName="shop")
    aws.rds.describe_db_parameter_groups(DBParameterGroupName="nobody")
    aws.rds.delete_db_parameter_group(DBParameterGroupName="shop")
    aws.rds.delete_db_parameter_group(DBParameterGroupName="shop")
    cluster = {"DBClusterIdentifier": "wide", "Engine": "aurora-postgresql", "MasterUsername": "harbour",
               "PreferredBackupWindow": "03:30-04:00", "PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}
    aws.rds.create_db_cluster(**cluster, MasterUserPassword="not-a-secret")
    aws.rds.create_db_cluster(**cluster, MasterUserPassword="not-a-secret")
    aws.wait(minutes=60)
    aws.rds.describe_db_clusters(DBClusterIdentifier="wide")
    aws.rds.describe_db_clusters(DBClusterIdentifier="nobody")
    aws.rds.create_db_cluster_snapshot(DBClusterIdentifier="wide", DBClusterSnapshotIdentifier="before")
    aws.rds.create_db_cluster_snapshot(DBClusterIdentifier="nobody", DBClusterSnapshotIdentifier="other")
    aws.wait(minutes=60)
    aws.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="before")
    aws.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="nobody")
    aws.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="before")
    aws.rds.delete_db_cluster(DBClusterIdentifier="wide", SkipFinalSnapshot=True)
    aws.wait(minutes=60)
    aws.rds.delete_db_cluster(DBClusterIdentifier="wide", SkipFinalSnapshot=True)


def file_systems(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    files = aws.efs.create_file_system(CreationToken="one", Encrypted=True, Tags=[{"Key": "Name", "Value": "home"}])["FileSystemId"]
    aws.efs.create_file_system(CreationToken="one")
    aws.wait(minutes=10)
    aws.efs.describe_file_systems(FileSystemId=files)
    aws.efs.describe_file_systems(FileSystemId="fs-0123456789abcdef0")
    aws.efs.describe_file_systems(CreationToken="one")
    mount = aws.efs.create_mount_target(FileSystemId=files, SubnetId=subnet)["MountTargetId"]
    aws.efs.create_mount_target(FileSystemId=files, SubnetId=subnet)
    aws.efs.create_mount_target(FileSystemId=files, SubnetId="subnet-0123456789abcdef0")
    aws.efs.create_mount_target(FileSystemId="fs-0123456789abcdef0", SubnetId=subnet)
    aws.wait(minutes=10)
    aws.efs.describe_mount_targets(FileSystemId=files)
    aws.efs.describe_mount_targets(MountTargetId="fsmt-0123456789abcdef0")
    aws.efs.delete_file_system(FileSystemId=files)
    aws.efs.describe_lifecycle_configuration(FileSystemId=files)
    aws.efs.put_lifecycle_configuration(FileSystemId=files, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
    aws.efs.describe_backup_policy(FileSystemId=files)
    aws.efs.put_backup_policy(FileSystemId=files, BackupPolicy={"Status": "ENABLED"})
    aws.efs.describe_file_system_policy(FileSystemId=files)
    aws.efs.list_tags_for_resource(ResourceId=files)
    aws.efs.tag_resource(ResourceId=files, Tags=[{"Key": "team", "Value": "web"}])
    aws.efs.untag_resource(ResourceId=files, TagKeys=["Name"])
    aws.efs.list_tags_for_resource(ResourceId=files)
    point = aws.efs.create_access_point(ClientToken="a", FileSystemId=files)["AccessPointId"]
    aws.wait(minutes=5)
    aws.efs.describe_access_points(FileSystemId=files)
    aws.efs.delete_access_point(AccessPointId=point)
    aws.efs.delete_access_point(AccessPointId="fsap-0123456789abcdef0")
    aws.efs.delete_mount_target(MountTargetId=mount)
    aws.wait(minutes=10)
    aws.efs.delete_mount_target(MountTargetId=mount)
    aws.efs.delete_file_system(FileSystemId=files)
    aws.wait(minutes=10)
    aws.efs.delete_file_system(FileSystemId=files)


def backups(aws):
    aws.backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"team": "web"})
    aws.backup.create_backup_vault(BackupVaultName="vault")
    aws.backup.create_backup_vault(BackupVaultName="not a name")
    aws.backup.describe_backup_vault(BackupVaultName="vault")
    aws.backup.describe_backup_vault(BackupVaultName="nobody")
    aws.backup.list_backup_vaults()
    daily = {"RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 * * ? *)",
             "Lifecycle": {"DeleteAfterDays": 30}}
    make = lambda rule: aws.backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": [rule]})
    plan = make(daily)["BackupPlanId"]
    make(daily)
    make({**daily, "TargetBackupVaultName": "nobody"})
    make({**daily, "ScheduleExpression": "sometimes"})
    make({**daily, "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 31}})
    aws.backup.get_backup_plan(BackupPlanId=plan)
    aws.backup.get_backup_plan(BackupPlanId="11111111-2222-3333-4444-555555555555")
    aws.backup.list_backup_plans()
    selection = aws.backup.create_backup_selection(BackupPlanId=plan, BackupSelection={
        "SelectionName": "web", "IamRoleArn": "arn:aws:iam::123456789012:role/backup",
        "Resources": ["arn:aws:ec2:*:*:volume/*"]})["SelectionId"]
    aws.backup.list_backup_selections(BackupPlanId=plan)
    aws.backup.delete_backup_plan(BackupPlanId=plan)
    aws.backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)
    aws.backup.delete_backup_plan(BackupPlanId=plan)
    aws.backup.delete_backup_plan(BackupPlanId=plan)
    aws.backup.describe_backup_job(BackupJobId="11111111-2222-3333-4444-555555555555")
    aws.backup.get_backup_vault_access_policy(BackupVaultName="vault")
    aws.backup.put_backup_vault_lock_configuration(BackupVaultName="vault", MinRetentionDays=7)
    aws.backup.list_tags(ResourceArn="arn:aws:backup:us-east-1:123456789012:backup-vault:vault")
    aws.backup.delete_backup_vault(BackupVaultName="vault")
    aws.backup.delete_backup_vault(BackupVaultName="nobody")
