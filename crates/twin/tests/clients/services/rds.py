"""Amazon RDS: instances, clusters, snapshots, groups, events, maintenance, restores."""

import datetime

TOPIC = "arn:aws:sns:{}:{}:databases"


def check(aws):
    rds = aws.client("rds")
    _catalog(rds)
    _groups(aws, rds)
    _instance(aws, rds)
    _snapshots(aws, rds)
    _restores(aws, rds)
    _replica(aws, rds)
    _cluster(aws, rds)
    _events(aws, rds)
    _sample(aws, rds)
    _end(aws, rds)


def _catalog(rds):
    rds.describe_db_engine_versions(Engine="postgres")
    rds.describe_orderable_db_instance_options(Engine="postgres")
    rds.describe_certificates()
    rds.describe_source_regions()
    rds.describe_account_attributes()


def _groups(aws, rds):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{at}.0/24", AvailabilityZone=f"{aws.region}{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab")
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="Data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    aws.refused("DBSubnetGroupAlreadyExists", lambda: rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets))
    rds.modify_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="ours", SubnetIds=subnets)
    aws.expect("subnet group", rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"][0]["VpcId"], vpc)
    aws.refused("DBSubnetGroupNotFoundFault", lambda: rds.describe_db_subnet_groups(DBSubnetGroupName="none"))
    rds.create_option_group(
        OptionGroupName="options", EngineName="mysql", MajorEngineVersion="8.0", OptionGroupDescription="ours")
    aws.expect("option groups", "options" in [
        g["OptionGroupName"] for g in rds.describe_option_groups()["OptionGroupsList"]])
    rds.delete_option_group(OptionGroupName="options")
    aws.refused("OptionGroupNotFoundFault", lambda: rds.delete_option_group(OptionGroupName="options"))
    _parameters(aws, rds)


def _parameters(aws, rds):
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="ours")
    aws.refused("DBParameterGroupAlreadyExists", lambda: rds.create_db_parameter_group(
        DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="ours"))
    rds.describe_db_parameter_groups(DBParameterGroupName="pg")
    change = {"ParameterName": "log_min_duration_statement", "ParameterValue": "500", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[change])
    own = rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"]
    aws.expect("own parameters", [p["ParameterValue"] for p in own], ["500"])
    rds.reset_db_parameter_group(DBParameterGroupName="pg", ResetAllParameters=True)
    own = rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"]
    aws.expect("own parameters after reset", own, [])
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="apg", DBParameterGroupFamily="aurora-postgresql16", Description="ours")
    rds.describe_db_cluster_parameter_groups()
    some = rds.describe_db_cluster_parameters(DBClusterParameterGroupName="apg")["Parameters"]
    able = next(p for p in some if p.get("IsModifiable"))
    rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="apg", Parameters=[
        {"ParameterName": able["ParameterName"], "ParameterValue": able.get("ParameterValue", "1"),
         "ApplyMethod": "pending-reboot"}])
    rds.reset_db_cluster_parameter_group(DBClusterParameterGroupName="apg", ResetAllParameters=True)
    rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName="apg")


def _one(rds, name):
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def _status(rds, name):
    return _one(rds, name)["DBInstanceStatus"]


ORDERS = {
    "DBInstanceIdentifier": "orders", "Engine": "postgres", "DBInstanceClass": "db.t3.medium", "AllocatedStorage": 20,
    "MasterUsername": "owner", "MasterUserPassword": "correct horse",
}


