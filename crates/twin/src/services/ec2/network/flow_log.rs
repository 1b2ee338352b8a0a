//! Flow logs: while one is active, records of simulated traffic go to its log group or bucket every ten minutes, or every
//! minute if it is asked to.
//!
//! The traffic is what the world has: every interface that the log covers speaks to the Internet a little, is scanned from
//! outside (which its security groups reject), and speaks to its neighbours.

use reeve_model::{Object, Value};

use super::{
    interface,
    make::{fitting, make, refuse},
    route_table, selection,
    subnet::SUBNET,
    vpc::VPC,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::{PAGES, compute::INSTANCE},
    store::{Place, Resource},
    task::{Task, later},
    value::{object, value},
    world::{Origin, World},
};

/// `AWS::EC2::FlowLog`.
pub(crate) static FLOW_LOG: Definition = Definition {
    resource_type: "AWS::EC2::FlowLog",
    tagging_type: "ec2:vpc-flow-log",
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}",
    prefix: "fl-",
    identity: &[("FlowLogId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidFlowLogId.NotFound",
        "These flow log ids in the input list are not found: [{id}]",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 6] = [
    ("flow-log-id", ""),
    ("deliver-log-status", "DeliverLogsStatus"),
    ("log-destination-type", "LogDestinationType"),
    ("log-group-name", "LogGroupName"),
    ("resource-id", "ResourceId"),
    ("traffic-type", "TrafficType"),
];

/// Lists flow logs.
pub(super) static LIST: List = List {
    kind: &FLOW_LOG,
    member: "FlowLogs",
    paging: &PAGES,
    filters: Filters::Named("Filter", &FILTERS),
    ids: "FlowLogIds",
    ..List::OF
};

pub(super) const WRITE: &str = "ec2:flow-log-write";
const FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                      ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
/// An address of the Internet.
const SOMEWHERE: std::net::Ipv4Addr = std::net::Ipv4Addr::new(198, 51, 100, 1);
/// How many interfaces of one log write records: enough to see, few enough to be quick.
const MOST_INTERFACES: usize = 50;

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["DeliverCrossAccountRole"])?;
    let kind = call.required("ResourceType")?;
    let target = match kind {
        "VPC" => &VPC,
        "Subnet" => &SUBNET,
        "NetworkInterface" => &interface::INTERFACE,
        _ => {
            return Err(
                call.invalid(format!("the twin does not implement flow logs of type {kind}"))
            );
        }
    };
    let destination_type = call.text("LogDestinationType").unwrap_or("cloud-watch-logs");
    let destination = destination(call, destination_type)?;
    let (mut made, mut unsuccessful) = (Vec::new(), Vec::new());
    let place = call.place(&FLOW_LOG);
    for id in call.texts("ResourceIds") {
        if let Some(failure) = problem(world, &place, (id, &destination), target) {
            unsuccessful.push(value!({
                "ResourceId": (id),
                "Error": {"Code": (failure.code), "Message": (failure.message)},
            }));
            continue;
        }
        let mut facts = object!(
            "CreationTime": (call.now),
            "DeliverLogsStatus": "SUCCESS",
            "FlowLogStatus": "ACTIVE",
            "LogDestinationType": (destination_type),
            "LogFormat": (call.text("LogFormat").unwrap_or(FORMAT)),
            "MaxAggregationInterval": (call.integer("MaxAggregationInterval").unwrap_or(600)),
            "ResourceId": (id),
            "TrafficType": (call.text("TrafficType").unwrap_or("ALL")),
        );
        for (member, value) in destination.iter() {
            facts.insert(member, value.clone());
        }
        let id = make(call, world, &FLOW_LOG, (facts, "vpc-flow-log"))?;
        schedule(world, &place, &id);
        made.push(Value::from(id));
    }
    Ok(call.fit(value!({"FlowLogIds": (made), "Unsuccessful": (unsuccessful)})))
}

