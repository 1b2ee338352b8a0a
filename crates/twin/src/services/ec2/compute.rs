//! EC2's machines: instances, and the Regions they run in.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{PAGES, check_ids};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::Part,
    world::World,
};

pub(crate) static PART: Part = Part {
    kinds: &[&INSTANCE],
    operations: &[
        ("DescribeInstances", Action::Own(describe_instances)),
        ("DescribeRegions", Action::Own(describe_regions)),
    ],
    tasks: &[],
};

/// AWS::EC2::Instance.
pub(crate) static INSTANCE: Definition = Definition {
    resource_type: "AWS::EC2::Instance",
    tagging_type: "ec2:instance",
    arn: "arn:{partition}:ec2:{region}:{account}:instance/{id}",
    prefix: "i-",
    identity: &[("InstanceId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidInstanceID.NotFound", "The instance ID '{id}' does not exist"),
    sample: Some(|sample| sample.instance()),
    ..Definition::OF
};

const INSTANCE_FILTERS: [FilterPath; 12] = [
    ("instance-id", ""),
    ("architecture", "Architecture"),
    ("availability-zone", "Placement.AvailabilityZone"),
    ("image-id", "ImageId"),
    ("instance-state-name", "State.Name"),
    ("instance-type", "InstanceType"),
    ("key-name", "KeyName"),
    ("platform", "Platform"),
    ("platform-details", "PlatformDetails"),
    ("private-ip-address", "PrivateIpAddress"),
    ("subnet-id", "SubnetId"),
    ("vpc-id", "VpcId"),
];

static INSTANCES: List = List {
    kind: &INSTANCE,
    member: "Reservations",
    paging: &PAGES,
    filters: Filters::Named("Filters", &INSTANCE_FILTERS),
    ids: "InstanceIds",
    show: Some(reservation),
    ..List::OF
};

fn describe_instances(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("InstanceIds");
    check_ids(call, &INSTANCE, &ids, "InvalidInstanceID.Malformed")?;
    if !ids.is_empty() && call.input.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    Action::List(&INSTANCES).perform(call, world)
}

fn describe_regions(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("RegionNames");
    let known: BTreeSet<&str> = world.regions.iter().map(reeve_types::Region::as_str).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(*name)) {
        return Err(call.invalid(format!("Invalid region name: {unknown}")));
    }
    let shown = known.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
    let regions = shown.map(|name| {
        Value::from_iter([
            ("RegionName", (*name).to_owned()),
            ("Endpoint", format!("ec2.{name}.amazonaws.com")),
            ("OptInStatus", "opt-in-not-required".to_owned()),
        ])
    });
    Ok(Value::from_iter([("Regions", regions.collect::<Value>())]))
}

fn reservation(call: &Call, _: &World, id: &str, instance: Object) -> Value {
    Value::from_iter([
        ("ReservationId", Value::from(format!("r-{}", hex_digest(id, 17)))),
        ("OwnerId", Value::from(call.account().as_str())),
        ("Groups", Value::List(Vec::new())),
        ("Instances", Value::List(vec![instance.into()])),
    ])
}
