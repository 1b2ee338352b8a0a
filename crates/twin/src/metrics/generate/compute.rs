//! Instances, their agents and volumes, groups of them, containers and functions.

use reeve_model::Value;

use super::{
    ALWAYS, Family, Fixed, Only, Row,
    shape::{
        Level,
        Shape::{Constant, Daily, Machine, Own, Silent},
    },
};
use crate::{services::ec2::compute::checks, store::Resource};

/// Every minute with detailed monitoring, every five minutes without.
pub(super) const BY_MONITORING: i64 = 0;

/// The seconds between points of an instance.
pub(super) fn monitoring_step(instance: &Resource) -> i64 {
    if instance.fact("Monitoring.State") == Some("enabled") { 60 } else { 300 }
}

fn is_windows(instance: &Resource) -> bool {
    instance.fact("Platform").is_some_and(|platform| platform.eq_ignore_ascii_case("windows"))
}

fn is_linux(instance: &Resource) -> bool {
    !is_windows(instance)
}

fn is_burstable(instance: &Resource) -> bool {
    instance.fact("InstanceType").is_some_and(|name| name.starts_with('t'))
}

const RUNNING: (&str, &[&str]) = ("State.Name", &["running"]);

const INSTANCE: Family = Family {
    namespace: "AWS/EC2",
    kind: "AWS::EC2::Instance",
    dimension: "InstanceId",
    fixed: &[],
    alive: RUNNING,
    only: Only::All,
    since: "LaunchTime",
    step: BY_MONITORING,
    rows: &[],
};

