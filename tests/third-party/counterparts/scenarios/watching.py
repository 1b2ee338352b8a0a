"""What watches: logs, metrics and alarms, Config, CloudTrail, the tagging API."""

import datetime
import json


def logs(aws):
    aws.logs.create_log_group(logGroupName="/web/access", tags={"team": "web"})
    aws.logs.create_log_group(logGroupName="/web/access")
    aws.logs.create_log_group(logGroupName="not a name!")
    aws.logs.describe_log_groups(logGroupNamePrefix="/web")
    aws.logs.describe_log_groups(logGroupNamePrefix="/nobody")
    aws.logs.put_retention_policy(logGroupName="/web/access", retentionInDays=30)
    aws.logs.put_retention_policy(logGroupName="/web/access", retentionInDays=31)
    aws.logs.put_retention_policy(logGroupName="/nobody", retentionInDays=30)
    aws.logs.delete_retention_policy(logGroupName="/nobody")
    aws.logs.create_log_stream(logGroupName="/web/access", logStreamName="one")
    aws.logs.create_log_stream(logGroupName="/web/access", logStreamName="one")
    aws.logs.create_log_stream(logGroupName="/nobody", logStreamName="one")
    aws.logs.create_log_stream(logGroupName="/web/access", logStreamName="a:b")
    now = int(datetime.datetime.now().timestamp() * 1000) - 60_000
    lines = ["GET / 200", "GET /cart 500", json.dumps({"level": "error", "status": 500}), json.dumps({"level": "info"})]
    entries = [{"timestamp": now + at, "message": text} for at, text in enumerate(lines)]
    put = lambda stream, sent: aws.logs.put_log_events(logGroupName="/web/access", logStreamName=stream, logEvents=sent)
    put("one", entries)
    put("nobody", entries)
    put("one", [])
    put("one", entries[::-1])
    put("one", [{"timestamp": now - 15 * 86_400_000, "message": "too old"}])
    aws.logs.describe_log_streams(logGroupName="/web/access")
    aws.logs.describe_log_streams(logGroupName="/nobody")
    aws.logs.get_log_events(logGroupName="/web/access", logStreamName="one", startFromHead=True, limit=2)
    aws.logs.get_log_events(logGroupName="/web/access", logStreamName="nobody")
    find = lambda pattern: aws.logs.filter_log_events(logGroupName="/web/access", filterPattern=pattern)
    for pattern in ["", "GET", "GET -500", "?cart ?error", '"GET /cart"', '{ $.level = "error" }', "{ $.status >= 500 }", "{ $.level"]:
        find(pattern)
    aws.logs.filter_log_events(logGroupName="/nobody")
    aws.logs.filter_log_events(logGroupName="/web/access", logStreamNames=["nobody"])
    metric = [{"metricName": "errors", "metricNamespace": "web", "metricValue": "1"}]
    aws.logs.put_metric_filter(
        logGroupName="/web/access", filterName="errors", filterPattern="ERROR", metricTransformations=metric)
    aws.logs.put_metric_filter(
        logGroupName="/nobody", filterName="errors", filterPattern="ERROR", metricTransformations=metric)
    aws.logs.describe_metric_filters(logGroupName="/web/access")
    aws.logs.delete_metric_filter(logGroupName="/web/access", filterName="nobody")
    aws.logs.test_metric_filter(filterPattern="ERROR", logEventMessages=["ERROR one", "fine"])
    aws.logs.list_tags_log_group(logGroupName="/web/access")
    aws.logs.tag_log_group(logGroupName="/web/access", tags={"stage": "test"})
    aws.logs.untag_log_group(logGroupName="/web/access", tags=["team"])
    aws.logs.list_tags_log_group(logGroupName="/web/access")
    aws.logs.list_tags_log_group(logGroupName="/nobody")
    aws.logs.delete_log_stream(logGroupName="/web/access", logStreamName="one")
    aws.logs.delete_log_stream(logGroupName="/web/access", logStreamName="one")
    aws.logs.delete_log_group(logGroupName="/web/access")
    aws.logs.delete_log_group(logGroupName="/web/access")


