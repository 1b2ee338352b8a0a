//! The alarms of Reeve's monitoring profile, against what scenarios force upon the metrics.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use serde_json::json;

use crate::{
    kind,
    metrics::{Course, Forced, Site, force},
    store::{Place, Resource, facts},
    value::object,
    world::{Origin, World},
};

const START: &str = "2026-03-02T09:00:00Z";

struct Estate {
    world: World,
    site: Site,
}

impl Estate {
    fn new() -> Self {
        let mut world = World::new(7);
        world.now = START.parse().unwrap();
        let site =
            Site { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        Self { world, site }
    }

    fn place(&self, resource_type: &str) -> Place {
        let kind = kind::named(resource_type).unwrap_or_else(|| panic!("{resource_type}"));
        Place { account: self.site.account.clone(), region: self.site.region.clone(), kind }
    }

    fn put(&mut self, resource_type: &str, id: &str, described: reeve_model::Object) {
        let place = self.place(resource_type);
        self.world.put(place, id, Resource::new(facts(described), std::sync::Arc::default()));
    }

    #[expect(clippy::needless_pass_by_value, reason = "calls read best with their input in place")]
    fn call(&mut self, operation: &str, input: serde_json::Value) -> Value {
        let place = self.place("AWS::CloudWatch::Alarm");
        let origin = Origin::at(&place, "reeve.test");
        self.world.call(&origin, "cloudwatch", operation, Value::from_json(&input)).unwrap()
    }

    fn advance(&mut self, minutes: i64) {
        let later = self.world.now() + SignedDuration::from_mins(minutes);
        self.world.advance(later);
    }

    fn states(&mut self) -> Vec<(String, String)> {
        let found = self.call("DescribeAlarms", json!({"MaxRecords": 100}));
        let alarms = found.list("MetricAlarms");
        let text =
            |alarm: &Value, member: &str| alarm.get(member).unwrap().as_str().unwrap().to_owned();
        alarms.iter().map(|alarm| (text(alarm, "AlarmName"), text(alarm, "StateValue"))).collect()
    }
}

/// Name, namespace, metric, dimensions, statistic, comparison, threshold, period, periods, and a value that breaches.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
    (f64, i64, i64),
    f64,
);

const GREATER: &str = "GreaterThanThreshold";
const AT_LEAST: &str = "GreaterThanOrEqualToThreshold";
const LESS: &str = "LessThanThreshold";
const AT_MOST: &str = "LessThanOrEqualToThreshold";
const DOMAIN: &[(&str, &str)] = &[("DomainName", "search"), ("ClientId", "111122223333")];
const INSTANCE: &[(&str, &str)] = &[("InstanceId", "i-0123456789abcdef0")];
const CLASSIC: &[(&str, &str)] = &[("LoadBalancerName", "intranet")];
const DATABASE: &[(&str, &str)] = &[("DBInstanceIdentifier", "booking")];
const FILES: &[(&str, &str)] = &[("FileSystemId", "fs-0123456789abcdef0")];

const PROFILE: [Row; 22] = [
    ("AWS/EC2", "CPUUtilization", INSTANCE, "Average", GREATER, (95.0, 300, 6), 99.0),
    ("AWS/EC2", "StatusCheckFailed", INSTANCE, "Maximum", GREATER, (0.0, 300, 3), 1.0),
    ("CWAgent", "mem_used_percent", INSTANCE, "Minimum", AT_LEAST, (95.0, 300, 6), 97.0),
    ("CWAgent", "swap_used_percent", INSTANCE, "Average", AT_LEAST, (95.0, 300, 6), 99.0),
    ("AWS/ELB", "SpilloverCount", CLASSIC, "Sum", GREATER, (1.0, 60, 15), 4.0),
    ("AWS/ELB", "SurgeQueueLength", CLASSIC, "Maximum", GREATER, (100.0, 60, 15), 400.0),
    ("AWS/ELB", "HTTPCode_ELB_5XX", CLASSIC, "Sum", GREATER, (0.0, 300, 3), 3.0),
    ("AWS/EFS", "BurstCreditBalance", FILES, "Minimum", LESS, (1000.0, 300, 3), 10.0),
    ("AWS/EFS", "ClientConnections", FILES, "Sum", GREATER, (24_000.0, 300, 3), 25_000.0),
    ("AWS/EFS", "PercentIOLimit", FILES, "Average", GREATER, (95.0, 900, 5), 99.0),
    ("AWS/ES", "ClusterStatus.red", DOMAIN, "Maximum", AT_LEAST, (1.0, 60, 1), 1.0),
    ("AWS/ES", "ClusterStatus.yellow", DOMAIN, "Maximum", AT_LEAST, (1.0, 60, 1), 1.0),
    ("AWS/ES", "KMSKeyError", DOMAIN, "Maximum", AT_LEAST, (1.0, 60, 1), 1.0),
    ("AWS/ES", "FreeStorageSpace", DOMAIN, "Minimum", AT_MOST, (20_480.0, 60, 1), 20_000.0),
    ("AWS/ES", "ClusterIndexWritesBlocked", DOMAIN, "Maximum", AT_LEAST, (1.0, 300, 1), 1.0),
    ("AWS/ES", "Nodes", DOMAIN, "Minimum", LESS, (3.0, 86_400, 1), 2.0),
    ("AWS/ES", "CPUUtilization", DOMAIN, "Average", AT_LEAST, (80.0, 900, 3), 90.0),
    ("AWS/ES", "JVMMemoryPressure", DOMAIN, "Maximum", AT_LEAST, (80.0, 300, 3), 90.0),
    ("AWS/ES", "AutomatedSnapshotFailure", DOMAIN, "Maximum", AT_LEAST, (1.0, 60, 1), 1.0),
    ("AWS/RDS", "CPUUtilization", DATABASE, "Average", GREATER, (90.0, 900, 2), 95.0),
    ("AWS/RDS", "DiskQueueDepth", DATABASE, "Sum", GREATER, (75.0, 60, 15), 80.0),
    ("AWS/RDS", "FreeStorageSpace", DATABASE, "Average", LESS, (1_073_741_824.0, 300, 2), 1e6),
];

