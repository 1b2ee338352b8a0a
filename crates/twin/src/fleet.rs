//! The machines inside instances: systems, packages, services, disks, agents, load.
//!
//! ```text
//! seed, instance, image ──► machine ◄── what happened to it (kept here)
//!                              │
//!                 patches, scripts, metrics, target health
//! ```
//!
//! A machine follows from the seed and from what EC2 knows of its instance; only what happened to it is kept. So half a
//! million instances that nobody touches cost nothing here. EC2 tells the fleet what becomes of instances; whoever wants
//! to know something of a machine asks for it at the time that matters.

mod agent;
mod calendar;
mod chance;
pub(crate) mod disk;
mod hooks;
mod known;
mod load;
mod machine;
mod packages;
mod services;
mod shell;
mod system;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use serde::{Deserialize, Serialize};

pub(crate) use agent::{Agent, Ping, latest_cloudwatch_version, latest_version};
pub(crate) use calendar::{Calendar, Release};
pub(crate) use chance::{between, digest, float};
pub(crate) use disk::Disk;
pub(crate) use hooks::{
    impair, launched, rebooted, root_kept, root_replaced, root_restored, root_returned, started,
    stopped, strain, terminated, volume_resized,
};
pub(crate) use known::{Known, known};
pub(crate) use load::{Load, Strain};
pub(crate) use machine::{Changes, Hardware, Machine, Package};
pub(crate) use packages::Stream;
pub(crate) use shell::{Outcome, run};
pub(crate) use system::{Manager, OperatingSystem, SYSTEMS};

use crate::{
    kind::{self, Kind},
    services::ec2::compute::{INSTANCE, catalogue, volume_of},
    store::{Place, Resource},
    world::World,
};

/// How old the machines of a seeded estate are when its story begins.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// What happened to machines.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Fleet {
    /// When the story of the world begins; somebody cared for its machines until then.
    pub(crate) beginning: Option<Timestamp>,
    /// The accounts and Regions in which machines without a role are managed too.
    pub(crate) host_management: BTreeSet<String>,
    /// What happened, by account, Region and instance.
    // Never changed in place: a machine that happened to be asked for knows by this whether it still is as it was.
    changes: BTreeMap<String, Arc<Changes>>,
}

impl Fleet {
    /// What happened to a machine.
    pub(crate) fn changes(&self, place: &Place, id: &str) -> Option<&Changes> {
        self.changes.get(&key(place, id)).map(Arc::as_ref)
    }

    /// Forgets a machine.
    pub(crate) fn forget(&mut self, place: &Place, id: &str) {
        self.changes.remove(&key(place, id));
    }
}

/// The machine inside an instance, as it is now.
pub(crate) fn machine(world: &World, place: &Place, id: &str) -> Option<Machine> {
    machine_with(world, place, id, world.fleet.changes(place, id))
}

fn machine_with(
    world: &World,
    place: &Place,
    id: &str,
    changes: Option<&Changes>,
) -> Option<Machine> {
    let instance = world.get(&of(place), id)?;
    let changes = changes.cloned().unwrap_or_default();
    let hardware = hardware(world, place, id, instance);
    let beginning = beginning(world, hardware.launched);
    let named = changes.system.as_deref().and_then(system::by_key);
    let system = named.or_else(|| system::by_image(&hardware.image)).unwrap_or_else(|| {
        system::by_platform(&hardware.platform, chance::digest(world.seed, &[id, "system"]))
    });
    let disks = disks(world.seed, &hardware, system, &changes);
    Some(Machine { seed: world.seed, beginning, hardware, system, disks, changes })
}

/// When the story of a machine begins; somebody cared for it until then.
fn beginning(world: &World, launched: Timestamp) -> Timestamp {
    world.fleet.beginning.unwrap_or_else(|| {
        let usual = launched + AGE;
        if usual <= world.now() { usual } else { launched }
    })
}

/// Changes a machine and keeps what changed. Whether it exists.
pub(crate) fn change(
    world: &mut World,
    place: &Place,
    id: &str,
    change: impl FnOnce(&mut Machine),
) -> bool {
    let Some(mut machine) = machine(world, place, id) else { return false };
    change(&mut machine);
    world.fleet.changes.insert(key(place, id), Arc::new(machine.changes));
    true
}

/// Whether an instance does what it is there for: it runs, its system answers, its service is up and its disk not full.
pub(crate) fn is_serving(world: &World, place: &Place, id: &str) -> bool {
    machine(world, place, id).is_some_and(|machine| machine.is_serving(world.now()))
}

