//! What the checks look for.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;

use super::advice::Flag;
use crate::{
    fleet, kind,
    metrics::source::float,
    services::ce::machine_price,
    store::{Place, Resource},
    world::World,
};

const MONTH_HOURS: f64 = 730.0;
const RISKY: [i64; 9] = [20, 21, 1433, 1434, 3306, 3389, 4333, 5432, 5500];
const DEPRECATED: [&str; 9] = [
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "python3.6",
    "python3.7",
    "python3.8",
    "ruby2.7",
    "dotnet6",
    "go1.x",
];

fn name_of(resource: &Resource) -> String {
    resource.tags.get("Name").cloned().unwrap_or_default()
}

/// The mean of an instance's processor over fourteen days.
pub(super) fn mean_processor(world: &World, place: &Place, id: &str) -> Option<f64> {
    const SAMPLES: i32 = 28;
    let now = world.now();
    let at = |turn: i32| now - SignedDuration::from_hours(i64::from(turn) * 12 + 3);
    let machine = fleet::known(world, place, id)?;
    let loads: Vec<f64> = (0..SAMPLES)
        .filter_map(|turn| machine.load(at(turn)))
        .map(|load| load.cpu_percent)
        .collect();
    let count = i64::try_from(loads.len()).ok().filter(|count| *count > 0)?;
    Some(loads.iter().sum::<f64>() / float(count))
}

/// Hardly used: below ten percent of its processor.
pub(super) fn idle_instance(
    world: &World,
    place: &Place,
    id: &str,
    instance: &Resource,
) -> Option<Flag> {
    let kind = instance.fact("InstanceType").unwrap_or_default();
    let mean = mean_processor(world, place, id).filter(|mean| *mean < 10.0)?;
    let savings = machine_price(kind, place.region.as_str()) * MONTH_HOURS;
    let metadata = vec![
        instance.fact("Placement.AvailabilityZone").unwrap_or_default().to_owned(),
        id.to_owned(),
        name_of(instance),
        kind.to_owned(),
        format!("${savings:.2}"),
        format!("{mean:.1}%"),
    ];
    Some(Flag::new("warning", metadata).saving(savings))
}

/// Busy nearly always: above ninety percent of its processor.
pub(super) fn busy_instance(
    world: &World,
    place: &Place,
    id: &str,
    instance: &Resource,
) -> Option<Flag> {
    let mean = mean_processor(world, place, id).filter(|mean| *mean > 90.0)?;
    let metadata = vec![
        instance.fact("Placement.AvailabilityZone").unwrap_or_default().to_owned(),
        id.to_owned(),
        instance.fact("InstanceType").unwrap_or_default().to_owned(),
        name_of(instance),
        format!("{mean:.1}%"),
    ];
    Some(Flag::new("warning", metadata))
}

pub(super) fn unattached_volume(
    _: &World,
    place: &Place,
    id: &str,
    volume: &Resource,
) -> Option<Flag> {
    if volume.fact("State") != Some("available") {
        return None;
    }
    let size = volume.value("Size").and_then(Value::as_f64).unwrap_or(0.0);
    let cost = size * 0.1;
    let kind = volume.fact("VolumeType").unwrap_or_default().to_owned();
    let metadata = vec![
        place.region.to_string(),
        id.to_owned(),
        name_of(volume),
        kind,
        size.to_string(),
        format!("${cost:.2}"),
    ];
    Some(Flag::new("warning", metadata).saving(cost))
}

pub(super) fn unused_address(
    _: &World,
    place: &Place,
    id: &str,
    address: &Resource,
) -> Option<Flag> {
    if address.fact("AssociationId").is_some() || address.fact("InstanceId").is_some() {
        return None;
    }
    let public = address.fact("PublicIp").unwrap_or(id).to_owned();
    Some(Flag::new("warning", vec![place.region.to_string(), public]).saving(3.65))
}

pub(super) fn idle_balancer(
    _: &World,
    place: &Place,
    id: &str,
    balancer: &Resource,
) -> Option<Flag> {
    let instances = balancer.list("Instances");
    if !instances.is_empty() {
        return None;
    }
    let metadata = vec![
        place.region.to_string(),
        id.to_owned(),
        "No active back-end instances".to_owned(),
        "$18.25".to_owned(),
    ];
    Some(Flag::new("warning", metadata).saving(18.25))
}