def _instance(aws, rds):
    aws.refused("DBInstanceNotFound", lambda: rds.describe_db_instances(DBInstanceIdentifier="orders"))
    made = rds.create_db_instance(
        **ORDERS, EngineVersion="16.3", DBSubnetGroupName="data", DBParameterGroupName="pg", BackupRetentionPeriod=7,
        Tags=[{"Key": "team", "Value": "sales"}], EnableCloudwatchLogsExports=["postgresql"])["DBInstance"]
    aws.expect("status when made", made["DBInstanceStatus"], "creating")
    aws.refused("InvalidParameterValue", lambda: rds.create_db_instance(
        **{**ORDERS, "DBInstanceIdentifier": "other"}, DedicatedLogVolume=True))
    aws.refused("DBInstanceAlreadyExists", lambda: rds.create_db_instance(**ORDERS))
    aws.refused("InvalidDBInstanceState", lambda: rds.reboot_db_instance(DBInstanceIdentifier="orders"))
    aws.advance(minutes=15)
    found = _one(rds, "orders")
    aws.expect("status", found["DBInstanceStatus"], "available")
    aws.expect("subnets", found["DBSubnetGroup"]["DBSubnetGroupName"], "data")
    arn = found["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
    aws.expect("tags", rds.list_tags_for_resource(ResourceName=arn)["TagList"], [{"Key": "a", "Value": "b"}])
    rds.reboot_db_instance(DBInstanceIdentifier="orders")
    aws.expect("rebooting", _status(rds, "orders"), "rebooting")
    aws.advance(minutes=5)
    rds.modify_db_instance(DBInstanceIdentifier="orders", DBInstanceClass="db.m6g.large", ApplyImmediately=True)
    aws.advance(minutes=2)
    aws.expect("modifying", _status(rds, "orders"), "modifying")
    aws.advance(minutes=20)
    aws.expect("class", _one(rds, "orders")["DBInstanceClass"], "db.m6g.large")
    rds.stop_db_instance(DBInstanceIdentifier="orders")
    aws.advance(minutes=10)
    aws.expect("stopped", _status(rds, "orders"), "stopped")
    aws.refused("InvalidDBInstanceState", lambda: rds.stop_db_instance(DBInstanceIdentifier="orders"))
    rds.start_db_instance(DBInstanceIdentifier="orders")
    aws.advance(minutes=10)
    aws.expect("started", _status(rds, "orders"), "available")
    logs = rds.describe_db_log_files(DBInstanceIdentifier="orders")["DescribeDBLogFiles"]
    rds.download_db_log_file_portion(DBInstanceIdentifier="orders", LogFileName=logs[0]["LogFileName"])
    aws.refused("DBLogFileNotFoundFault", lambda: rds.download_db_log_file_portion(
        DBInstanceIdentifier="orders", LogFileName="none"))


def _snapshots(aws, rds):
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="first")
    aws.refused("DBSnapshotAlreadyExists", lambda: rds.create_db_snapshot(
        DBInstanceIdentifier="orders", DBSnapshotIdentifier="first"))
    aws.advance(minutes=10)
    found = rds.describe_db_snapshots(DBSnapshotIdentifier="first")["DBSnapshots"][0]
    aws.expect("snapshot", (found["Status"], found["PercentProgress"]), ("available", 100))
    rds.copy_db_snapshot(SourceDBSnapshotIdentifier="first", TargetDBSnapshotIdentifier="second")
    aws.advance(minutes=10)
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="second", AttributeName="restore", ValuesToAdd=[aws.production])
    shared = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier="second")["DBSnapshotAttributesResult"]
    aws.expect("shared with", shared["DBSnapshotAttributes"][0]["AttributeValues"], [aws.production])
    rds.delete_db_snapshot(DBSnapshotIdentifier="second")
    aws.refused("DBSnapshotNotFound", lambda: rds.describe_db_snapshots(DBSnapshotIdentifier="second"))
    automated = rds.describe_db_snapshots(SnapshotType="automated", DBInstanceIdentifier="orders")["DBSnapshots"]
    aws.expect("first automated snapshot", len(automated), 1)
    aws.refused("InvalidDBSnapshotState", lambda: rds.delete_db_snapshot(
        DBSnapshotIdentifier=automated[0]["DBSnapshotIdentifier"]))


def _restores(aws, rds):
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="again", DBSnapshotIdentifier="first")
    aws.refused("DBSnapshotNotFound", lambda: rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="other", DBSnapshotIdentifier="none"))
    aws.advance(days=2)
    before = aws.now() - datetime.timedelta(hours=1)
    rds.modify_db_instance(DBInstanceIdentifier="orders", AllocatedStorage=40, ApplyImmediately=True)
    aws.advance(hours=12)
    aws.expect("storage", _one(rds, "orders")["AllocatedStorage"], 40)
    point = {"SourceDBInstanceIdentifier": "orders", "TargetDBInstanceIdentifier": "past"}
    far = before - datetime.timedelta(days=30)
    aws.refused("InvalidRestoreFault", lambda: rds.restore_db_instance_to_point_in_time(**point, RestoreTime=far))
    ahead = aws.now() + datetime.timedelta(hours=1)
    aws.refused("InvalidRestoreFault", lambda: rds.restore_db_instance_to_point_in_time(**point, RestoreTime=ahead))
    rds.restore_db_instance_to_point_in_time(**point, RestoreTime=before)
    aws.advance(minutes=20)
    past = _one(rds, "past")
    aws.expect("restored", (past["DBInstanceStatus"], past["AllocatedStorage"]), ("available", 20))
    automated = rds.describe_db_snapshots(SnapshotType="automated", DBInstanceIdentifier="orders")["DBSnapshots"]
    aws.expect("daily snapshots", len(automated) >= 3)


