//! Making images: from an instance, from snapshots, from an image elsewhere; and taking them away.

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Tags};

use super::{
    catalogue, devices,
    image::{self, IMAGE, own},
    instance::{self, INSTANCE, state_of},
    lifecycle::InstanceState,
    power,
    snapshot::{self, Course, SNAPSHOT},
    support::{
        after, done, list, number, only_for, part, refuse, resource, specified, text, truth,
        written,
    },
    volume::VOLUME,
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    fault::Fate,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

/// How often a pending image looks whether its snapshots are complete.
const LOOK: i64 = 5;

/// What says on which system an image or instance is built, in the order of its name.
const PLATFORM: [&str; 9] = [
    "Architecture",
    "BootMode",
    "EnaSupport",
    "Hypervisor",
    "Platform",
    "PlatformDetails",
    "RootDeviceName",
    "RootDeviceType",
    "UsageOperation",
];

/// `CreateImage`: the instance is rebooted first unless the caller says no.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["SnapshotLocation", "BootModeOverride"])?;
    only_for(call, &["image", "snapshot"])?;
    let id = call.required("InstanceId")?;
    let machine = instance::find(call, world, id)?;
    let (facts, inside) = (machine.facts.clone(), machine.inside.clone());
    if !matches!(state_of(&facts), InstanceState::Running | InstanceState::Stopped) {
        let message = format!("Instance '{id}' is not in a state from which an image can be made.");
        return Err(Failure::new("IncorrectInstanceState", message));
    }
    check_name(call, world)?;
    let place = call.place(&INSTANCE);
    if state_of(&facts) == InstanceState::Running && !call.flag("NoReboot") {
        power::reboot_machine(world, &place, id);
    }
    let mut described = inherited(&facts);
    described.insert("SourceInstanceId", id);
    described.insert("SourceImageId", text(&facts, "ImageId"));
    let snapshot_tags = specified(call, "snapshot")?;
    let description = format!("Created by CreateImage({id})");
    let mut mappings = Vec::new();
    for mapping in list(&facts, "BlockDeviceMappings") {
        let volume = part(mapping, "Ebs.VolumeId");
        let shelf = place.beside(&SNAPSHOT);
        let about = (volume, description.as_str(), snapshot_tags.clone());
        let Some(made) = snapshot::start(world, &shelf, about, "createSnapshot") else { continue };
        let volume = world.get(&place.beside(&VOLUME), volume).map(|volume| volume.facts.clone());
        let volume = volume.unwrap_or_default();
        mappings.push(mapped(part(mapping, "DeviceName"), &made, (&volume, mapping)));
    }
    let mappings = devices::merged(&mappings, call.list("BlockDeviceMappings"));
    described.insert("BlockDeviceMappings", mappings);
    let system = match text(&inside, "System") {
        "" => {
            let from = image::system_of(world, &place, text(&facts, "ImageId"));
            from.map_or("", |public| public.name)
        }
        known => known,
    };
    let made = put(call, world, (described, specified(call, "image")?), system);
    Ok(value!({"ImageId": made}))
}

/// The part of a description that an image has from what it is made from.
fn inherited(facts: &Object) -> Object {
    let kept = PLATFORM.iter().filter_map(|member| Some((*member, facts.get(member)?.clone())));
    let mut described: Object = kept.collect();
    described.insert("ImageType", "machine");
    described.insert("VirtualizationType", "hvm");
    described
}

fn mapped(device: &str, snapshot: &str, (volume, mapping): (&Object, &Value)) -> Value {
    let delete = mapping.path("Ebs.DeleteOnTermination").and_then(Value::as_bool);
    let mut ebs = object! {
        "DeleteOnTermination": (delete.unwrap_or(false)),
        "SnapshotId": snapshot,
        "VolumeSize": (number(volume, "Size").unwrap_or(1)),
        "VolumeType": (text(volume, "VolumeType")),
        "Encrypted": (truth(volume, "Encrypted").unwrap_or(false)),
    };
    for member in ["Iops", "Throughput"] {
        let shown = member != "Iops" || text(volume, "VolumeType") != "gp2";
        if let Some(value) = volume.get(member).filter(|_| shown) {
            ebs.insert(member, value.clone());
        }
    }
    value!({"DeviceName": device, "Ebs": ebs})
}