def alarms(aws):
    topic = aws.sns.create_topic(Name="alerts")["TopicArn"]
    alarm = {"AlarmName": "busy", "Namespace": "web", "MetricName": "load", "Statistic": "Average", "Period": 60,
             "EvaluationPeriods": 1, "Threshold": 80.0, "ComparisonOperator": "GreaterThanThreshold"}
    put = lambda **change: aws.cloudwatch.put_metric_alarm(**{**alarm, **change})
    put(ComparisonOperator="Resembles")
    put(Statistic="Middle")
    put(Period=7)
    put(EvaluationPeriods=0)
    put(TreatMissingData="panic")
    put(AlarmActions=["nonsense"])
    put(DatapointsToAlarm=2)
    put(AlarmActions=[topic], AlarmDescription="too busy", Tags=[{"Key": "team", "Value": "web"}])
    arn = aws.cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"][0]["AlarmArn"]
    aws.cloudwatch.describe_alarms(AlarmNames=["nobody"])
    aws.cloudwatch.describe_alarms(AlarmNamePrefix="bu", StateValue="ALARM")
    aws.cloudwatch.describe_alarms_for_metric(Namespace="web", MetricName="load")
    aws.cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a test")
    aws.cloudwatch.set_alarm_state(AlarmName="nobody", StateValue="ALARM", StateReason="a test")
    aws.cloudwatch.set_alarm_state(AlarmName="busy", StateValue="LOUD", StateReason="a test")
    aws.cloudwatch.set_alarm_state(AlarmName="busy", StateValue="OK", StateReason="a test", StateReasonData="{")
    aws.cloudwatch.describe_alarms(StateValue="ALARM")
    aws.cloudwatch.disable_alarm_actions(AlarmNames=["busy"])
    aws.cloudwatch.describe_alarms(AlarmNames=["busy"])
    aws.cloudwatch.enable_alarm_actions(AlarmNames=["busy", "nobody"])
    aws.cloudwatch.list_tags_for_resource(ResourceARN=arn)
    aws.cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
    aws.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    aws.cloudwatch.list_tags_for_resource(ResourceARN=arn)
    aws.cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("busy")')
    aws.cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(")
    aws.cloudwatch.put_composite_alarm(AlarmName="lost", AlarmRule='ALARM("nobody")')
    aws.cloudwatch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
    aws.cloudwatch.delete_alarms(AlarmNames=["busy", "nobody"])
    aws.cloudwatch.delete_alarms(AlarmNames=["both"])
    aws.cloudwatch.delete_alarms(AlarmNames=["busy"])
    aws.cloudwatch.describe_alarms()


def metrics(aws):
    end = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    start = end - datetime.timedelta(minutes=10)
    at = end - datetime.timedelta(minutes=5)
    put = lambda *data, namespace="web": aws.cloudwatch.put_metric_data(Namespace=namespace, MetricData=list(data))
    page = {"MetricName": "load", "Dimensions": [{"Name": "page", "Value": "home"}], "Timestamp": at, "Unit": "Percent"}
    put({**page, "Value": 10}, {**page, "Value": 30})
    put({**page, "Value": 10}, namespace="AWS/Mine")
    put({**page, "Value": 10}, namespace="")
    put({**page, "Values": [1, 2], "Counts": [1]})
    put({**page, "Value": 10, "Unit": "Cats"})
    put({"Value": 1})
    aws.cloudwatch.list_metrics(Namespace="web")
    aws.cloudwatch.list_metrics(Namespace="web", Dimensions=[{"Name": "page", "Value": "cart"}])
    ask = lambda **more: aws.cloudwatch.get_metric_statistics(**{**dict(
        Namespace="web", MetricName="load", Dimensions=page["Dimensions"], StartTime=start, EndTime=end, Period=60,
        Statistics=["Average", "Sum", "Minimum", "Maximum", "SampleCount"]), **more})
    ask()
    ask(Dimensions=[])
    ask(StartTime=end, EndTime=start)
    ask(Period=61)
    ask(Period=60, StartTime=end - datetime.timedelta(days=10))
    ask(Statistics=[])
    metric = {"Metric": {"Namespace": "web", "MetricName": "load", "Dimensions": page["Dimensions"]}, "Period": 60, "Stat": "Sum"}
    data = lambda *queries: aws.cloudwatch.get_metric_data(MetricDataQueries=list(queries), StartTime=start, EndTime=end)
    data({"Id": "a", "MetricStat": metric})
    data({"Id": "A", "MetricStat": metric})
    data({"Id": "a", "MetricStat": metric}, {"Id": "a", "MetricStat": metric})
    data({"Id": "b", "Expression": "a * 2"})
    data({"Id": "a", "MetricStat": metric, "ReturnData": False}, {"Id": "b", "Expression": "a * 2"})
    data()
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"markdown": "hi"}}]})
    aws.cloudwatch.put_dashboard(DashboardName="web", DashboardBody=body)
    aws.cloudwatch.put_dashboard(DashboardName="wrong", DashboardBody="{")
    aws.cloudwatch.get_dashboard(DashboardName="web")
    aws.cloudwatch.get_dashboard(DashboardName="nobody")
    aws.cloudwatch.list_dashboards()
    aws.cloudwatch.delete_dashboards(DashboardNames=["nobody"])
    aws.cloudwatch.delete_dashboards(DashboardNames=["web"])


