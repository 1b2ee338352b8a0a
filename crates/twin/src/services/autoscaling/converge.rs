//! A group moves towards its desired capacity: it launches what is missing and ends what is too much.
//!
//! ```text
//! desired ≠ actual ─► converge ─┬─ launch ─► Pending ─► (hook) ─► InService
//!                               └─ end ─► Terminating ─► (hook) ─► gone
//! ```

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    GROUP, activity,
    activity::Begun,
    hooks, launch_configuration,
    members::{self, counts, entries, size, suspended},
};
use crate::{
    failure::Failure,
    services::ec2::compute::{
        INSTANCE,
        support::{after, list, part, text, truth, written},
    },
    store::Place,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) const BY: &str = "autoscaling.amazonaws.com";
/// How soon a group acts on a change, and how long it waits after a launch that failed.
const SOON: i64 = 5;
const LATER: i64 = 60;

/// Has a group look at itself soon; `why` is the first sentence of what it does then.
pub(super) fn soon(world: &mut World, place: &Place, group: &str, why: &str) {
    let now = written(world.now());
    let why = format!("At {now} {why}");
    let due = after(world, SOON);
    schedule(world, place, group, (due, &why));
}

fn schedule(world: &mut World, place: &Place, group: &str, (due, why): (jiff::Timestamp, &str)) {
    let task = Task::new("autoscaling:converge", &place.beside(&GROUP), group);
    world.schedule(due, task.with(object! { "Why": why }));
}

/// A group looks at itself.
pub(super) fn converge(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(facts) = members::facts(world, place, name) else { return };
    let active: Vec<Object> = entries(&facts).into_iter().filter(counts).collect();
    let desired = size(&facts, "DesiredCapacity");
    let actual = i64::try_from(active.len()).unwrap_or(i64::MAX);
    if text(&facts, "Status") == "Delete in progress" && entries(&facts).is_empty() {
        super::groups::vanish(world, place, name);
        return;
    }
    let why = part(&task.detail, "Why");
    if actual < desired && !suspended(&facts, "Launch") {
        launch_missing(world, task, (actual, desired), why);
    } else if actual > desired && !suspended(&facts, "Terminate") {
        let cause = format!(
            "{why}. At {} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from {actual} to {desired}.",
            written(world.now())
        );
        let surplus = usize::try_from(actual - desired).unwrap_or(0);
        for victim in victims(world, place, (&facts, active), surplus) {
            terminate(world, (place, name, &victim), &cause);
        }
    }
}

fn launch_missing(world: &mut World, task: &Task, (actual, desired): (i64, i64), why: &str) {
    let (place, name) = (&task.place, task.id.as_str());
    let cause = format!(
        "{why}. At {} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from {actual} to {desired}.",
        written(world.now())
    );
    for _ in actual..desired {
        if launch(world, (place, name), &cause).is_err() {
            let due = after(world, LATER);
            schedule(world, place, name, (due, why));
            return;
        }
    }
}

/// Launches one instance into the zone that has the fewest.
pub(super) fn launch(
    world: &mut World,
    (place, name): (&Place, &str),
    cause: &str,
) -> Result<String, Failure> {
    let facts = members::facts(world, place, name).unwrap_or_default();
    let input = request(world, place, (name, &facts));
    let origin = Origin::at(place, BY);
    let answer = input.and_then(|input| world.call(&origin, "ec2", "RunInstances", input));
    match answer {
        Ok(answer) => {
            let id = part(&answer, "Instances.0.InstanceId").to_owned();
            let entry = members::made(world, place, (&facts, &id), "Pending");
            members::add(world, place, name, entry);
            let description = format!("Launching a new EC2 instance: {id}");
            let begun = Begun { group: name, description, cause: cause.to_owned(), instance: &id };
            activity::begin(world, place, begun);
            super::progress::watch(world, (place, name, &id));
            Ok(id)
        }
        Err(failure) => {
            let description = "Launching a new EC2 instance".to_owned();
            let message = format!(
                "{}. Launching EC2 instance failed.",
                failure.message.trim_end_matches('.')
            );
            let begun = Begun { group: name, description, cause: cause.to_owned(), instance: "" };
            let activity = activity::begin(world, place, begun);
            activity::end(world, place, &activity, ("Failed", &message));
            let kind = "EC2 Instance Launch Unsuccessful";
            activity::announce(world, place, (&activity, ""), kind);
            Err(failure)
        }
    }
}

/// What the group asks of EC2.
fn request(
    world: &World,
    place: &Place,
    (name, facts): (&str, &Object),
) -> Result<Object, Failure> {
    let mut input = match facts.get("LaunchTemplate") {
        Some(template) => {
            let mut reference = Object::new();
            // An id says more than a name; both together are one too many.
            let by = if part(template, "LaunchTemplateId").is_empty() {
                "LaunchTemplateName"
            } else {
                "LaunchTemplateId"
            };
            reference.extend(template.pick([by, "Version"]));
            object! { "LaunchTemplate": reference }
        }
        None => {
            launch_configuration::request(world, place, text(facts, "LaunchConfigurationName"))?
        }
    };
    input.insert("MinCount", 1);
    input.insert("MaxCount", 1);
    let configuration = text(facts, "LaunchConfigurationName");
    let public = launch_configuration::public_address(world, place, configuration);
    let mut landing = Object::new();
    match emptiest(world, place, facts) {
        Some(Landing::Subnet(subnet)) => {
            landing.insert("SubnetId", subnet);
        }
        Some(Landing::Zone(zone)) => {
            input.insert("Placement", value!({"AvailabilityZone": zone}));
        }
        None => {}
    }
    match public {
        // Whether there is a public address is said of an interface, which then says the rest as well.
        Some(public) => {
            let groups = input.remove("SecurityGroupIds").unwrap_or_else(|| value!([]));
            landing.insert("DeviceIndex", 0);
            landing.insert("AssociatePublicIpAddress", public);
            landing.insert("Groups", groups);
            input.insert("NetworkInterfaces", Value::from(vec![Value::from(landing)]));
        }
        None => landing.into_iter().for_each(|(member, value)| {
            input.insert(member, value);
        }),
    }
    let group = world.get(place, name);
    let inherited = group.into_iter().flat_map(|group| {
        let tags = group.tags.iter().filter(|(key, _)| group.propagated.contains(*key));
        tags.map(|(key, value)| value!({"Key": key, "Value": value}))
    });
    let own = value!({"Key": "aws:autoscaling:groupName", "Value": name});
    let tags: Value = inherited.chain([own]).collect();
    input.insert("TagSpecifications", value!([{"ResourceType": "instance", "Tags": tags}]));
    Ok(input)
}

