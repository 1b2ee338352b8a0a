"""Recorded resources, rules, packs, aggregators."""

import json

PACK = """
Parameters: {Type: {Type: String, Default: t3.micro}}
Resources:
  Encrypted:
    Type: AWS::Config::ConfigRule
    Properties: {ConfigRuleName: pack-encrypted, Source: {Owner: AWS, SourceIdentifier: ENCRYPTED_VOLUMES}}
  Desired:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: pack-type
      InputParameters: {instanceType: !Ref Type}
      Source: {Owner: AWS, SourceIdentifier: DESIRED_INSTANCE_TYPE}
"""


def check(aws):
    config, ec2 = aws.client("config"), aws.client("ec2")
    aws.refused("NoAvailableConfigurationRecorderException", config.put_config_rule,
                ConfigRule={"ConfigRuleName": "x", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}})
    role = f"arn:aws:iam::{aws.management}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    aws.refused("NoAvailableDeliveryChannelException", config.start_configuration_recorder, ConfigurationRecorderName="default")
    aws.refused("NoSuchBucketException", config.put_delivery_channel, DeliveryChannel={"name": "default", "s3BucketName": "none"})
    aws.client("s3").create_bucket(Bucket="config-items-1", CreateBucketConfiguration={"LocationConstraint": aws.region})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "config-items-1"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    aws.expect("recorders", config.describe_configuration_recorders()["ConfigurationRecorders"][0]["name"], "default")
    aws.expect("recording", config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]["recording"])
    config.describe_delivery_channels()
    config.describe_delivery_channel_status()
    config.deliver_config_snapshot(deliveryChannelName="default")
    info = config.describe_delivery_channel_status()["DeliveryChannelsStatus"][0]["configSnapshotDeliveryInfo"]
    aws.expect("snapshot", info["lastStatus"], "SUCCESS")
    aws.expect("file", "/ConfigSnapshot/" in aws.client("s3").list_objects_v2(Bucket="config-items-1")["Contents"][0]["Key"])
    volume = ec2.create_volume(AvailabilityZone=aws.region + "a", Size=8)["VolumeId"]
    aws.advance(minutes=3)
    found = config.list_discovered_resources(resourceType="AWS::EC2::Volume")["resourceIdentifiers"]
    aws.expect("discovered", volume in [r["resourceId"] for r in found])
    rules(aws, config, ec2, volume)
    items(aws, config, ec2, volume)
    packs(aws, config)
    remediation(aws, config)
    aggregators(aws, config)
    config.put_retention_configuration(RetentionPeriodInDays=365)
    aws.expect("retention", config.describe_retention_configurations()["RetentionConfigurations"][0]["RetentionPeriodInDays"], 365)
    config.delete_retention_configuration(RetentionConfigurationName="default")
    aws.refused("LastDeliveryChannelDeleteFailedException", config.delete_delivery_channel, DeliveryChannelName="default")
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    config.delete_delivery_channel(DeliveryChannelName="default")
    config.delete_configuration_recorder(ConfigurationRecorderName="default")
    aws.cli("configservice describe-config-rules")