def configuration(aws):
    role = "arn:aws:iam::123456789012:role/config"
    everything = {"allSupported": True, "includeGlobalResourceTypes": True}
    record = lambda **change: aws.config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": everything, **change})
    record(name="")
    record(recordingGroup={"allSupported": True, "resourceTypes": ["AWS::EC2::Instance"]})
    record(recordingGroup={"allSupported": False, "resourceTypes": ["AWS::EC2::Pigeon"]})
    record()
    record(name="second")
    aws.config.describe_configuration_recorders()
    aws.config.describe_configuration_recorders(ConfigurationRecorderNames=["nobody"])
    aws.config.start_configuration_recorder(ConfigurationRecorderName="default")
    aws.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "harbour-nobody"})
    aws.s3.create_bucket(Bucket="harbour-config")
    aws.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "harbour-config"})
    aws.config.put_delivery_channel(DeliveryChannel={"name": "second", "s3BucketName": "harbour-config"})
    aws.config.describe_delivery_channels()
    aws.config.describe_delivery_channels(DeliveryChannelNames=["nobody"])
    aws.config.start_configuration_recorder(ConfigurationRecorderName="nobody")
    aws.config.start_configuration_recorder(ConfigurationRecorderName="default")
    aws.config.describe_configuration_recorder_status()
    aws.config.delete_delivery_channel(DeliveryChannelName="default")
    rule = lambda **change: aws.config.put_config_rule(ConfigRule={
        "ConfigRuleName": "encrypted", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}, **change})
    rule(Source={"Owner": "AWS", "SourceIdentifier": "NO_PIGEONS"})
    rule(Source={"Owner": "SOMEBODY", "SourceIdentifier": "ENCRYPTED_VOLUMES"})
    rule(InputParameters="{")
    rule()
    aws.config.describe_config_rules(ConfigRuleNames=["encrypted"])
    aws.config.describe_config_rules(ConfigRuleNames=["nobody"])
    aws.config.delete_config_rule(ConfigRuleName="encrypted")
    aws.wait(minutes=5)
    aws.config.delete_config_rule(ConfigRuleName="nobody")
    aws.config.stop_configuration_recorder(ConfigurationRecorderName="default")
    aws.config.stop_configuration_recorder(ConfigurationRecorderName="nobody")
    aws.config.delete_delivery_channel(DeliveryChannelName="default")
    aws.config.delete_delivery_channel(DeliveryChannelName="default")
    aws.config.delete_configuration_recorder(ConfigurationRecorderName="default")
    aws.config.delete_configuration_recorder(ConfigurationRecorderName="default")