/// Where the next instance goes.
enum Landing {
    Subnet(String),
    Zone(String),
}

fn emptiest(world: &World, place: &Place, facts: &Object) -> Option<Landing> {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries(facts).iter().filter(|entry| counts(entry)) {
        *held.entry(text(entry, "AvailabilityZone").to_owned()).or_default() += 1;
    }
    let in_zone = |zone: &str| held.get(zone).copied().unwrap_or(0);
    let subnets: Vec<&str> = text(facts, "VPCZoneIdentifier")
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .collect();
    if subnets.is_empty() {
        let zones = list(facts, "AvailabilityZones").iter().filter_map(Value::as_str);
        return zones.min_by_key(|zone| in_zone(zone)).map(|zone| Landing::Zone(zone.to_owned()));
    }
    let kind = crate::kind::named("AWS::EC2::Subnet")?;
    let shelf = place.beside(kind);
    let zone_of = |subnet: &str| {
        let found = world.get(&shelf, subnet).and_then(|found| found.fact("AvailabilityZone"));
        found.unwrap_or_default().to_owned()
    };
    let first = subnets.into_iter().min_by_key(|subnet| in_zone(&zone_of(subnet)));
    first.map(|subnet| Landing::Subnet(subnet.to_owned()))
}

/// Which instances go first: as the group's termination policies have it, from the zone that has the most.
pub(super) fn victims(
    world: &World,
    place: &Place,
    (facts, active): (&Object, Vec<Object>),
    count: usize,
) -> Vec<String> {
    let policies = list(facts, "TerminationPolicies");
    let policy = policies.first().and_then(Value::as_str).unwrap_or("Default").to_owned();
    let launched = |entry: &Object| {
        let instance = world.get(&place.beside(&INSTANCE), text(entry, "InstanceId"));
        instance.and_then(|i| i.value("LaunchTime")).and_then(Value::as_timestamp)
    };
    let is_current = |entry: &Object| {
        entry.get("LaunchTemplate") == facts.get("LaunchTemplate")
            && entry.get("LaunchConfigurationName") == facts.get("LaunchConfigurationName")
    };
    let mut left: Vec<Object> = active
        .into_iter()
        .filter(|entry| truth(entry, "ProtectedFromScaleIn") != Some(true))
        .collect();
    let mut chosen = Vec::new();
    for _ in 0..count {
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for entry in &left {
            *held.entry(text(entry, "AvailabilityZone").to_owned()).or_default() += 1;
        }
        let crowd = |entry: &Object| {
            std::cmp::Reverse(held.get(text(entry, "AvailabilityZone")).copied().unwrap_or(0))
        };
        let best = left.iter().enumerate().min_by_key(|(_, entry)| {
            let unhealthy = text(entry, "HealthStatus") != "Unhealthy";
            let age = launched(entry).map_or(0, jiff::Timestamp::as_second);
            let age = if policy == "NewestInstance" { -age } else { age };
            let fits =
                policy != "NewestInstance" && policy != "OldestInstance" && is_current(entry);
            (unhealthy, crowd(entry), fits, age, text(entry, "InstanceId").to_owned())
        });
        let Some((at, _)) = best else { break };
        chosen.push(text(&left.remove(at), "InstanceId").to_owned());
    }
    chosen
}

/// Begins to end an instance of a group: a hook may hold it first. The activity.
pub(super) fn terminate(
    world: &mut World,
    (place, name, id): (&Place, &str, &str),
    cause: &str,
) -> String {
    let description = format!("Terminating EC2 instance: {id}");
    let begun = Begun { group: name, description, cause: cause.to_owned(), instance: id };
    let activity = activity::begin(world, place, begun);
    super::balancers::deregister(world, (place, name), &[id.to_owned()]);
    if !hooks::hold(world, (place, name, id), hooks::TERMINATING) {
        end_machine(world, (place, name, id));
    }
    activity
}

/// Ends the instance itself.
pub(super) fn end_machine(world: &mut World, (place, name, id): (&Place, &str, &str)) {
    members::set_state(world, (place, name, id), "Terminating");
    let origin = Origin::at(place, BY);
    // A group ends its instances whatever protects them from users.
    world.set_inside(&place.beside(&INSTANCE), id, "DisableApiTermination", false);
    let input = object! { "InstanceIds": [id] };
    if let Err(failure) = world.call(&origin, "ec2", "TerminateInstances", input) {
        tracing::debug!(code = failure.code, id, "the instance is gone already");
    }
    super::progress::watch(world, (place, name, id));
}