fn check_name(call: &Call, world: &World) -> Result<(), Failure> {
    let name = call.required("Name")?;
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "()[] ./-'@_".contains(letter);
    if !(3..=128).contains(&name.chars().count()) || !name.chars().all(allowed) {
        let message = "AMI names must be between 3 and 128 characters long, and may contain letters, \
                       numbers, '(', ')', '.', '-', '/' and '_'";
        return Err(Failure::new("InvalidAMIName.Malformed", message));
    }
    let shelf = world.shelf(&call.place(&IMAGE));
    match shelf.iter().find(|(_, image)| image.fact("Name") == Some(name)) {
        Some((id, _)) => {
            let message = format!("AMI name {name} is already in use by AMI {id}");
            Err(Failure::new("InvalidAMIName.Duplicate", message))
        }
        None => Ok(()),
    }
}

/// Puts a pending image in the world.
fn put(call: &Call, world: &mut World, (mut facts, tags): (Object, Tags), system: &str) -> String {
    let id = format!("ami-0{}", world.random_hex(16));
    let place = call.place(&IMAGE);
    facts.insert("Name", call.text("Name").unwrap_or_default());
    facts.insert("Description", call.text("Description").unwrap_or_default());
    facts.insert("State", "pending");
    facts.insert("CreationDate", written(call.now));
    let made = resource(facts, tags).with_inside(object! { "System": system });
    world.put(place.clone(), id.clone(), made);
    let due = after(world, LOOK);
    world.schedule(due, Task::new("ec2:image-pending", &place, &id));
    id
}

/// A pending image is available when all its snapshots are complete.
pub(super) fn look(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(found) = world.get(place, id) else { return };
    if text(&found.facts, "State") != "pending" {
        return;
    }
    let shelf = place.beside(&SNAPSHOT);
    let states: Vec<String> = list(&found.facts, "BlockDeviceMappings")
        .iter()
        .filter_map(|mapping| world.get(&shelf, part(mapping, "Ebs.SnapshotId")))
        .map(|snapshot| text(&snapshot.facts, "State").to_owned())
        .collect();
    if states.iter().any(|state| state == "error") {
        fail(world, place, id, "A snapshot of the image failed.");
    } else if states.iter().any(|state| state == "pending") {
        let due = after(world, LOOK);
        world.schedule(due, Task::new("ec2:image-pending", place, id));
    } else {
        match world.fate(place, id, "Image") {
            Fate::Succeeds => {
                world.set(place, id, "State", "available");
                announce(world, place, id, ("available", ""));
            }
            Fate::Fails(cause) => fail(world, place, id, &cause),
            Fate::Never => {}
        }
    }
}

fn fail(world: &mut World, place: &Place, id: &str, cause: &str) {
    world.change(place, id, |facts| {
        facts.insert("State", "failed");
        facts.insert("StateReason", value!({"Code": "Server.InternalError", "Message": cause}));
    });
    announce(world, place, id, ("failed", cause));
}

/// Tells of an image's state.
pub(super) fn announce(world: &mut World, place: &Place, id: &str, (state, error): (&str, &str)) {
    let detail = value!({
        "RequestId": (world.uuid()),
        "ImageId": id,
        "State": state,
        "ErrorMessage": error,
    });
    let about = format!("arn:{}:ec2:{}::image/{id}", place.region.partition(), place.region);
    world.emit(Event::new("aws.ec2", "EC2 AMI State Change", place).about(about).with(detail));
}