/// Where a log goes, as it is described.
fn destination(call: &Call, destination_type: &str) -> Result<Object, Failure> {
    let mut destination = Object::new();
    match destination_type {
        "cloud-watch-logs" => {
            let from_arn =
                call.text("LogDestination").and_then(|arn| arn.split(":log-group:").nth(1));
            let group =
                call.text("LogGroupName").or(from_arn).map(|group| group.trim_end_matches(":*"));
            destination.insert(
                "LogGroupName",
                group.ok_or_else(|| {
                    Failure::new(
                        "InvalidParameter",
                        "LogDestination can't be empty if LogGroupName is not provided.",
                    )
                })?,
            );
            let role = call.text("DeliverLogsPermissionArn").ok_or_else(|| {
                Failure::new("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
            })?;
            destination.insert("DeliverLogsPermissionArn", role);
        }
        "s3" => {
            let arn = call
                .text("LogDestination")
                .filter(|arn| arn.starts_with("arn:"))
                .ok_or_else(|| {
                    Failure::new(
                        "InvalidParameter",
                        "LogDestination can't be empty if LogDestinationType is s3.",
                    )
                })?;
            if call.text("LogGroupName").is_some() {
                return Err(Failure::new(
                    "InvalidParameter",
                    "Please only provide LogGroupName or only provide LogDestination.",
                ));
            }
            destination.insert("LogDestination", arn);
        }
        _ => {
            return Err(call
                .invalid(format!("the twin does not implement flow logs to {destination_type}")));
        }
    }
    Ok(destination)
}

/// Why something cannot have this log, if it cannot.
fn problem(
    world: &World,
    place: &Place,
    (id, destination): (&str, &Object),
    kind: crate::kind::Kind,
) -> Option<Failure> {
    let derived =
        *kind == interface::INTERFACE && interface::of_instance(world, place, id).is_some();
    if world.get(&place.beside(kind), id).is_none() && !derived {
        return Some(kind.missing.failure(id));
    }
    let same = |one: &Resource| {
        one.fact("ResourceId") == Some(id)
            && ["LogGroupName", "LogDestination"]
                .iter()
                .all(|member| destination.get(member).and_then(Value::as_str) == one.fact(member))
    };
    if !fitting(world, place, &FLOW_LOG, same).is_empty() {
        let message =
            "Error. There is an existing Flow Log with the same configuration and log destination.";
        return Some(Failure::new("FlowLogAlreadyExists", message));
    }
    let bucket = destination.get("LogDestination").and_then(Value::as_str).and_then(bucket_of);
    if bucket.is_some_and(|(name, _)| world.store.bucket_owner(name).is_none()) {
        let message = "Access Denied for LogDestination: the bucket does not exist.";
        return Some(Failure::new("AccessDeniedForDestination", message));
    }
    None
}

/// The bucket and the beginning of keys in an ARN.
fn bucket_of(arn: &str) -> Option<(&str, &str)> {
    let path = arn.split(":::").nth(1)?;
    Some(path.split_once('/').unwrap_or((path, "")))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&FLOW_LOG);
    let ids = call.texts("FlowLogIds");
    if let Some(missing) = ids.iter().find(|id| world.get(&place, id).is_none()) {
        return Err(FLOW_LOG.missing.failure(missing));
    }
    for id in ids {
        world.remove(&place, id);
    }
    Ok(Value::from_iter([("Unsuccessful", Value::List(Vec::new()))]))
}

fn schedule(world: &mut World, place: &Place, id: &str) {
    let interval =
        world.get(place, id).and_then(|log| log.value("MaxAggregationInterval")?.as_i64());
    world.schedule(later(world.now(), interval.unwrap_or(600)), Task::new(WRITE, place, id));
}

/// An interface as flow records name it.
struct Spoken {
    id: String,
    address: String,
    /// Whether packets to the Internet find a way.
    outside: bool,
}

/// Writes the records of one interval.
pub(super) fn write(world: &mut World, task: &Task) {
    let Some(log) = world.get(&task.place, &task.id).cloned() else { return };
    let spoken = covered(world, &task.place, log.fact("ResourceId").unwrap_or_default());
    let mut lines = Vec::new();
    for (at, one) in spoken.iter().enumerate() {
        let neighbour =
            spoken.get((at + 1) % spoken.len().max(1)).map(|other| other.address.clone());
        lines.extend(records(world, (task, &log), one, neighbour));
    }
    let delivered = if lines.is_empty() { Ok(()) } else { deliver(world, task, &log, &lines) };
    world.change(&task.place, &task.id, |facts| {
        facts.insert("DeliverLogsStatus", if delivered.is_ok() { "SUCCESS" } else { "FAILED" });
        match &delivered {
            Ok(()) => facts.remove("DeliverLogsErrorMessage"),
            Err(_) => facts.insert("DeliverLogsErrorMessage", "Access error"),
        };
    });
    schedule(world, &task.place, &task.id);
}

