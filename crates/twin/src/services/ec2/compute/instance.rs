//! Instances: how they are described, found and moved from state to state.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    landing,
    lifecycle::InstanceState,
    listing::{Known, described_passes, read, refuse_id},
    support::{PAGES, arn, text, written},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm, describe},
    seed::Sample,
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// Instances.
pub(crate) static INSTANCE: Definition = Definition {
    resource_type: "AWS::EC2::Instance",
    tagging_type: "ec2:instance",
    arn: "arn:{partition}:ec2:{region}:{account}:instance/{id}",
    prefix: "i-",
    identity: &[("InstanceId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidInstanceID.NotFound", "The instance ID '{id}' does not exist"),
    sample: Some(sample),
    own: Some(super::seeded::own_volume),
    ..Definition::OF
};

const FILTERS: [Known; 47] = [
    ("architecture", "Architecture"),
    ("availability-zone", "Placement.AvailabilityZone"),
    ("availability-zone-id", "Placement.AvailabilityZoneId"),
    ("block-device-mapping.attach-time", "BlockDeviceMappings.Ebs.AttachTime"),
    ("block-device-mapping.delete-on-termination", "BlockDeviceMappings.Ebs.DeleteOnTermination"),
    ("block-device-mapping.device-name", "BlockDeviceMappings.DeviceName"),
    ("block-device-mapping.status", "BlockDeviceMappings.Ebs.Status"),
    ("block-device-mapping.volume-id", "BlockDeviceMappings.Ebs.VolumeId"),
    ("client-token", "ClientToken"),
    ("dns-name", "PublicDnsName"),
    ("hypervisor", "Hypervisor"),
    ("iam-instance-profile.arn", "IamInstanceProfile.Arn"),
    ("iam-instance-profile.id", "IamInstanceProfile.Id"),
    ("image-id", "ImageId"),
    ("instance-id", "InstanceId"),
    ("instance-lifecycle", "InstanceLifecycle"),
    ("instance-state-code", "State.Code"),
    ("instance-state-name", "State.Name"),
    ("instance-type", "InstanceType"),
    ("instance.group-id", "SecurityGroups.GroupId"),
    ("instance.group-name", "SecurityGroups.GroupName"),
    ("ip-address", "PublicIpAddress"),
    ("key-name", "KeyName"),
    ("launch-index", "AmiLaunchIndex"),
    ("launch-time", "LaunchTime"),
    ("metadata-options.http-endpoint", "MetadataOptions.HttpEndpoint"),
    ("metadata-options.http-tokens", "MetadataOptions.HttpTokens"),
    ("monitoring-state", "Monitoring.State"),
    ("network-interface.network-interface-id", "NetworkInterfaces.NetworkInterfaceId"),
    ("network-interface.subnet-id", "NetworkInterfaces.SubnetId"),
    ("network-interface.vpc-id", "NetworkInterfaces.VpcId"),
    ("owner-id", "OwnerId"),
    ("placement-group-name", "Placement.GroupName"),
    ("platform", "Platform"),
    ("platform-details", "PlatformDetails"),
    ("private-dns-name", "PrivateDnsName"),
    ("private-ip-address", "PrivateIpAddress"),
    ("reason", "StateTransitionReason"),
    ("requester-id", "RequesterId"),
    ("reservation-id", "ReservationId"),
    ("root-device-name", "RootDeviceName"),
    ("root-device-type", "RootDeviceType"),
    ("source-dest-check", "SourceDestCheck"),
    ("state-reason-code", "StateReason.Code"),
    ("subnet-id", "SubnetId"),
    ("tenancy", "Placement.Tenancy"),
    ("vpc-id", "VpcId"),
];

fn sample(sample: &Sample<'_>) -> serde_json::Value {
    sample.instance()
}

/// The state that an instance is in.
pub(super) fn state_of(facts: &Object) -> InstanceState {
    InstanceState::named(text(facts, "State.Name")).unwrap_or(InstanceState::Running)
}

/// A state as descriptions show it.
pub(super) fn shown(state: InstanceState) -> Value {
    value!({"Code": (state.code()), "Name": (state.name())})
}

/// An instance of the caller.
pub(super) fn find<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    world
        .get(&call.place(&INSTANCE), id)
        .ok_or_else(|| refuse_id(&INSTANCE, "InvalidInstanceID.Malformed", id))
}

/// The reservation that an instance was launched in.
fn reservation_of(id: &str, instance: &Resource) -> String {
    match text(&instance.inside, "ReservationId") {
        "" => format!("r-{}", hex_digest(id, 17)),
        known => known.to_owned(),
    }
}

