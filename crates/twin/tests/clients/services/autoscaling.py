"""Auto Scaling: groups that keep their capacity, policies, hooks, refreshes, load balancers."""

GROUP = "web"


def check(aws):
    ec2, scaling = aws.client("ec2"), aws.client("autoscaling")
    _lists(scaling)
    _group(aws, ec2, scaling)
    _capacity(aws, scaling)
    _members(aws, ec2, scaling)
    _hooks(aws, scaling)
    _refresh(aws, scaling)
    _balancers(aws, ec2, scaling)
    _tags(aws, scaling)
    _scheduled(aws, scaling)
    _notifications(aws, scaling)
    _end(aws, scaling)


def _lists(scaling):
    scaling.describe_account_limits()
    scaling.describe_adjustment_types()
    scaling.describe_scaling_process_types()
    scaling.describe_termination_policy_types()
    scaling.describe_lifecycle_hook_types()


def _serving(scaling):
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"][0]
    return [one["InstanceId"] for one in group["Instances"] if one["LifecycleState"] == "InService"]


def _group(aws, ec2, scaling):
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{at}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]["SubnetId"]
        for at, zone in enumerate("ab")
    ]
    image = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["al2023-*x86_64"]}])["Images"][0]
    data = {"ImageId": image["ImageId"], "InstanceType": "t3.micro"}
    ec2.create_launch_template(LaunchTemplateName=GROUP, LaunchTemplateData=data)
    configuration = {"LaunchConfigurationName": "old", "ImageId": image["ImageId"], "InstanceType": "t3.micro"}
    scaling.create_launch_configuration(**configuration)
    aws.refused("AlreadyExists", scaling.create_launch_configuration, **configuration)
    aws.expect("old", len(scaling.describe_launch_configurations()["LaunchConfigurations"]), 1)
    group = {
        "AutoScalingGroupName": GROUP,
        "LaunchTemplate": {"LaunchTemplateName": GROUP},
        "MinSize": 0,
        "MaxSize": 6,
        "DesiredCapacity": 2,
        "VPCZoneIdentifier": ",".join(subnets),
    }
    scaling.create_auto_scaling_group(**group)
    aws.refused("AlreadyExists", scaling.create_auto_scaling_group, **group)
    aws.advance(minutes=3)
    aws.expect("serving", len(_serving(scaling)), 2)
    activities = scaling.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
    aws.expect("activities", {one["StatusCode"] for one in activities}, {"Successful"})
    scaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchConfigurationName="old")
    aws.refused("ResourceInUse", scaling.delete_launch_configuration, LaunchConfigurationName="old")
    aws.expect("cli", aws.cli("autoscaling describe-auto-scaling-groups") is not None, True)


def _capacity(aws, scaling):
    scaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=3)
    aws.advance(minutes=3)
    aws.expect("grown", len(_serving(scaling)), 3)
    scaling.put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName="down", AdjustmentType="ChangeInCapacity", ScalingAdjustment=-1
    )
    tracking = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
        "TargetValue": 50.0,
    }
    made = scaling.put_scaling_policy(
        AutoScalingGroupName=GROUP,
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=tracking,
    )
    aws.expect("alarms", len(made["Alarms"]), 2)
    aws.expect("policies", len(scaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]), 2)
    scaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName="track")
    scaling.execute_policy(AutoScalingGroupName=GROUP, PolicyName="down")
    aws.advance(minutes=3)
    aws.expect("shrunk", len(_serving(scaling)), 2)
    scaling.enable_metrics_collection(AutoScalingGroupName=GROUP, Granularity="1Minute")
    scaling.disable_metrics_collection(AutoScalingGroupName=GROUP)


def _members(aws, ec2, scaling):
    first, second = _serving(scaling)
    aws.expect("instances", len(scaling.describe_auto_scaling_instances()["AutoScalingInstances"]), 2)
    scaling.enter_standby(AutoScalingGroupName=GROUP, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)
    scaling.exit_standby(AutoScalingGroupName=GROUP, InstanceIds=[first])
    scaling.detach_instances(AutoScalingGroupName=GROUP, InstanceIds=[second], ShouldDecrementDesiredCapacity=True)
    scaling.attach_instances(AutoScalingGroupName=GROUP, InstanceIds=[second])
    scaling.set_instance_protection(AutoScalingGroupName=GROUP, InstanceIds=[first], ProtectedFromScaleIn=True)
    scaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["HealthCheck"])
    scaling.resume_processes(AutoScalingGroupName=GROUP)
    scaling.set_instance_health(InstanceId=second, HealthStatus="Unhealthy")
    aws.advance(minutes=6)
    serving = _serving(scaling)
    aws.expect("replaced", (first in serving, second in serving, len(serving)), (True, False, 2))
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=False)
    aws.advance(minutes=6)
    aws.expect("replaced again", (first in _serving(scaling), len(_serving(scaling))), (False, 2))


