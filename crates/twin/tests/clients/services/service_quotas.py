"""Service Quotas: what is allowed, and asking for more."""


def check(aws):
    quotas = aws.client("service-quotas")
    services = quotas.list_services()["Services"]
    aws.expect("services have quotas", "ec2" in [service["ServiceCode"] for service in services], True)
    for service in services:
        quotas.list_service_quotas(ServiceCode=service["ServiceCode"])
    quotas.list_aws_default_service_quotas(ServiceCode="vpc")
    vpcs = {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}
    aws.expect("five networks", quotas.get_service_quota(**vpcs)["Quota"]["Value"], 5.0)
    quotas.get_aws_default_service_quota(**vpcs)
    asked = quotas.request_service_quota_increase(**vpcs, DesiredValue=8)["RequestedQuota"]
    aws.refused(
        "ResourceAlreadyExistsException", lambda: quotas.request_service_quota_increase(**vpcs, DesiredValue=9)
    )
    aws.advance(hours=1)
    aws.expect(
        "approved",
        quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]["Status"],
        "APPROVED",
    )
    aws.expect("eight networks", quotas.get_service_quota(**vpcs)["Quota"]["Value"], 8.0)
    quotas.list_requested_service_quota_change_history()
    quotas.list_requested_service_quota_change_history_by_quota(**vpcs)
    aws.refused("NoSuchResourceException", lambda: quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-0"))
