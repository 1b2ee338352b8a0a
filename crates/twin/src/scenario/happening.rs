//! What happens in a world that no call of AWS brings about: a disk fills, a threat is found, a data centre has trouble.
//!
//! Each is a word that a scenario writes, the fields that belong to it, and what comes of them.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;

use crate::{
    fleet::{self, Strain},
    metrics::{self, Course, Forced, Site},
    store::Place,
    world::World,
};

/// One thing that can happen.
#[derive(Debug)]
pub(super) struct Happening {
    /// The word that a scenario writes.
    pub(super) word: &'static str,
    /// Says what is wrong with its fields.
    pub(super) check: fn(&Json) -> Result<(), String>,
    /// Lets it happen in an account and Region.
    pub(super) act: fn(&mut World, &Place, &Json) -> Result<(), String>,
}

/// What can happen.
pub(super) static HAPPENINGS: [Happening; 2] = [
    Happening { word: "machine", check: check::<OfMachine>, act: machine },
    Happening { word: "metric", check: check::<OfMetric>, act: metric },
];

/// What happens by this word.
pub(super) fn named(word: &str) -> Option<&'static Happening> {
    HAPPENINGS.iter().find(|known| known.word == word)
}

/// The words of everything that can happen.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    HAPPENINGS.iter().map(|happening| happening.word)
}

fn check<T: DeserializeOwned>(detail: &Json) -> Result<(), String> {
    read::<T>(detail).map(|_| ())
}

fn read<T: DeserializeOwned>(detail: &Json) -> Result<T, String> {
    T::deserialize(detail).map_err(|error| error.to_string())
}

/// Something happens inside an instance.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OfMachine {
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

fn machine(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: OfMachine = read(detail)?;
    let now = world.now();
    let id = detail.instance.as_str();
    let missing = || format!("there is no instance `{id}` in {}/{}", place.account, place.region);
    let machine = fleet::machine(world, place, id).ok_or_else(missing)?;
    if let Some(reason) = &detail.impaired {
        fleet::impair(world, place, id, reason);
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
        fleet::change(world, place, id, |machine| machine.break_service(&broken.name, &broken.reason));
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

/// A metric goes another way than it would.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OfMetric {
    namespace: String,
    name: String,
    #[serde(default)]
    dimensions: std::collections::BTreeMap<String, String>,
    #[serde(rename = "for")]
    duration: String,
    course: Way,
}

/// How it goes.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    Constant(f64),
    Ramp(f64, f64),
    Spike(f64, f64),
    Absent,
}

fn metric(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: OfMetric = read(detail)?;
    let from = world.now();
    let to = from.checked_add(duration(&detail.duration)?).map_err(|error| error.to_string())?;
    let course = match detail.course {
        Way::Constant(value) => Course::Constant(value),
        Way::Ramp(start, end) => Course::Ramp(start, end),
        Way::Spike(base, peak) => Course::Spike(base, peak),
        Way::Absent => Course::Absent,
    };
    let forced = Forced {
        site: Site::of(place),
        namespace: detail.namespace,
        metric: detail.name,
        dimensions: detail.dimensions.into_iter().collect(),
        from,
        to,
        course,
    };
    metrics::force(world, forced);
    Ok(())
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    duration.ok_or_else(|| format!("`{text}` is not a duration such as `PT5M`"))
}