def _hooks(aws, scaling):
    scaling.put_lifecycle_hook(
        AutoScalingGroupName=GROUP,
        LifecycleHookName="warm",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=300,
    )
    aws.expect("hooks", len(scaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"]), 1)
    scaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=3)
    aws.advance(minutes=2)
    held = [
        one["InstanceId"]
        for one in scaling.describe_auto_scaling_instances()["AutoScalingInstances"]
        if one["LifecycleState"] == "Pending:Wait"
    ]
    aws.expect("held", len(held), 1)
    action = {"AutoScalingGroupName": GROUP, "LifecycleHookName": "warm", "InstanceId": held[0]}
    scaling.record_lifecycle_action_heartbeat(**action)
    scaling.complete_lifecycle_action(LifecycleActionResult="CONTINUE", **action)
    aws.expect("through", len(_serving(scaling)), 3)
    scaling.delete_lifecycle_hook(AutoScalingGroupName=GROUP, LifecycleHookName="warm")


def _refresh(aws, scaling):
    scaling.start_instance_refresh(AutoScalingGroupName=GROUP, Preferences={"MinHealthyPercentage": 50})
    scaling.cancel_instance_refresh(AutoScalingGroupName=GROUP)
    aws.advance(minutes=1)
    refreshes = scaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)["InstanceRefreshes"]
    aws.expect("cancelled", [one["Status"] for one in refreshes], ["Cancelled"])


def _balancers(aws, ec2, scaling):
    vpc = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.8.0.0/16"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    made = aws.client("elbv2").create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)
    arns = [made["TargetGroups"][0]["TargetGroupArn"]]
    scaling.attach_load_balancer_target_groups(AutoScalingGroupName=GROUP, TargetGroupARNs=arns)
    found = scaling.describe_load_balancer_target_groups(AutoScalingGroupName=GROUP)["LoadBalancerTargetGroups"]
    aws.expect("target groups", len(found), 1)
    scaling.detach_load_balancer_target_groups(AutoScalingGroupName=GROUP, TargetGroupARNs=arns)
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    aws.client("elb").create_load_balancer(
        LoadBalancerName="classic", Listeners=[listener], Subnets=[subnets[0]["SubnetId"]]
    )
    scaling.attach_load_balancers(AutoScalingGroupName=GROUP, LoadBalancerNames=["classic"])
    aws.expect("classic", len(scaling.describe_load_balancers(AutoScalingGroupName=GROUP)["LoadBalancers"]), 1)
    scaling.detach_load_balancers(AutoScalingGroupName=GROUP, LoadBalancerNames=["classic"])


def _tags(aws, scaling):
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "team"}
    scaling.create_or_update_tags(Tags=[{**tag, "Value": "harbour", "PropagateAtLaunch": True}])
    aws.expect("tags", len(scaling.describe_tags(Filters=[{"Name": "key", "Values": ["team"]}])["Tags"]), 1)
    scaling.delete_tags(Tags=[tag])


def _scheduled(aws, scaling):
    action = {"AutoScalingGroupName": GROUP, "ScheduledActionName": "night"}
    scaling.put_scheduled_update_group_action(Recurrence="0 22 * * 1-5", TimeZone="Europe/Dublin", MinSize=0, **action)
    found = scaling.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]
    aws.expect("scheduled", [one["ScheduledActionName"] for one in found], ["night"])
    aws.refused("ValidationError", scaling.put_scheduled_update_group_action, Recurrence="sometimes", MinSize=0, **action)
    scaling.delete_scheduled_action(**action)


def _notifications(aws, scaling):
    scaling.describe_auto_scaling_notification_types()
    topic = aws.client("sns").create_topic(Name="scaling")["TopicArn"]
    scaling.put_notification_configuration(
        AutoScalingGroupName=GROUP, TopicARN=topic, NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH"]
    )
    found = scaling.describe_notification_configurations(AutoScalingGroupNames=[GROUP])["NotificationConfigurations"]
    aws.expect("notified", [one["TopicARN"] for one in found], [topic])
    scaling.delete_notification_configuration(AutoScalingGroupName=GROUP, TopicARN=topic)


def _end(aws, scaling):
    aws.refused("ResourceInUse", scaling.delete_auto_scaling_group, AutoScalingGroupName=GROUP)
    scaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    aws.advance(minutes=5)
    groups = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    aws.expect("gone", groups, [])
    scaling.delete_launch_configuration(LaunchConfigurationName="old")
