"""Findings of everything, standards, insights, rules."""


def finding(aws, number, severity="HIGH"):
    return {
        "SchemaVersion": "2018-10-08", "Id": f"finding-{number}", "GeneratorId": "own",
        "ProductArn": f"arn:aws:securityhub:{aws.region}:{aws.management}:product/{aws.management}/default",
        "AwsAccountId": aws.management, "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-03-01T08:00:00Z", "UpdatedAt": "2026-03-01T08:00:00Z",
        "Severity": {"Label": severity}, "Title": f"finding {number}", "Description": "d",
        "Resources": [{"Type": "AwsEc2Instance", "Id": f"i-{number}"}],
    }


def check(aws):
    hub = aws.client("securityhub")
    aws.refused("InvalidAccessException", hub.describe_hub)
    hub.enable_security_hub(EnableDefaultStandards=True, Tags={"a": "b"})
    aws.refused("ResourceConflictException", hub.enable_security_hub)
    arn = hub.describe_hub()["HubArn"]
    hub.update_security_hub_configuration(AutoEnableControls=False)
    hub.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    hub.untag_resource(ResourceArn=arn, TagKeys=["c"])
    aws.expect("tags", hub.list_tags_for_resource(ResourceArn=arn)["Tags"], {"a": "b"})
    findings(aws, hub)
    standards(aws, hub)
    insights(aws, hub)
    members(aws, hub)
    aws.expect("products", len(hub.describe_products()["Products"]), 6)
    own = hub.enable_import_findings_for_product(ProductArn=f"arn:aws:securityhub:{aws.region}::product/acme/x")["ProductSubscriptionArn"]
    aws.expect("enabled", own in hub.list_enabled_products_for_import()["ProductSubscriptions"])
    hub.disable_import_findings_for_product(ProductSubscriptionArn=own)
    aws.cli("securityhub describe-hub")
    hub.disable_security_hub()


def findings(aws, hub):
    rule = hub.create_automation_rule(
        RuleName="r", RuleOrder=1, Description="d", Criteria={"Title": [{"Value": "finding 2", "Comparison": "EQUALS"}]},
        Actions=[{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}])["RuleArn"]
    answer = hub.batch_import_findings(Findings=[finding(aws, 1), finding(aws, 2, "LOW"), {**finding(aws, 3), "CreatedAt": "x"}])
    aws.expect("imported", (answer["SuccessCount"], answer["FailedCount"]), (2, 1))
    own = {"GeneratorId": [{"Value": "own", "Comparison": "EQUALS"}]}
    found = hub.get_findings(Filters=own, SortCriteria=[{"Field": "SeverityNormalized", "SortOrder": "desc"}])["Findings"]
    aws.expect("sorted", [f["Id"] for f in found], ["finding-1", "finding-2"])
    aws.expect("suppressed", found[1]["Workflow"]["Status"], "SUPPRESSED")
    one = {"Id": "finding-1", "ProductArn": found[0]["ProductArn"]}
    lost = {"Id": "none", "ProductArn": found[0]["ProductArn"]}
    answer = hub.batch_update_findings(FindingIdentifiers=[one, lost], Workflow={"Status": "NOTIFIED"}, Note={"Text": "n", "UpdatedBy": "me"})
    aws.expect("updated", (len(answer["ProcessedFindings"]), len(answer["UnprocessedFindings"])), (1, 1))
    notified = {**own, "WorkflowStatus": [{"Value": "NOTIFIED", "Comparison": "EQUALS"}]}
    aws.expect("notified", hub.get_findings(Filters=notified)["Findings"][0]["Note"]["Text"], "n")
    others = {**own, "SeverityLabel": [{"Value": "HIGH", "Comparison": "NOT_EQUALS"}], "ResourceId": [{"Value": "i-", "Comparison": "PREFIX"}]}
    aws.expect("not equal", [f["Id"] for f in hub.get_findings(Filters=others)["Findings"]], ["finding-2"])
    aws.expect("history", len(hub.get_finding_history(FindingIdentifier=one)["Records"]), 2)
    aws.expect("rules", hub.list_automation_rules()["AutomationRulesMetadata"][0]["RuleName"], "r")
    hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=[{"RuleArn": rule, "RuleStatus": "DISABLED"}])
    aws.expect("rule", hub.batch_get_automation_rules(AutomationRulesArns=[rule])["Rules"][0]["RuleStatus"], "DISABLED")
    hub.batch_delete_automation_rules(AutomationRulesArns=[rule])


