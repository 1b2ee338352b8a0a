"""Cost Explorer: what the estate costs, by day, service and tag, and what it will cost."""

import datetime


def check(aws):
    ce = aws.client("ce", region="us-east-1")
    today = aws.now().date()
    period = {"Start": str(today - datetime.timedelta(days=7)), "End": str(today)}
    daily = ce.get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost", "UsageQuantity"])
    aws.expect("a week of days", len(daily["ResultsByTime"]), 7)
    total = sum(float(day["Total"]["UnblendedCost"]["Amount"]) for day in daily["ResultsByTime"])
    aws.expect("it costs something", total > 0, True)
    again = ce.get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost", "UsageQuantity"])
    aws.expect("and the same when asked again", again["ResultsByTime"], daily["ResultsByTime"])
    groups = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "Team"}]
    grouped = ce.get_cost_and_usage(
        TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"], GroupBy=groups,
        Filter={"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [aws.production]}},
    )
    services = {group["Keys"][0] for month in grouped["ResultsByTime"] for group in month["Groups"]}
    aws.expect("instances cost", "Amazon Elastic Compute Cloud - Compute" in services, True)
    future = {"Start": str(today), "End": str(today + datetime.timedelta(days=10))}
    forecast = ce.get_cost_forecast(
        TimePeriod=future, Metric="UNBLENDED_COST", Granularity="DAILY", PredictionIntervalLevel=80
    )
    aws.expect("ten days to come", len(forecast["ForecastResultsByTime"]), 10)
    ce.get_dimension_values(TimePeriod=period, Dimension="SERVICE")
    accounts = ce.get_dimension_values(TimePeriod=period, Dimension="LINKED_ACCOUNT")
    aws.expect("accounts cost", accounts["TotalSize"] >= 2, True)
    ce.get_tags(TimePeriod=period)
    teams = ce.get_tags(TimePeriod=period, TagKey="Team")["Tags"]
    aws.expect("teams", "storefront" in teams, True)
    monitor = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    arn = ce.create_anomaly_monitor(AnomalyMonitor=monitor)["MonitorArn"]
    ce.update_anomaly_monitor(MonitorArn=arn, MonitorName="all services")
    aws.expect("monitors", ce.get_anomaly_monitors()["AnomalyMonitors"][0]["MonitorName"], "all services")
    subscription = {
        "SubscriptionName": "finance", "MonitorArnList": [arn], "Frequency": "DAILY",
        "Subscribers": [{"Address": "finance@example.com", "Type": "EMAIL"}],
        "ThresholdExpression": {"Dimensions": {"Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "Values": ["100"]}},
    }
    subscribed = ce.create_anomaly_subscription(AnomalySubscription=subscription)["SubscriptionArn"]
    ce.update_anomaly_subscription(SubscriptionArn=subscribed, Frequency="WEEKLY")
    ce.get_anomaly_subscriptions()
    ce.get_anomalies(DateInterval={"StartDate": period["Start"]})
    ce.delete_anomaly_subscription(SubscriptionArn=subscribed)
    ce.delete_anomaly_monitor(MonitorArn=arn)
    aws.refused("UnknownMonitorException", lambda: ce.delete_anomaly_monitor(MonitorArn=arn))
    ce.get_savings_plans_coverage(TimePeriod=period)
    ce.get_reservation_coverage(TimePeriod=period)
    ce.get_reservation_utilization(TimePeriod=period)
    aws.refused("DataUnavailableException", lambda: ce.get_savings_plans_utilization(TimePeriod=period))
    aws.refused(
        "ResourceNotFoundException", lambda: ce.provide_anomaly_feedback(AnomalyId="none", Feedback="NO")
    )