/// The interfaces that a log covers: those of running instances, and those that were made.
fn covered(world: &World, place: &Place, target: &str) -> Vec<Spoken> {
    let inside = |one: &Resource, id: &str| {
        id == target || one.fact("SubnetId") == Some(target) || one.fact("VpcId") == Some(target)
    };
    let stored = world.shelf(&place.beside(&interface::INTERFACE)).iter();
    let stored = stored.filter(|(id, one)| one.fact("Status") == Some("in-use") && inside(one, id));
    let mut spoken: Vec<Spoken> =
        stored.map(|(id, one)| spoken_by(world, place, (id.clone(), one))).collect();
    for (id, one) in world.shelf(&place.beside(&INSTANCE)) {
        let eni = interface::primary_of(world, place, id);
        let known = spoken.iter().any(|other| other.id == eni);
        if one.fact("State.Name") == Some("running") && inside(one, &eni) && !known {
            spoken.push(spoken_by(world, place, (eni, one)));
        }
    }
    spoken.truncate(MOST_INTERFACES);
    spoken
}

fn spoken_by(world: &World, place: &Place, (id, one): (String, &Resource)) -> Spoken {
    let text = |member: &str| one.fact(member).unwrap_or_default();
    let table = route_table::of_subnet(world, place, (text("VpcId"), text("SubnetId")));
    let routes = table.and_then(|table| table.value("Routes")).map_or(&[][..], Value::as_list);
    let way = selection::route_to(routes, SOMEWHERE);
    // Where the world has no table, a scenario has left the network out: then it works.
    let outside = table.is_none() || way.is_some_and(selection::is_open);
    Spoken { id, address: text("PrivateIpAddress").to_owned(), outside }
}

fn records(
    world: &mut World,
    (task, log): (&Task, &Resource),
    one: &Spoken,
    neighbour: Option<String>,
) -> Vec<String> {
    let mut flows = Vec::new();
    let outside = format!("198.51.100.{}", world.random_between(1, 254));
    let port = world.random_between(1024, 65535);
    if one.outside {
        flows.push((one.address.clone(), outside.clone(), port, 443, true));
        flows.push((outside, one.address.clone(), 443, port, true));
    }
    if let Some(neighbour) = neighbour.filter(|address| *address != one.address) {
        flows.push((one.address.clone(), neighbour, world.random_between(1024, 65535), 443, true));
    }
    let scanner = format!("203.0.113.{}", world.random_between(1, 254));
    let port = world.random_between(1024, 65535);
    let wanted = *[22, 23, 3389, 445]
        .get(usize::try_from(world.random_between(0, 3)).unwrap_or(0))
        .unwrap_or(&22);
    flows.push((scanner, one.address.clone(), port, wanted, false));
    let traffic = log.fact("TrafficType").unwrap_or("ALL");
    let interval = log.value("MaxAggregationInterval").and_then(Value::as_i64).unwrap_or(600);
    let format = log.fact("LogFormat").unwrap_or(FORMAT).to_owned();
    let mut lines = Vec::new();
    for (source, target, from, to, accepted) in flows {
        let packets = if accepted { world.random_between(4, 400) } else { 1 };
        let bytes =
            packets.saturating_mul(if accepted { world.random_between(60, 1400) } else { 40 });
        let kept = traffic == "ALL" || (traffic == "ACCEPT") == accepted;
        let fields = [
            ("version", "2".to_owned()),
            ("account-id", task.place.account.to_string()),
            ("interface-id", one.id.clone()),
            ("srcaddr", source.clone()),
            ("dstaddr", target.clone()),
            ("pkt-srcaddr", source),
            ("pkt-dstaddr", target),
            ("srcport", from.to_string()),
            ("dstport", to.to_string()),
            ("protocol", "6".to_owned()),
            ("packets", packets.to_string()),
            ("bytes", bytes.to_string()),
            ("start", task.due.as_second().saturating_sub(interval).to_string()),
            ("end", task.due.as_second().to_string()),
            ("action", if accepted { "ACCEPT" } else { "REJECT" }.to_owned()),
            ("log-status", "OK".to_owned()),
            ("region", task.place.region.to_string()),
        ];
        if kept {
            lines.push(filled(&format, &fields));
        }
    }
    lines
}