/// `DescribeInstances`: instances that were launched together stand in one reservation. `MaxResults` counts instances.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let filters = read(call, "Filters", &FILTERS)?;
    let place = call.place(&INSTANCE);
    let ids = call.texts("InstanceIds");
    let show = |id: &str, instance: &Resource| {
        let owner = (&place.account, &place.region);
        let mut described = describe(&INSTANCE, owner, id, instance);
        landing::renew(&mut described, "amazon");
        let reservation = reservation_of(id, instance);
        if !filters.is_empty() {
            // What the reservation says is filtered by as well.
            let mut whole = described.clone();
            whole.insert("OwnerId", call.account().as_str());
            whole.insert("ReservationId", reservation.as_str());
            whole.insert("RequesterId", text(&instance.inside, "RequesterId"));
            if !described_passes(&filters, &whole, &instance.tags) {
                return None;
            }
        }
        described.remove("OwnerId");
        let requester = text(&instance.inside, "RequesterId").to_owned();
        Some((reservation, requester, Value::from(described)))
    };
    if !ids.is_empty() {
        if call.input.get("MaxResults").is_some() {
            let message = "The parameter instancesSet cannot be used with the parameter maxResults";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        let mut found = Vec::new();
        for id in ids {
            found.extend(show(id, find(call, world, id)?));
        }
        return Ok(Value::from_iter([("Reservations", reservations(call, found))]));
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
    let mut rest = world.shelf(&place).range((after, std::ops::Bound::Unbounded)).peekable();
    let mut found = Vec::new();
    let mut last = None;
    while found.len() < size
        && let Some((id, instance)) = rest.next()
    {
        last = Some(id.as_str());
        found.extend(show(id, instance));
    }
    let last = last.filter(|_| rest.peek().is_some());
    let output = object! { "Reservations": (reservations(call, found)) };
    Ok(PAGES.finish(call, output, last))
}

/// Instances by reservation, in the order in which each occurs first.
fn reservations(call: &Call, found: Vec<(String, String, Value)>) -> Value {
    let mut together: Vec<(String, String, Vec<Value>)> = Vec::new();
    for (reservation, requester, instance) in found {
        match together.iter_mut().find(|(known, ..)| *known == reservation) {
            Some((_, _, instances)) => instances.push(instance),
            None => together.push((reservation, requester, vec![instance])),
        }
    }
    let shown = together.into_iter().map(|(reservation, requester, instances)| {
        let mut shown = object! {
            "ReservationId": reservation,
            "OwnerId": (call.account().as_str()),
            "Groups": [],
            "Instances": instances,
        };
        if !requester.is_empty() {
            shown.insert("RequesterId", requester);
        }
        Value::from(shown)
    });
    shown.collect()
}

/// Why an instance is in a state, as descriptions say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It runs, or is about to.
    None,
    /// Somebody asked for it.
    User,
    /// AWS gave notice of its hardware.
    Retired,
    /// AWS could not run it.
    Server,
}

/// Moves an instance to a state and tells of it. Whether it exists.
pub(super) fn enter(
    world: &mut World,
    place: &Place,
    id: &str,
    (state, reason): (InstanceState, Reason),
) -> bool {
    let now = world.now();
    let exists = world.change(place, id, |facts| {
        facts.insert("State", shown(state));
        write_reason(facts, reason, now);
    });
    if exists {
        let detail = value!({"instance-id": id, "state": (state.name())});
        let about = arn(place, id);
        let event = Event::new("aws.ec2", "EC2 Instance State-change Notification", place);
        world.emit(event.about(about).with(detail));
    }
    exists
}

fn write_reason(facts: &mut Object, reason: Reason, now: Timestamp) {
    let (code, message, transition) = match reason {
        Reason::None => {
            facts.remove("StateReason");
            facts.insert("StateTransitionReason", "");
            return;
        }
        Reason::User => (
            "Client.UserInitiatedShutdown",
            "Client.UserInitiatedShutdown: User initiated shutdown",
            format!("User initiated ({})", now.strftime("%Y-%m-%d %H:%M:%S GMT")),
        ),
        Reason::Retired => (
            "Server.ScheduledStop",
            "Server.ScheduledStop: Stopped due to a scheduled retirement",
            "Server.ScheduledStop".to_owned(),
        ),
        Reason::Server => (
            "Server.InternalError",
            "Server.InternalError: Internal error on launch",
            "Server.InternalError".to_owned(),
        ),
    };
    facts.insert("StateReason", value!({"Code": code, "Message": message}));
    facts.insert("StateTransitionReason", transition);
}

/// `GetConsoleOutput`.
pub(super) fn console_output(call: &Call, world: &mut World) -> Answer {
    use base64::Engine;
    let id = call.required("InstanceId")?;
    let facts = &find(call, world, id)?.facts;
    let launched = facts.get("LaunchTime").and_then(Value::as_timestamp).unwrap_or(call.now);
    let mut answer = object! { "InstanceId": id, "Timestamp": launched };
    if state_of(facts) == InstanceState::Running {
        let host = text(facts, "PrivateDnsName").split('.').next().unwrap_or_default();
        let system = super::image::system_of(world, &call.place(&INSTANCE), text(facts, "ImageId"));
        let (name, version) =
            system.map_or((text(facts, "PlatformDetails"), ""), |image| image.system);
        let booted = written(launched);
        let text = format!("[    0.000000] {name} {version} booted at {booted}\n{host} login: ");
        answer.insert("Output", base64::engine::general_purpose::STANDARD.encode(text));
    }
    Ok(answer.into())
}
