//! EBS volumes: made, described and deleted.

use reeve_model::{Object, Value};
use reeve_types::Tags;
use serde_json::json;

use super::{
    listing::{Listing, refuse_id},
    settings, snapshot,
    support::{
        after, arn, between, list, number, only_for, part, refuse, resource, specified, text, truth,
    },
    volume_types::{Performance, VolumeType},
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    store::{Place, Resource},
    task::Task,
    world::{Origin, World},
};

/// EBS volumes.
pub(crate) static VOLUME: Definition = Definition {
    resource_type: "AWS::EC2::Volume",
    tagging_type: "ec2:volume",
    arn: "arn:{partition}:ec2:{region}:{account}:volume/{id}",
    prefix: "vol-",
    identity: &[("VolumeId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidVolume.NotFound", "The volume '{id}' does not exist."),
    sample: Some(|sample| {
        json!({
            "Attachments": [],
            "AvailabilityZone": sample.zone("a"),
            "CreateTime": sample.created(),
            "Encrypted": true,
            "Iops": 3000,
            "MultiAttachEnabled": false,
            "Size": 100,
            "SnapshotId": "",
            "State": "available",
            "Throughput": 125,
            "VolumeType": "gp3",
        })
    }),
    own: Some(super::seeded::own_instance),
    ..Definition::OF
};

/// `DescribeVolumes`.
pub(super) const VOLUMES: Listing = Listing {
    kind: &VOLUME,
    output: "Volumes",
    ids: "VolumeIds",
    malformed: "InvalidParameterValue",
    filters: &[
        ("attachment.attach-time", "Attachments.AttachTime"),
        ("attachment.delete-on-termination", "Attachments.DeleteOnTermination"),
        ("attachment.device", "Attachments.Device"),
        ("attachment.instance-id", "Attachments.InstanceId"),
        ("attachment.status", "Attachments.State"),
        ("availability-zone", "AvailabilityZone"),
        ("create-time", "CreateTime"),
        ("encrypted", "Encrypted"),
        ("multi-attach-enabled", "MultiAttachEnabled"),
        ("size", "Size"),
        ("snapshot-id", "SnapshotId"),
        ("status", "State"),
        ("volume-id", "VolumeId"),
        ("volume-type", "VolumeType"),
    ],
};

/// What a volume is asked to be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    pub(super) zone: &'w str,
    pub(super) size: Option<i64>,
    pub(super) volume_type: &'w str,
    pub(super) iops: Option<i64>,
    pub(super) throughput: Option<i64>,
    pub(super) encrypted: Option<bool>,
    pub(super) key: &'w str,
    pub(super) snapshot: &'w str,
}

impl<'w> Wanted<'w> {
    /// What a block device mapping asks for.
    pub(super) fn mapped(ebs: &'w Value, zone: &'w str) -> Self {
        Self {
            zone,
            size: ebs.get("VolumeSize").and_then(Value::as_i64),
            volume_type: part(ebs, "VolumeType"),
            iops: ebs.get("Iops").and_then(Value::as_i64),
            throughput: ebs.get("Throughput").and_then(Value::as_i64),
            encrypted: ebs.get("Encrypted").and_then(Value::as_bool),
            key: part(ebs, "KmsKeyId"),
            snapshot: part(ebs, "SnapshotId"),
        }
    }
}

/// The facts of a volume as wanted, without state: refused if it cannot be.
pub(super) fn settle(
    call: &Call,
    world: &mut World,
    wanted: Wanted<'_>,
) -> Result<Object, Failure> {
    let source = match wanted.snapshot {
        "" => None,
        id => Some(snapshot::usable(call, world, id)?),
    };
    let source_size = source.as_ref().and_then(|facts| number(facts, "VolumeSize"));
    let size = wanted.size.or(source_size).ok_or_else(|| {
        let message = "The request must contain the parameter size or snapshotId";
        Failure::new("MissingParameter", message)
    })?;
    if let Some(least) = source_size.filter(|least| size < *least) {
        let id = wanted.snapshot;
        let message = format!(
            "Volume of size {size}GB is smaller than snapshot '{id}', expect size >= {least}GB"
        );
        return Err(Failure::new("InvalidBlockDeviceMapping", message));
    }
    let name = if wanted.volume_type.is_empty() { "gp2" } else { wanted.volume_type };
    let asked = Performance { iops: wanted.iops, throughput: wanted.throughput };
    let settled = VolumeType::named(name)?.settle(size, asked)?;
    let defaults = settings::of(world, &call.place(&settings::SETTINGS));
    let source_encrypted =
        source.as_ref().and_then(|facts| truth(facts, "Encrypted")).unwrap_or(false);
    if source_encrypted && wanted.encrypted == Some(false) {
        let message = "Cannot create unencrypted volume from encrypted snapshot";
        return Err(call.invalid(message));
    }
    let encrypted = source_encrypted
        || wanted.encrypted.unwrap_or(false)
        || !wanted.key.is_empty()
        || defaults.encrypted;
    let mut facts = Object::from_iter([
        ("AvailabilityZone", Value::from(wanted.zone)),
        ("Size", Value::from(size)),
        ("VolumeType", Value::from(name)),
        ("SnapshotId", Value::from(wanted.snapshot)),
        ("Encrypted", Value::from(encrypted)),
        ("MultiAttachEnabled", Value::from(false)),
        ("Attachments", Value::List(Vec::new())),
    ]);
    if let Some(iops) = settled.iops {
        facts.insert("Iops", iops);
    }
    if let Some(throughput) = settled.throughput {
        facts.insert("Throughput", throughput);
    }
    if encrypted {
        let inherited = source.as_ref().map_or("", |facts| text(facts, "KmsKeyId"));
        let key = [wanted.key, inherited, &defaults.key].into_iter().find(|key| !key.is_empty());
        facts.insert("KmsKeyId", settings::key_arn(call, world, key.unwrap_or_default()));
    }
    Ok(facts)
}