/// A record in a log's format; fields that the world does not know are `-`, as on AWS.
fn filled(format: &str, fields: &[(&str, String)]) -> String {
    let words = format.split_whitespace().map(|word| {
        let name = word.trim_start_matches("${").trim_end_matches('}');
        fields.iter().find(|(known, _)| *known == name).map_or("-", |(_, value)| value.as_str())
    });
    words.collect::<Vec<_>>().join(" ")
}

fn deliver(
    world: &mut World,
    task: &Task,
    log: &Resource,
    lines: &[String],
) -> Result<(), Failure> {
    let origin = Origin::at(&task.place, "delivery.logs.amazonaws.com");
    if let Some(group) = log.fact("LogGroupName") {
        return deliver_to_group(world, (task, &origin), group, lines);
    }
    let Some((bucket, prefix)) = log.fact("LogDestination").and_then(bucket_of) else {
        return Ok(());
    };
    let (account, region) = (&task.place.account, &task.place.region);
    let day = task.due.strftime("%Y/%m/%d");
    let time = task.due.strftime("%Y%m%dT%H%MZ");
    let prefix = if prefix.is_empty() {
        String::new()
    } else {
        format!("{}/", prefix.trim_end_matches('/'))
    };
    let unique = world.random_hex(8);
    let key = format!(
        "{prefix}AWSLogs/{account}/vpcflowlogs/{region}/{day}/{account}_vpcflowlogs_{region}_{}_{time}_{unique}.log.gz",
        task.id
    );
    let header = log.fact("LogFormat").unwrap_or(FORMAT).replace("${", "").replace('}', "");
    let text = format!("{header}\n{}\n", lines.join("\n"));
    let body = zipped(text.as_bytes());
    let input = value!({"Bucket": (bucket), "Key": (key), "Body": (body)});
    world.call(&origin, "s3", "PutObject", input).map(|_| ())
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    match encoder.write_all(bytes) {
        Ok(()) => encoder.finish().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Each interface has a stream; group and streams are made when they are first needed.
fn deliver_to_group(
    world: &mut World,
    (task, origin): (&Task, &Origin<'_>),
    group: &str,
    lines: &[String],
) -> Result<(), Failure> {
    let stream_of = |line: &str| {
        line.split(' ').find(|word| word.starts_with("eni-")).map(|eni| format!("{eni}-all"))
    };
    let mut streams: std::collections::BTreeMap<String, Vec<Value>> =
        std::collections::BTreeMap::new();
    for line in lines {
        let stream = stream_of(line).unwrap_or_else(|| format!("{}-all", task.id));
        let event = value!({"timestamp": (task.due.as_millisecond()), "message": (line.as_str())});
        streams.entry(stream).or_default().push(event);
    }
    // What exists already is refused, which is as good.
    let _exists = world.call(origin, "logs", "CreateLogGroup", value!({"logGroupName": (group)}));
    for (stream, events) in streams {
        let named = value!({"logGroupName": (group), "logStreamName": (stream.as_str())});
        let _exists = world.call(origin, "logs", "CreateLogStream", named);
        let input =
            value!({"logGroupName": (group), "logStreamName": (stream), "logEvents": (events)});
        world.call(origin, "logs", "PutLogEvents", input)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_their_format() {
        let fields = [("srcaddr", "10.0.0.1".to_owned()), ("action", "ACCEPT".to_owned())];
        assert_eq!(filled("${action} ${srcaddr} ${tcp-flags}", &fields), "ACCEPT 10.0.0.1 -");
        assert_eq!(bucket_of("arn:aws:s3:::logs/a/b"), Some(("logs", "a/b")));
    }
}
