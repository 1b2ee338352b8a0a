"""Service Quotas: what is allowed, asking for more, and what is refused until then."""

VPCS = {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}


def check(aws):
    quotas = aws.client("service-quotas")
    _catalogue(aws, quotas)
    _asking(aws, quotas, aws.client("ec2"))
    _history(aws, quotas)
    _elsewhere(aws, quotas)


def _catalogue(aws, quotas):
    services = [service for page in quotas.get_paginator("list_services").paginate(PaginationConfig={"PageSize": 5})
                for service in page["Services"]]
    codes = [service["ServiceCode"] for service in services]
    aws.expect("each service once", len(set(codes)), len(codes))
    aws.expect("services have quotas", {"ec2", "vpc", "lambda", "rds"} <= set(codes))
    for code in codes:
        listed = quotas.list_service_quotas(ServiceCode=code)["Quotas"]
        defaults = quotas.list_aws_default_service_quotas(ServiceCode=code)["Quotas"]
        aws.expect(f"{code}: quotas and their defaults", [one["QuotaCode"] for one in listed], [one["QuotaCode"] for one in defaults])
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="vpc", PaginationConfig={"PageSize": 3})
    paged = [quota["QuotaCode"] for page in pages for quota in page["Quotas"]]
    whole = [quota["QuotaCode"] for quota in quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]]
    aws.expect("pages", paged, whole)
    found = quotas.get_service_quota(**VPCS)["Quota"]
    aws.expect("five networks", (found["QuotaName"], found["Value"], found["Adjustable"]), ("VPCs per Region", 5.0, True))
    aws.expect("its ARN", found["QuotaArn"], f"arn:aws:servicequotas:{aws.region}:{aws.management}:vpc/L-F678F1CE")
    aws.refused("NoSuchResourceException", quotas.get_service_quota, ServiceCode="vpc", QuotaCode="L-0")
    aws.refused("NoSuchResourceException", quotas.list_service_quotas, ServiceCode="none")
    aws.refused("NoSuchResourceException", quotas.get_aws_default_service_quota, ServiceCode="vpc", QuotaCode="L-0")
    aws.refused("InvalidPaginationTokenException", quotas.list_service_quotas, ServiceCode="vpc", NextToken="nonsense")


def _asking(aws, quotas, ec2):
    """Five networks are allowed; the sixth is not, until more were asked for and approved."""
    make = lambda number: ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
    for number in range(5 - len(ec2.describe_vpcs()["Vpcs"])):
        make(number)
    aws.refused("VpcLimitExceeded", make, number=5)
    for value in (4, 5):
        aws.refused("IllegalArgumentException", quotas.request_service_quota_increase, DesiredValue=value, **VPCS)
    asked = quotas.request_service_quota_increase(**VPCS, DesiredValue=6)["RequestedQuota"]
    aws.expect("asked", (asked["Status"], asked["DesiredValue"]), ("PENDING", 6.0))
    aws.refused("ResourceAlreadyExistsException", quotas.request_service_quota_increase, DesiredValue=9, **VPCS)
    aws.refused("VpcLimitExceeded", make, number=5)
    aws.advance(hours=1)
    change = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
    aws.expect("approved", (change["Status"], change["LastUpdated"] > change["Created"]), ("APPROVED", True))
    aws.expect("six networks", quotas.get_service_quota(**VPCS)["Quota"]["Value"], 6.0)
    aws.expect("the default stays", quotas.get_aws_default_service_quota(**VPCS)["Quota"]["Value"], 5.0)
    aws.expect("a sixth network", make(5).startswith("vpc-"))
    aws.refused("VpcLimitExceeded", make, number=6)
    aws.refused("NoSuchResourceException", quotas.get_requested_service_quota_change, RequestId="none")


def _history(aws, quotas):
    quotas.request_service_quota_increase(**VPCS, DesiredValue=7)
    wanted = lambda found: [one["DesiredValue"] for one in found["RequestedQuotas"]]
    history = quotas.list_requested_service_quota_change_history
    aws.expect("everything", sorted(wanted(history())), [6.0, 7.0])
    aws.expect("pending", wanted(history(ServiceCode="vpc", Status="PENDING")), [7.0])
    aws.expect("of another service", wanted(history(ServiceCode="ec2")), [])
    aws.expect("of the quota", sorted(wanted(quotas.list_requested_service_quota_change_history_by_quota(**VPCS))), [6.0, 7.0])
    pages = quotas.get_paginator("list_requested_service_quota_change_history").paginate(PaginationConfig={"PageSize": 1})
    aws.expect("pages", [len(page["RequestedQuotas"]) for page in pages], [1, 1])
    aws.refused("IllegalArgumentException", history, Status="THINKING")
    aws.twin("POST", "faults", {"operation": "QuotaRequest", "count": 1, "effect": {"job-fails": "not now"}})
    aws.advance(hours=1)
    aws.expect("denied", wanted(history(Status="DENIED")), [7.0])
    aws.twin("DELETE", "faults")
    aws.expect("as before", quotas.get_service_quota(**VPCS)["Quota"]["Value"], 6.0)


def _elsewhere(aws, quotas):
    aws.expect("another Region", aws.client("service-quotas", region="us-east-1").get_service_quota(**VPCS)["Quota"]["Value"], 5.0)
    other = aws.client("service-quotas", account=aws.production)
    aws.expect("another account", other.get_service_quota(**VPCS)["Quota"]["Value"], 5.0)
    aws.expect("nothing was asked there", other.list_requested_service_quota_change_history()["RequestedQuotas"], [])
    listed = aws.cli("service-quotas get-service-quota --service-code vpc --quota-code L-F678F1CE")
    if listed is not None:
        aws.expect("CLI", listed["Quota"]["Value"], 6.0)
