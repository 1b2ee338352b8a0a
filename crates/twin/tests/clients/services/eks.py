"""Amazon EKS: clusters and their versions, node groups, add-ons, updates, insights."""


def check(aws):
    eks = aws.client("eks")
    subnets = _network(aws)
    _cluster(aws, eks, subnets)
    _nodegroup(aws, eks, subnets)
    _addon(aws, eks)
    _upgrade(aws, eks)
    _end(aws, eks)


def _network(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{at}.0/24", AvailabilityZone=f"{aws.region}{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab")
    ]


def _role(aws, name):
    return f"arn:aws:iam::{aws.management}:role/{name}"


def _cluster(aws, eks, subnets):
    versions = sorted(
        (v["clusterVersion"] for v in eks.describe_cluster_versions()["clusterVersions"]), key=lambda v: int(v.split(".")[1]))
    asked = {
        "name": "shop", "version": versions[-2], "roleArn": _role(aws, "eks"), "tags": {"team": "sales"},
        "resourcesVpcConfig": {"subnetIds": subnets},
    }
    made = eks.create_cluster(**asked)["cluster"]
    aws.expect("status", made["status"], "CREATING")
    aws.refused("ResourceInUseException", lambda: eks.create_cluster(**asked))
    aws.refused("ResourceInUseException", lambda: eks.update_cluster_version(name="shop", version=versions[-1]))
    aws.advance(minutes=20)
    found = eks.describe_cluster(name="shop")["cluster"]
    aws.expect("active", found["status"], "ACTIVE")
    aws.expect("listed", "shop" in eks.list_clusters()["clusters"])
    eks.tag_resource(resourceArn=found["arn"], tags={"a": "b"})
    eks.untag_resource(resourceArn=found["arn"], tagKeys=["team"])
    aws.expect("tags", eks.list_tags_for_resource(resourceArn=found["arn"])["tags"], {"a": "b"})
    aws.refused("ResourceNotFoundException", lambda: eks.describe_cluster(name="none"))
    update = eks.update_cluster_config(
        name="shop", logging={"clusterLogging": [{"types": ["api"], "enabled": True}]})["update"]
    aws.advance(minutes=10)
    aws.expect("update", eks.describe_update(name="shop", updateId=update["id"])["update"]["status"], "Successful")


def _nodegroup(aws, eks, subnets):
    named = {"clusterName": "shop", "nodegroupName": "workers"}
    made = eks.create_nodegroup(
        **named, subnets=subnets, nodeRole=_role(aws, "nodes"), scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2})
    aws.expect("status", made["nodegroup"]["status"], "CREATING")
    aws.refused("ResourceInUseException", lambda: eks.create_nodegroup(
        **named, subnets=subnets, nodeRole=_role(aws, "nodes")))
    aws.advance(minutes=10)
    aws.expect("active", eks.describe_nodegroup(**named)["nodegroup"]["status"], "ACTIVE")
    aws.expect("listed", eks.list_nodegroups(clusterName="shop")["nodegroups"], ["workers"])
    eks.update_nodegroup_config(**named, scalingConfig={"minSize": 1, "maxSize": 5, "desiredSize": 3})
    aws.advance(minutes=10)
    aws.expect("scaled", eks.describe_nodegroup(**named)["nodegroup"]["scalingConfig"]["desiredSize"], 3)
    aws.refused("ResourceNotFoundException", lambda: eks.describe_nodegroup(clusterName="shop", nodegroupName="none"))
    aws.refused("ResourceInUseException", lambda: eks.delete_cluster(name="shop"))


def _addon(aws, eks):
    named = {"clusterName": "shop", "addonName": "coredns"}
    versions = eks.describe_addon_versions(addonName="coredns")["addons"][0]["addonVersions"]
    eks.create_addon(**named, addonVersion=versions[-1]["addonVersion"])
    aws.refused("ResourceInUseException", lambda: eks.create_addon(**named))
    aws.advance(minutes=5)
    aws.expect("active", eks.describe_addon(**named)["addon"]["status"], "ACTIVE")
    aws.expect("listed", eks.list_addons(clusterName="shop")["addons"], ["coredns"])
    eks.update_addon(**named, addonVersion=versions[0]["addonVersion"])
    aws.advance(minutes=5)
    aws.expect("version", eks.describe_addon(**named)["addon"]["addonVersion"], versions[0]["addonVersion"])
    eks.delete_addon(**named)
    aws.advance(minutes=5)
    aws.refused("ResourceNotFoundException", lambda: eks.describe_addon(**named))


def _upgrade(aws, eks):
    version = eks.describe_cluster(name="shop")["cluster"]["version"]
    after = f"1.{int(version.split('.')[1]) + 1}"
    for insight in eks.list_insights(clusterName="shop")["insights"][:1]:
        eks.describe_insight(clusterName="shop", id=insight["id"])
    aws.refused("InvalidParameterException", lambda: eks.update_cluster_version(name="shop", version="1.10"))
    update = eks.update_cluster_version(name="shop", version=after)["update"]["id"]
    aws.expect("updating", eks.describe_cluster(name="shop")["cluster"]["status"], "UPDATING")
    aws.advance(minutes=45)
    aws.expect("updated", eks.describe_update(name="shop", updateId=update)["update"]["status"], "Successful")
    aws.expect("version", eks.describe_cluster(name="shop")["cluster"]["version"], after)
    aws.expect("updates", update in eks.list_updates(name="shop")["updateIds"])
    named = {"clusterName": "shop", "nodegroupName": "workers"}
    aws.expect("nodes are behind", eks.describe_nodegroup(**named)["nodegroup"]["version"], version)
    eks.update_nodegroup_version(**named)
    aws.advance(minutes=45)
    aws.expect("nodes follow", eks.describe_nodegroup(**named)["nodegroup"]["version"], after)
    aws.refused("ResourceNotFoundException", lambda: eks.describe_update(name="shop", updateId="none"))


def _end(aws, eks):
    eks.delete_nodegroup(clusterName="shop", nodegroupName="workers")
    aws.advance(minutes=15)
    aws.expect("deleting", eks.delete_cluster(name="shop")["cluster"]["status"], "DELETING")
    aws.advance(minutes=20)
    aws.refused("ResourceNotFoundException", lambda: eks.describe_cluster(name="shop"))
