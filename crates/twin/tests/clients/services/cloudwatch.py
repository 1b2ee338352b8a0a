"""CloudWatch: metrics, alarms that act, dashboards and the rest, as boto3 and the AWS CLI see them."""

import datetime
import json


def check(aws):
    metrics(aws)
    alarms(aws)
    generated(aws)
    others(aws)


def metrics(aws):
    cloudwatch = aws.client("cloudwatch")
    now = aws.now()
    data = [
        {"MetricName": "Orders", "Dimensions": [{"Name": "Shop", "Value": "west"}], "Value": 3.0, "Unit": "Count"},
        {"MetricName": "Orders", "Dimensions": [{"Name": "Shop", "Value": "west"}], "Values": [1, 2], "Counts": [2, 1]},
        {
            "MetricName": "Latency",
            "StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2},
            "StorageResolution": 1,
        },
    ]
    cloudwatch.put_metric_data(Namespace="Walk", MetricData=data)
    aws.refused(
        "InvalidParameterValue",
        lambda: cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=[{"MetricName": "x", "Value": 1}]),
    )
    listed = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Walk"))
    names = {metric["MetricName"] for page in listed for metric in page["Metrics"]}
    aws.expect("the metrics put are listed", names, {"Orders", "Latency"})
    aws.advance(minutes=2)
    window = {"StartTime": now - datetime.timedelta(minutes=5), "EndTime": now + datetime.timedelta(minutes=5)}
    dimensions = [{"Name": "Shop", "Value": "west"}]
    found = cloudwatch.get_metric_statistics(
        Namespace="Walk", MetricName="Orders", Dimensions=dimensions, Period=3600, Statistics=["Sum", "Maximum"], **window
    )
    aws.expect("the sum of what was put", found["Datapoints"][0]["Sum"], 7.0)
    found = cloudwatch.get_metric_statistics(
        Namespace="Walk", MetricName="Orders", Dimensions=dimensions, Period=3600, ExtendedStatistics=["p50"], **window
    )
    aws.expect("the median of what was put", found["Datapoints"][0]["ExtendedStatistics"]["p50"], 1.0)
    metric = {"Namespace": "Walk", "MetricName": "Orders", "Dimensions": dimensions}
    queries = [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
        {"Id": "e1", "Expression": "FILL(m1, 0) * 2", "Label": "twice"},
        {"Id": "e2", "Expression": "SEARCH('{Walk,Shop} MetricName=\"Orders\"', 'Sum', 60)"},
    ]
    found = cloudwatch.get_metric_data(MetricDataQueries=queries, **window)
    results = {result["Id"]: result for result in found["MetricDataResults"]}
    aws.expect("an expression is computed", max(results["e1"]["Values"]), 14.0)
    aws.expect("a search finds", results["e2"]["Values"], [7.0])
    aws.refused(
        "ValidationError",
        lambda: cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "e1", "Expression": "m9 +"}], **window),
    )
    aws.cli("cloudwatch list-metrics --namespace Walk")


