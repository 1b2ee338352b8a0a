"""Amazon Redshift: clusters, snapshots, groups."""

ASKED = {"NodeType": "ra3.xlplus", "MasterUsername": "owner", "MasterUserPassword": "Correct1horse"}


def check(aws):
    redshift = aws.client("redshift")
    _groups(aws, redshift)
    _cluster(aws, redshift)
    _states(aws, redshift)
    _snapshots(aws, redshift)
    _end(aws, redshift)


def _groups(aws, redshift):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    redshift.create_cluster_subnet_group(ClusterSubnetGroupName="data", Description="data", SubnetIds=[subnet])
    redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="data")
    aws.refused("ClusterSubnetGroupNotFoundFault", lambda: redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="x"))
    redshift.create_cluster_parameter_group(
        ParameterGroupName="ours", ParameterGroupFamily="redshift-1.0", Description="ours")
    aws.refused("ClusterParameterGroupAlreadyExists", lambda: redshift.create_cluster_parameter_group(
        ParameterGroupName="ours", ParameterGroupFamily="redshift-1.0", Description="ours"))
    redshift.describe_cluster_parameter_groups(ParameterGroupName="ours")
    redshift.modify_cluster_parameter_group(
        ParameterGroupName="ours", Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}])
    own = redshift.describe_cluster_parameters(ParameterGroupName="ours", Source="user")["Parameters"]
    aws.expect("own parameters", [(p["ParameterName"], p["ParameterValue"]) for p in own], [("require_ssl", "true")])


def _one(redshift, name="sales"):
    return redshift.describe_clusters(ClusterIdentifier=name)["Clusters"][0]


def _cluster(aws, redshift):
    asked = {"ClusterIdentifier": "sales", "NumberOfNodes": 2, **ASKED}
    made = redshift.create_cluster(
        **asked, ClusterSubnetGroupName="data", ClusterParameterGroupName="ours", Tags=[{"Key": "team", "Value": "sales"}])
    aws.expect("status", made["Cluster"]["ClusterStatus"], "creating")
    aws.refused("ClusterAlreadyExists", lambda: redshift.create_cluster(**asked))
    aws.refused("InvalidClusterState", lambda: redshift.pause_cluster(ClusterIdentifier="sales"))
    aws.advance(minutes=20)
    aws.expect("available", _one(redshift)["ClusterStatus"], "available")
    aws.refused("ClusterNotFound", lambda: redshift.describe_clusters(ClusterIdentifier="none"))
    arn = f"arn:aws:redshift:{aws.region}:{aws.management}:cluster:sales"
    redshift.create_tags(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
    redshift.delete_tags(ResourceName=arn, TagKeys=["team"])
    found = redshift.describe_tags(ResourceName=arn)["TaggedResources"]
    aws.expect("tags", [one["Tag"] for one in found], [{"Key": "a", "Value": "b"}])
    redshift.modify_cluster(ClusterIdentifier="sales", AutomatedSnapshotRetentionPeriod=5)
    aws.advance(minutes=5)
    aws.expect("retention", _one(redshift)["AutomatedSnapshotRetentionPeriod"], 5)
    redshift.modify_cluster_maintenance(ClusterIdentifier="sales", DeferMaintenance=True, DeferMaintenanceDuration=10)
    role = f"arn:aws:iam::{aws.management}:role/load"
    redshift.modify_cluster_iam_roles(ClusterIdentifier="sales", AddIamRoles=[role])
    aws.advance(minutes=5)
    aws.expect("roles", [r["IamRoleArn"] for r in _one(redshift)["IamRoles"]], [role])
    redshift.enable_logging(ClusterIdentifier="sales", BucketName="logs", S3KeyPrefix="redshift")
    status = redshift.describe_logging_status(ClusterIdentifier="sales")
    aws.expect("logging", (status["LoggingEnabled"], status["S3KeyPrefix"]), (True, "redshift/"))
    redshift.disable_logging(ClusterIdentifier="sales")
    aws.expect("no logging", redshift.describe_logging_status(ClusterIdentifier="sales")["LoggingEnabled"], False)


def _states(aws, redshift):
    redshift.resize_cluster(ClusterIdentifier="sales", NumberOfNodes=4)
    redshift.describe_resize(ClusterIdentifier="sales")
    aws.advance(hours=2)
    aws.expect("nodes", _one(redshift)["NumberOfNodes"], 4)
    redshift.pause_cluster(ClusterIdentifier="sales")
    aws.advance(minutes=30)
    aws.expect("paused", _one(redshift)["ClusterStatus"], "paused")
    aws.refused("InvalidClusterState", lambda: redshift.reboot_cluster(ClusterIdentifier="sales"))
    redshift.resume_cluster(ClusterIdentifier="sales")
    aws.advance(minutes=30)
    redshift.reboot_cluster(ClusterIdentifier="sales")
    aws.expect("rebooting", _one(redshift)["ClusterStatus"], "rebooting")
    aws.advance(minutes=15)
    aws.expect("available again", _one(redshift)["ClusterStatus"], "available")


def _snapshots(aws, redshift):
    redshift.create_cluster_snapshot(SnapshotIdentifier="first", ClusterIdentifier="sales")
    aws.refused("ClusterSnapshotAlreadyExists", lambda: redshift.create_cluster_snapshot(
        SnapshotIdentifier="first", ClusterIdentifier="sales"))
    aws.advance(minutes=30)
    found = redshift.describe_cluster_snapshots(SnapshotIdentifier="first")["Snapshots"][0]
    aws.expect("snapshot", (found["Status"], found["SnapshotType"]), ("available", "manual"))
    redshift.modify_cluster_snapshot(SnapshotIdentifier="first", ManualSnapshotRetentionPeriod=30)
    redshift.restore_from_cluster_snapshot(ClusterIdentifier="again", SnapshotIdentifier="first")
    aws.advance(hours=1)
    found = _one(redshift, "again")
    aws.expect("restored", (found["ClusterStatus"], found["NumberOfNodes"]), ("available", 4))
    aws.refused("ClusterSnapshotNotFound", lambda: redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="third", SnapshotIdentifier="none"))
    redshift.delete_cluster_snapshot(SnapshotIdentifier="first")
    aws.refused("ClusterSnapshotNotFound", lambda: redshift.describe_cluster_snapshots(SnapshotIdentifier="first"))


def _end(aws, redshift):
    redshift.create_cluster(ClusterIdentifier="secret", ClusterType="single-node", Encrypted=True, **ASKED)
    aws.advance(minutes=20)
    redshift.rotate_encryption_key(ClusterIdentifier="secret")
    aws.expect("rotating", _one(redshift, "secret")["ClusterStatus"], "rotating-keys")
    aws.advance(minutes=30)
    aws.expect("rotated", _one(redshift, "secret")["ClusterStatus"], "available")
    aws.refused("InvalidParameterCombination", lambda: redshift.delete_cluster(ClusterIdentifier="sales"))
    redshift.delete_cluster(ClusterIdentifier="sales", FinalClusterSnapshotIdentifier="last")
    for name in ("again", "secret"):
        redshift.delete_cluster(ClusterIdentifier=name, SkipFinalClusterSnapshot=True)
    aws.advance(minutes=30)
    aws.refused("ClusterNotFound", lambda: redshift.describe_clusters(ClusterIdentifier="sales"))
    aws.expect("final snapshot", len(redshift.describe_cluster_snapshots(SnapshotIdentifier="last")["Snapshots"]), 1)
    redshift.delete_cluster_parameter_group(ParameterGroupName="ours")
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName="data")
