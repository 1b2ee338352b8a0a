"""Support: the checks of Trusted Advisor, and a case from beginning to end."""


def check(aws):
    support = aws.client("support", account=aws.production, region="us-east-1")
    checks = support.describe_trusted_advisor_checks(language="en")["checks"]
    aws.expect("forty checks", len(checks) >= 40, True)
    ids = [one["id"] for one in checks]
    summaries = support.describe_trusted_advisor_check_summaries(checkIds=ids)["summaries"]
    aws.expect("all summed up", len(summaries), len(ids))
    for check_id in ids:
        result = support.describe_trusted_advisor_check_result(checkId=check_id)["result"]
        names = next(one["metadata"] for one in checks if one["id"] == check_id)
        for flagged in result["flaggedResources"]:
            aws.expect(f"the metadata of {check_id}", len(flagged["metadata"]), len(names))
    support.refresh_trusted_advisor_check(checkId=ids[0])
    support.describe_trusted_advisor_check_refresh_statuses(checkIds=ids[:3])
    support.describe_services()
    support.describe_severity_levels(language="en")
    case = support.create_case(subject="Slow disk", communicationBody="It is slow.", severityCode="high")["caseId"]
    aws.expect("open", support.describe_cases(caseIdList=[case])["cases"][0]["status"], "unassigned")
    aws.advance(hours=5)
    support = aws.client("support", account=aws.production, region="us-east-1")
    aws.expect("answered", support.describe_cases()["cases"][0]["status"], "pending-customer-action")
    support.add_communication_to_case(caseId=case, communicationBody="Thank you.")
    aws.expect("two sides", len(support.describe_communications(caseId=case)["communications"]), 3)
    aws.expect("resolved", support.resolve_case(caseId=case)["finalCaseStatus"], "resolved")
    aws.expect("and out of sight", support.describe_cases()["cases"], [])
    aws.refused("CaseIdNotFound", lambda: support.resolve_case(caseId="case-1"))
