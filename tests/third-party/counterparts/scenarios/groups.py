"""What runs many of a thing: Auto Scaling, load balancers, ECS, Lambda, CloudFormation."""

import io
import json
import zipfile

from making import image_of, subnets_of


def scaling(aws):
    _, subnets = subnets_of(aws)
    image = image_of(aws)
    aws.autoscaling.create_launch_configuration(LaunchConfigurationName="web", ImageId=image, InstanceType="t3.micro")
    aws.autoscaling.create_launch_configuration(LaunchConfigurationName="web", ImageId=image, InstanceType="t3.micro")
    aws.autoscaling.describe_launch_configurations(LaunchConfigurationNames=["web"])
    group = {"AutoScalingGroupName": "web", "VPCZoneIdentifier": subnets[0], "MinSize": 1, "MaxSize": 3}
    aws.autoscaling.create_auto_scaling_group(**{**group, "AutoScalingGroupName": "wrong-1"}, LaunchConfigurationName="nobody")
    aws.autoscaling.create_auto_scaling_group(**{**group, "AutoScalingGroupName": "wrong-2"})
    aws.autoscaling.create_auto_scaling_group(**{**group, "AutoScalingGroupName": "wrong-3", "MinSize": 4}, LaunchConfigurationName="web")
    tag = {"Key": "team", "Value": "web", "PropagateAtLaunch": True, "ResourceId": "web", "ResourceType": "auto-scaling-group"}
    aws.autoscaling.create_auto_scaling_group(**group, LaunchConfigurationName="web", Tags=[tag])
    aws.autoscaling.create_auto_scaling_group(**group, LaunchConfigurationName="web")
    aws.wait(minutes=10)
    aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])
    aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["nobody"])
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName="nobody", DesiredCapacity=1)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    aws.wait(minutes=10)
    aws.autoscaling.describe_auto_scaling_instances()
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1, MinSize=2)
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName="nobody", MaxSize=1)
    aws.autoscaling.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Dance"])
    aws.autoscaling.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
    aws.autoscaling.resume_processes(AutoScalingGroupName="web")
    aws.autoscaling.describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": ["web"]}])
    aws.autoscaling.delete_tags(Tags=[tag])
    aws.autoscaling.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="more", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    aws.autoscaling.describe_policies(AutoScalingGroupName="web")
    aws.autoscaling.delete_policy(AutoScalingGroupName="web", PolicyName="more")
    aws.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName="web", LifecycleHookName="wait", LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING")
    aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="web")
    aws.autoscaling.delete_lifecycle_hook(AutoScalingGroupName="web", LifecycleHookName="wait")
    aws.autoscaling.delete_launch_configuration(LaunchConfigurationName="web")
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web")
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    aws.wait(minutes=10)
    aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web")
    aws.autoscaling.delete_launch_configuration(LaunchConfigurationName="web")
    aws.autoscaling.delete_launch_configuration(LaunchConfigurationName="web")


