"""Amazon ElastiCache: clusters, replication groups, snapshots, groups, users, service updates."""


def check(aws):
    cache = aws.client("elasticache")
    _groups(aws, cache)
    _cluster(aws, cache)
    _replication(aws, cache)
    _snapshots(aws, cache)
    _updates(aws, cache)
    _end(aws, cache)


def _groups(aws, cache):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    cache.describe_cache_engine_versions(Engine="redis")
    cache.create_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=[subnet])
    cache.describe_cache_subnet_groups(CacheSubnetGroupName="data")
    aws.refused("CacheSubnetGroupNotFoundFault", lambda: cache.describe_cache_subnet_groups(CacheSubnetGroupName="none"))
    cache.create_cache_parameter_group(
        CacheParameterGroupName="ours", CacheParameterGroupFamily="redis7", Description="ours")
    aws.refused("CacheParameterGroupAlreadyExists", lambda: cache.create_cache_parameter_group(
        CacheParameterGroupName="ours", CacheParameterGroupFamily="redis7", Description="ours"))
    cache.describe_cache_parameter_groups(CacheParameterGroupName="ours")
    cache.create_user(
        UserId="ann", UserName="ann", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired=True)
    cache.describe_users(UserId="ann")
    cache.delete_user(UserId="ann")
    aws.refused("UserNotFound", lambda: cache.delete_user(UserId="ann"))


def _one(cache, name="pages"):
    return cache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]


def _cluster(aws, cache):
    asked = {"CacheClusterId": "pages", "Engine": "memcached", "CacheNodeType": "cache.t4g.small", "NumCacheNodes": 2}
    made = cache.create_cache_cluster(**asked, CacheSubnetGroupName="data", Tags=[{"Key": "team", "Value": "sales"}])
    aws.expect("status", made["CacheCluster"]["CacheClusterStatus"], "creating")
    aws.refused("CacheClusterAlreadyExists", lambda: cache.create_cache_cluster(**asked))
    aws.refused("InvalidCacheClusterState", lambda: cache.modify_cache_cluster(CacheClusterId="pages", NumCacheNodes=3))
    aws.advance(minutes=15)
    found = _one(cache)
    aws.expect("available", (found["CacheClusterStatus"], len(found["CacheNodes"])), ("available", 2))
    arn = found["ARN"]
    cache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
    cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
    aws.expect("tags", cache.list_tags_for_resource(ResourceName=arn)["TagList"], [{"Key": "a", "Value": "b"}])
    cache.modify_cache_cluster(CacheClusterId="pages", NumCacheNodes=3, ApplyImmediately=True)
    aws.advance(minutes=20)
    aws.expect("nodes", len(_one(cache)["CacheNodes"]), 3)
    fewer = {"CacheClusterId": "pages", "NumCacheNodes": 2, "ApplyImmediately": True}
    aws.refused("InvalidParameterCombination", lambda: cache.modify_cache_cluster(**fewer))
    cache.modify_cache_cluster(**fewer, CacheNodeIdsToRemove=["0002"])
    aws.advance(minutes=20)
    aws.expect("other nodes", [node["CacheNodeId"] for node in _one(cache)["CacheNodes"]], ["0001", "0003"])
    cache.reboot_cache_cluster(CacheClusterId="pages", CacheNodeIdsToReboot=["0001"])
    aws.expect("rebooting", _one(cache)["CacheClusterStatus"], "rebooting cluster nodes")
    aws.advance(minutes=10)
    aws.expect("available again", _one(cache)["CacheClusterStatus"], "available")
    aws.refused("CacheClusterNotFound", lambda: cache.describe_cache_clusters(CacheClusterId="none"))


def _group(cache, name="carts"):
    return cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]


def _primary(cache):
    members = _group(cache)["NodeGroups"][0]["NodeGroupMembers"]
    return [m["CacheClusterId"] for m in members if m.get("CurrentRole") == "primary"]


def _replication(aws, cache):
    asked = {
        "ReplicationGroupId": "carts", "ReplicationGroupDescription": "carts", "Engine": "redis",
        "CacheNodeType": "cache.m6g.large", "NumCacheClusters": 2, "AutomaticFailoverEnabled": True,
        "CacheSubnetGroupName": "data",
    }
    aws.expect("status", cache.create_replication_group(**asked)["ReplicationGroup"]["Status"], "creating")
    aws.refused("ReplicationGroupAlreadyExists", lambda: cache.create_replication_group(**asked))
    aws.advance(minutes=20)
    aws.expect("available", _group(cache)["Status"], "available")
    named = {"ReplicationGroupId": "carts", "ApplyImmediately": True}
    cache.increase_replica_count(**named, NewReplicaCount=2)
    aws.advance(minutes=20)
    aws.expect("members", len(_group(cache)["MemberClusters"]), 3)
    cache.decrease_replica_count(**named, NewReplicaCount=1)
    aws.advance(minutes=20)
    aws.expect("fewer members", len(_group(cache)["MemberClusters"]), 2)
    cache.modify_replication_group(**named, SnapshotRetentionLimit=3)
    aws.advance(minutes=10)
    aws.expect("retention", _group(cache)["SnapshotRetentionLimit"], 3)
    before = _primary(cache)
    cache.test_failover(ReplicationGroupId="carts", NodeGroupId="0001")
    aws.advance(minutes=15)
    aws.expect("another primary", before and _primary(cache) != before)
    aws.refused("ReplicationGroupNotFoundFault", lambda: cache.describe_replication_groups(ReplicationGroupId="none"))


def _snapshots(aws, cache):
    cache.create_snapshot(ReplicationGroupId="carts", SnapshotName="first")
    aws.refused("SnapshotAlreadyExistsFault", lambda: cache.create_snapshot(
        ReplicationGroupId="carts", SnapshotName="first"))
    aws.advance(minutes=30)
    found = cache.describe_snapshots(SnapshotName="first")["Snapshots"][0]
    aws.expect("snapshot", found["SnapshotStatus"], "available")
    cache.delete_snapshot(SnapshotName="first")
    aws.advance(minutes=5)
    aws.refused("SnapshotNotFoundFault", lambda: cache.delete_snapshot(SnapshotName="first"))


def _updates(aws, cache):
    cache.describe_service_updates()
    waiting = cache.describe_update_actions()["UpdateActions"]
    if waiting:
        asked = {k: [waiting[0][k[:-1]]] for k in ("ReplicationGroupIds",) if waiting[0].get("ReplicationGroupId")}
        asked = asked or {"CacheClusterIds": [waiting[0]["CacheClusterId"]]}
        cache.batch_apply_update_action(ServiceUpdateName=waiting[0]["ServiceUpdateName"], **asked)
        aws.advance(hours=2)
    aws.refused("ServiceUpdateNotFoundFault", lambda: cache.batch_apply_update_action(
        ServiceUpdateName="none", ReplicationGroupIds=["carts"]))


def _end(aws, cache):
    aws.refused("CacheSubnetGroupInUse", lambda: cache.delete_cache_subnet_group(CacheSubnetGroupName="data"))
    cache.delete_replication_group(ReplicationGroupId="carts")
    cache.delete_cache_cluster(CacheClusterId="pages")
    aws.advance(minutes=30)
    aws.refused("ReplicationGroupNotFoundFault", lambda: cache.describe_replication_groups(ReplicationGroupId="carts"))
    aws.refused("CacheClusterNotFound", lambda: cache.describe_cache_clusters(CacheClusterId="pages"))
    cache.delete_cache_parameter_group(CacheParameterGroupName="ours")
    cache.delete_cache_subnet_group(CacheSubnetGroupName="data")
