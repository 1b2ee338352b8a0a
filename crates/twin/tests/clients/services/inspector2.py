"""Amazon Inspector: which machines are scanned, what is found, and what is kept out of sight."""


def check(aws):
    inspector = aws.client("inspector2", account=aws.production)
    office = aws.client("inspector2")
    inspector.enable(resourceTypes=["EC2"])
    aws.refused("NotImplemented", inspector.enable, resourceTypes=["ECR"])
    aws.advance(minutes=10)
    status = inspector.batch_get_account_status()["accounts"][0]
    aws.expect("enabled", status["state"]["status"], "ENABLED")
    covered = inspector.list_coverage()["coveredResources"]
    aws.expect("covered", len(covered) > 0)
    counts = inspector.list_coverage_statistics(groupBy="SCAN_STATUS_CODE")
    aws.expect("counted", counts["totalCounts"], len(covered))
    findings(aws, inspector)
    organization(aws, office, inspector)
    inspector.disable(resourceTypes=["EC2"])
    aws.expect("gone", inspector.list_findings()["findings"], [])
    aws.cli("inspector2 list-findings", account=aws.production)


def equals(value):
    return [{"comparison": "EQUALS", "value": value}]


def findings(aws, inspector):
    found = inspector.list_findings(sortCriteria={"field": "INSPECTOR_SCORE", "sortOrder": "DESC"}, maxResults=20)["findings"]
    scores = [one["inspectorScore"] for one in found]
    aws.expect("worst first", scores, sorted(scores, reverse=True))
    one = found[0]
    number = one["packageVulnerabilityDetails"]["vulnerabilityId"]
    same = inspector.list_findings(filterCriteria={"vulnerabilityId": equals(number), "findingStatus": equals("ACTIVE")})["findings"]
    aws.expect("filtered", {x["packageVulnerabilityDetails"]["vulnerabilityId"] for x in same}, {number})
    for kind in ("ACCOUNT", "AWS_EC2_INSTANCE", "PACKAGE", "TITLE", "FINDING_TYPE", "AMI"):
        answer = inspector.list_finding_aggregations(aggregationType=kind)
        aws.expect(f"aggregation {kind}", len(answer["responses"]) > 0)
    arn = inspector.create_filter(name="accepted", action="SUPPRESS", filterCriteria={"vulnerabilityId": equals(number)},
                                  tags={"by": "ana"})["arn"]
    hidden = inspector.list_findings(filterCriteria={"findingStatus": equals("SUPPRESSED")})["findings"]
    aws.expect("suppressed", len(hidden), len(same))
    aws.expect("filters", [x["name"] for x in inspector.list_filters()["filters"]], ["accepted"])
    inspector.update_filter(filterArn=arn, action="NONE")
    aws.expect("seen again", inspector.list_findings(filterCriteria={"findingStatus": equals("SUPPRESSED")})["findings"], [])
    inspector.tag_resource(resourceArn=arn, tags={"until": "June"})
    inspector.untag_resource(resourceArn=arn, tagKeys=["by"])
    aws.expect("tags", inspector.list_tags_for_resource(resourceArn=arn)["tags"], {"until": "June"})
    inspector.delete_filter(arn=arn)
    aws.refused("ResourceNotFoundException", inspector.delete_filter, arn=arn)


def organization(aws, office, inspector):
    aws.refused("AccessDeniedException", inspector.enable_delegated_admin_account, delegatedAdminAccountId=aws.production)
    office.enable_delegated_admin_account(delegatedAdminAccountId=aws.production)
    listed = office.list_delegated_admin_accounts()["delegatedAdminAccounts"]
    aws.expect("administrators", [one["accountId"] for one in listed], [aws.production])
    aws.expect("administrator", inspector.get_delegated_admin_account()["delegatedAdmin"]["accountId"], aws.production)
    inspector.associate_member(accountId=aws.staging)
    inspector.enable(accountIds=[aws.staging], resourceTypes=["EC2"])
    aws.advance(minutes=10)
    aws.expect("members", [one["accountId"] for one in inspector.list_members()["members"]], [aws.staging])
    aws.expect("member", inspector.get_member(accountId=aws.staging)["member"]["relationshipStatus"], "ENABLED")
    accounts = {one["accountId"] for one in inspector.list_coverage()["coveredResources"]}
    aws.expect("accounts covered", accounts, {aws.production, aws.staging})
    inspector.update_organization_configuration(autoEnable={"ec2": True, "ecr": False})
    aws.expect("for new accounts", inspector.describe_organization_configuration()["autoEnable"]["ec2"])
    aws.client("organizations").create_account(AccountName="newcomer", Email="newcomer@example.com")
    aws.advance(minutes=10)
    joined = [one["accountId"] for one in inspector.list_members()["members"] if one["accountId"] != aws.staging]
    aws.expect("newcomers are members", len(joined), 1)
    status = inspector.batch_get_account_status(accountIds=joined)["accounts"]
    aws.expect("newcomers are scanned", [one["state"]["status"] for one in status], ["ENABLED"])
    inspector.disassociate_member(accountId=aws.staging)
    office.disable_delegated_admin_account(delegatedAdminAccountId=aws.production)
