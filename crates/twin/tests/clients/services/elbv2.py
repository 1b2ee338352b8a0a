"""Elastic Load Balancing, the newer generation: load balancers, listeners, rules, target groups and target health."""


def network(aws, ec2):
    """A VPC with two subnets and an instance in it."""
    vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.70.{at}.0/24", AvailabilityZone=f"{aws.region}{letter}")["Subnet"]["SubnetId"]
        for at, letter in enumerate("ab")
    ]
    return vpc, subnets


def check(aws):
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    vpc, subnets = network(aws, ec2)
    balancer = check_balancers(aws, elb, subnets)
    group = check_groups(aws, elb, vpc)
    listener = check_listeners(aws, elb, balancer, group)
    check_rules(aws, elb, listener, group)
    check_targets(aws, elb, group)
    check_instances(aws, ec2, elb, (vpc, subnets), balancer)
    check_tags(aws, elb, [balancer, group, listener])
    check_deletion(aws, ec2, elb, balancer, group)


def check_balancers(aws, elb, subnets):
    made = elb.create_load_balancer(Name="walk", Subnets=subnets, Tags=[{"Key": "team", "Value": "web"}])["LoadBalancers"][0]
    balancer = made["LoadBalancerArn"]
    aws.expect("provisioning", (made["State"]["Code"], made["Type"]), ("provisioning", "application"))
    aws.refused("DuplicateLoadBalancerName", elb.create_load_balancer, Name="walk", Subnets=subnets)
    aws.refused("ValidationError", elb.create_load_balancer, Name="single", Subnets=subnets[:1])
    aws.refused("SubnetNotFound", elb.create_load_balancer, Name="lost", Subnets=["subnet-00000000", subnets[0]])
    aws.advance(minutes=4)
    found = elb.describe_load_balancers(Names=["walk"])["LoadBalancers"][0]
    aws.expect("active", found["State"]["Code"], "active")
    elb.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=found["SecurityGroups"])
    elb.set_subnets(LoadBalancerArn=balancer, Subnets=subnets)
    elb.set_ip_address_type(LoadBalancerArn=balancer, IpAddressType="ipv4")
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "90"}])
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    aws.expect("attribute", {one["Key"]: one["Value"] for one in attributes}["idle_timeout.timeout_seconds"], "90")
    aws.refused("InvalidConfigurationRequest", elb.modify_load_balancer_attributes, LoadBalancerArn=balancer,
                Attributes=[{"Key": "colour", "Value": "red"}])
    return balancer


def check_groups(aws, elb, vpc):
    made = elb.create_target_group(Name="walk", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckIntervalSeconds=10)
    group = made["TargetGroups"][0]["TargetGroupArn"]
    aws.expect("check", made["TargetGroups"][0]["HealthCheckPath"], "/")
    aws.refused("DuplicateTargetGroupName", elb.create_target_group, Name="walk", Protocol="HTTP", Port=80, VpcId=vpc)
    elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/health")
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
    attributes = elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    aws.expect("delay", {one["Key"]: one["Value"] for one in attributes}["deregistration_delay.timeout_seconds"], "60")
    found = elb.describe_target_groups(Names=["walk"])["TargetGroups"][0]
    aws.expect("unused", (found["HealthCheckPath"], found["LoadBalancerArns"]), ("/health", []))
    return group


