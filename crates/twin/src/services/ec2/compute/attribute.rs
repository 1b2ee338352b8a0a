//! Attributes of instances, one at a time, and the few that have operations of their own.

use reeve_model::{Object, Value};

use super::{
    attachment,
    instance::{INSTANCE, find, state_of},
    instance_types,
    lifecycle::InstanceState,
    support::{list, part, refuse, text, truth},
    volume::VOLUME,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind,
    store::Place,
    value::{object, value},
    world::World,
};

/// `DescribeInstanceAttribute`.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_named(call, world);
    let id = call.required("InstanceId")?;
    let instance = find(call, world, id)?;
    let (facts, inside) = (&instance.facts, &instance.inside);
    let mut answer = object! { "InstanceId": id };
    let inner = |member: &str| value!({"Value": (truth(inside, member).unwrap_or(false))});
    let outer = |member: &str| value!({"Value": (text(facts, member))});
    let flag = |member: &str| value!({"Value": (truth(facts, member).unwrap_or(false))});
    match call.required("Attribute")? {
        "instanceType" => answer.insert("InstanceType", outer("InstanceType")),
        "userData" => {
            let data = text(inside, "UserData");
            let shown = if data.is_empty() { Value::object() } else { value!({"Value": data}) };
            answer.insert("UserData", shown)
        }
        "disableApiTermination" => {
            answer.insert("DisableApiTermination", inner("DisableApiTermination"))
        }
        "disableApiStop" => answer.insert("DisableApiStop", inner("DisableApiStop")),
        "instanceInitiatedShutdownBehavior" => {
            let known = text(inside, "InstanceInitiatedShutdownBehavior");
            let shown = if known.is_empty() { "stop" } else { known };
            answer.insert("InstanceInitiatedShutdownBehavior", value!({"Value": shown}))
        }
        "rootDeviceName" => answer.insert("RootDeviceName", outer("RootDeviceName")),
        "blockDeviceMapping" => {
            answer.insert("BlockDeviceMappings", list(facts, "BlockDeviceMappings").to_vec())
        }
        "productCodes" => answer.insert("ProductCodes", Value::List(Vec::new())),
        "sourceDestCheck" => {
            let checks = truth(facts, "SourceDestCheck").unwrap_or(true);
            answer.insert("SourceDestCheck", value!({"Value": checks}))
        }
        "groupSet" => answer.insert("Groups", list(facts, "SecurityGroups").to_vec()),
        "ebsOptimized" => answer.insert("EbsOptimized", flag("EbsOptimized")),
        "enaSupport" => answer.insert("EnaSupport", flag("EnaSupport")),
        "sriovNetSupport" => answer.insert("SriovNetSupport", value!({"Value": "simple"})),
        "enclaveOptions" => {
            let enabled = truth(facts, "EnclaveOptions.Enabled").unwrap_or(false);
            answer.insert("EnclaveOptions", value!({"Enabled": enabled}))
        }
        "kernel" | "ramdisk" => None,
        other => {
            let message =
                format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.");
            return Err(call.invalid(message));
        }
    };
    Ok(answer.into())
}

/// `ModifyInstanceAttribute`: one attribute in a call, in the new form or in the old one of a name and a value.
pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_named(call, world);
    refuse(call, &["Kernel", "Ramdisk", "SriovNetSupport", "EnaSupport", "EnclaveOptions"])?;
    let id = call.required("InstanceId")?;
    let state = state_of(&find(call, world, id)?.facts);
    let place = call.place(&INSTANCE);
    for (member, attribute) in
        [("DisableApiTermination", "disableApiTermination"), ("DisableApiStop", "disableApiStop")]
    {
        if let Some(on) = asked_flag(call, member, attribute) {
            world.set_inside(&place, id, member, on);
        }
    }
    for (member, attribute) in
        [("SourceDestCheck", "sourceDestCheck"), ("EbsOptimized", "ebsOptimized")]
    {
        if let Some(on) = asked_flag(call, member, attribute) {
            if member == "EbsOptimized" {
                demand_stopped(id, state)?;
            }
            world.set(&place, id, member, on);
        }
    }
    let shutdown = asked_text(
        call,
        ("InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior"),
    );
    if let Some(behaviour) = shutdown {
        if !["stop", "terminate"].contains(&behaviour) {
            let message =
                format!("Invalid value '{behaviour}' for InstanceInitiatedShutdownBehavior.");
            return Err(call.invalid(message));
        }
        world.set_inside(&place, id, "InstanceInitiatedShutdownBehavior", behaviour);
    }
    modify_machine(call, world, (&place, id, state))?;
    modify_devices(call, world, (&place, id))?;
    modify_groups(call, world, (&place, id))?;
    Ok(Value::object())
}