def balancers(aws):
    vpc, subnets = subnets_of(aws)
    made = aws.elbv2.create_load_balancer(Name="web", Subnets=subnets, Tags=[{"Key": "team", "Value": "web"}])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    aws.elbv2.create_load_balancer(Name="web", Subnets=subnets, Scheme="internal")
    aws.elbv2.create_load_balancer(Name="other", Subnets=subnets[:1])
    aws.elbv2.create_load_balancer(Name="not a name", Subnets=subnets)
    aws.elbv2.create_load_balancer(Name="other", Subnets=["subnet-0123456789abcdef0", subnets[0]])
    aws.wait(minutes=10)
    aws.elbv2.describe_load_balancers(Names=["web"])
    aws.elbv2.describe_load_balancers(Names=["nobody"])
    nobody = balancer[:-4] + "0000" if isinstance(balancer, str) else balancer
    aws.elbv2.describe_load_balancers(LoadBalancerArns=[nobody])
    group = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    targets = aws.elbv2.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
    aws.elbv2.create_target_group(**{**group, "Port": 81})
    aws.elbv2.create_target_group(**{**group, "Name": "other", "Protocol": "PIGEON"})
    aws.elbv2.create_target_group(Name="other", Protocol="HTTP", VpcId=vpc)
    aws.elbv2.describe_target_groups(Names=["web"])
    aws.elbv2.describe_target_groups(Names=["nobody"])
    aws.elbv2.register_targets(TargetGroupArn=targets, Targets=[{"Id": "i-0123456789abcdef0"}])
    aws.elbv2.describe_target_health(TargetGroupArn=targets)
    forward = [{"Type": "forward", "TargetGroupArn": targets}]
    listen = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    listener = aws.elbv2.create_listener(**listen, DefaultActions=forward)["Listeners"][0]["ListenerArn"]
    aws.elbv2.create_listener(**listen, DefaultActions=forward)
    aws.elbv2.create_listener(**{**listen, "LoadBalancerArn": nobody}, DefaultActions=forward)
    aws.elbv2.create_listener(**{**listen, "Port": 443, "Protocol": "HTTPS"}, DefaultActions=forward)
    aws.elbv2.describe_listeners(LoadBalancerArn=balancer)
    path = [{"Field": "path-pattern", "Values": ["/api/*"]}]
    rule = aws.elbv2.create_rule(ListenerArn=listener, Priority=1, Conditions=path, Actions=forward)["Rules"][0]["RuleArn"]
    aws.elbv2.create_rule(ListenerArn=listener, Priority=1, Conditions=path, Actions=forward)
    aws.elbv2.create_rule(ListenerArn=listener, Priority=60_000, Conditions=path, Actions=forward)
    aws.elbv2.describe_rules(ListenerArn=listener)
    aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer)
    deletion = lambda value: [{"Key": "deletion_protection.enabled", "Value": value}]
    aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=deletion("true"))
    aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[{"Key": "colour", "Value": "red"}])
    aws.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=deletion("false"))
    aws.elbv2.describe_tags(ResourceArns=[balancer])
    aws.elbv2.add_tags(ResourceArns=[balancer], Tags=[{"Key": "stage", "Value": "test"}])
    aws.elbv2.remove_tags(ResourceArns=[balancer], TagKeys=["team"])
    aws.elbv2.describe_tags(ResourceArns=[balancer])
    aws.elbv2.describe_tags(ResourceArns=[nobody])
    aws.elbv2.delete_target_group(TargetGroupArn=targets)
    aws.elbv2.delete_rule(RuleArn=rule)
    aws.elbv2.delete_rule(RuleArn=rule)
    aws.elbv2.delete_listener(ListenerArn=listener)
    aws.elbv2.delete_listener(ListenerArn=listener)
    aws.elbv2.delete_target_group(TargetGroupArn=targets)
    aws.elbv2.delete_target_group(TargetGroupArn=targets)
    aws.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    aws.elbv2.delete_load_balancer(LoadBalancerArn=balancer)