def alarms(aws):
    cloudwatch = aws.client("cloudwatch")
    alarm = {
        "AlarmName": "walk-orders",
        "Namespace": "Walk",
        "MetricName": "Orders",
        "Dimensions": [{"Name": "Shop", "Value": "west"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**alarm, Tags=[{"Key": "Team", "Value": "walk"}])
    aws.advance(minutes=2)

    def state(name="walk-orders"):
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return (found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"]

    aws.expect("nothing is put", state(), "OK")
    data = {"MetricName": "Orders", "Dimensions": alarm["Dimensions"], "Value": 9}
    cloudwatch.put_metric_data(Namespace="Walk", MetricData=[data])
    aws.advance(minutes=1)
    aws.expect("too many orders", state(), "ALARM")
    arn = cloudwatch.describe_alarms(AlarmNames=["walk-orders"])["MetricAlarms"][0]["AlarmArn"]
    aws.expect("tags", cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "Team", "Value": "walk"}])
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "More", "Value": "1"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["More"])
    history = cloudwatch.describe_alarm_history(AlarmName="walk-orders", HistoryItemType="StateUpdate")
    aws.expect("the change of state", json.loads(history["AlarmHistoryItems"][0]["HistoryData"])["newState"]["stateValue"], "ALARM")
    found = cloudwatch.describe_alarms_for_metric(
        Namespace="Walk", MetricName="Orders", Dimensions=alarm["Dimensions"]
    )
    aws.expect("alarms of a metric", len(found["MetricAlarms"]), 1)
    cloudwatch.disable_alarm_actions(AlarmNames=["walk-orders"])
    cloudwatch.enable_alarm_actions(AlarmNames=["walk-orders"])
    cloudwatch.put_composite_alarm(AlarmName="walk-all", AlarmRule='ALARM("walk-orders") OR FALSE')
    aws.advance(seconds=5)
    aws.expect("the composite alarm follows", state("walk-all"), "ALARM")
    cloudwatch.set_alarm_state(AlarmName="walk-orders", StateValue="OK", StateReason="by hand")
    aws.expect("and follows again", state("walk-all"), "OK")
    cloudwatch.put_alarm_mute_rule(
        Name="night", Rule={"Schedule": {"Expression": "cron(0 22 * * *)", "Duration": "PT8H"}},
        MuteTargets={"AlarmNames": ["walk-orders"]},
    )
    cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")
    aws.expect("mute rules", len(cloudwatch.list_alarm_mute_rules()["AlarmMuteRuleSummaries"]), 1)
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="night")
    cloudwatch.delete_alarms(AlarmNames=["walk-all"])
    cloudwatch.delete_alarms(AlarmNames=["walk-orders"])
    aws.refused("ResourceNotFound", lambda: cloudwatch.delete_alarms(AlarmNames=["walk-orders"]))
    for wrong in ({"DatapointsToAlarm": 9}, {"AlarmActions": ["arn:aws:foo"]}, {"Period": 45}):
        aws.refused("ValidationError", lambda: cloudwatch.put_metric_alarm(**{**alarm, **wrong}))


def generated(aws):
    cloudwatch = aws.client("cloudwatch", account=aws.production)
    ec2 = aws.client("ec2", account=aws.production)
    reservations = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    instance = reservations["Reservations"][0]["Instances"][0]["InstanceId"]
    end = aws.now()
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/EC2", MetricName="CPUUtilization", Dimensions=[{"Name": "InstanceId", "Value": instance}],
        StartTime=end - datetime.timedelta(hours=1), EndTime=end, Period=300, Statistics=["Average"],
    )
    aws.expect("an instance has a processor", len(found["Datapoints"]) >= 11, True)
    listed = cloudwatch.get_paginator("list_metrics").paginate()
    namespaces = {metric["Namespace"] for page in listed for metric in page["Metrics"]}
    for namespace in ["AWS/EC2", "CWAgent", "AWS/RDS", "AWS/ApplicationELB", "AWS/NATGateway"]:
        aws.expect(f"{namespace} is measured", namespace in namespaces, True)


def others(aws):
    cloudwatch = aws.client("cloudwatch")
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]})
    cloudwatch.put_dashboard(DashboardName="walk", DashboardBody=body)
    aws.expect("a dashboard", cloudwatch.get_dashboard(DashboardName="walk")["DashboardBody"], body)
    aws.expect("dashboards", len(cloudwatch.list_dashboards()["DashboardEntries"]), 1)
    cloudwatch.delete_dashboards(DashboardNames=["walk"])
    aws.refused("ResourceNotFound", lambda: cloudwatch.get_dashboard(DashboardName="walk"))
    stream = {"Name": "walk", "FirehoseArn": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/x"}
    cloudwatch.put_metric_stream(**stream, RoleArn="arn:aws:iam::111122223333:role/x", OutputFormat="json")
    cloudwatch.stop_metric_streams(Names=["walk"])
    aws.expect("a stream stops", cloudwatch.get_metric_stream(Name="walk")["State"], "stopped")
    cloudwatch.start_metric_streams(Names=["walk"])
    aws.expect("streams", len(cloudwatch.list_metric_streams()["Entries"]), 1)
    cloudwatch.delete_metric_stream(Name="walk")
    single = {"Namespace": "Walk", "MetricName": "Orders", "Stat": "Sum"}
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single)
    aws.expect("detectors", len(cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"]), 1)
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