/// What can be changed only while the instance is stopped: its type and its user data.
fn modify_machine(
    call: &Call,
    world: &mut World,
    (place, id, state): (&Place, &str, InstanceState),
) -> Result<(), Failure> {
    if let Some(name) = asked_text(call, ("InstanceType", "instanceType")) {
        demand_stopped(id, state)?;
        let kind = instance_types::named(name)
            .ok_or_else(|| call.invalid(format!("Invalid value '{name}' for InstanceType.")))?;
        let architecture = text(&find(call, world, id)?.facts, "Architecture");
        if !kind.runs(architecture) {
            let message = format!(
                "The architecture '{}' of the specified instance type does not match the architecture '{architecture}' of the instance.",
                kind.architecture
            );
            return Err(call.invalid(message));
        }
        world.change(place, id, |facts| {
            facts.insert("InstanceType", kind.name);
            facts.insert(
                "CpuOptions",
                value!({"CoreCount": (kind.cores()), "ThreadsPerCore": (kind.threads_per_core)}),
            );
        });
    }
    if let Some(data) = user_data(call) {
        demand_stopped(id, state)?;
        world.set_inside(place, id, "UserData", data);
    }
    Ok(())
}

/// New user data, encoded as it is kept.
fn user_data(call: &Call) -> Option<String> {
    use base64::Engine;
    if let Some(bytes) = call.input.path("UserData.Value").and_then(Value::as_blob) {
        return Some(base64::engine::general_purpose::STANDARD.encode(bytes));
    }
    asked_text(call, ("UserData", "userData")).map(str::to_owned)
}

fn demand_stopped(id: &str, state: InstanceState) -> Result<(), Failure> {
    if state == InstanceState::Stopped {
        return Ok(());
    }
    let message = format!("The instance '{id}' is not in the 'stopped' state.");
    Err(Failure::new("IncorrectInstanceState", message))
}

fn modify_devices(
    call: &Call,
    world: &mut World,
    (place, id): (&Place, &str),
) -> Result<(), Failure> {
    for mapping in call.list("BlockDeviceMappings") {
        let device = part(mapping, "DeviceName");
        let facts = &find(call, world, id)?.facts;
        let known = list(facts, "BlockDeviceMappings")
            .iter()
            .find(|known| part(known, "DeviceName") == device);
        let volume =
            known.map(|known| part(known, "Ebs.VolumeId").to_owned()).ok_or_else(|| {
                let message = format!("No device is currently mapped at {device}");
                Failure::new("InvalidInstanceAttributeValue", message)
            })?;
        let Some(delete) = mapping.path("Ebs.DeleteOnTermination").and_then(Value::as_bool) else {
            continue;
        };
        world.change(place, id, |facts| {
            attachment::each(facts, "BlockDeviceMappings", |known| {
                if let Some(ebs) = known.get_mut("Ebs").and_then(Value::as_object_mut)
                    && text(ebs, "VolumeId") == volume
                {
                    ebs.insert("DeleteOnTermination", delete);
                }
            });
        });
        world.change(&call.place(&VOLUME), &volume, |facts| {
            attachment::each(facts, "Attachments", |known| {
                known.insert("DeleteOnTermination", delete);
            });
        });
    }
    Ok(())
}

fn modify_groups(
    call: &Call,
    world: &mut World,
    (place, id): (&Place, &str),
) -> Result<(), Failure> {
    let wanted = call.texts("Groups");
    if wanted.is_empty() {
        return Ok(());
    }
    let Some(kind) = kind::named("AWS::EC2::SecurityGroup") else {
        return Err(super::support::unsupported(call, "Groups"));
    };
    let mut groups = Vec::new();
    for group in &wanted {
        let name = call.find(world, kind, group)?.fact("GroupName").unwrap_or_default().to_owned();
        groups.push(value!({"GroupId": (*group), "GroupName": name}));
    }
    let interfaces = kind::named("AWS::EC2::NetworkInterface").map(|kind| call.place(kind));
    if let Some(interfaces) = interfaces {
        let own: Vec<String> = world
            .shelf(&interfaces)
            .iter()
            .filter(|(_, known)| known.fact("Attachment.InstanceId") == Some(id))
            .map(|(interface, _)| interface.clone())
            .collect();
        for interface in own {
            world.set(&interfaces, &interface, "Groups", groups.clone());
        }
    }
    world.set(place, id, "SecurityGroups", groups);
    Ok(())
}

