//! The recorder, its delivery channel, and what it does every minute: it writes down what has changed.

use jiff::Span;
use reeve_model::{Object, Value};

use super::{delivery, evaluation, items};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::{Create, Delete, NewId},
    services::{Action, Part},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&RECORDER, &CHANNEL, &RETENTION],
    operations: &[
        ("PutConfigurationRecorder", Action::Own(put)),
        ("DescribeConfigurationRecorders", Action::Own(describe_recorders)),
        ("DescribeConfigurationRecorderStatus", Action::Own(status)),
        ("StartConfigurationRecorder", Action::Own(start)),
        ("StopConfigurationRecorder", Action::Own(stop)),
        ("DeleteConfigurationRecorder", Action::Delete(&DELETE)),
        ("PutDeliveryChannel", Action::Own(put_channel)),
        ("DescribeDeliveryChannels", Action::Own(describe_channels)),
        ("DescribeDeliveryChannelStatus", Action::Own(channel_status)),
        ("DeleteDeliveryChannel", Action::Delete(&DELETE_CHANNEL)),
        ("PutRetentionConfiguration", Action::Own(put_retention)),
        ("DescribeRetentionConfigurations", Action::Own(describe_retention)),
        ("DeleteRetentionConfiguration", Action::Delete(&DELETE_RETENTION)),
    ],
    tasks: &[("config:collect", collect)],
};

/// A recorder: one in each account and Region.
pub(crate) static RECORDER: Definition = Definition {
    resource_type: "AWS::Config::ConfigurationRecorder",
    tagging_type: "config:configuration-recorder",
    arn: "arn:{partition}:config:{region}:{account}:configuration-recorder/{id}",
    identity: &[("name", Identity::Id), ("arn", Identity::Arn)],
    missing: Missing::new(
        "NoSuchConfigurationRecorderException",
        "Cannot find configuration recorder with the specified name '{id}'.",
    ),
    ..Definition::OF
};

/// Where items are delivered to.
pub(super) static CHANNEL: Definition = Definition {
    resource_type: "AWS::Config::DeliveryChannel",
    arn: "arn:{partition}:config:{region}:{account}:delivery-channel/{id}",
    identity: &[("name", Identity::Id)],
    missing: Missing::new(
        "NoSuchDeliveryChannelException",
        "Cannot find delivery channel with specified name '{id}'.",
    ),
    ..Definition::OF
};

/// How long items are kept.
pub(super) static RETENTION: Definition = Definition {
    resource_type: "AWS::Config::RetentionConfiguration",
    arn: "arn:{partition}:config:{region}:{account}:retention-configuration/{id}",
    identity: &[("Name", Identity::Id)],
    missing: Missing::new(
        "NoSuchRetentionConfigurationException",
        "Cannot find retention configuration with the specified name '{id}'.",
    ),
    ..Definition::OF
};

static DELETE: Delete = Delete { kind: &RECORDER, id: "ConfigurationRecorderName", ..Delete::OF };
static DELETE_CHANNEL: Delete =
    Delete { kind: &CHANNEL, id: "DeliveryChannelName", check: not_needed, ..Delete::OF };
static DELETE_RETENTION: Delete =
    Delete { kind: &RETENTION, id: "RetentionConfigurationName", ..Delete::OF };

/// How often changes are written down, in seconds.
const EVERY: i64 = 60;

