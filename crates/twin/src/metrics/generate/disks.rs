//! The disks of machines, as the CloudWatch agent reports them: one metric for each file system.

use super::{
    Signal,
    shape::{Gauge, Level},
};
use crate::{
    fleet::{self, Machine},
    kind,
    metrics::{Metric, Site},
    store::{Place, Seen},
    world::World,
};

const NAMESPACE: &str = "CWAgent";
const WINDOWS: &str = "LogicalDisk % Free Space";
const LINUX: [&str; 2] = ["disk_used_percent", "disk_inodes_used_percent"];

/// The unit of a metric of disks.
pub(super) fn unit(name: &str) -> Option<&'static str> {
    (name == WINDOWS || LINUX.contains(&name)).then_some("Percent")
}

/// How a metric of a disk goes, if it is one.
pub(super) fn signal(world: &World, site: &Site, metric: &Metric) -> Option<Signal> {
    if metric.namespace != NAMESPACE {
        return None;
    }
    unit(&metric.name)?;
    let id = metric.dimension("InstanceId")?;
    let place = place(site)?;
    let known = fleet::known(world, &place, id)?;
    let machine = known.machine();
    let names = names(machine).into_iter();
    let (_, mount) = names.into_iter().find(|(found, _)| found == metric)?;
    let of: fn(f64, f64) -> f64 = match metric.name.as_str() {
        WINDOWS => |used, _| 100.0 - used,
        "disk_inodes_used_percent" => |_, inodes| inodes,
        _ => |used, _| used,
    };
    Some(Signal {
        seed: 0,
        step: 60,
        from: machine.launched().as_second(),
        until: None,
        of: Seen::of(&world.store, place.clone(), id),
        level: Level::Machine(place, id.to_owned(), Gauge::Disk(mount, of)),
        settled: true,
        machine: Some(known),
        said: None,
    })
}

/// The metrics of the disks of a site's running machines.
pub(super) fn list(world: &World, site: &Site) -> Vec<Metric> {
    let Some(place) = place(site) else { return Vec::new() };
    let machines = world.shelf(&place).keys().filter_map(|id| fleet::machine(world, &place, id));
    machines
        .filter(|machine| machine.hardware.running)
        .flat_map(|machine| names(&machine))
        .map(|(metric, _)| metric)
        .collect()
}

fn place(site: &Site) -> Option<Place> {
    let kind = kind::named("AWS::EC2::Instance")?;
    Some(Place { account: site.account.clone(), region: site.region.clone(), kind })
}

/// Every metric of a machine's disks with the disk's mount. Linux disks are reported with and without their path.
fn names(machine: &Machine) -> Vec<(Metric, String)> {
    let mut names = Vec::new();
    for disk in &machine.disks {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let instance = own("InstanceId", machine.id());
        if disk.format == "NTFS" {
            let dimensions =
                vec![instance, own("objectname", "LogicalDisk"), own("instance", &disk.mount)];
            names.push((Metric::new(NAMESPACE, WINDOWS, dimensions), disk.mount.clone()));
            continue;
        }
        let device = disk.device.trim_start_matches("/dev/");
        // The root volume is partitioned, others are not.
        let device = if disk.mount == "/" { format!("{device}1") } else { device.to_owned() };
        let short = vec![instance, own("device", &device), own("fstype", disk.format)];
        let mut long = short.clone();
        long.push(own("path", &disk.mount));
        for name in LINUX {
            names.push((Metric::new(NAMESPACE, name, short.clone()), disk.mount.clone()));
            names.push((Metric::new(NAMESPACE, name, long.clone()), disk.mount.clone()));
        }
    }
    names
}