def trails(aws):
    aws.cloudtrail.create_trail(Name="all", S3BucketName="harbour-nobody")
    aws.s3.create_bucket(Bucket="harbour-trail")
    allow = lambda action, resource, **more: {
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": action, "Resource": resource, **more}
    aws.s3.put_bucket_policy(Bucket="harbour-trail", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        allow("s3:GetBucketAcl", "arn:aws:s3:::harbour-trail"),
        allow("s3:PutObject", "arn:aws:s3:::harbour-trail/AWSLogs/123456789012/*",
              Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}})]}))
    aws.cloudtrail.create_trail(Name="x", S3BucketName="harbour-trail")
    trail = aws.cloudtrail.create_trail(Name="all", S3BucketName="harbour-trail")["TrailARN"]
    aws.cloudtrail.create_trail(Name="all", S3BucketName="harbour-trail")
    aws.cloudtrail.get_trail(Name="all")
    aws.cloudtrail.get_trail(Name="nobody")
    aws.cloudtrail.describe_trails(trailNameList=["all"])
    aws.cloudtrail.describe_trails(trailNameList=["nobody"])
    aws.cloudtrail.list_trails()
    aws.cloudtrail.get_trail_status(Name="all")
    aws.cloudtrail.start_logging(Name="all")
    aws.cloudtrail.start_logging(Name="nobody")
    aws.cloudtrail.get_trail_status(Name="nobody")
    aws.cloudtrail.add_tags(ResourceId=trail, TagsList=[{"Key": "team", "Value": "web"}])
    aws.cloudtrail.list_tags(ResourceIdList=[trail])
    aws.cloudtrail.remove_tags(ResourceId=trail, TagsList=[{"Key": "team"}])
    aws.cloudtrail.get_event_selectors(TrailName="all")
    aws.cloudtrail.update_trail(Name="nobody", IsMultiRegionTrail=True)
    aws.cloudtrail.update_trail(Name="all", IsMultiRegionTrail=True)
    aws.cloudtrail.stop_logging(Name="all")
    aws.cloudtrail.delete_trail(Name="all")
    aws.cloudtrail.delete_trail(Name="all")


def tagging(aws):
    api = aws.resourcegroupstaggingapi
    aws.s3.create_bucket(Bucket="harbour-orders")
    bucket = "arn:aws:s3:::harbour-orders"
    api.get_resources()
    api.tag_resources(ResourceARNList=[bucket], Tags={"team": "web", "stage": "test"})
    api.tag_resources(ResourceARNList=[], Tags={"team": "web"})
    api.tag_resources(ResourceARNList=["nonsense"], Tags={"team": "web"})
    api.tag_resources(ResourceARNList=[bucket], Tags={"aws:mine": "web"})
    aws.s3.get_bucket_tagging(Bucket="harbour-orders")
    api.get_resources()
    api.get_resources(TagFilters=[{"Key": "team", "Values": ["web"]}])
    api.get_resources(TagFilters=[{"Key": "team", "Values": ["shop"]}])
    api.get_resources(ResourceTypeFilters=["s3"])
    api.get_resources(ResourceTypeFilters=["sqs:queue"])
    api.get_resources(ResourceARNList=[bucket])
    api.get_resources(ResourceARNList=[bucket], TagFilters=[{"Key": "team"}])
    api.get_tag_keys()
    api.get_tag_values(Key="team")
    api.get_tag_values(Key="nobody")
    api.untag_resources(ResourceARNList=[bucket], TagKeys=["stage"])
    aws.s3.get_bucket_tagging(Bucket="harbour-orders")
    url = aws.sqs.create_queue(QueueName="orders", tags={"team": "web"})["QueueUrl"]
    api.get_resources(ResourceTypeFilters=["sqs"])
    aws.sqs.delete_queue(QueueUrl=url)