def containers(aws):
    aws.ecs.create_cluster(clusterName="web", tags=[{"key": "team", "value": "web"}])
    aws.ecs.create_cluster(clusterName="web")
    aws.ecs.create_cluster(clusterName="not a name")
    aws.ecs.describe_clusters(clusters=["web", "nobody"])
    aws.ecs.list_clusters()
    task = {"family": "shop", "containerDefinitions": [{"name": "shop", "image": "shop:1", "memory": 128, "cpu": 64}]}
    aws.ecs.register_task_definition(**task)
    aws.ecs.register_task_definition(**{**task, "family": "not a name"})
    aws.ecs.register_task_definition(family="shop", containerDefinitions=[])
    aws.ecs.describe_task_definition(taskDefinition="shop")
    aws.ecs.describe_task_definition(taskDefinition="shop:1")
    aws.ecs.describe_task_definition(taskDefinition="shop:9")
    aws.ecs.describe_task_definition(taskDefinition="nobody")
    aws.ecs.list_task_definitions(familyPrefix="shop")
    aws.ecs.create_service(cluster="web", serviceName="shop", taskDefinition="shop", desiredCount=0)
    aws.ecs.create_service(cluster="web", serviceName="shop", taskDefinition="shop", desiredCount=0)
    aws.ecs.create_service(cluster="nobody", serviceName="shop", taskDefinition="shop", desiredCount=0)
    aws.ecs.create_service(cluster="web", serviceName="other", taskDefinition="nobody", desiredCount=0)
    aws.wait(minutes=10)
    aws.ecs.describe_services(cluster="web", services=["shop", "nobody"])
    aws.ecs.list_services(cluster="web")
    aws.ecs.list_services(cluster="nobody")
    aws.ecs.update_service(cluster="web", service="nobody", desiredCount=1)
    aws.ecs.run_task(cluster="nobody", taskDefinition="shop")
    aws.ecs.run_task(cluster="web", taskDefinition="nobody")
    aws.ecs.describe_tasks(cluster="web", tasks=["0123456789abcdef0123456789abcdef"])
    aws.ecs.stop_task(cluster="web", task="0123456789abcdef0123456789abcdef")
    aws.ecs.delete_cluster(cluster="web")
    aws.ecs.delete_service(cluster="web", service="shop")
    aws.wait(minutes=10)
    aws.ecs.delete_service(cluster="web", service="nobody")
    aws.ecs.describe_services(cluster="web", services=["shop"])
    aws.ecs.deregister_task_definition(taskDefinition="shop:1")
    aws.ecs.deregister_task_definition(taskDefinition="shop:9")
    aws.ecs.list_task_definitions(familyPrefix="shop", status="INACTIVE")
    aws.ecs.delete_cluster(cluster="web")
    aws.ecs.delete_cluster(cluster="nobody")
    aws.ecs.describe_clusters(clusters=["web"])