def _replica(aws, rds):
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="orders")
    aws.advance(minutes=20)
    aws.expect("replicas", _one(rds, "orders")["ReadReplicaDBInstanceIdentifiers"], ["reader"])
    aws.refused("InvalidDBInstanceState", lambda: rds.stop_db_instance(DBInstanceIdentifier="orders"))
    rds.promote_read_replica(DBInstanceIdentifier="reader")
    aws.advance(minutes=20)
    aws.expect("replicas", _one(rds, "orders")["ReadReplicaDBInstanceIdentifiers"], [])
    aws.expect("promoted", "ReadReplicaSourceDBInstanceIdentifier" not in _one(rds, "reader"))


def _cluster_status(rds, name="books"):
    return rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]


def _cluster(aws, rds):
    rds.create_db_cluster(
        DBClusterIdentifier="books", Engine="aurora-postgresql", MasterUsername="owner",
        ManageMasterUserPassword=True, DBSubnetGroupName="data")
    secret = rds.describe_db_clusters(DBClusterIdentifier="books")["DBClusters"][0]["MasterUserSecret"]["SecretArn"]
    aws.client("secretsmanager").describe_secret(SecretId=secret)
    aws.refused("DBClusterAlreadyExistsFault", lambda: rds.create_db_cluster(
        DBClusterIdentifier="books", Engine="aurora-postgresql", MasterUsername="owner", MasterUserPassword="correct horse"))
    aws.advance(minutes=10)
    for name in ("books-1", "books-2"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier="books", Engine="aurora-postgresql", DBInstanceClass="db.r6g.large")
    aws.advance(minutes=20)
    members = rds.describe_db_clusters(DBClusterIdentifier="books")["DBClusters"][0]["DBClusterMembers"]
    writers = [m["DBInstanceIdentifier"] for m in members if m["IsClusterWriter"]]
    rds.failover_db_cluster(DBClusterIdentifier="books")
    aws.advance(minutes=5)
    members = rds.describe_db_clusters(DBClusterIdentifier="books")["DBClusters"][0]["DBClusterMembers"]
    aws.expect("writer after failover", writers != [m["DBInstanceIdentifier"] for m in members if m["IsClusterWriter"]])
    rds.modify_db_cluster(DBClusterIdentifier="books", BackupRetentionPeriod=3, ApplyImmediately=True)
    aws.advance(minutes=5)
    rds.create_db_cluster_snapshot(DBClusterIdentifier="books", DBClusterSnapshotIdentifier="shelf")
    aws.advance(minutes=10)
    rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="shelf")
    rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier="shelf", TargetDBClusterSnapshotIdentifier="shelf2")
    aws.advance(minutes=10)
    rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="shelf2", AttributeName="restore", ValuesToAdd=["all"])
    rds.describe_db_cluster_snapshot_attributes(DBClusterSnapshotIdentifier="shelf2")
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="shelf2")
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="books-again", SnapshotIdentifier="shelf", Engine="aurora-postgresql")
    aws.advance(minutes=15)
    aws.expect("restored cluster", _cluster_status(rds, "books-again"), "available")
    rds.stop_db_cluster(DBClusterIdentifier="books")
    aws.advance(minutes=10)
    aws.expect("stopped cluster", _cluster_status(rds), "stopped")
    aws.refused("InvalidDBClusterStateFault", lambda: rds.stop_db_cluster(DBClusterIdentifier="books"))
    rds.start_db_cluster(DBClusterIdentifier="books")
    aws.advance(minutes=15)
    aws.expect("started cluster", _cluster_status(rds), "available")
    aws.refused("DBClusterNotFoundFault", lambda: rds.describe_db_clusters(DBClusterIdentifier="none"))
    rds.delete_db_cluster(DBClusterIdentifier="books-again", SkipFinalSnapshot=True)
    aws.refused("InvalidDBClusterStateFault", lambda: rds.delete_db_cluster(
        DBClusterIdentifier="books", SkipFinalSnapshot=True))