/// Whether Systems Manager may manage an instance: its role says so, or the account's setting does.
pub(crate) fn is_trusted(world: &World, place: &Place, machine: &Machine) -> bool {
    let here = format!("{}/{}", place.account, place.region);
    !machine.hardware.profile.is_empty() || world.fleet.host_management.contains(&here)
}

/// Whether an instance takes commands now.
pub(crate) fn takes_commands(world: &World, place: &Place, id: &str) -> bool {
    machine(world, place, id).is_some_and(|machine| {
        machine.takes_commands(is_trusted(world, place, &machine), world.now())
    })
}

/// The place of instances beside any other.
pub(crate) fn of(place: &Place) -> Place {
    Place { account: place.account.clone(), region: place.region.clone(), kind: &INSTANCE }
}

fn key(place: &Place, id: &str) -> String {
    format!("{}/{}/{id}", place.account, place.region)
}

fn hardware(world: &World, place: &Place, id: &str, instance: &Resource) -> Hardware {
    let text = |path: &str| instance.fact(path).unwrap_or_default().to_owned();
    // An image that an account made remembers the public one that it comes from.
    let made = || {
        let images = beside(place, "AWS::EC2::Image")?;
        let made = world.get(&images, &text("ImageId"))?;
        let origin = made.inside.get("System").and_then(Value::as_str);
        origin.or_else(|| made.fact("Name")).map(str::to_owned)
    };
    let public = public_image(place, &text("ImageId"));
    let image = public.map(str::to_owned).or_else(made).unwrap_or_default();
    let platform = match text("PlatformDetails") {
        platform if platform.is_empty() && !text("Platform").is_empty() => "Windows".to_owned(),
        platform => platform,
    };
    let launched = instance.value("LaunchTime").and_then(Value::as_timestamp);
    let shelf = beside(place, "AWS::EC2::Volume");
    let size = |volume: &str| {
        let volume = shelf.as_ref().and_then(|shelf| world.get(shelf, volume));
        volume.and_then(|volume| volume.value("Size")).and_then(Value::as_i64)
    };
    let usual = usual_size(&platform);
    let root = text("RootDeviceName");
    let mappings = instance.value("BlockDeviceMappings").map_or(&[][..], Value::as_list);
    let mut volumes: Vec<(String, String, i64)> = mappings
        .iter()
        .filter_map(|mapping| {
            let device = mapping.get("DeviceName")?.as_str()?;
            let volume = Some(volume_of(id, mapping)).filter(|volume| !volume.is_empty())?;
            let size = size(&volume).unwrap_or(usual);
            Some((device.to_owned(), volume, size))
        })
        .collect();
    volumes.sort_by_key(|(device, ..)| (*device != root, device.clone()));
    Hardware {
        id: id.to_owned(),
        name: instance.tags.get("Name").cloned().unwrap_or_default(),
        platform,
        image,
        launched: launched.unwrap_or(Timestamp::UNIX_EPOCH),
        running: instance.fact("State.Name") == Some("running"),
        profile: text("IamInstanceProfile.Arn"),
        address: text("PrivateIpAddress"),
        volumes,
    }
}

/// The place of another kind beside instances.
fn beside(place: &Place, kind: &str) -> Option<Place> {
    let kind: Kind = kind::named(kind)?;
    Some(Place { kind, ..of(place) })
}

/// The name of an image that is everybody's.
fn public_image(place: &Place, id: &str) -> Option<&'static str> {
    catalogue::with_id(&place.region, id).map(|public| public.name)
}

/// How large, in GiB, a volume is of which nobody says it.
pub(crate) fn usual_size(platform: &str) -> i64 {
    if platform.starts_with("Windows") { 30 } else { 8 }
}

fn disks(
    seed: u64,
    hardware: &Hardware,
    system: &'static OperatingSystem,
    changes: &Changes,
) -> Vec<Disk> {
    let volumes = hardware.volumes.iter().enumerate();
    volumes
        .map(|(at, (device, volume, size))| Disk {
            mount: mount(system, at),
            device: device.clone(),
            volume: volume.clone(),
            volume_size: *size,
            format: match system.manager {
                Manager::WindowsUpdate => "NTFS",
                Manager::Apt => "ext4",
                _ => "xfs",
            },
            digest: chance::digest(seed, &[&hardware.id, volume, "disk"]),
            changes: changes.disks.get(volume).cloned().unwrap_or_default(),
        })
        .collect()
}

fn mount(system: &OperatingSystem, at: usize) -> String {
    if system.is_windows() {
        let letter =
            u8::try_from(at).ok().and_then(|at| b'C'.checked_add(at)).map_or('Z', char::from);
        return format!("{letter}:");
    }
    match at {
        0 => "/".to_owned(),
        1 => "/data".to_owned(),
        at => format!("/data{at}"),
    }
}