def functions(aws):
    role = aws.iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("main.py"), "def handle(event, context):\n    return event\n")
    function = {"FunctionName": "echo", "Runtime": "python3.12", "Role": role, "Handler": "main.handle",
                "Code": {"ZipFile": packed.getvalue()}}
    fun = getattr(aws, "lambda")
    ready = lambda answer: answer["State"] == "Active" and answer["LastUpdateStatus"] == "Successful"
    settle = lambda: aws.settle("lambda", "get_function_configuration", ready, FunctionName="echo")
    fun.create_function(**{**function, "FunctionName": "wrong-1", "Runtime": "cobol85"})
    fun.create_function(**{**function, "FunctionName": "wrong-2", "Role": "nonsense"})
    fun.create_function(**{**function, "FunctionName": "wrong-3", "MemorySize": 1})
    fun.create_function(**{**function, "FunctionName": "wrong-4", "Timeout": 901})
    fun.create_function(**{**function, "FunctionName": "not a name"})
    fun.create_function(**function, Description="echoes", Environment={"Variables": {"A": "1"}}, Tags={"team": "web"})
    fun.create_function(**function)
    settle()
    fun.get_function(FunctionName="echo")
    fun.get_function(FunctionName="nobody")
    fun.get_function(FunctionName="echo", Qualifier="9")
    arn = fun.get_function_configuration(FunctionName="echo")["FunctionArn"]
    fun.list_functions()
    fun.update_function_configuration(FunctionName="echo", Timeout=10, Environment={"Variables": {"B": "2"}})
    fun.update_function_configuration(FunctionName="nobody", Timeout=10)
    settle()
    fun.get_function_configuration(FunctionName="echo")
    fun.publish_version(FunctionName="echo", Description="first")
    fun.publish_version(FunctionName="nobody")
    settle()
    fun.list_versions_by_function(FunctionName="echo")
    fun.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    fun.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    fun.create_alias(FunctionName="echo", Name="lost", FunctionVersion="9")
    fun.get_alias(FunctionName="echo", Name="live")
    fun.get_alias(FunctionName="echo", Name="nobody")
    fun.list_aliases(FunctionName="echo")
    fun.add_permission(FunctionName="echo", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    fun.add_permission(FunctionName="echo", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    fun.get_policy(FunctionName="echo")
    fun.get_policy(FunctionName="nobody")
    fun.remove_permission(FunctionName="echo", StatementId="nobody")
    fun.remove_permission(FunctionName="echo", StatementId="s3")
    fun.get_policy(FunctionName="echo")
    fun.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=5)
    fun.get_function_concurrency(FunctionName="echo")
    fun.list_tags(Resource=arn)
    fun.tag_resource(Resource=arn, Tags={"stage": "test"})
    fun.untag_resource(Resource=arn, TagKeys=["team"])
    fun.list_tags(Resource=arn)
    fun.delete_alias(FunctionName="echo", Name="live")
    fun.delete_function(FunctionName="echo")
    fun.delete_function(FunctionName="echo")
    fun.list_functions()


def stacks(aws):
    template = {"Parameters": {"Name": {"Type": "String", "Default": "orders"}},
                "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}},
                              "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}},
                "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}, "Export": {"Name": "queue-arn"}}}}
    body = json.dumps(template)
    ready = lambda answer: not answer["Stacks"][0]["StackStatus"].endswith("IN_PROGRESS")
    settle = lambda: aws.settle("cloudformation", "describe_stacks", ready, StackName="shop")
    aws.cloudformation.validate_template(TemplateBody=body)
    aws.cloudformation.validate_template(TemplateBody="{")
    aws.cloudformation.validate_template(TemplateBody='{"Resources": {}}')
    aws.cloudformation.create_stack(StackName="not a name", TemplateBody=body)
    aws.cloudformation.create_stack(StackName="wrong-1", TemplateBody="nonsense")
    aws.cloudformation.create_stack(StackName="wrong-2", TemplateBody=body, Parameters=[
        {"ParameterKey": "Nobody", "ParameterValue": "x"}])
    aws.cloudformation.create_stack(StackName="shop", TemplateBody=body, Tags=[{"Key": "team", "Value": "web"}])
    aws.cloudformation.create_stack(StackName="shop", TemplateBody=body)
    settle()
    aws.cloudformation.describe_stacks(StackName="shop")
    aws.cloudformation.describe_stacks(StackName="nobody")
    aws.cloudformation.list_stack_resources(StackName="shop")
    aws.cloudformation.list_stack_resources(StackName="nobody")
    aws.cloudformation.describe_stack_resources(StackName="shop")
    aws.cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Queue")
    aws.cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Nobody")
    aws.cloudformation.get_template(StackName="shop")
    aws.cloudformation.get_template(StackName="nobody")
    aws.cloudformation.list_exports()
    aws.sqs.get_queue_url(QueueName="orders")
    aws.cloudformation.update_stack(StackName="shop", TemplateBody=body)
    aws.cloudformation.update_stack(StackName="nobody", TemplateBody=body)
    aws.cloudformation.update_stack(
        StackName="shop", TemplateBody=body, Parameters=[{"ParameterKey": "Name", "ParameterValue": "invoices"}])
    settle()
    aws.cloudformation.describe_stacks(StackName="shop")
    aws.sqs.get_queue_url(QueueName="orders")
    aws.sqs.get_queue_url(QueueName="invoices")
    aws.cloudformation.create_change_set(StackName="shop", ChangeSetName="same", TemplateBody=body, Parameters=[
        {"ParameterKey": "Name", "UsePreviousValue": True}])
    aws.cloudformation.describe_change_set(StackName="shop", ChangeSetName="nobody")
    aws.cloudformation.list_stacks(StackStatusFilter=["UPDATE_COMPLETE"])
    aws.cloudformation.update_termination_protection(StackName="shop", EnableTerminationProtection=True)
    aws.cloudformation.delete_stack(StackName="shop")
    aws.cloudformation.update_termination_protection(StackName="shop", EnableTerminationProtection=False)
    aws.cloudformation.delete_stack(StackName="shop")
    settle()
    aws.cloudformation.describe_stacks(StackName="shop")
    aws.cloudformation.delete_stack(StackName="nobody")
    aws.sqs.get_queue_url(QueueName="invoices")