def rules(aws, config, ec2, volume):
    def put(name, identifier, **more):
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}, **more}
        config.put_config_rule(ConfigRule=rule)

    put("tags", "REQUIRED_TAGS", InputParameters=json.dumps({"tag1Key": "Owner"}), Scope={"ComplianceResourceTypes": ["AWS::EC2::Volume"]})
    put("used", "EC2_VOLUME_INUSE_CHECK")
    put("never", "ALB_WAF_ENABLED")
    put("trail", "CLOUD_TRAIL_ENABLED")
    aws.refused("InvalidParameterValueException", config.put_config_rule,
                ConfigRule={"ConfigRuleName": "x", "Source": {"Owner": "AWS", "SourceIdentifier": "NO_SUCH_RULE"}})
    aws.advance(minutes=1)
    aws.expect("rules", len(config.describe_config_rules()["ConfigRules"]), 4)
    found = {c["ConfigRuleName"]: c["Compliance"]["ComplianceType"] for c in config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]}
    aws.expect("compliance", (found["tags"], found["used"], found["never"]), ("NON_COMPLIANT", "NON_COMPLIANT", "INSUFFICIENT_DATA"))
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "Owner", "Value": "me"}])
    aws.advance(minutes=3)
    details = config.get_compliance_details_by_config_rule(ConfigRuleName="tags")["EvaluationResults"]
    own = [d for d in details if d["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"] == volume]
    aws.expect("tagged", [d["ComplianceType"] for d in own], ["COMPLIANT"])
    config.get_compliance_details_by_resource(ResourceType="AWS::EC2::Volume", ResourceId=volume)
    aws.expect("by resource", len(config.describe_compliance_by_resource(ResourceType="AWS::EC2::Volume")["ComplianceByResources"]) >= 1)
    config.get_compliance_summary_by_config_rule()
    config.get_compliance_summary_by_resource_type(ResourceTypes=["AWS::EC2::Volume"])
    aws.expect("status", len(config.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]), 4)
    config.start_config_rules_evaluation(ConfigRuleNames=["tags"])
    custom = {"ConfigRuleName": "own", "Source": {"Owner": "CUSTOM_POLICY", "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": "rule x {}"},
              "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}]}}
    config.put_config_rule(ConfigRule=custom)
    aws.expect("policy", config.get_custom_rule_policy(ConfigRuleName="own")["PolicyText"], "rule x {}")
    now = aws.now()
    one = {"ComplianceResourceType": "AWS::EC2::Volume", "ComplianceResourceId": volume, "ComplianceType": "NON_COMPLIANT", "OrderingTimestamp": now}
    config.put_evaluations(Evaluations=[one], ResultToken="own|x")
    config.put_external_evaluation(ConfigRuleName="own", ExternalEvaluation={**one, "ComplianceType": "COMPLIANT"})
    config.delete_evaluation_results(ConfigRuleName="own")
    arn = config.describe_config_rules(ConfigRuleNames=["tags"])["ConfigRules"][0]["ConfigRuleArn"]
    aws.expect("arn", arn.startswith("arn:aws:config:"))
    arn = f"arn:aws:config:{aws.region}:{aws.management}:config-rule/tags"
    config.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    aws.expect("rule tags", config.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
    config.untag_resource(ResourceArn=arn, TagKeys=["a"])
    config.delete_config_rule(ConfigRuleName="never")
    aws.advance(minutes=1)
    aws.refused("NoSuchConfigRuleException", config.describe_config_rules, ConfigRuleNames=["never"])


def items(aws, config, ec2, volume):
    history = config.get_resource_config_history(resourceType="AWS::EC2::Volume", resourceId=volume)["configurationItems"]
    aws.expect("history", [i["configurationItemStatus"] for i in history][-1], "ResourceDiscovered")
    aws.expect("tags", history[0]["tags"], {"Owner": "me"})
    aws.expect("configuration", json.loads(history[0]["configuration"])["size"], 8)
    batch = config.batch_get_resource_config(resourceKeys=[{"resourceType": "AWS::EC2::Volume", "resourceId": volume}])
    aws.expect("batch", len(batch["baseConfigurationItems"]), 1)
    query = f"SELECT resourceId, configuration.size WHERE resourceType = 'AWS::EC2::Volume' AND resourceId = '{volume}'"
    rows = config.select_resource_config(Expression=query)["Results"]
    aws.expect("query", json.loads(rows[0]), {"resourceId": volume, "configuration": {"size": 8}})
    aws.refused("InvalidExpressionException", config.select_resource_config, Expression="DROP TABLE x")
    aws.expect("counts", config.get_discovered_resource_counts()["totalDiscoveredResources"] >= 1)
    ec2.delete_volume(VolumeId=volume)
    aws.advance(minutes=5)
    found = config.list_discovered_resources(resourceType="AWS::EC2::Volume", includeDeletedResources=True)["resourceIdentifiers"]
    aws.expect("deleted", [("resourceDeletionTime" in r) for r in found if r["resourceId"] == volume], [True])


def packs(aws, config):
    config.put_conformance_pack(ConformancePackName="pack", TemplateBody=PACK)
    aws.advance(minutes=3)
    status = config.describe_conformance_pack_status()["ConformancePackStatusDetails"][0]
    aws.expect("pack", status["ConformancePackState"], "CREATE_COMPLETE")
    aws.expect("packs", config.describe_conformance_packs()["ConformancePackDetails"][0]["ConformancePackName"], "pack")
    found = config.describe_conformance_pack_compliance(ConformancePackName="pack")["ConformancePackRuleComplianceList"]
    aws.expect("pack rules", len(found), 2)
    config.get_conformance_pack_compliance_details(ConformancePackName="pack")
    config.get_conformance_pack_compliance_summary(ConformancePackNames=["pack"])
    config.delete_conformance_pack(ConformancePackName="pack")


def remediation(aws, config):
    one = {"ConfigRuleName": "tags", "TargetType": "SSM_DOCUMENT", "TargetId": "AWS-StopEC2Instance",
           "Parameters": {"InstanceId": {"ResourceValue": {"Value": "RESOURCE_ID"}}}}
    config.put_remediation_configurations(RemediationConfigurations=[one])
    aws.expect("remediation", len(config.describe_remediation_configurations(ConfigRuleNames=["tags"])["RemediationConfigurations"]), 1)
    aws.refused("ResourceInUseException", config.delete_config_rule, ConfigRuleName="tags")
    key = {"resourceType": "AWS::EC2::Volume", "resourceId": "vol-1"}
    config.start_remediation_execution(ConfigRuleName="tags", ResourceKeys=[key])
    aws.expect("executions", len(config.describe_remediation_execution_status(ConfigRuleName="tags")["RemediationExecutionStatuses"]), 1)
    upper = {"ResourceType": "AWS::EC2::Volume", "ResourceId": "vol-1"}
    config.put_remediation_exceptions(ConfigRuleName="tags", ResourceKeys=[upper], Message="m")
    aws.expect("exceptions", len(config.describe_remediation_exceptions(ConfigRuleName="tags")["RemediationExceptions"]), 1)
    config.delete_remediation_exceptions(ConfigRuleName="tags", ResourceKeys=[upper])
    config.delete_remediation_configuration(ConfigRuleName="tags")


def aggregators(aws, config):
    source = {"RoleArn": f"arn:aws:iam::{aws.management}:role/aggregate", "AllAwsRegions": True}
    config.put_configuration_aggregator(ConfigurationAggregatorName="all", OrganizationAggregationSource=source)
    aws.expect("aggregators", len(config.describe_configuration_aggregators()["ConfigurationAggregators"]), 1)
    found = config.describe_aggregate_compliance_by_config_rules(ConfigurationAggregatorName="all")["AggregateComplianceByConfigRules"]
    aws.expect("rules of all", {r["AccountId"] for r in found}, {aws.management})
    config.get_aggregate_compliance_details_by_config_rule(
        ConfigurationAggregatorName="all", ConfigRuleName="tags", AccountId=aws.management, AwsRegion=aws.region)
    config.get_aggregate_config_rule_compliance_summary(ConfigurationAggregatorName="all", GroupByKey="ACCOUNT_ID")
    config.list_aggregate_discovered_resources(ConfigurationAggregatorName="all", ResourceType="AWS::S3::Bucket")
    config.select_aggregate_resource_config(ConfigurationAggregatorName="all", Expression="SELECT COUNT(*)")
    config.delete_configuration_aggregator(ConfigurationAggregatorName="all")