/// `RegisterImage`: from snapshots that exist.
pub(super) fn register(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["ImageLocation", "BillingProducts", "KernelId", "RamdiskId", "UefiData", "TpmSupport"],
    )?;
    only_for(call, &["image"])?;
    check_name(call, world)?;
    let root = call.required("RootDeviceName")?;
    let mut mappings = Vec::new();
    for mapping in call.list("BlockDeviceMappings") {
        let id = part(mapping, "Ebs.SnapshotId");
        let mut mapping = mapping.clone();
        if !id.is_empty() {
            let size = number(&snapshot::usable(call, world, id)?, "VolumeSize");
            let ebs = mapping.as_object_mut().and_then(|mapping| mapping.get_mut("Ebs"));
            if let Some(ebs) = ebs.and_then(Value::as_object_mut) {
                if !ebs.contains("VolumeSize") {
                    ebs.insert("VolumeSize", size.unwrap_or(1));
                }
                if !ebs.contains("VolumeType") {
                    ebs.insert("VolumeType", "gp2");
                }
                if !ebs.contains("DeleteOnTermination") {
                    ebs.insert("DeleteOnTermination", true);
                }
            }
        }
        mappings.push(mapping);
    }
    let has_root = mappings.iter().any(|mapping| {
        part(mapping, "DeviceName") == root && !part(mapping, "Ebs.SnapshotId").is_empty()
    });
    if !has_root {
        let message = format!("No snapshot is mapped to the root device '{root}'");
        return Err(Failure::new("InvalidBlockDeviceMapping", message));
    }
    let architecture = call.text("Architecture").unwrap_or("i386");
    let mut facts = object! {
        "Architecture": architecture,
        "BlockDeviceMappings": mappings,
        "EnaSupport": (call.flag("EnaSupport")),
        "Hypervisor": "xen",
        "ImageType": "machine",
        "PlatformDetails": "Linux/UNIX",
        "RootDeviceName": root,
        "RootDeviceType": "ebs",
        "UsageOperation": "RunInstances",
        "VirtualizationType": (call.text("VirtualizationType").unwrap_or("paravirtual")),
    };
    facts.extend(call.given_texts(["BootMode", "ImdsSupport", "SriovNetSupport"]));
    let id = put(call, world, (facts, specified(call, "image")?), "");
    Ok(value!({"ImageId": id}))
}

/// `CopyImage`: with copies of its snapshots.
pub(super) fn copy(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &[
            "DestinationOutpostArn",
            "DestinationAvailabilityZone",
            "SnapshotCopyCompletionDurationMinutes",
        ],
    )?;
    only_for(call, &["image", "snapshot"])?;
    let (source, region) = (call.required("SourceImageId")?, call.required("SourceRegion")?);
    check_name(call, world)?;
    let (mut facts, tags, system) = original(call, world, (source, region))?;
    if text(&facts, "State") != "available" {
        let message = format!("The image ID '{source}' is not available");
        return Err(Failure::new("InvalidAMIID.Unavailable", message));
    }
    let place = call.place(&IMAGE);
    let snapshots = place.beside(&SNAPSHOT);
    let encrypt = call.flag("Encrypted");
    let snapshot_tags = specified(call, "snapshot")?;
    let mut mappings = Vec::new();
    for mapping in list(&facts, "BlockDeviceMappings") {
        let mut mapping = mapping.clone();
        let from = part(&mapping, "Ebs.SnapshotId").to_owned();
        let size = mapping.path("Ebs.VolumeSize").and_then(Value::as_i64).unwrap_or(1);
        let was = mapping.path("Ebs.Encrypted").and_then(Value::as_bool).unwrap_or(false);
        let made = object! {
            "Description": (format!("Copied for DestinationAmi from SourceAmi {source} for SourceSnapshot {from}. Task created on {}.", written(call.now))),
            "Encrypted": (was || encrypt),
            "VolumeId": "vol-ffffffff",
            "VolumeSize": size,
            "StorageTier": "standard",
        };
        let partition = call.region.partition();
        let course = Course {
            seconds: 30 + size * 3,
            event: "copySnapshot",
            source: format!("arn:{partition}:ec2:{region}::snapshot/{from}"),
            earlier: false,
        };
        let id = snapshot::begin(world, &snapshots, (made, snapshot_tags.clone()), course);
        if let Some(ebs) =
            mapping.as_object_mut().and_then(|m| m.get_mut("Ebs")).and_then(Value::as_object_mut)
        {
            ebs.insert("SnapshotId", id);
            ebs.insert("Encrypted", was || encrypt);
        }
        mappings.push(mapping);
    }
    for gone in ["ImageId", "OwnerId", "ImageOwnerAlias", "Tags", "Public", "DeprecationTime"] {
        facts.remove(gone);
    }
    facts.insert("BlockDeviceMappings", mappings);
    facts.insert("SourceImageId", source);
    facts.insert("SourceImageRegion", region);
    let mut given = specified(call, "image")?;
    if call.flag("CopyImageTags") {
        let kept = tags.into_iter().filter(|(key, _)| !key.starts_with(crate::tagging::RESERVED));
        let mut all: Tags = kept.collect();
        all.extend(given);
        given = all;
    }
    let id = put(call, world, (facts, given), &system);
    Ok(value!({"ImageId": id}))
}