/// Puts a volume of settled facts in the world, in a state.
pub(super) fn make(
    world: &mut World,
    place: &Place,
    (mut facts, tags): (Object, Tags),
    state: &str,
) -> String {
    let id = format!("vol-0{}", world.random_hex(16));
    facts.insert("State", state);
    facts.insert("CreateTime", world.now());
    world.put(place.clone(), id.clone(), resource(facts, tags));
    id
}

/// `CreateVolume`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["OutpostArn", "MultiAttachEnabled", "VolumeInitializationRate", "AvailabilityZoneId"],
    )?;
    only_for(call, &["volume"])?;
    let zone = call.text("AvailabilityZone").ok_or_else(|| {
        let message = "The request must contain the parameter availabilityZone";
        Failure::new("MissingParameter", message)
    })?;
    super::zones::check(call, zone)?;
    let wanted = Wanted {
        zone,
        size: call.integer("Size"),
        volume_type: call.text("VolumeType").unwrap_or_default(),
        iops: call.integer("Iops"),
        throughput: call.integer("Throughput"),
        encrypted: call.input.get("Encrypted").and_then(Value::as_bool),
        key: call.text("KmsKeyId").unwrap_or_default(),
        snapshot: call.text("SnapshotId").unwrap_or_default(),
    };
    let facts = settle(call, world, wanted)?;
    let tags = specified(call, "volume")?;
    let place = call.place(&VOLUME);
    let id = make(world, &place, (facts, tags), "creating");
    let due = between(world, 2, 6);
    world.schedule(due, Task::new("ec2:volume-available", &place, &id));
    let made = world.get(&place, &id).ok_or_else(|| VOLUME.missing.failure(&id))?;
    Ok(place.describe(&VOLUME, &id, made).into())
}

/// A volume has been made: it is there, or its key would not encrypt it.
pub(super) fn available(world: &mut World, task: &Task) {
    let Some(volume) = world.get(&task.place, &task.id) else { return };
    if text(&volume.facts, "State") != "creating" {
        return;
    }
    let key = text(&volume.facts, "KmsKeyId").to_owned();
    if let Some(cause) = unusable(world, &task.place, &key) {
        world.remove(&task.place, &task.id);
        announce(world, &task.place, &task.id, ("createVolume", "failed", &cause));
        return;
    }
    world.set(&task.place, &task.id, "State", "available");
    announce(world, &task.place, &task.id, ("createVolume", "available", ""));
}

/// Why a key does not encrypt, if it does not.
fn unusable(world: &mut World, place: &Place, key: &str) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    let origin = Origin::at(place, "ec2.amazonaws.com");
    let input = Value::from_iter([("KeyId", key)]);
    match world.call(&origin, "kms", "DescribeKey", input) {
        Ok(answer) => match part(&answer, "KeyMetadata.KeyState") {
            "Disabled" => Some(format!("{key} is disabled.")),
            "PendingDeletion" => Some(format!("{key} is pending deletion.")),
            _ => None,
        },
        // The key that AWS manages for EBS is made when it is first used.
        Err(failure)
            if failure.code == "NotFoundException" && !settings::is_managed(place, key) =>
        {
            Some(format!("{key} does not exist."))
        }
        Err(_) => None,
    }
}

/// Tells of something that happened to a volume.
pub(super) fn announce(
    world: &mut World,
    place: &Place,
    id: &str,
    (event, result, cause): (&str, &str, &str),
) {
    let detail = Value::from_iter([
        ("result", Value::from(result)),
        ("cause", Value::from(cause)),
        ("event", Value::from(event)),
        ("request-id", Value::from(world.uuid())),
    ]);
    let about = arn(place, id);
    world.emit(Event::new("aws.ec2", "EBS Volume Notification", place).about(about).with(detail));
}

