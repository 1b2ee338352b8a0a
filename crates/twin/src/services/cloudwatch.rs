//! Amazon CloudWatch: metrics, alarms that evaluate and act, dashboards, metric streams, anomaly detectors, mute rules.
//!
//! ```text
//! turn of an alarm ─► points ─► state ─► history, event, actions ─► composite alarms that name it
//! ```

mod act;
mod alarms;
mod anomalies;
mod compile;
mod composite;
mod dashboards;
mod describe;
mod evaluate;
mod history;
mod label;
mod metrics;
mod mute;
mod query;
mod reason;
mod streams;
mod suppress;

use super::{Part, ServiceDefinition};
use crate::{
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    metrics::{Site, series::floor},
    recipe::{Action, TagAccess},
    store::Place,
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudwatch",
    signing_name: "monitoring",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cloudwatch",
    invalid: INVALID,
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all(INVALID),
    parts: &[&METRICS, &ALARMS, &OTHERS],
};

/// The error code for most of what is refused. Alarm operations say `ValidationError`.
const INVALID: &str = "InvalidParameterValue";

static METRICS: Part = Part {
    kinds: &[],
    operations: &[
        ("PutMetricData", Action::Own(metrics::put)),
        ("ListMetrics", Action::Own(metrics::list)),
        ("GetMetricStatistics", Action::Own(metrics::statistics)),
        ("GetMetricData", Action::Own(query::data)),
    ],
    tasks: &[],
};

static ALARMS: Part = Part {
    kinds: &[&METRIC_ALARM, &COMPOSITE_ALARM, &mute::MUTE_RULE],
    operations: &[
        ("PutMetricAlarm", Action::Own(alarms::put)),
        ("PutCompositeAlarm", Action::Own(composite::put)),
        ("DescribeAlarms", Action::Own(describe::alarms)),
        ("DescribeAlarmsForMetric", Action::Own(describe::for_metric)),
        ("DescribeAlarmHistory", Action::Own(history::describe)),
        ("DeleteAlarms", Action::Own(alarms::delete)),
        ("EnableAlarmActions", Action::Own(alarms::enable)),
        ("DisableAlarmActions", Action::Own(alarms::disable)),
        ("SetAlarmState", Action::Own(alarms::set_state)),
        ("PutAlarmMuteRule", Action::Own(mute::put)),
        ("GetAlarmMuteRule", Action::Own(mute::get)),
        ("ListAlarmMuteRules", Action::Own(mute::list)),
        ("DeleteAlarmMuteRule", Action::Own(mute::delete)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[
        (evaluate::TASK, evaluate::turn),
        (composite::TASK, composite::turn),
        (suppress::TASK, suppress::turn),
    ],
};

static OTHERS: Part = Part {
    kinds: &[&dashboards::DASHBOARD, &streams::STREAM, &anomalies::DETECTOR],
    operations: &[
        ("PutDashboard", Action::Own(dashboards::put)),
        ("GetDashboard", Action::Own(dashboards::get)),
        ("ListDashboards", Action::Own(dashboards::list)),
        ("DeleteDashboards", Action::Own(dashboards::delete)),
        ("PutMetricStream", Action::Own(streams::put)),
        ("GetMetricStream", Action::Own(streams::get)),
        ("ListMetricStreams", Action::Own(streams::list)),
        ("DeleteMetricStream", Action::Own(streams::delete)),
        ("StartMetricStreams", Action::Own(streams::start)),
        ("StopMetricStreams", Action::Own(streams::stop)),
        ("PutAnomalyDetector", Action::Own(anomalies::put)),
        ("DescribeAnomalyDetectors", Action::Own(anomalies::describe)),
        ("DeleteAnomalyDetector", Action::Own(anomalies::delete)),
    ],
    tasks: &[],
};

static TAGS: TagAccess = TagAccess {
    arn: "ResourceARN",
    kinds: &[
        &METRIC_ALARM,
        &COMPOSITE_ALARM,
        &mute::MUTE_RULE,
        &dashboards::DASHBOARD,
        &streams::STREAM,
    ],
    ..TagAccess::OF
};

/// `AWS::CloudWatch::Alarm`.
pub(crate) static METRIC_ALARM: Definition = Definition {
    resource_type: "AWS::CloudWatch::Alarm",
    tagging_type: "cloudwatch:alarm",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}",
    identity: &[("AlarmName", Identity::Id), ("AlarmArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Unknown resource: {id}").with_status(404),
    sample: Some(|sample| {
        serde_json::json!({
            "Namespace": "AWS/Usage",
            "MetricName": "CallCount",
            "Dimensions": [],
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1000.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": true,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": alarms::INITIAL_REASON,
            "StateUpdatedTimestamp": sample.created(),
            "StateTransitionedTimestamp": sample.created(),
            "AlarmConfigurationUpdatedTimestamp": sample.created(),
        })
    }),
    ..Definition::OF
};

/// `AWS::CloudWatch::CompositeAlarm`. Its names and those of metric alarms are of one set.
pub(crate) static COMPOSITE_ALARM: Definition = Definition {
    resource_type: "AWS::CloudWatch::CompositeAlarm",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}",
    identity: &[("AlarmName", Identity::Id), ("AlarmArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Unknown resource: {id}").with_status(404),
    ..Definition::OF
};

/// An alarm that a scenario made is looked at from now on.
pub(crate) fn settle(world: &mut World, place: &Place, alarm: &str) {
    let next = floor(world.now().as_second(), 60) + 60;
    evaluate::enter(world, &Site::of(place), alarm, next);
}

#[cfg(test)]
mod tests;