def standards(aws, hub):
    known = hub.describe_standards()["Standards"]
    aws.expect("pending", {s["StandardsStatus"] for s in hub.get_enabled_standards()["StandardsSubscriptions"]}, {"PENDING"})
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=aws.region + "a", Size=8)["VolumeId"]
    aws.advance(minutes=3)
    enabled = hub.get_enabled_standards()["StandardsSubscriptions"]
    aws.expect("ready", {s["StandardsStatus"] for s in enabled}, {"READY"})
    controls = hub.describe_standards_controls(StandardsSubscriptionArn=enabled[0]["StandardsSubscriptionArn"])["Controls"]
    hub.update_standards_control(StandardsControlArn=controls[0]["StandardsControlArn"], ControlStatus="DISABLED", DisabledReason="no")
    again = hub.describe_standards_controls(StandardsSubscriptionArn=enabled[0]["StandardsSubscriptionArn"])["Controls"]
    aws.expect("disabled", again[0]["ControlStatus"], "DISABLED")
    failed = {"ProductName": [{"Value": "Security Hub", "Comparison": "EQUALS"}], "ComplianceStatus": [{"Value": "FAILED", "Comparison": "EQUALS"}]}
    hub.get_findings(Filters=failed)
    aws.expect("definitions", len(hub.list_security_control_definitions()["SecurityControlDefinitions"]) >= 30)
    aws.expect("definition", hub.get_security_control_definition(SecurityControlId="EC2.8")["SecurityControlDefinition"]["SeverityRating"], "HIGH")
    aws.expect("controls", len(hub.batch_get_security_controls(SecurityControlIds=["EC2.8", "X.1"])["UnprocessedIds"]), 1)
    aws.expect("associations", len(hub.list_standards_control_associations(SecurityControlId="EC2.8")["StandardsControlAssociationSummaries"]), 2)
    update = {"StandardsArn": known[0]["StandardsArn"], "SecurityControlId": "EC2.8", "AssociationStatus": "DISABLED", "UpdatedReason": "r"}
    hub.batch_update_standards_control_associations(StandardsControlAssociationUpdates=[update])
    hub.batch_disable_standards(StandardsSubscriptionArns=[enabled[0]["StandardsSubscriptionArn"]])
    hub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": enabled[0]["StandardsArn"]}])
    ec2.delete_volume(VolumeId=volume)


def insights(aws, hub):
    own = {"GeneratorId": [{"Value": "own", "Comparison": "EQUALS"}]}
    arn = hub.create_insight(Name="i", Filters=own, GroupByAttribute="SeverityLabel")["InsightArn"]
    values = hub.get_insight_results(InsightArn=arn)["InsightResults"]["ResultValues"]
    aws.expect("results", {v["GroupByAttributeValue"]: v["Count"] for v in values}, {"HIGH": 1, "LOW": 1})
    hub.update_insight(InsightArn=arn, Name="j")
    aws.expect("insights", hub.get_insights()["Insights"][0]["Name"], "j")
    hub.delete_insight(InsightArn=arn)
    target = hub.create_action_target(Name="t", Description="d", Id="ticket")["ActionTargetArn"]
    hub.update_action_target(ActionTargetArn=target, Name="u")
    aws.expect("targets", hub.describe_action_targets()["ActionTargets"][0]["Name"], "u")
    hub.delete_action_target(ActionTargetArn=target)
    arn = hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")["FindingAggregatorArn"]
    aws.expect("aggregator", hub.get_finding_aggregator(FindingAggregatorArn=arn)["RegionLinkingMode"], "ALL_REGIONS")
    hub.update_finding_aggregator(FindingAggregatorArn=arn, RegionLinkingMode="SPECIFIED_REGIONS", Regions=["us-east-1"])
    aws.expect("aggregators", len(hub.list_finding_aggregators()["FindingAggregators"]), 1)
    hub.delete_finding_aggregator(FindingAggregatorArn=arn)


def members(aws, hub):
    hub.enable_organization_admin_account(AdminAccountId=aws.production)
    aws.expect("admins", hub.list_organization_admin_accounts()["AdminAccounts"][0]["AccountId"], aws.production)
    theirs = aws.client("securityhub", account=aws.production)
    theirs.enable_security_hub(EnableDefaultStandards=False)
    aws.expect("unprocessed", theirs.create_members(AccountDetails=[{"AccountId": aws.management}, {"AccountId": aws.staging}])["UnprocessedAccounts"], [])
    aws.expect("members", len(theirs.list_members()["Members"]), 2)
    aws.expect("member", theirs.get_members(AccountIds=[aws.staging])["Members"][0]["MemberStatus"], "Enabled")
    own = {"GeneratorId": [{"Value": "own", "Comparison": "EQUALS"}]}
    aws.expect("seen", len(theirs.get_findings(Filters=own)["Findings"]), 2)
    aws.expect("administrator", hub.get_administrator_account()["Administrator"]["AccountId"], aws.production)
    theirs.disassociate_members(AccountIds=[aws.staging])
    theirs.delete_members(AccountIds=[aws.staging])
    hub.disable_organization_admin_account(AdminAccountId=aws.production)