fn put(call: &Call, world: &mut World) -> Answer {
    let recorder = call.object("ConfigurationRecorder").cloned().unwrap_or_default();
    let name = recorder.get("name").and_then(Value::as_str).unwrap_or("default").to_owned();
    let place = call.place(&RECORDER);
    if world.shelf(&place).keys().any(|known| *known != name) {
        let message = format!(
            "Failed to put configuration recorder '{name}' because the maximum number of configuration recorders: 1 is reached."
        );
        return Err(Failure::new("MaxNumberOfConfigurationRecordersExceededException", message));
    }
    if recorder.text("roleARN").is_empty() {
        let message = "The configuration recorder needs a role.";
        return Err(Failure::new("InvalidRoleException", message));
    }
    check_group(&recorder)?;
    let mut kept = Object::new();
    kept.extend(recorder.pick(["roleARN", "recordingGroup", "recordingMode"]));
    if !kept.contains("recordingGroup") {
        kept.insert(
            "recordingGroup",
            object! {
                "allSupported": (true),
                "includeGlobalResourceTypes": (false),
                "resourceTypes": [],
                "recordingStrategy": { "useOnly": "ALL_SUPPORTED_RESOURCE_TYPES" }
            },
        );
    }
    if let Some(group) = kept.get_mut("recordingGroup").and_then(Value::as_object_mut) {
        complete_group(group);
    }
    if !kept.contains("recordingMode") {
        kept.insert("recordingMode", object! { "recordingFrequency": "CONTINUOUS" });
    }
    kept.insert("recordingScope", "PAID");
    let mut resource = world.get(&place, &name).cloned().unwrap_or_default();
    resource.facts = facts(kept);
    world.put(place, name, resource);
    Ok(Value::object())
}

/// Says of a recording group what follows from what was said.
fn complete_group(group: &mut Object) {
    let everything = group.get("allSupported").and_then(Value::as_bool).unwrap_or(false);
    let strategy =
        if everything { "ALL_SUPPORTED_RESOURCE_TYPES" } else { "INCLUSION_BY_RESOURCE_TYPES" };
    if !group.contains("recordingStrategy") {
        group.insert("recordingStrategy", value!({"useOnly": strategy}));
    }
    if !group.contains("exclusionByResourceTypes") {
        group.insert("exclusionByResourceTypes", value!({"resourceTypes": []}));
    }
}

/// Refuses a recording group that asks for everything and for some.
fn check_group(recorder: &Object) -> Result<(), Failure> {
    let group = recorder.get("recordingGroup");
    let part = |path: &str| group.and_then(|group| group.path(path));
    let everything = part("allSupported").and_then(Value::as_bool).unwrap_or(false);
    let some = part("resourceTypes").is_some_and(|types| !types.as_list().is_empty());
    if everything && some {
        let message = "The recording group provided is not valid";
        return Err(Failure::new("InvalidRecordingGroupException", message));
    }
    Ok(())
}

fn chosen(
    call: &Call,
    world: &World,
    kind: crate::kind::Kind,
    names: &str,
) -> Result<Vec<(String, Resource)>, Failure> {
    let wanted = call.texts(names);
    for name in &wanted {
        call.find(world, kind, name)?;
    }
    let shelf = world.shelf(&call.place(kind)).iter();
    let chosen = shelf.filter(|(id, _)| wanted.is_empty() || wanted.contains(&id.as_str()));
    Ok(chosen.map(|(id, found)| (id.clone(), found.clone())).collect())
}

fn described(call: &Call, kind: crate::kind::Kind, chosen: Vec<(String, Resource)>) -> Value {
    let place = call.place(kind);
    let show = |(id, found): (String, Resource)| Value::from(place.describe(kind, &id, &found));
    chosen.into_iter().map(show).collect()
}

fn describe_recorders(call: &Call, world: &mut World) -> Answer {
    let chosen = chosen(call, world, &RECORDER, "ConfigurationRecorderNames")?;
    let shown = described(call, &RECORDER, chosen);
    Ok(call.fit(value!({ "ConfigurationRecorders": (shown) })))
}

