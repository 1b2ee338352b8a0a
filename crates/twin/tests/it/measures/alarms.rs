//! Metrics, alarms that evaluate as time passes, and what they do.

use serde_json::{Value, json};

use crate::aws::Aws;

fn put(aws: &Aws, name: &str, value: f64) {
    let datum = json!({"MetricName": name, "Value": value, "Unit": "Count"});
    aws.call("cloudwatch", "PutMetricData", json!({"Namespace": "Shop", "MetricData": [datum]}));
}

fn alarm(aws: &Aws, name: &str, further: Value) {
    let mut input = json!({
        "AlarmName": name, "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 2, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold",
    });
    for (member, value) in further.as_object().unwrap() {
        if value.is_null() {
            input.as_object_mut().unwrap().remove(member);
        } else {
            input[member] = value.clone();
        }
    }
    aws.call("cloudwatch", "PutMetricAlarm", input);
}

fn state(aws: &Aws, name: &str) -> (String, String) {
    let types = ["MetricAlarm", "CompositeAlarm"];
    let input = json!({"AlarmNames": [name], "AlarmTypes": types});
    let found = aws.call("cloudwatch", "DescribeAlarms", input);
    let all =
        ["MetricAlarms", "CompositeAlarms"].map(|member| found[member].as_array().unwrap().clone());
    let alarm = all.into_iter().flatten().next().unwrap_or_else(|| panic!("{found}"));
    let text = |member: &str| alarm[member].as_str().unwrap_or_default().to_owned();
    (text("StateValue"), text("StateReason"))
}

#[test]
fn an_alarm_follows_its_metric() {
    let aws = Aws::small();
    alarm(&aws, "orders", json!({}));
    assert_eq!(state(&aws, "orders").0, "INSUFFICIENT_DATA");
    assert_eq!(state(&aws, "orders").1, "Unchecked: Initial alarm creation");
    put(&aws, "Orders", 1.0);
    aws.advance("PT1M");
    assert_eq!(state(&aws, "orders").0, "OK");
    put(&aws, "Orders", 20.0);
    aws.advance("PT1M");
    assert_eq!(state(&aws, "orders").0, "OK");
    put(&aws, "Orders", 30.0);
    aws.advance("PT1M");
    let (value, reason) = state(&aws, "orders");
    assert_eq!(value, "ALARM");
    assert_eq!(
        reason,
        "Threshold Crossed: 2 out of the last 2 datapoints [30.0 (01/03/26 09:02:00), 20.0 (01/03/26 09:01:00)] \
         were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition)."
    );
    aws.advance("PT5M");
    assert_eq!(state(&aws, "orders").0, "INSUFFICIENT_DATA");
    let history = aws.call("cloudwatch", "DescribeAlarmHistory", json!({"AlarmName": "orders"}));
    let told: Vec<&str> = history["AlarmHistoryItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["HistorySummary"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        [
            "Alarm updated from ALARM to INSUFFICIENT_DATA",
            "Alarm updated from OK to ALARM",
            "Alarm updated from INSUFFICIENT_DATA to OK",
            "Alarm \"orders\" created",
        ]
    );
}

#[test]
fn missing_data_counts_as_the_alarm_says() {
    let aws = Aws::small();
    for treatment in ["breaching", "notBreaching", "ignore", "missing"] {
        alarm(&aws, treatment, json!({"TreatMissingData": treatment}));
    }
    aws.advance("PT2M");
    assert_eq!(state(&aws, "breaching").0, "ALARM");
    assert_eq!(state(&aws, "notBreaching").0, "OK");
    assert_eq!(state(&aws, "ignore").0, "INSUFFICIENT_DATA");
    assert_eq!(state(&aws, "missing").0, "INSUFFICIENT_DATA");
    assert_eq!(
        state(&aws, "breaching").1,
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."
    );
}

#[test]
fn an_alarm_of_an_expression_follows_its_metrics() {
    let aws = Aws::small();
    let metric = |id: &str, name: &str| {
        json!({
            "Id": id, "ReturnData": false,
            "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"},
        })
    };
    alarm(
        &aws,
        "errors",
        json!({
            "Namespace": null, "MetricName": null, "Statistic": null, "Period": null,
            "EvaluationPeriods": 1, "Threshold": 15,
            "Metrics": [metric("errors", "Errors"), metric("orders", "Orders"),
                {"Id": "rate", "Expression": "IF(orders > 0, errors / orders * 100, 0)"}],
        }),
    );
    put(&aws, "Orders", 10.0);
    put(&aws, "Errors", 1.0);
    aws.advance("PT1M");
    assert_eq!(state(&aws, "errors").0, "OK");
    put(&aws, "Orders", 10.0);
    put(&aws, "Errors", 2.0);
    aws.advance("PT1M");
    assert_eq!(state(&aws, "errors").0, "ALARM");
}

