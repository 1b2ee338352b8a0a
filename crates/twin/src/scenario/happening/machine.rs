//! Something happens inside an instance.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Happening, check, duration, read};
use crate::{
    fleet::{self, Strain},
    services::ec2::compute::checks,
    store::Place,
    world::World,
};

pub(super) static MACHINE: Happening =
    Happening { word: "machine", check: check::<Detail>, act: happen };

/// What happens.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Detail {
    instance: String,
    /// Its system does not answer any more, for this reason.
    impaired: Option<String>,
    busy: Option<Busy>,
    disk: Option<Filling>,
    service: Option<Broken>,
    agent: Option<AgentTrouble>,
}

/// Percent of processor and memory more than usual, for a while.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Busy {
    #[serde(default)]
    cpu: f64,
    #[serde(default)]
    memory: f64,
    #[serde(rename = "for")]
    duration: String,
}

/// A file system that fills: at once, or day by day.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Filling {
    mount: String,
    gib_at_once: Option<i64>,
    gib_a_day: Option<i64>,
}

/// A service that ends and does not come up again.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Broken {
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AgentTrouble {
    Missing,
    Stopped,
}

const GIB: i64 = 1 << 30;

fn happen(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: Detail = read(detail)?;
    let now = world.now();
    let id = detail.instance.as_str();
    let missing = || format!("there is no instance `{id}` in {}/{}", place.account, place.region);
    let machine = fleet::machine(world, place, id).ok_or_else(missing)?;
    if let Some(reason) = &detail.impaired {
        fleet::impair(world, place, id, reason);
        checks::fail(world, &fleet::of(place), id);
    }
    if let Some(busy) = detail.busy {
        let until = now.checked_add(duration(&busy.duration)?).ok();
        let strain = Strain { from: now, until, cpu: busy.cpu, memory: busy.memory };
        fleet::strain(world, place, id, strain);
    }
    if let Some(filling) = detail.disk {
        let disk = machine.disks.iter().find(|disk| disk.mount == filling.mount);
        let disk = disk.ok_or_else(|| {
            let mounts: Vec<&str> = machine.disks.iter().map(|disk| disk.mount.as_str()).collect();
            format!("`{id}` has no `{}`; it has `{}`", filling.mount, mounts.join("`, `"))
        })?;
        let volume = disk.volume.clone();
        fleet::change(world, place, id, |machine| {
            let changes = machine.changes.disks.entry(volume).or_default();
            changes.extra += filling.gib_at_once.unwrap_or(0) * GIB;
            if let Some(daily) = filling.gib_a_day {
                changes.runaway = Some((daily * GIB, now));
            }
        });
    }
    if let Some(broken) = detail.service {
        fleet::change(world, place, id, |machine| {
            machine.break_service(&broken.name, &broken.reason);
        });
    }
    if let Some(trouble) = detail.agent {
        fleet::change(world, place, id, |machine| {
            let mut agent = machine.agent();
            match trouble {
                AgentTrouble::Missing => agent.present = false,
                AgentTrouble::Stopped => agent.stopped = Some(now),
            }
            machine.changes.agent = Some(agent);
        });
    }
    Ok(())
}