def _events(aws, rds):
    topic = TOPIC.format(aws.region, aws.management)
    aws.client("sns").create_topic(Name="databases")
    rds.describe_event_categories()
    rds.create_event_subscription(SubscriptionName="news", SnsTopicArn=topic, SourceType="db-instance")
    rds.add_source_identifier_to_subscription(SubscriptionName="news", SourceIdentifier="orders")
    rds.remove_source_identifier_from_subscription(SubscriptionName="news", SourceIdentifier="orders")
    rds.modify_event_subscription(SubscriptionName="news", Enabled=False)
    found = rds.describe_event_subscriptions(SubscriptionName="news")["EventSubscriptionsList"][0]
    aws.expect("enabled", found["Enabled"], False)
    rds.delete_event_subscription(SubscriptionName="news")
    aws.refused("SubscriptionNotFound", lambda: rds.describe_event_subscriptions(SubscriptionName="news"))
    events = rds.describe_events(SourceIdentifier="orders", SourceType="db-instance", Duration=1440)["Events"]
    aws.expect("events", bool(events))
    waiting = rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    for one in waiting[:1]:
        rds.apply_pending_maintenance_action(
            ResourceIdentifier=one["ResourceIdentifier"], OptInType="immediate",
            ApplyAction=one["PendingMaintenanceActionDetails"][0]["Action"])
    aws.refused("ResourceNotFoundFault", lambda: rds.apply_pending_maintenance_action(
        ResourceIdentifier=f"arn:aws:rds:{aws.region}:{aws.management}:db:none", ApplyAction="system-update",
        OptInType="immediate"))


def _sample(aws, rds):
    """An instance that has always been there is backed up like any other."""
    there = aws.client("rds", account=aws.production)
    found = there.describe_db_instances()["DBInstances"]
    aws.expect("instances of the scenario", bool(found))
    aws.advance(days=1)
    there = aws.client("rds", account=aws.production)
    kept = there.describe_db_cluster_snapshots(SnapshotType="automated")["DBClusterSnapshots"]
    clusters = [one["DBClusterIdentifier"] for one in there.describe_db_clusters()["DBClusters"]]
    aws.expect("automated cluster snapshots", [one["DBClusterIdentifier"] for one in kept], clusters)
    for one in found:
        if "DBClusterIdentifier" in one:
            continue  # its cluster is backed up
        kept = there.describe_db_snapshots(
            DBInstanceIdentifier=one["DBInstanceIdentifier"], SnapshotType="automated")["DBSnapshots"]
        aws.expect("automated snapshots", len(kept), 1)


def _end(aws, rds):
    rds.modify_db_instance(DBInstanceIdentifier="past", DeletionProtection=True, ApplyImmediately=True)
    aws.advance(minutes=5)
    aws.refused("InvalidParameterCombination", lambda: rds.delete_db_instance(
        DBInstanceIdentifier="past", SkipFinalSnapshot=True))
    rds.delete_db_instance(DBInstanceIdentifier="orders", FinalDBSnapshotIdentifier="last")
    for name in ("books-1", "books-2"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    aws.expect("deleting", _status(rds, "orders"), "deleting")
    aws.advance(minutes=20)
    aws.refused("DBInstanceNotFound", lambda: rds.describe_db_instances(DBInstanceIdentifier="orders"))
    aws.expect("final snapshot", rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"][0]["Status"], "available")
    rds.delete_db_cluster(DBClusterIdentifier="books", SkipFinalSnapshot=True)
    aws.advance(minutes=10)
    aws.refused("InvalidDBParameterGroupState", lambda: rds.delete_db_parameter_group(DBParameterGroupName="pg"))
    aws.refused("InvalidDBSubnetGroupStateFault", lambda: rds.delete_db_subnet_group(DBSubnetGroupName="data"))
    for name in ("again", "reader"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    rds.modify_db_instance(DBInstanceIdentifier="past", DeletionProtection=False, ApplyImmediately=True)
    aws.advance(minutes=5)
    rds.delete_db_instance(DBInstanceIdentifier="past", SkipFinalSnapshot=True)
    aws.advance(minutes=20)
    rds.delete_db_parameter_group(DBParameterGroupName="pg")
    rds.delete_db_subnet_group(DBSubnetGroupName="data")