fn status(call: &Call, world: &mut World) -> Answer {
    let chosen = chosen(call, world, &RECORDER, "ConfigurationRecorderNames")?;
    let shown: Value = chosen
        .into_iter()
        .map(|(id, found)| {
            let mut status = (*found.inside).clone();
            let place = call.place(&RECORDER);
            status.insert("arn", place.arn_of(&RECORDER, &id));
            status.insert("name", id);
            if !status.contains("recording") {
                status.insert("recording", false);
                status.insert("lastStatus", "PENDING");
            }
            Value::from(status)
        })
        .collect();
    Ok(call.fit(value!({ "ConfigurationRecordersStatus": (shown) })))
}

fn start(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigurationRecorderName")?;
    call.find(world, &RECORDER, name)?;
    if world.shelf(&call.place(&CHANNEL)).is_empty() {
        let message = "Delivery channel is not available to start configuration recorder.";
        return Err(Failure::new("NoAvailableDeliveryChannelException", message));
    }
    let place = call.place(&RECORDER);
    if is_recording(world, &place) {
        return Ok(Value::object());
    }
    let now = world.now();
    world.change_inside(&place, name, |inside| {
        inside.insert("recording", true);
        inside.insert("lastStartTime", now);
        inside.insert("lastStatus", "SUCCESS");
        inside.insert("lastStatusChangeTime", now);
        inside.insert("New", true);
    });
    world.store.watch();
    world.schedule(now + Span::new().seconds(EVERY), Task::new("config:collect", &place, name));
    Ok(Value::object())
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigurationRecorderName")?;
    call.find(world, &RECORDER, name)?;
    let now = world.now();
    world.change_inside(&call.place(&RECORDER), name, |inside| {
        inside.insert("recording", false);
        inside.insert("lastStopTime", now);
    });
    Ok(Value::object())
}

/// Whether the recorder of a place is on.
pub(super) fn is_recording(world: &World, place: &Place) -> bool {
    let place = place.beside(&RECORDER);
    let mut recorders = world.shelf(&place).values();
    recorders.any(|one| one.inside.flag("recording"))
}

/// Whether there is a recorder, without which nothing else of Config works.
pub(super) fn required(call: &Call, world: &World) -> Result<(), Failure> {
    if world.shelf(&call.place(&RECORDER)).is_empty() {
        let message = "Configuration recorder is not available. Create one first.";
        return Err(Failure::new("NoAvailableConfigurationRecorderException", message));
    }
    Ok(())
}

/// Whether the recorder of a place writes down a type of resource.
pub(super) fn records(world: &World, place: &Place, resource_type: &str) -> bool {
    let recorder = place.beside(&RECORDER);
    let Some(recorder) = world.shelf(&recorder).values().next() else {
        return false;
    };
    let group = |path: &str| recorder.value(&format!("recordingGroup.{path}"));
    let names = |path: &str| {
        let names = group(path).map_or(&[][..], Value::as_list);
        names.iter().any(|name| name.as_str() == Some(resource_type))
    };
    let is_global = place.kind.scope == crate::kind::Scope::Global;
    let strategy = group("recordingStrategy.useOnly").and_then(Value::as_str);
    if strategy == Some("EXCLUSION_BY_RESOURCE_TYPES") {
        return !names("exclusionByResourceTypes.resourceTypes");
    }
    let all = group("allSupported").and_then(Value::as_bool) == Some(true);
    let with_global = group("includeGlobalResourceTypes").and_then(Value::as_bool) == Some(true);
    if all { !is_global || with_global } else { names("resourceTypes") }
}

/// Writes down what has changed anywhere, and has it done again.
fn collect(world: &mut World, task: &Task) {
    let is_on = world.get(&task.place, &task.id).is_some() && is_recording(world, &task.place);
    if !is_on {
        return;
    }
    world.store.watch();
    let is_new = world.get(&task.place, &task.id).is_some_and(|one| one.inside.contains("New"));
    let mut changed = world.store.take_touched();
    if is_new {
        world.change_inside(&task.place, &task.id, |inside| {
            inside.remove("New");
        });
        changed.extend(items::everything(world, &task.place));
    }
    for (place, id) in changed {
        if !items::is_supported(place.kind.resource_type)
            || !is_recording(world, &place)
            || !records(world, &place, place.kind.resource_type)
        {
            continue;
        }
        if items::record(world, &place, &id) {
            evaluation::on_change(world, &place, &id);
        }
    }
    let due = world.now() + Span::new().seconds(EVERY);
    world.schedule(due, Task::new("config:collect", &task.place, &task.id));
}