fn estate() -> Estate {
    let mut estate = Estate::new();
    let launched: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let instance = object! {
        "State": {"Name": "running", "Code": 16}, "InstanceType": "m5.large", "LaunchTime": launched,
        "PlatformDetails": "Linux/UNIX", "ImageId": "ami-1",
    };
    estate.put("AWS::EC2::Instance", "i-0123456789abcdef0", instance);
    estate.put(
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "intranet",
        object! {"CreatedTime": launched},
    );
    let files = object! {"CreationTime": launched, "LifeCycleState": "available"};
    estate.put("AWS::EFS::FileSystem", "fs-0123456789abcdef0", files);
    estate.put(
        "AWS::OpenSearch::Domain",
        "search",
        object! {"ClusterConfig": {"InstanceCount": 3}},
    );
    let database = object! {
        "DBInstanceStatus": "available", "InstanceCreateTime": launched, "AllocatedStorage": 100,
    };
    estate.put("AWS::RDS::DBInstance", "booking", database);
    for (namespace, metric, dimensions, statistic, comparison, (threshold, period, periods), _) in
        PROFILE
    {
        let dimensions: Vec<_> =
            dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        estate.call(
            "PutMetricAlarm",
            json!({
                "AlarmName": format!("{namespace} {metric}"), "Namespace": namespace, "MetricName": metric,
                "Dimensions": dimensions, "Statistic": statistic, "ComparisonOperator": comparison,
                "Threshold": threshold, "Period": period, "EvaluationPeriods": periods,
                "TreatMissingData": "notBreaching",
            }),
        );
    }
    estate
}

#[test]
fn every_alarm_of_the_profile_is_quiet_in_a_sound_estate_and_loud_when_its_metric_is_forced() {
    let mut estate = estate();
    estate.advance(26 * 60);
    let loud: Vec<_> = estate.states().into_iter().filter(|(_, state)| state != "OK").collect();
    assert_eq!(loud, []);
    let now = estate.world.now();
    for (namespace, metric, dimensions, _, _, _, value) in PROFILE {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let forced = Forced {
            site: estate.site.clone(),
            namespace: namespace.to_owned(),
            metric: metric.to_owned(),
            dimensions: dimensions.iter().map(own).collect(),
            from: now,
            to: now + SignedDuration::from_hours(30),
            course: Course::Constant(value),
        };
        force(&mut estate.world, forced);
    }
    estate.advance(25 * 60);
    let quiet: Vec<_> = estate.states().into_iter().filter(|(_, state)| state != "ALARM").collect();
    assert_eq!(quiet, []);
    estate.advance(32 * 60);
    let loud: Vec<_> = estate.states().into_iter().filter(|(_, state)| state != "OK").collect();
    assert_eq!(loud, []);
}

#[test]
fn a_forced_spike_moves_an_anomaly_alarm() {
    let mut estate = estate();
    estate.call(
        "PutMetricAlarm",
        json!({
            "AlarmName": "odd", "EvaluationPeriods": 2, "ThresholdMetricId": "band",
            "ComparisonOperator": "GreaterThanUpperThreshold", "TreatMissingData": "notBreaching",
            "Metrics": [
                {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization",
                    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "booking"}]}, "Period": 300, "Stat": "Average"}},
                {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 3)"},
            ],
        }),
    );
    let state = |estate: &mut Estate| {
        let all = estate.states();
        all.into_iter().find(|(name, _)| name == "odd").unwrap().1
    };
    estate.advance(30);
    assert_eq!(state(&mut estate), "OK");
    let now = estate.world.now();
    let forced = Forced {
        site: estate.site.clone(),
        namespace: "AWS/RDS".to_owned(),
        metric: "CPUUtilization".to_owned(),
        dimensions: Vec::new(),
        from: now,
        to: now + SignedDuration::from_hours(1),
        course: Course::Constant(99.0),
    };
    force(&mut estate.world, forced);
    estate.advance(20);
    assert_eq!(state(&mut estate), "ALARM");
}

#[test]
fn thousands_of_alarms_over_a_day_are_no_great_matter() {
    let mut estate = Estate::new();
    for number in 0..300 {
        estate.call(
            "PutMetricAlarm",
            json!({
                "AlarmName": format!("alarm {number}"), "Namespace": "Shop", "MetricName": "Orders",
                "Statistic": "Sum", "ComparisonOperator": GREATER, "Threshold": 1, "Period": 300,
                "EvaluationPeriods": 3,
            }),
        );
    }
    estate.advance(24 * 60);
    assert!(estate.states().iter().all(|(_, state)| state == "INSUFFICIENT_DATA"));
}
