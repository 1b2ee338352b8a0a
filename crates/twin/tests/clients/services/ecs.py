"""Amazon ECS: clusters, definitions, tasks, services and their deployments, container instances."""

import json


def check(aws):
    ecs = aws.client("ecs")
    network = _network(aws)
    _clusters(aws, ecs)
    _definitions(aws, ecs)
    _tasks(aws, ecs, network)
    _services(aws, ecs, network)
    _instances(aws, ecs)
    _end(aws, ecs)


def _network(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    return {"awsvpcConfiguration": {"subnets": [subnet]}}


def _clusters(aws, ecs):
    arn = ecs.create_cluster(clusterName="shop", tags=[{"key": "team", "value": "sales"}])["cluster"]["clusterArn"]
    aws.expect("clusters", arn in ecs.list_clusters()["clusterArns"])
    ecs.update_cluster(cluster="shop", settings=[{"name": "containerInsights", "value": "enabled"}])
    ecs.update_cluster_settings(cluster="shop", settings=[{"name": "containerInsights", "value": "disabled"}])
    found = ecs.describe_clusters(clusters=["shop", "none"], include=["SETTINGS", "TAGS"])
    aws.expect("settings", found["clusters"][0]["settings"][0]["value"], "disabled")
    aws.expect("missing", found["failures"][0]["reason"], "MISSING")
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "b"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    aws.expect("tags", ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])
    group = f"arn:aws:autoscaling:{aws.region}:{aws.management}:autoScalingGroup:1:autoScalingGroupName/shop"
    ecs.create_capacity_provider(name="machines", autoScalingGroupProvider={"autoScalingGroupArn": group})
    ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE", "machines"], defaultCapacityProviderStrategy=[])
    aws.refused("InvalidParameterException", lambda: ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["none"], defaultCapacityProviderStrategy=[]))
    ecs.describe_capacity_providers(capacityProviders=["machines", "FARGATE"])
    aws.refused("ClusterNotFoundException", lambda: ecs.list_tasks(cluster="none"))


def _definition(image, **more):
    return {
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "web", "image": image, "essential": True, **more}],
    }


def _definitions(aws, ecs):
    first = ecs.register_task_definition(**_definition("web:1"))["taskDefinition"]
    aws.expect("revision", first["revision"], 1)
    ecs.register_task_definition(**_definition("web:2"))
    ecs.register_task_definition(**_definition("web:3"))
    aws.expect("newest", ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"], 3)
    aws.expect("definitions", len(ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"]), 3)
    aws.expect("families", "web" in ecs.list_task_definition_families()["families"])
    ecs.deregister_task_definition(taskDefinition="web:3")
    ecs.delete_task_definitions(taskDefinitions=["web:3"])
    failed = ecs.delete_task_definitions(taskDefinitions=["web:1"])["failures"]
    aws.expect("an active definition cannot be deleted", len(failed), 1)
    aws.refused("ClientException", lambda: ecs.describe_task_definition(taskDefinition="none"))


def _tasks(aws, ecs, network):
    aws.refused("InvalidParameterException", lambda: ecs.run_task(
        cluster="shop", taskDefinition="web", launchType="FARGATE"))
    ran = ecs.run_task(cluster="shop", taskDefinition="web:1", launchType="FARGATE", networkConfiguration=network, count=2)
    arns = [task["taskArn"] for task in ran["tasks"]]
    aws.expect("status", ran["tasks"][0]["lastStatus"], "PROVISIONING")
    aws.advance(minutes=2)
    found = ecs.describe_tasks(cluster="shop", tasks=[*arns, "0" * 32])
    aws.expect("running", {task["lastStatus"] for task in found["tasks"]}, {"RUNNING"})
    aws.expect("missing task", len(found["failures"]), 1)
    ecs.stop_task(cluster="shop", task=arns[0], reason="enough")
    aws.advance(minutes=2)
    stopped = ecs.describe_tasks(cluster="shop", tasks=arns[:1])["tasks"][0]
    aws.expect("stopped", (stopped["lastStatus"], stopped["stopCode"], stopped["stoppedReason"]),
               ("STOPPED", "UserInitiated", "enough"))
    aws.expect("tasks", ecs.list_tasks(cluster="shop")["taskArns"], arns[1:])
    aws.expect("stopped tasks", ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"], arns[:1])
    aws.refused("InvalidParameterException", lambda: ecs.stop_task(cluster="shop", task="0" * 32))
    ecs.stop_task(cluster="shop", task=arns[1])


def _service(ecs):
    return ecs.describe_services(cluster="shop", services=["web"])["services"][0]


def _services(aws, ecs, network):
    ecs.create_service(
        cluster="shop", serviceName="web", taskDefinition="web:1", desiredCount=2, launchType="FARGATE",
        networkConfiguration=network)
    aws.advance(minutes=5)
    aws.expect("running", _service(ecs)["runningCount"], 2)
    aws.expect("services", len(ecs.list_services(cluster="shop")["serviceArns"]), 1)
    lost = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"][0]
    ecs.stop_task(cluster="shop", task=lost)
    aws.advance(minutes=5)
    now = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    aws.expect("a lost task is replaced", (len(now), lost in now), (2, False))
    ecs.update_service(cluster="shop", service="web", taskDefinition="web:2", desiredCount=3)
    aws.expect("deployments", len(_service(ecs)["deployments"]), 2)
    aws.advance(minutes=15)
    found = _service(ecs)
    aws.expect("deployed", (found["runningCount"], len(found["deployments"])), (3, 1))
    aws.expect("rollout", found["deployments"][0]["rolloutState"], "COMPLETED")
    aws.refused("InvalidParameterException", lambda: ecs.delete_service(cluster="shop", service="web"))
    aws.refused("ClusterContainsServicesException", lambda: ecs.delete_cluster(cluster="shop"))
    aws.refused("ServiceNotFoundException", lambda: ecs.update_service(cluster="shop", service="none", desiredCount=1))
    ecs.update_service(cluster="shop", service="web", desiredCount=0)
    aws.advance(minutes=5)
    ecs.delete_service(cluster="shop", service="web")
    aws.advance(minutes=5)
    aws.expect("gone", _service(ecs)["status"], "INACTIVE")
    aws.refused("ServiceNotActiveException", lambda: ecs.update_service(cluster="shop", service="web", desiredCount=1))


def _instances(aws, ecs):
    document = json.dumps({"instanceId": "i-0123456789abcdef0"})
    arn = ecs.register_container_instance(
        cluster="shop", instanceIdentityDocument=document)["containerInstance"]["containerInstanceArn"]
    aws.expect("instances", ecs.list_container_instances(cluster="shop")["containerInstanceArns"], [arn])
    ecs.update_container_instances_state(cluster="shop", containerInstances=[arn], status="DRAINING")
    found = ecs.describe_container_instances(cluster="shop", containerInstances=[arn])["containerInstances"][0]
    aws.expect("draining", found["status"], "DRAINING")
    aws.refused("ClusterContainsContainerInstancesException", lambda: ecs.delete_cluster(cluster="shop"))
    ecs.deregister_container_instance(cluster="shop", containerInstance=arn, force=True)


def _end(aws, ecs):
    ecs.put_cluster_capacity_providers(cluster="shop", capacityProviders=[], defaultCapacityProviderStrategy=[])
    ecs.delete_capacity_provider(capacityProvider="machines")
    aws.expect("cluster", ecs.delete_cluster(cluster="shop")["cluster"]["status"], "INACTIVE")
    aws.refused("ClusterNotFoundException", lambda: ecs.delete_cluster(cluster="shop"))
