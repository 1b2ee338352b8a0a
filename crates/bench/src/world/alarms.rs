//! How long a week takes in which alarms look at what instances and databases measure, every minute or every five.

use anyhow::{Context as _, Result};
use jiff::SignedDuration;
use reeve_time::{Clock, Stopwatch};
use reeve_twin::{Scenario, Twin};

/// Of each instance two slow alarms and one fast one, of each database a fast one, and one on what nobody ever puts.
const ALARMS: [(&str, &str, &str, i64); 5] = [
    ("AWS/EC2", "CPUUtilization", "InstanceId", 300),
    ("CWAgent", "mem_used_percent", "InstanceId", 300),
    ("AWS/EC2", "StatusCheckFailed", "InstanceId", 60),
    ("AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", 60),
    ("Shop", "Errors", "InstanceId", 60),
];

/// The seconds that a week of this many alarms takes.
pub(super) fn week(count: usize) -> Result<f64> {
    let scenario = Scenario::parse("alarms.yaml", &scenario(count / ALARMS.len()))
        .map_err(|diagnostics| anyhow::anyhow!("{diagnostics}"))?;
    let twin = Twin::new(Clock::system(), 1);
    scenario.begin(&twin).context("the world of alarms did not begin")?;
    twin.set_rate(0.0);
    let watch = Stopwatch::start();
    twin.set_time(twin.now() + SignedDuration::from_hours(7 * 24));
    Ok(watch.elapsed().as_secs_f64())
}

fn scenario(machines: usize) -> String {
    let names: Vec<String> = (0..machines).map(|number| format!("{number:017x}")).collect();
    let names = format!("\"{}\"", names.join("\", \""));
    let mut text = format!(
        "version: 1\nname: alarms\ndescription: Alarms.\nstarts: 2026-03-02T00:00:00Z\nregions: [eu-west-1]\naccounts: [{{id: \"111122223333\", name: shop}}]\n\
         resources:\n\
         - {{type: AWS::RDS::DBInstance, in: shop/eu-west-1, names: [{names}]}}\n\
         - {{type: AWS::EC2::Instance, in: shop/eu-west-1, id: \"i-${{name}}\", names: [{names}]}}\n\
         steps:\n"
    );
    for (namespace, metric, dimension, period) in ALARMS {
        let of = if dimension == "InstanceId" { "i-${item}" } else { "${item}" };
        text.push_str(&format!(
            "- call: cloudwatch:PutMetricAlarm\n  in: shop/eu-west-1\n  for: [{names}]\n  input:\n\
             \x20   {{AlarmName: \"${{item}}-{metric}-{dimension}\", Namespace: {namespace}, MetricName: {metric},\n\
             \x20    Dimensions: [{{Name: {dimension}, Value: \"{of}\"}}], Statistic: Average, Period: {period},\n\
             \x20    EvaluationPeriods: 3, Threshold: 50, ComparisonOperator: GreaterThanThreshold}}\n"
        ));
    }
    text
}