/// The first rule of a group that lets everybody in and fits: protocol and ports.
fn open_rule(group: &Resource, fits: fn(i64, i64) -> bool) -> Option<(String, i64, i64)> {
    let rules = group.list("IpPermissions");
    rules.iter().find_map(|rule| {
        let ranges = rule.list("IpRanges");
        let open = ranges.iter().any(|range| range.text("CidrIp") == "0.0.0.0/0");
        let port = |member: &str| rule.get(member).and_then(Value::as_i64);
        let (from, to) = (port("FromPort").unwrap_or(0), port("ToPort").unwrap_or(65_535));
        let protocol = rule.get("IpProtocol").and_then(Value::as_str).unwrap_or("-1");
        (open && fits(from, to)).then(|| (protocol.to_owned(), from, to))
    })
}

pub(super) fn risky_ports(_: &World, place: &Place, id: &str, group: &Resource) -> Option<Flag> {
    let risky = |from, to| RISKY.iter().any(|port| (from..=to).contains(port));
    let (protocol, from, to) = open_rule(group, risky)?;
    let name = group.fact("GroupName").unwrap_or_default().to_owned();
    let metadata = vec![
        place.region.to_string(),
        name,
        format!("{id} ({})", group.fact("VpcId").unwrap_or_default()),
        protocol,
        "Red".to_owned(),
        if from == to { from.to_string() } else { format!("{from}-{to}") },
    ];
    Some(Flag::new("error", metadata))
}

pub(super) fn open_group(_: &World, place: &Place, id: &str, group: &Resource) -> Option<Flag> {
    let (protocol, from, to) = open_rule(group, |from, to| {
        ![(25, 25), (80, 80), (443, 443), (465, 465)].contains(&(from, to))
    })?;
    let name = group.fact("GroupName").unwrap_or_default().to_owned();
    let metadata = vec![
        place.region.to_string(),
        name,
        id.to_owned(),
        protocol,
        if from == to { from.to_string() } else { format!("{from}-{to}") },
        "Red".to_owned(),
        "0.0.0.0/0".to_owned(),
    ];
    Some(Flag::new("error", metadata))
}

pub(super) fn public_bucket(_: &World, place: &Place, id: &str, bucket: &Resource) -> Option<Flag> {
    let policy = bucket.inside.get("Policy").or_else(|| bucket.facts.get("Policy"))?.as_str()?;
    let open = policy.contains("\"Principal\":\"*\"") || policy.contains("\"Principal\": \"*\"");
    let region = place.region.to_string();
    let answer = |is: bool| if is { "Yes" } else { "No" }.to_owned();
    open.then(|| {
        let metadata = vec![
            region.clone(),
            region,
            id.to_owned(),
            answer(false),
            answer(false),
            "Yellow".to_owned(),
            answer(true),
        ];
        Flag::new("warning", metadata)
    })
}

pub(super) fn old_key(world: &World, _: &Place, id: &str, key: &Resource) -> Option<Flag> {
    let created = key.value("CreateDate").and_then(Value::as_timestamp)?;
    let days = world.now().duration_since(created).as_hours() / 24;
    if days <= 90 || key.fact("Status") == Some("Inactive") {
        return None;
    }
    let (status, color) = if days > 730 { ("error", "Red") } else { ("warning", "Yellow") };
    let user = key.fact("UserName").unwrap_or_default().to_owned();
    let rotated = format!("{days} days ago");
    Some(Flag::new(
        status,
        vec![color.to_owned(), user, id.to_owned(), rotated, "Not rotated".to_owned()],
    ))
}

pub(super) fn silent_trail(_: &World, place: &Place, id: &str, trail: &Resource) -> Option<Flag> {
    let logs = trail.inside.get("IsLogging").or_else(|| trail.facts.get("IsLogging"))?;
    if logs.as_bool() != Some(false) {
        return None;
    }
    let bucket = trail.fact("S3BucketName").unwrap_or_default().to_owned();
    let region = place.region.to_string();
    Some(Flag::new(
        "error",
        vec![region, id.to_owned(), "Off".to_owned(), bucket, String::new(), "Red".to_owned()],
    ))
}

fn listeners(balancer: &Resource) -> &[Value] {
    balancer.value("ListenerDescriptions").map_or(&[], Value::as_list)
}

pub(super) fn plain_listener(
    _: &World,
    place: &Place,
    id: &str,
    balancer: &Resource,
) -> Option<Flag> {
    let plain = listeners(balancer).iter().find(|listener| {
        let protocol = listener.path("Listener.Protocol").and_then(Value::as_str);
        matches!(protocol, Some("HTTP" | "TCP"))
    })?;
    let port = plain.path("Listener.LoadBalancerPort").and_then(Value::as_i64).unwrap_or(80);
    let metadata = vec![
        place.region.to_string(),
        id.to_owned(),
        port.to_string(),
        "Yellow".to_owned(),
        "No listener uses a secure protocol".to_owned(),
    ];
    Some(Flag::new("warning", metadata))
}

