"""Detectors, findings, filters, members."""


def check(aws):
    duty = aws.client("guardduty")
    detector = duty.create_detector(Enable=True, Tags={"team": "security"})["DetectorId"]
    aws.refused("BadRequestException", duty.create_detector, Enable=True)
    aws.expect("list", duty.list_detectors()["DetectorIds"], [detector])
    duty.update_detector(DetectorId=detector, FindingPublishingFrequency="ONE_HOUR")
    found = duty.get_detector(DetectorId=detector)
    aws.expect("detector", (found["Status"], found["FindingPublishingFrequency"]), ("ENABLED", "ONE_HOUR"))
    arn = f"arn:aws:guardduty:{aws.region}:{aws.management}:detector/{detector}"
    duty.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    duty.untag_resource(ResourceArn=arn, TagKeys=["a"])
    aws.expect("tags", duty.list_tags_for_resource(ResourceArn=arn)["Tags"], {"team": "security"})
    findings(aws, duty, detector)
    lists(aws, duty, detector)
    members(aws, duty, detector)
    aws.cli("guardduty list-detectors")
    duty.delete_detector(DetectorId=detector)
    aws.expect("gone", duty.list_detectors()["DetectorIds"], [])


def findings(aws, duty, detector):
    archived = {"Criterion": {"type": {"Eq": ["UnauthorizedAccess:EC2/SSHBruteForce"]}}}
    duty.create_filter(DetectorId=detector, Name="noise", Action="NOOP", FindingCriteria=archived)
    duty.create_sample_findings(DetectorId=detector)
    every = duty.list_findings(DetectorId=detector)["FindingIds"]
    aws.expect("samples", len(every) >= 20)
    high = duty.list_findings(DetectorId=detector, FindingCriteria={"Criterion": {"severity": {"Gte": 7}}})["FindingIds"]
    shown = duty.get_findings(DetectorId=detector, FindingIds=high)["Findings"]
    aws.expect("high", all(f["Severity"] >= 7 for f in shown) and 0 < len(shown) < len(every))
    duty.archive_findings(DetectorId=detector, FindingIds=high[:1])
    current = {"Criterion": {"service.archived": {"Eq": ["false"]}}}
    aws.expect("archived", len(duty.list_findings(DetectorId=detector, FindingCriteria=current)["FindingIds"]), len(every) - 1)
    duty.unarchive_findings(DetectorId=detector, FindingIds=high[:1])
    duty.update_findings_feedback(DetectorId=detector, FindingIds=high[:1], Feedback="USEFUL")
    one = duty.get_findings(DetectorId=detector, FindingIds=high[:1])["Findings"][0]
    aws.expect("feedback", one["Service"]["UserFeedback"], "USEFUL")
    pages = list(duty.get_paginator("list_findings").paginate(DetectorId=detector, PaginationConfig={"PageSize": 10}))
    aws.expect("pages", sum(len(p["FindingIds"]) for p in pages), len(every))
    counts = duty.get_findings_statistics(DetectorId=detector, FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    aws.expect("counts", sum(counts["FindingStatistics"]["CountBySeverity"].values()), len(every))
    for group in ["ACCOUNT", "DATE", "FINDING_TYPE", "RESOURCE", "SEVERITY"]:
        duty.get_findings_statistics(DetectorId=detector, GroupBy=group)
    aws.refused("BadRequestException", duty.list_findings, DetectorId="0" * 32)


def lists(aws, duty, detector):
    aws.expect("filter", duty.get_filter(DetectorId=detector, FilterName="noise")["Action"], "NOOP")
    duty.update_filter(DetectorId=detector, FilterName="noise", Action="ARCHIVE")
    aws.expect("filters", duty.list_filters(DetectorId=detector)["FilterNames"], ["noise"])
    duty.delete_filter(DetectorId=detector, FilterName="noise")
    one = duty.create_ip_set(DetectorId=detector, Name="office", Format="TXT", Location="https://s3/x", Activate=True)["IpSetId"]
    aws.expect("set", duty.get_ip_set(DetectorId=detector, IpSetId=one)["Status"], "ACTIVE")
    duty.update_ip_set(DetectorId=detector, IpSetId=one, Activate=False)
    aws.expect("sets", duty.list_ip_sets(DetectorId=detector)["IpSetIds"], [one])
    duty.delete_ip_set(DetectorId=detector, IpSetId=one)
    to = {"DestinationArn": "arn:aws:s3:::findings", "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/x"}
    one = duty.create_publishing_destination(DetectorId=detector, DestinationType="S3", DestinationProperties=to)["DestinationId"]
    aws.expect("to", duty.describe_publishing_destination(DetectorId=detector, DestinationId=one)["DestinationType"], "S3")
    duty.update_publishing_destination(DetectorId=detector, DestinationId=one, DestinationProperties=to)
    aws.expect("all", len(duty.list_publishing_destinations(DetectorId=detector)["Destinations"]), 1)
    duty.delete_publishing_destination(DetectorId=detector, DestinationId=one)


def members(aws, duty, detector):
    who = {"AccountId": aws.production, "Email": "p@example.com"}
    duty.create_members(DetectorId=detector, AccountDetails=[who])
    duty.invite_members(DetectorId=detector, AccountIds=[aws.production])
    theirs = aws.client("guardduty", account=aws.production)
    own = theirs.create_detector(Enable=True)["DetectorId"]
    aws.expect("count", theirs.get_invitations_count()["InvitationsCount"], 1)
    invitation = theirs.list_invitations()["Invitations"][0]["InvitationId"]
    theirs.accept_administrator_invitation(DetectorId=own, AdministratorId=aws.management, InvitationId=invitation)
    aws.expect("administrator", theirs.get_administrator_account(DetectorId=own)["Administrator"]["AccountId"], aws.management)
    found = duty.list_members(DetectorId=detector)["Members"]
    aws.expect("members", [m["RelationshipStatus"] for m in found], ["Enabled"])
    theirs.create_sample_findings(DetectorId=own, FindingTypes=["Recon:EC2/Portscan"])
    seen = duty.list_findings(DetectorId=detector, FindingCriteria={"Criterion": {"accountId": {"Eq": [aws.production]}}})
    aws.expect("seen", len(seen["FindingIds"]), 1)
    duty.stop_monitoring_members(DetectorId=detector, AccountIds=[aws.production])
    duty.start_monitoring_members(DetectorId=detector, AccountIds=[aws.production])
    aws.expect("get", len(duty.get_members(DetectorId=detector, AccountIds=[aws.production])["Members"]), 1)
    duty.disassociate_members(DetectorId=detector, AccountIds=[aws.production])
    theirs.disassociate_from_administrator_account(DetectorId=own)
    duty.delete_members(DetectorId=detector, AccountIds=[aws.production])
    duty.enable_organization_admin_account(AdminAccountId=aws.production)
    aws.expect("admins", duty.list_organization_admin_accounts()["AdminAccounts"][0]["AdminAccountId"], aws.production)
    theirs.update_organization_configuration(DetectorId=own, AutoEnableOrganizationMembers="ALL")
    aws.expect("organization", theirs.describe_organization_configuration(DetectorId=own)["AutoEnableOrganizationMembers"], "ALL")
    duty.disable_organization_admin_account(AdminAccountId=aws.production)