pub(super) static FAMILIES: &[Family] = &[
    Family {
        rows: &[
            Row("CPUUtilization", "Percent", Machine(|load| load.cpu_percent)),
            Row("NetworkIn", "Bytes", Machine(|load| load.network_in * 300.0)),
            Row("NetworkOut", "Bytes", Machine(|load| load.network_out * 300.0)),
            Row("NetworkPacketsIn", "Count", Daily(400.0, 12_000.0)),
            Row("NetworkPacketsOut", "Count", Daily(400.0, 14_000.0)),
            Row("DiskReadOps", "Count", Constant(0.0)),
            Row("DiskWriteOps", "Count", Constant(0.0)),
            Row("DiskReadBytes", "Bytes", Constant(0.0)),
            Row("DiskWriteBytes", "Bytes", Constant(0.0)),
            Row("EBSReadOps", "Count", Machine(|load| load.disk_reads * 300.0)),
            Row("EBSWriteOps", "Count", Machine(|load| load.disk_writes * 300.0)),
            Row("EBSReadBytes", "Bytes", Daily(4e4, 6e6)),
            Row("EBSWriteBytes", "Bytes", Daily(6e5, 2e7)),
            Row("MetadataNoToken", "Count", Constant(0.0)),
        ],
        ..INSTANCE
    },
    Family {
        step: 60,
        rows: &[
            Row("StatusCheckFailed", "Count", Own(|instance| check_of(instance, &[0, 1]))),
            Row("StatusCheckFailed_Instance", "Count", Own(|instance| check_of(instance, &[1]))),
            Row("StatusCheckFailed_System", "Count", Own(|instance| check_of(instance, &[0]))),
            Row("StatusCheckFailed_AttachedEBS", "Count", Own(|instance| check_of(instance, &[2]))),
        ],
        ..INSTANCE
    },
    Family {
        only: Only::If(is_burstable),
        step: 300,
        rows: &[
            Row("CPUCreditUsage", "Count", Daily(0.05, 2.0)),
            Row("CPUCreditBalance", "Count", Daily(200.0, 576.0)),
            Row("CPUSurplusCreditBalance", "Count", Constant(0.0)),
            Row("CPUSurplusCreditsCharged", "Count", Constant(0.0)),
        ],
        ..INSTANCE
    },
    Family {
        namespace: "CWAgent",
        only: Only::If(is_linux),
        step: 60,
        rows: &[
            Row("mem_used_percent", "Percent", Machine(|load| load.memory_percent)),
            Row("swap_used_percent", "Percent", Machine(|load| load.swap_percent)),
        ],
        ..INSTANCE
    },
    Family {
        namespace: "CWAgent",
        only: Only::If(is_windows),
        fixed: &[("objectname", Fixed::Text("Memory"))],
        step: 60,
        rows: &[Row(
            "Memory % Committed Bytes In Use",
            "Percent",
            Machine(|load| load.memory_percent),
        )],
        ..INSTANCE
    },
    Family {
        namespace: "AWS/EBS",
        kind: "AWS::EC2::Volume",
        dimension: "VolumeId",
        fixed: &[],
        alive: ("State", &["in-use"]),
        only: Only::All,
        since: "CreateTime",
        step: 60,
        rows: &[
            Row("VolumeReadBytes", "Bytes", Daily(1e4, 1.2e6)),
            Row("VolumeWriteBytes", "Bytes", Daily(1e5, 4e6)),
            Row("VolumeReadOps", "Count", Daily(1.0, 180.0)),
            Row("VolumeWriteOps", "Count", Daily(12.0, 360.0)),
            Row("VolumeTotalReadTime", "Seconds", Daily(0.001, 0.12)),
            Row("VolumeTotalWriteTime", "Seconds", Daily(0.004, 0.3)),
            Row("VolumeIdleTime", "Seconds", Daily(20.0, 59.0)),
            Row("VolumeQueueLength", "Count", Daily(0.0, 0.6)),
            Row("BurstBalance", "Percent", Constant(100.0)),
            Row("VolumeStalledIOCheck", "None", Constant(0.0)),
        ],
    },
    Family {
        namespace: "AWS/AutoScaling",
        kind: "AWS::AutoScaling::AutoScalingGroup",
        dimension: "AutoScalingGroupName",
        fixed: &[],
        alive: ALWAYS,
        only: Only::If(|group| {
            group.value("EnabledMetrics").is_some_and(|metrics| !metrics.as_list().is_empty())
        }),
        since: "CreatedTime",
        step: 60,
        rows: &[
            Row("GroupMinSize", "None", super::shape::Shape::Fact("MinSize", 1.0)),
            Row("GroupMaxSize", "None", super::shape::Shape::Fact("MaxSize", 1.0)),
            Row("GroupDesiredCapacity", "None", super::shape::Shape::Fact("DesiredCapacity", 1.0)),
            Row("GroupTotalInstances", "None", Own(|group| members(group, ""))),
            Row("GroupInServiceInstances", "None", Own(|group| members(group, "InService"))),
            Row("GroupPendingInstances", "None", Own(|group| members(group, "Pending"))),
            Row("GroupTerminatingInstances", "None", Own(|group| members(group, "Terminating"))),
        ],
    },
    Family {
        namespace: "AWS/ECS",
        kind: "AWS::ECS::Cluster",
        dimension: "ClusterName",
        fixed: &[],
        alive: ALWAYS,
        only: Only::All,
        since: "",
        step: 60,
        rows: &[
            Row("CPUUtilization", "Percent", Daily(2.0, 60.0)),
            Row("MemoryUtilization", "Percent", Daily(20.0, 70.0)),
        ],
    },
    Family {
        namespace: "AWS/Lambda",
        kind: "AWS::Lambda::Function",
        dimension: "FunctionName",
        fixed: &[],
        alive: ALWAYS,
        only: Only::All,
        since: "",
        step: 60,
        rows: &[
            Row("Invocations", "Count", Daily(0.0, 40.0)),
            Row("Errors", "Count", Constant(0.0)),
            Row("Throttles", "Count", Constant(0.0)),
            Row("Duration", "Milliseconds", Daily(12.0, 480.0)),
            Row("ConcurrentExecutions", "Count", Daily(0.0, 8.0)),
            Row("DeadLetterErrors", "Count", Silent),
        ],
    },
];

/// One if any of these checks has failed: of the system, of the instance, of its volumes.
fn check_of(instance: &Resource, which: &[usize]) -> Level {
    let results = checks::results(instance);
    let failed = which.iter().any(|at| results.get(*at) == Some(&"impaired"));
    Level::Constant(if failed { 1.0 } else { 0.0 })
}

/// How many instances of a group are in a state that begins so.
fn members(group: &Resource, state: &str) -> Level {
    let instances = group.list("Instances");
    let count = instances.iter().filter(|instance| {
        let found = instance.get("LifecycleState").and_then(Value::as_str);
        found.is_some_and(|found| found.starts_with(state))
    });
    Level::Constant(u32::try_from(count.count()).map_or(0.0, f64::from))
}