fn of_balancer(place: &Place, id: &str, reason: &str) -> Flag {
    let region = place.region.to_string();
    Flag::new("warning", vec![region, id.to_owned(), "Yellow".to_owned(), reason.to_owned()])
}

pub(super) fn balancer_without_group(
    _: &World,
    place: &Place,
    id: &str,
    balancer: &Resource,
) -> Option<Flag> {
    let groups = balancer.list("SecurityGroups");
    groups.is_empty().then(|| {
        let region = place.region.to_string();
        let reason = "The load balancer has no security group".to_owned();
        Flag::new("error", vec![region, id.to_owned(), "Red".to_owned(), String::new(), reason])
    })
}

pub(super) fn no_cross_zone(
    _: &World,
    place: &Place,
    id: &str,
    balancer: &Resource,
) -> Option<Flag> {
    let enabled = balancer.inside.get("Attributes").or_else(|| balancer.facts.get("Attributes"))?;
    let off =
        enabled.path("CrossZoneLoadBalancing.Enabled").and_then(Value::as_bool) == Some(false);
    off.then(|| of_balancer(place, id, "Cross-zone load balancing is not enabled"))
}

pub(super) fn no_draining(_: &World, place: &Place, id: &str, balancer: &Resource) -> Option<Flag> {
    let enabled = balancer.inside.get("Attributes").or_else(|| balancer.facts.get("Attributes"))?;
    let off = enabled.path("ConnectionDraining.Enabled").and_then(Value::as_bool) == Some(false);
    off.then(|| of_balancer(place, id, "Connection draining is not enabled"))
}

fn of_database(
    place: &Place,
    id: &str,
    database: &Resource,
    (status, color, what): (&'static str, &str, String),
) -> Flag {
    let zone = database.fact("AvailabilityZone").unwrap_or(place.region.as_str()).to_owned();
    let vpc = database.fact("DBSubnetGroup.VpcId").unwrap_or_default().to_owned();
    Flag::new(status, vec![zone, id.to_owned(), vpc, what, color.to_owned()])
}

pub(super) fn single_zone(_: &World, place: &Place, id: &str, database: &Resource) -> Option<Flag> {
    let of_cluster = database.fact("DBClusterIdentifier").is_some();
    (!of_cluster && !database.flag("MultiAZ"))
        .then(|| of_database(place, id, database, ("warning", "Yellow", "No".to_owned())))
}

pub(super) fn no_backups(_: &World, place: &Place, id: &str, database: &Resource) -> Option<Flag> {
    let days = database.value("BackupRetentionPeriod").and_then(Value::as_i64)?;
    (days == 0).then(|| of_database(place, id, database, ("error", "Red", days.to_string())))
}

pub(super) fn public_database(
    _: &World,
    place: &Place,
    id: &str,
    database: &Resource,
) -> Option<Flag> {
    database.flag("PubliclyAccessible").then(|| {
        let region = place.region.to_string();
        let reason = "The database is reachable from the internet".to_owned();
        Flag::new(
            "warning",
            vec![region, id.to_owned(), String::new(), "Yellow".to_owned(), reason],
        )
    })
}

pub(super) fn public_snapshot(
    _: &World,
    place: &Place,
    id: &str,
    snapshot: &Resource,
) -> Option<Flag> {
    let permissions = ["CreateVolumePermissions", "RestoreAttributes", "Attributes"];
    let open = permissions.iter().filter_map(|member| snapshot.inside.get(member)).any(|value| {
        let text = value.to_json().to_string();
        text.contains("\"Group\":\"all\"") || text.contains("\"all\"")
    });
    let volume = snapshot.fact("VolumeId").or_else(|| snapshot.fact("DBInstanceIdentifier"));
    let volume = volume.unwrap_or_default().to_owned();
    let description = snapshot.fact("Description").unwrap_or_default().to_owned();
    open.then(|| {
        let region = place.region.to_string();
        Flag::new("error", vec!["Red".to_owned(), region, volume, id.to_owned(), description])
    })
}

pub(super) fn old_runtime(_: &World, place: &Place, id: &str, function: &Resource) -> Option<Flag> {
    let runtime = function.fact("Runtime").filter(|runtime| DEPRECATED.contains(runtime))?;
    let arn = place.arn_of(place.kind, id);
    let metadata = vec![
        "Red".to_owned(),
        place.region.to_string(),
        arn,
        runtime.to_owned(),
        "0".to_owned(),
        String::new(),
        String::new(),
    ];
    Some(Flag::new("error", metadata))
}

/// The latest snapshot of a volume.
fn latest_snapshot<'w>(
    world: &'w World,
    place: &Place,
    volume: &str,
) -> Option<(&'w String, Timestamp)> {
    let kind = kind::named("AWS::EC2::Snapshot")?;
    let shelf = Place { kind, ..place.clone() };
    let of_volume =
        world.shelf(&shelf).iter().filter(|(_, found)| found.fact("VolumeId") == Some(volume));
    of_volume
        .filter_map(|(id, found)| Some((id, found.value("StartTime")?.as_timestamp()?)))
        .max_by_key(|(_, time)| *time)
}