/// An image in another Region that the caller may copy: its description, tags and system.
fn original(
    call: &Call,
    world: &World,
    (id, region): (&str, &str),
) -> Result<(Object, Tags, String), Failure> {
    let parsed = region
        .parse()
        .map_err(|_| call.invalid(format!("Invalid value '{region}' for source region")))?;
    if let Some(public) = catalogue::with_id(&parsed, id) {
        return Ok((public.describe(&parsed), Tags::new(), public.name.to_owned()));
    }
    let usable = |place: &Place, image: &Resource, account: &AccountId| {
        place.account == *account
            || list(&image.inside, "Permissions").iter().any(|permission| {
                part(permission, "UserId") == account.as_str() || part(permission, "Group") == "all"
            })
    };
    let found = world.every(&IMAGE).find(|(place, known, image)| {
        place.region == parsed && *known == id && usable(place, image, call.account())
    });
    let (place, _, found) = found.ok_or_else(|| IMAGE.missing.failure(id))?;
    let system = text(&found.inside, "System").to_owned();
    Ok((image::shown(place, id, found), Tags::clone(&found.tags), system))
}

/// `DeregisterImage`: its snapshots stay unless the caller says otherwise.
pub(super) fn deregister(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ImageId")?;
    let image = own(call, world, id)?;
    snapshot::check_manager(call, image, "image")?;
    let facts = image.facts.clone();
    if text(&facts, "DeregistrationProtection").starts_with("enabled") {
        let message = format!("The image {id} is protected from deregistration.");
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let place = call.place(&IMAGE);
    world.remove(&place, id);
    announce(world, &place, id, ("deregistered", ""));
    let mut answer = object! { "Return": true };
    if call.flag("DeleteAssociatedSnapshots") {
        let snapshots = call.place(&SNAPSHOT);
        let mut results = Vec::new();
        for mapping in list(&facts, "BlockDeviceMappings") {
            let snapshot = part(mapping, "Ebs.SnapshotId");
            let used = image::using_snapshot(world, &place, snapshot).is_some();
            let gone = !used && world.remove(&snapshots, snapshot).is_some();
            let code = if gone { "success" } else { "skipped" };
            results.push(value!({"SnapshotId": snapshot, "ReturnCode": code}));
        }
        answer.insert("DeleteSnapshotResults", results);
    }
    Ok(answer.into())
}

/// `EnableImageDeprecation`.
pub(super) fn deprecate(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ImageId")?;
    own(call, world, id)?;
    let at =
        call.time("DeprecateAt").ok_or_else(|| call.invalid("Invalid value for DeprecateAt"))?;
    if at <= call.now {
        return Err(call.invalid("The deprecation time must be in the future."));
    }
    world.set(&call.place(&IMAGE), id, "DeprecationTime", written(at));
    Ok(done())
}

/// `DisableImageDeprecation`.
pub(super) fn undeprecate(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ImageId")?;
    own(call, world, id)?;
    world.change(&call.place(&IMAGE), id, |facts| {
        facts.remove("DeprecationTime");
    });
    Ok(done())
}

/// `DisableImage`.
pub(super) fn disable(call: &Call, world: &mut World) -> Answer {
    switch(call, world, ("available", "disabled"))
}

/// `EnableImage`.
pub(super) fn enable(call: &Call, world: &mut World) -> Answer {
    switch(call, world, ("disabled", "available"))
}

fn switch(call: &Call, world: &mut World, (from, to): (&str, &str)) -> Answer {
    let id = call.required("ImageId")?;
    let state = text(&own(call, world, id)?.facts, "State");
    if state != from && state != to {
        let message = format!("The image {id} is {state}.");
        return Err(Failure::new("IncorrectState", message));
    }
    let place = call.place(&IMAGE);
    world.set(&place, id, "State", to);
    announce(world, &place, id, (to, ""));
    Ok(done())
}