#[test]
fn a_composite_alarm_follows_its_rule_and_its_suppressor() {
    let aws = Aws::small();
    for name in ["a", "b", "deploying"] {
        alarm(&aws, name, json!({"TreatMissingData": "ignore"}));
    }
    let rule = "ALARM(a) AND NOT ALARM(\"b\")";
    let composite = json!({
        "AlarmName": "shop", "AlarmRule": rule, "ActionsSuppressor": "deploying",
        "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120,
    });
    aws.call("cloudwatch", "PutCompositeAlarm", composite);
    aws.advance("PT1S");
    assert_eq!(state(&aws, "shop").0, "OK");
    let set = |name: &str, value: &str| {
        let input = json!({"AlarmName": name, "StateValue": value, "StateReason": "a test"});
        aws.call("cloudwatch", "SetAlarmState", input);
    };
    let suppressed = || {
        let input = json!({"AlarmTypes": ["CompositeAlarm"]});
        aws.call("cloudwatch", "DescribeAlarms", input)["CompositeAlarms"][0]["ActionsSuppressedBy"]
            .clone()
    };
    set("a", "ALARM");
    assert_eq!(state(&aws, "shop").0, "ALARM");
    assert_eq!(suppressed(), json!("WaitPeriod"));
    set("deploying", "ALARM");
    assert_eq!(suppressed(), json!("Alarm"));
    set("deploying", "OK");
    assert_eq!(suppressed(), json!("ExtensionPeriod"));
    aws.advance("PT2M");
    assert_eq!(suppressed(), Value::Null);
    set("b", "ALARM");
    assert_eq!(state(&aws, "shop").0, "OK");
    assert_eq!(
        aws.refused("cloudwatch", "DeleteAlarms", json!({"AlarmNames": ["a"]})),
        "ValidationError"
    );
    aws.call("cloudwatch", "DeleteAlarms", json!({"AlarmNames": ["shop"]}));
    aws.call("cloudwatch", "DeleteAlarms", json!({"AlarmNames": ["a", "b", "deploying"]}));
}

#[test]
fn metric_data_is_computed_and_paged() {
    let aws = Aws::small();
    for value in [1.0, 2.0, 3.0] {
        put(&aws, "Orders", value);
        put(&aws, "Orders", value * 10.0);
        aws.advance("PT1M");
    }
    let queries = json!([
        {"Id": "orders", "Label": "${PROP('MetricName')} max ${MAX}", "MetricStat": {
            "Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}},
        {"Id": "half", "Expression": "orders / 2"},
    ]);
    let mut input = json!({
        "MetricDataQueries": queries, "StartTime": "2026-03-01T09:00:00Z", "EndTime": "2026-03-01T09:10:00Z",
        "ScanBy": "TimestampAscending",
    });
    let found = aws.call("cloudwatch", "GetMetricData", input.clone());
    let results = found["MetricDataResults"].as_array().unwrap();
    assert_eq!(results[0]["Label"], "Orders max 33");
    assert_eq!(results[0]["Values"], json!([11.0, 22.0, 33.0]));
    assert_eq!(results[1]["Values"], json!([5.5, 11.0, 16.5]));
    input["MaxDatapoints"] = json!(4);
    let first = aws.call("cloudwatch", "GetMetricData", input.clone());
    assert_eq!(first["MetricDataResults"][1]["StatusCode"], "PartialData");
    input["NextToken"] = first["NextToken"].clone();
    let second = aws.call("cloudwatch", "GetMetricData", input);
    assert_eq!(second["MetricDataResults"][0]["Values"], json!([11.0, 16.5]));
    assert!(second.get("NextToken").is_none_or(Value::is_null));
    let statistics = json!({
        "Namespace": "Shop", "MetricName": "Orders", "Period": 300, "ExtendedStatistics": ["p50", "tm90"],
        "StartTime": "2026-03-01T09:00:00Z", "EndTime": "2026-03-01T09:10:00Z",
    });
    let found = aws.call("cloudwatch", "GetMetricStatistics", statistics);
    assert_eq!(found["Datapoints"][0]["ExtendedStatistics"]["p50"], json!(3.0));
}
