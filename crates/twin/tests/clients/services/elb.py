"""Elastic Load Balancing, the classic generation."""


def check(aws):
    ec2, elb = aws.client("ec2"), aws.client("elb")
    vpc = ec2.create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.80.{at}.0/24", AvailabilityZone=f"{aws.region}{letter}")["Subnet"]["SubnetId"]
        for at, letter in enumerate("abc")
    ]
    name = {"LoadBalancerName": "walk"}
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8080}
    aws.expect("host", elb.create_load_balancer(Listeners=[listener], Subnets=subnets[:2], **name)["DNSName"].startswith("walk-"))
    aws.refused("DuplicateLoadBalancerName", elb.create_load_balancer, Listeners=[listener], Subnets=subnets, **name)
    found = elb.describe_load_balancers(LoadBalancerNames=["walk"])["LoadBalancerDescriptions"][0]
    aws.expect("vpc", (found["VPCId"], len(found["AvailabilityZones"])), (vpc, 2))
    aws.refused("LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerNames=["none"])
    check_settings(aws, elb, name, subnets)
    check_policies(aws, elb, name)
    check_health(aws, ec2, elb, name, subnets)
    elb.add_tags(LoadBalancerNames=["walk"], Tags=[{"Key": "a", "Value": "b"}])
    tags = elb.describe_tags(LoadBalancerNames=["walk"])["TagDescriptions"][0]["Tags"]
    aws.expect("tags", tags, [{"Key": "a", "Value": "b"}])
    elb.remove_tags(LoadBalancerNames=["walk"], Tags=[{"Key": "a"}])
    elb.delete_load_balancer(**name)
    aws.refused("LoadBalancerNotFound", elb.describe_instance_health, **name)


def check_settings(aws, elb, name, subnets):
    more = {"Protocol": "TCP", "LoadBalancerPort": 9000, "InstancePort": 9000}
    elb.create_load_balancer_listeners(Listeners=[more], **name)
    aws.refused("DuplicateListener", elb.create_load_balancer_listeners, Listeners=[more], **name)
    elb.delete_load_balancer_listeners(LoadBalancerPorts=[9000], **name)
    certificate = aws.client("acm").request_certificate(DomainName="elb.example.com", ValidationMethod="DNS")["CertificateArn"]
    aws.advance(minutes=20)
    secure = {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80, "SSLCertificateId": certificate}
    elb.create_load_balancer_listeners(Listeners=[secure], **name)
    elb.set_load_balancer_listener_ssl_certificate(LoadBalancerPort=443, SSLCertificateId=certificate, **name)
    elb.delete_load_balancer_listeners(LoadBalancerPorts=[443], **name)
    check = {"Target": "HTTP:8080/health", "Interval": 10, "Timeout": 5, "UnhealthyThreshold": 2, "HealthyThreshold": 2}
    aws.expect("check", elb.configure_health_check(HealthCheck=check, **name)["HealthCheck"], check)
    elb.modify_load_balancer_attributes(LoadBalancerAttributes={"ConnectionDraining": {"Enabled": True, "Timeout": 60}}, **name)
    attributes = elb.describe_load_balancer_attributes(**name)["LoadBalancerAttributes"]
    aws.expect("draining", attributes["ConnectionDraining"], {"Enabled": True, "Timeout": 60})
    groups = elb.describe_load_balancers(LoadBalancerNames=["walk"])["LoadBalancerDescriptions"][0]["SecurityGroups"]
    elb.apply_security_groups_to_load_balancer(SecurityGroups=groups, **name)
    aws.expect("attached", len(elb.attach_load_balancer_to_subnets(Subnets=subnets[2:], **name)["Subnets"]), 3)
    aws.expect("detached", len(elb.detach_load_balancer_from_subnets(Subnets=subnets[2:], **name)["Subnets"]), 2)


def check_policies(aws, elb, name):
    elb.create_lb_cookie_stickiness_policy(PolicyName="sticky", CookieExpirationPeriod=60, **name)
    elb.create_app_cookie_stickiness_policy(PolicyName="session", CookieName="id", **name)
    aws.refused("DuplicatePolicyName", elb.create_lb_cookie_stickiness_policy, PolicyName="sticky", **name)
    elb.set_load_balancer_policies_of_listener(LoadBalancerPort=80, PolicyNames=["sticky"], **name)
    aws.refused("InvalidConfigurationRequest", elb.delete_load_balancer_policy, PolicyName="sticky", **name)
    elb.set_load_balancer_policies_of_listener(LoadBalancerPort=80, PolicyNames=[], **name)
    elb.delete_load_balancer_policy(PolicyName="sticky", **name)


def check_health(aws, ec2, elb, name, subnets):
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    run = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0], InstanceType="t3.micro")
    instance = {"InstanceId": run["Instances"][0]["InstanceId"]}
    aws.advance(minutes=5)
    elb.register_instances_with_load_balancer(Instances=[instance], **name)
    state = lambda: elb.describe_instance_health(**name)["InstanceStates"][0]["State"]  # noqa: E731
    aws.expect("registered", state(), "OutOfService")
    aws.advance(minutes=1)
    aws.expect("in service", state(), "InService")
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(minutes=5)
    aws.expect("stopped", state(), "OutOfService")
    aws.refused("InvalidInstance", elb.register_instances_with_load_balancer, Instances=[{"InstanceId": "i-00000000"}], **name)
    elb.deregister_instances_from_load_balancer(Instances=[instance], **name)