def check_listeners(aws, elb, balancer, group):
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    made = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)["Listeners"][0]
    listener = made["ListenerArn"]
    aws.refused("DuplicateListener", elb.create_listener, LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    aws.refused("ValidationError", elb.create_listener, LoadBalancerArn=balancer, Protocol="TCP", Port=81, DefaultActions=forward)
    acm = aws.client("acm")
    certificate = acm.request_certificate(DomainName="walk.example.com", ValidationMethod="DNS")["CertificateArn"]
    secure = {"LoadBalancerArn": balancer, "Protocol": "HTTPS", "Port": 443, "DefaultActions": forward,
              "Certificates": [{"CertificateArn": certificate}]}
    aws.refused("CertificateNotFound", elb.create_listener, **secure)
    aws.advance(minutes=20)
    https = elb.create_listener(**secure)["Listeners"][0]
    aws.expect("policy", https["SslPolicy"], "ELBSecurityPolicy-2016-08")
    aws.refused("ResourceInUseException", acm.delete_certificate, CertificateArn=certificate)
    aws.expect("in use", acm.describe_certificate(CertificateArn=certificate)["Certificate"]["InUseBy"], [balancer])
    other = acm.request_certificate(DomainName="other.example.com", ValidationMethod="DNS")["CertificateArn"]
    aws.advance(minutes=20)
    more = {"ListenerArn": https["ListenerArn"], "Certificates": [{"CertificateArn": other}]}
    elb.add_listener_certificates(**more)
    aws.expect("certificates", len(elb.describe_listener_certificates(ListenerArn=https["ListenerArn"])["Certificates"]), 2)
    elb.remove_listener_certificates(**more)
    elb.modify_listener(ListenerArn=https["ListenerArn"], Port=8443)
    found = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    aws.expect("ports", sorted(one["Port"] for one in found), [80, 8443])
    elb.modify_listener_attributes(ListenerArn=listener, Attributes=[{"Key": "routing.http.response.server.enabled", "Value": "false"}])
    aws.expect("attributes", len(elb.describe_listener_attributes(ListenerArn=listener)["Attributes"]), 2)
    elb.delete_listener(ListenerArn=https["ListenerArn"])
    aws.refused("ListenerNotFound", elb.describe_listeners, ListenerArns=[https["ListenerArn"]])
    acm.delete_certificate(CertificateArn=certificate)
    return listener


def check_rules(aws, elb, listener, group):
    action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    path = [{"Field": "path-pattern", "Values": ["/old/*"]}]
    rule = elb.create_rule(ListenerArn=listener, Priority=10, Conditions=path, Actions=action)["Rules"][0]
    aws.expect("condition", rule["Conditions"][0]["PathPatternConfig"]["Values"], ["/old/*"])
    aws.refused("PriorityInUse", elb.create_rule, ListenerArn=listener, Priority=10, Conditions=path, Actions=action)
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "TargetGroupArn": group}])
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule["RuleArn"], "Priority": 20}])
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    aws.expect("order", [one["Priority"] for one in rules], ["20", "default"])
    aws.refused("OperationNotPermitted", elb.delete_rule, RuleArn=rules[1]["RuleArn"])
    elb.delete_rule(RuleArn=rule["RuleArn"])


def states(elb, group):
    return [one["TargetHealth"]["State"] for one in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]


def check_targets(aws, elb, group):
    targets = {"TargetGroupArn": group, "Targets": [{"Id": "10.70.0.50"}, {"Id": "10.70.1.50", "Port": 8080}]}
    elb.register_targets(**targets)
    aws.expect("initial", states(elb, group), ["initial", "initial"])
    aws.advance(seconds=30)
    aws.expect("healthy", states(elb, group), ["healthy", "healthy"])
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.70.1.50", "Port": 8080}])
    aws.expect("draining", states(elb, group), ["healthy", "draining"])
    aws.advance(seconds=61)
    aws.expect("gone", states(elb, group), ["healthy"])
    asked = elb.describe_target_health(TargetGroupArn=group, Targets=[{"Id": "10.70.1.50"}])["TargetHealthDescriptions"]
    aws.expect("not registered", asked[0]["TargetHealth"]["Reason"], "Target.NotRegistered")
    aws.refused("ValidationError", elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "nonsense"}])


def check_instances(aws, ec2, elb, place, balancer):
    vpc, subnets = place
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0], InstanceType="t3.micro")
    instance = instance["Instances"][0]["InstanceId"]
    group = elb.create_target_group(Name="machines", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    aws.advance(minutes=5)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    aws.expect("nobody asks", states(elb, group), ["unused"])
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=8000,
                                   DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])["Listeners"][0]["ListenerArn"]
    aws.advance(minutes=2)
    aws.expect("serving", states(elb, group), ["healthy"])
    ec2.stop_instances(InstanceIds=[instance])
    aws.advance(minutes=5)
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]
    aws.expect("stopped", (health["State"], health["Reason"]), ("unused", "Target.InvalidState"))
    ec2.start_instances(InstanceIds=[instance])
    aws.advance(minutes=10)
    aws.expect("serving again", states(elb, group), ["healthy"])
    elb.delete_listener(ListenerArn=listener)
    elb.delete_target_group(TargetGroupArn=group)
    ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(minutes=10)


def check_tags(aws, elb, arns):
    elb.add_tags(ResourceArns=arns, Tags=[{"Key": "walk", "Value": "yes"}])
    found = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    aws.expect("tagged", all({"Key": "walk", "Value": "yes"} in one["Tags"] for one in found))
    elb.remove_tags(ResourceArns=arns, TagKeys=["walk"])


def check_deletion(aws, ec2, elb, balancer, group):
    aws.refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=group)
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}])
    aws.refused("OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=balancer)
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}])
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
    aws.refused("LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerArns=[balancer])
    left = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": ["ELB app/walk/*"]}])["NetworkInterfaces"]
    aws.expect("interfaces gone", left, [])
    listed = aws.cli("elbv2 describe-load-balancers --max-items 2", account=aws.production)
    if listed is not None:
        aws.expect("cli", len(listed["LoadBalancers"]), 2)