/// A volume of the caller.
pub(super) fn find<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    world
        .get(&call.place(&VOLUME), id)
        .ok_or_else(|| refuse_id(&VOLUME, "InvalidVolumeID.Malformed", id))
}

/// `DeleteVolume`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    let id = call.required("VolumeId")?.to_owned();
    let facts = &find(call, world, &id)?.facts;
    if let Some(attachment) = list(facts, "Attachments").first() {
        let message =
            format!("Volume {id} is currently attached to {}", part(attachment, "InstanceId"));
        return Err(Failure::new("VolumeInUse", message));
    }
    match text(facts, "State") {
        "available" | "error" => {}
        "deleting" => return Err(VOLUME.missing.failure(&id)),
        state => {
            let message = format!("Volume '{id}' is in the '{state}' state.");
            return Err(Failure::new("IncorrectState", message));
        }
    }
    let place = call.place(&VOLUME);
    begin_delete(world, &place, &id);
    Ok(Value::object())
}

/// Starts deleting a volume.
pub(super) fn begin_delete(world: &mut World, place: &Place, id: &str) {
    world.change(place, id, |facts| {
        facts.insert("State", "deleting");
        facts.insert("Attachments", Value::List(Vec::new()));
    });
    let due = after(world, 3);
    world.schedule(due, Task::new("ec2:volume-deleted", place, id));
}

/// A volume is gone.
pub(super) fn deleted(world: &mut World, task: &Task) {
    if world.remove(&task.place, &task.id).is_some() {
        announce(world, &task.place, &task.id, ("deleteVolume", "deleted", ""));
    }
}

/// `DescribeVolumeStatus`.
pub(super) fn describe_status(call: &Call, world: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 4] = [
        ("availability-zone", "AvailabilityZone"),
        ("volume-status.status", "VolumeStatus.Status"),
        ("volume-status.details-name", "VolumeStatus.Details.Name"),
        ("volume-status.details-status", "VolumeStatus.Details.Status"),
    ];
    super::seeded::settle_all(call, world);
    let filters = super::listing::read(call, "Filters", &FILTERS)?;
    let ids = call.texts("VolumeIds");
    for id in &ids {
        find(call, world, id)?;
    }
    let keep = |id: &str, volume: &Resource| {
        (ids.is_empty() || ids.contains(&id))
            && super::listing::described_passes(&filters, &status(id, volume), &volume.tags)
    };
    let show = |id: &str, volume: &Resource, _: Object| status(id, volume).into();
    super::support::PAGES.list((call, world), (&VOLUME, "VolumeStatuses"), keep, show)
}

fn status(id: &str, volume: &Resource) -> Object {
    let facts = &volume.facts;
    let impaired = truth(&volume.inside, "Impaired").unwrap_or(false);
    let (status, enabled) = match text(facts, "State") {
        "creating" => ("insufficient-data", "insufficient-data"),
        _ if impaired => ("impaired", "failed"),
        _ => ("ok", "passed"),
    };
    let detail = |name: &str, status: &str| Value::from_iter([("Name", name), ("Status", status)]);
    let mut details = vec![detail("io-enabled", enabled)];
    if matches!(text(facts, "VolumeType"), "io1" | "io2" | "gp3") {
        let attached = !list(facts, "Attachments").is_empty();
        details.push(detail("io-performance", if attached { "normal" } else { "not-applicable" }));
    }
    Object::from_iter([
        ("VolumeId", Value::from(id)),
        ("AvailabilityZone", Value::from(text(facts, "AvailabilityZone"))),
        ("Actions", Value::List(Vec::new())),
        ("Events", Value::List(Vec::new())),
        (
            "VolumeStatus",
            Value::from_iter([("Status", Value::from(status)), ("Details", Value::List(details))]),
        ),
    ])
}

/// `DescribeVolumeAttribute`.
pub(super) fn describe_attribute(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    let id = call.required("VolumeId")?;
    let volume = find(call, world, id)?;
    let mut answer = Object::from_iter([("VolumeId", id)]);
    match call.required("Attribute")? {
        "autoEnableIO" => {
            let enabled = truth(&volume.inside, "AutoEnableIO").unwrap_or(false);
            answer.insert("AutoEnableIO", Value::from_iter([("Value", enabled)]));
        }
        "productCodes" => {
            answer.insert("ProductCodes", Value::List(Vec::new()));
        }
        other => {
            return Err(
                call.invalid(format!("Value ({other}) for parameter attribute is invalid."))
            );
        }
    }
    Ok(answer.into())
}

/// `ModifyVolumeAttribute`.
pub(super) fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    let id = call.required("VolumeId")?.to_owned();
    find(call, world, &id)?;
    let enabled = call.input.path("AutoEnableIO.Value").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| {
        Failure::new("MissingParameter", "The request must contain the parameter autoEnableIO")
    })?;
    world.set_inside(&call.place(&VOLUME), &id, "AutoEnableIO", enabled);
    Ok(Value::object())
}