fn put_channel(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let channel = call.object("DeliveryChannel").cloned().unwrap_or_default();
    let name = channel.get("name").and_then(Value::as_str).unwrap_or("default").to_owned();
    let place = call.place(&CHANNEL);
    if world.shelf(&place).keys().any(|known| *known != name) {
        let message = format!(
            "Failed to put delivery channel '{name}' because the maximum number of delivery channels: 1 is reached."
        );
        return Err(Failure::new("MaxNumberOfDeliveryChannelsExceededException", message));
    }
    let bucket = channel.text("s3BucketName");
    if world.store.bucket_owner(bucket).is_none() {
        let message = format!(
            "Cannot find a S3 bucket with an empty bucket name or the bucket '{bucket}' does not exist."
        );
        return Err(Failure::new("NoSuchBucketException", message));
    }
    if let Some(topic) = channel.get("snsTopicARN").and_then(Value::as_str)
        && world.store.locate(topic).is_none()
    {
        let message = format!("The sns topic arn '{topic}' is not valid.");
        return Err(Failure::new("InvalidSNSTopicARNException", message));
    }
    let mut resource = world.get(&place, &name).cloned().unwrap_or_default();
    resource.facts = facts(channel);
    world.put(place.clone(), name.as_str(), resource);
    delivery::begin(world, &place, &name);
    Ok(Value::object())
}

fn describe_channels(call: &Call, world: &mut World) -> Answer {
    let chosen = chosen(call, world, &CHANNEL, "DeliveryChannelNames")?;
    let shown = described(call, &CHANNEL, chosen);
    Ok(call.fit(value!({ "DeliveryChannels": (shown) })))
}

fn channel_status(call: &Call, world: &mut World) -> Answer {
    let chosen = chosen(call, world, &CHANNEL, "DeliveryChannelNames")?;
    // What was not delivered yet says nothing.
    let status = |(id, found): (String, Resource)| {
        let mut status = (*found.inside).clone();
        if !status.contains("configStreamDeliveryInfo") && found.fact("snsTopicARN").is_none() {
            status.insert("configStreamDeliveryInfo", object! { "lastStatus": "NOT_APPLICABLE" });
        }
        status.insert("name", id);
        Value::from(status)
    };
    let shown: Value = chosen.into_iter().map(status).collect();
    Ok(call.fit(value!({ "DeliveryChannelsStatus": (shown) })))
}

fn not_needed(call: &Call, world: &mut World, name: &str) -> Result<(), Failure> {
    if is_recording(world, &call.place(&RECORDER)) {
        let message = format!(
            "Failed to delete last specified delivery channel with name '{name}', because there is a running configuration recorder."
        );
        return Err(Failure::new("LastDeliveryChannelDeleteFailedException", message));
    }
    Ok(())
}

static PUT_RETENTION: Create = Create {
    kind: &RETENTION,
    id: NewId::Made(|_, _| Ok("default".to_owned())),
    wrap: "RetentionConfiguration",
    ..Create::OF
};

fn put_retention(call: &Call, world: &mut World) -> Answer {
    world.remove(&call.place(&RETENTION), "default");
    Action::Create(&PUT_RETENTION).perform(call, world)
}

fn describe_retention(call: &Call, world: &mut World) -> Answer {
    let chosen = chosen(call, world, &RETENTION, "RetentionConfigurationNames")?;
    let shown = described(call, &RETENTION, chosen);
    Ok(call.fit(value!({ "RetentionConfigurations": (shown) })))
}