/// A flag that is asked for in either form.
fn asked_flag(call: &Call, member: &str, attribute: &str) -> Option<bool> {
    let new = call.input.path(&format!("{member}.Value")).and_then(Value::as_bool);
    let old = (call.text("Attribute") == Some(attribute))
        .then(|| call.text("Value"))
        .flatten()
        .map(|value| value.eq_ignore_ascii_case("true"));
    new.or(old)
}

/// A text that is asked for in either form.
fn asked_text<'c>(call: &'c Call, (member, attribute): (&str, &str)) -> Option<&'c str> {
    let new = call.object(member).and_then(|given| given.get("Value")).and_then(Value::as_str);
    new.or_else(|| {
        (call.text("Attribute") == Some(attribute)).then(|| call.text("Value")).flatten()
    })
}

/// `ResetInstanceAttribute`.
pub(super) fn reset(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?;
    find(call, world, id)?;
    match call.required("Attribute")? {
        "sourceDestCheck" => {
            world.set(&call.place(&INSTANCE), id, "SourceDestCheck", true);
            Ok(Value::object())
        }
        other => {
            Err(call.invalid(format!("The attribute '{other}' cannot be reset for this instance.")))
        }
    }
}

/// `ModifyInstanceMetadataOptions`.
pub(super) fn modify_metadata(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?;
    let instance = find(call, world, id)?;
    if state_of(&instance.facts).is_ended() {
        let message = format!("The instance '{id}' is terminated.");
        return Err(Failure::new("IncorrectInstanceState", message));
    }
    let known = instance.facts.get("MetadataOptions").and_then(Value::as_object);
    let mut options: Object = known.cloned().unwrap_or_default();
    options.extend(call.given_texts([
        "HttpTokens",
        "HttpEndpoint",
        "HttpProtocolIpv6",
        "InstanceMetadataTags",
    ]));
    if let Some(hops) = call.integer("HttpPutResponseHopLimit") {
        if !(1..=64).contains(&hops) {
            let message = "The HttpPutResponseHopLimit must be between 1 and 64.";
            return Err(call.invalid(message));
        }
        options.insert("HttpPutResponseHopLimit", hops);
    }
    options.insert("State", "applied");
    let kept = options.clone();
    world.set(&call.place(&INSTANCE), id, "MetadataOptions", kept);
    options.insert("State", "pending");
    Ok(value!({"InstanceId": id, "InstanceMetadataOptions": options}))
}

/// `MonitorInstances`.
pub(super) fn monitor(call: &Call, world: &mut World) -> Answer {
    set_monitoring(call, world, ("enabled", "pending"))
}

/// `UnmonitorInstances`.
pub(super) fn unmonitor(call: &Call, world: &mut World) -> Answer {
    set_monitoring(call, world, ("disabled", "disabling"))
}

fn set_monitoring(call: &Call, world: &mut World, (state, shown): (&str, &str)) -> Answer {
    let ids = call.texts("InstanceIds");
    for id in &ids {
        find(call, world, id)?;
    }
    let place = call.place(&INSTANCE);
    let mut changed = Vec::new();
    for id in ids {
        world.set(&place, id, "Monitoring", value!({"State": state}));
        changed.push(value!({"InstanceId": id, "Monitoring": {"State": shown}}));
    }
    Ok(value!({"InstanceMonitorings": changed}))
}

/// `DescribeInstanceCreditSpecifications`: of burstable instances.
pub(super) fn describe_credits(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("InstanceIds");
    for id in &ids {
        find(call, world, id)?;
    }
    let credits = |instance: &crate::store::Resource| {
        let kind = instance_types::named(text(&instance.facts, "InstanceType"))?;
        let known = text(&instance.inside, "CpuCredits");
        let usual = if kind.family() == "t2" { "standard" } else { "unlimited" };
        kind.is_burstable()
            .then(|| if known.is_empty() { usual.to_owned() } else { known.to_owned() })
    };
    let keep = |id: &str, instance: &crate::store::Resource| {
        (ids.is_empty() || ids.contains(&id)) && credits(instance).is_some()
    };
    let show = |id: &str, instance: &crate::store::Resource, _: Object| value!({"InstanceId": id, "CpuCredits": (credits(instance).unwrap_or_default())});
    let paging = &super::support::PAGES;
    paging.list((call, world), (&INSTANCE, "InstanceCreditSpecifications"), keep, show)
}