pub(super) fn volume_without_snapshot(
    world: &World,
    place: &Place,
    id: &str,
    volume: &Resource,
) -> Option<Flag> {
    if volume.fact("State") != Some("in-use") {
        return None;
    }
    let latest = latest_snapshot(world, place, id);
    let age = latest.map(|(_, time)| world.now().duration_since(time).as_hours() / 24);
    let (status, color, reason) = match age {
        None => ("error", "Red", "No snapshot"),
        Some(days) if days > 30 => ("error", "Red", "Age"),
        Some(days) if days > 7 => ("warning", "Yellow", "Age"),
        Some(_) => return None,
    };
    let described = place.describe(place.kind, id, volume);
    let attachment = described.list("Attachments").first();
    let text = |member: &str| {
        let found =
            attachment.and_then(|attachment| attachment.get(member)).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let metadata = vec![
        place.region.to_string(),
        id.to_owned(),
        name_of(volume),
        latest.map(|(snapshot, _)| snapshot.clone()).unwrap_or_default(),
        String::new(),
        age.map(|days| days.to_string()).unwrap_or_default(),
        format!("{}:{}", text("Device"), text("InstanceId")),
        color.to_owned(),
        reason.to_owned(),
    ];
    Some(Flag::new(status, metadata))
}

fn configured(bucket: &Resource, members: &[&str]) -> bool {
    members.iter().any(|member| {
        let found = bucket.inside.get(member).or_else(|| bucket.facts.get(member));
        found.is_some_and(|found| !found.is_null() && found.as_str() != Some("Suspended"))
    })
}

pub(super) fn unversioned(_: &World, place: &Place, id: &str, bucket: &Resource) -> Option<Flag> {
    (!configured(bucket, &["Versioning", "VersioningConfiguration", "VersioningStatus"])).then(
        || {
            let region = place.region.to_string();
            let no = || "No".to_owned();
            Flag::new("warning", vec![region, id.to_owned(), no(), no(), "Yellow".to_owned()])
        },
    )
}

pub(super) fn unlogged(_: &World, place: &Place, id: &str, bucket: &Resource) -> Option<Flag> {
    (!configured(bucket, &["Logging", "LoggingEnabled", "BucketLoggingStatus"])).then(|| {
        let region = place.region.to_string();
        let reason = "Logging not enabled".to_owned();
        let no = || "No".to_owned();
        let metadata = vec![
            "Yellow".to_owned(),
            region,
            id.to_owned(),
            String::new(),
            no(),
            no(),
            no(),
            reason,
        ];
        Flag::new("warning", metadata)
    })
}

pub(super) fn health_check(_: &World, place: &Place, id: &str, group: &Resource) -> Option<Flag> {
    let has = |member: &str| group.value(member).is_some_and(|list| !list.as_list().is_empty());
    let behind = has("LoadBalancerNames") || has("TargetGroupARNs");
    let asks = group.fact("HealthCheckType").is_some_and(|kind| kind.contains("ELB"));
    (behind && !asks).then(|| {
        let region = place.region.to_string();
        let kind = group.fact("HealthCheckType").unwrap_or("EC2").to_owned();
        Flag::new(
            "warning",
            vec!["Yellow".to_owned(), region, id.to_owned(), "Yes".to_owned(), kind],
        )
    })
}

pub(super) fn one_tunnel(
    _: &World,
    place: &Place,
    id: &str,
    connection: &Resource,
) -> Option<Flag> {
    let tunnels = connection.list("VgwTelemetry");
    let up = |tunnel: &&Value| tunnel.text("Status") == "UP";
    let active = tunnels.iter().filter(up).count();
    if tunnels.is_empty() || active == tunnels.len() {
        return None;
    }
    let text = |member: &str| connection.fact(member).unwrap_or_default().to_owned();
    let (status, reason) =
        if active == 0 { ("error", "No tunnel is up") } else { ("warning", "One tunnel is down") };
    let metadata = vec![
        place.region.to_string(),
        id.to_owned(),
        text("VpcId"),
        text("VpnGatewayId"),
        text("CustomerGatewayId"),
        active.to_string(),
        reason.to_owned(),
    ];
    Some(Flag::new(status, metadata))
}
