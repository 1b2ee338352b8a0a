"""Applications, groups, deployments."""


def check(aws):
    deploy, ec2 = aws.client("codedeploy"), aws.client("ec2")
    deploy.create_application(applicationName="shop", tags=[{"Key": "a", "Value": "b"}])
    aws.refused("ApplicationAlreadyExistsException", deploy.create_application, applicationName="shop")
    aws.expect("application", deploy.get_application(applicationName="shop")["application"]["computePlatform"], "Server")
    aws.expect("applications", deploy.list_applications()["applications"], ["shop"])
    deploy.batch_get_applications(applicationNames=["shop"])
    revision = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}}
    deploy.register_application_revision(applicationName="shop", revision=revision)
    aws.expect("revisions", len(deploy.list_application_revisions(applicationName="shop")["revisions"]), 1)
    deploy.create_deployment_config(deploymentConfigName="half", minimumHealthyHosts={"type": "FLEET_PERCENT", "value": 50})
    aws.expect("config", deploy.get_deployment_config(deploymentConfigName="half")["deploymentConfigInfo"]["minimumHealthyHosts"]["value"], 50)
    aws.expect("configs", "half" in deploy.list_deployment_configs()["deploymentConfigsList"])
    role = f"arn:aws:iam::{aws.management}:role/deploy"
    tags = [{"Key": "app", "Value": "shop", "Type": "KEY_AND_VALUE"}]
    deploy.create_deployment_group(applicationName="shop", deploymentGroupName="web", serviceRoleArn=role, ec2TagFilters=tags,
                                   autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]})
    deploy.update_deployment_group(applicationName="shop", currentDeploymentGroupName="web", deploymentConfigName="half")
    aws.expect("group", deploy.get_deployment_group(applicationName="shop", deploymentGroupName="web")["deploymentGroupInfo"]["deploymentConfigName"], "half")
    aws.expect("groups", deploy.list_deployment_groups(applicationName="shop")["deploymentGroups"], ["web"])
    deploy.batch_get_deployment_groups(applicationName="shop", deploymentGroupNames=["web"])
    empty = deploy.create_deployment(applicationName="shop", deploymentGroupName="web", revision=revision)["deploymentId"]
    aws.advance(minutes=1)
    aws.expect("nobody", deploy.get_deployment(deploymentId=empty)["deploymentInfo"]["errorInformation"]["code"], "NO_INSTANCES")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    spec = [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "shop"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone=aws.region + "a")["Subnet"]["SubnetId"]
    ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2, SubnetId=subnet, TagSpecifications=spec)
    aws.advance(minutes=5)
    one = deploy.create_deployment(applicationName="shop", deploymentGroupName="web", revision=revision)["deploymentId"]
    aws.refused("DeploymentLimitExceededException", deploy.create_deployment, applicationName="shop", deploymentGroupName="web", revision=revision)
    aws.advance(seconds=30)
    targets = deploy.list_deployment_targets(deploymentId=one)["targetIds"]
    aws.expect("targets", len(targets), 2)
    aws.advance(minutes=10)
    info = deploy.get_deployment(deploymentId=one)["deploymentInfo"]
    aws.expect("deployed", (info["status"], info["deploymentOverview"]["Succeeded"]), ("Succeeded", 2))
    target = deploy.get_deployment_target(deploymentId=one, targetId=targets[0])["deploymentTarget"]["instanceTarget"]
    aws.expect("events", [e["status"] for e in target["lifecycleEvents"]], ["Succeeded"] * 7)
    deploy.batch_get_deployment_targets(deploymentId=one, targetIds=targets)
    two = deploy.create_deployment(applicationName="shop", deploymentGroupName="web", revision=revision)["deploymentId"]
    aws.expect("stopped", deploy.stop_deployment(deploymentId=two)["status"], "Succeeded")
    aws.refused("DeploymentAlreadyCompletedException", deploy.stop_deployment, deploymentId=two)
    deploy.batch_get_deployments(deploymentIds=[one, two])
    aws.expect("all", len(deploy.list_deployments(applicationName="shop", deploymentGroupName="web")["deployments"]), 3)
    arn = f"arn:aws:codedeploy:{aws.region}:{aws.management}:application:shop"
    deploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    deploy.untag_resource(ResourceArn=arn, TagKeys=["c"])
    aws.expect("tags", deploy.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
    aws.refused("DeploymentConfigInUseException", deploy.delete_deployment_config, deploymentConfigName="half")
    deploy.delete_deployment_group(applicationName="shop", deploymentGroupName="web")
    deploy.delete_deployment_config(deploymentConfigName="half")
    deploy.delete_application(applicationName="shop")
