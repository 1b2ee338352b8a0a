//! How busy a machine is: a daily rhythm and what is particular to it, as a pure function of time.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{chance, machine::Machine};

const FIVE_MINUTES: i64 = 300;

/// How busy a machine is at a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Load {
    /// Of a hundred.
    pub(crate) cpu_percent: f64,
    /// Of a hundred.
    pub(crate) memory_percent: f64,
    /// Of a hundred.
    pub(crate) swap_percent: f64,
    /// Mount, percent used, percent of inodes used.
    pub(crate) disks: Vec<(String, f64, f64)>,
    /// Bytes a second.
    pub(crate) network_in: f64,
    /// Bytes a second.
    pub(crate) network_out: f64,
    /// Operations a second on its disks.
    pub(crate) disk_reads: f64,
    /// Operations a second on its disks.
    pub(crate) disk_writes: f64,
    /// Processes.
    pub(crate) processes: i64,
}

/// Something that keeps a machine busy for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Strain {
    /// From when.
    pub(crate) from: Timestamp,
    /// Until when; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// Percent of processor added.
    #[serde(default)]
    pub(crate) cpu: f64,
    /// Percent of memory added.
    #[serde(default)]
    pub(crate) memory: f64,
}

impl Strain {
    fn is_on(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// How busy a machine is that is running.
pub(crate) fn load(machine: &Machine, at: Timestamp) -> Load {
    let digest = machine.digest("load");
    let quiet = 2.0 + 18.0 * chance::unit(chance::step(digest, 1));
    let swing = 4.0 + 30.0 * chance::unit(chance::step(digest, 2));
    let rhythm = rhythm(digest, at);
    let noise = noise(digest, at);
    let strained: Vec<&Strain> = machine.changes.strains.iter().filter(|s| s.is_on(at)).collect();
    let strain = |of: fn(&Strain) -> f64| strained.iter().map(|s| of(s)).sum::<f64>();
    let cpu = quiet + swing * rhythm + 6.0 * noise + strain(|s| s.cpu);
    let resident = 22.0 + 38.0 * chance::unit(chance::step(digest, 3));
    let memory = resident + 9.0 * rhythm + 3.0 * noise + strain(|s| s.memory);
    let traffic = 2_000.0 + 400_000.0 * chance::unit(chance::step(digest, 4)) * (0.2 + rhythm);
    let disks = machine
        .disks
        .iter()
        .map(|disk| (disk.mount.clone(), disk.usage(at).percent(), disk.inodes_percent(at)));
    Load {
        cpu_percent: cpu.clamp(0.2, 100.0),
        memory_percent: memory.clamp(3.0, 99.5),
        swap_percent: (2.0 * (memory - 70.0)).clamp(0.0, 100.0),
        disks: disks.collect(),
        network_in: traffic * (1.0 + 0.3 * noise),
        network_out: traffic * 1.6 * (1.0 + 0.3 * noise),
        disk_reads: 3.0 + cpu * 0.8,
        disk_writes: 5.0 + cpu * 0.5,
        processes: 90 + chance::between(chance::step(digest, 5), 0, 120),
    }
}

/// From 0 at night to 1 in the afternoon, a third of it at weekends.
fn rhythm(digest: u64, at: Timestamp) -> f64 {
    let time = at.to_zoned(TimeZone::UTC);
    let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60;
    let peak = 12.0 + 4.0 * chance::unit(chance::step(digest, 6));
    let hours = chance::float(seconds) / 3_600.0;
    let wave = 0.5 + 0.5 * ((hours - peak) * std::f64::consts::PI / 12.0).cos();
    let weekend = time.weekday().to_monday_zero_offset() >= 5;
    if weekend { wave / 3.0 } else { wave }
}

/// From -1 to 1, changing from one five minutes to the next without jumps.
fn noise(digest: u64, at: Timestamp) -> f64 {
    let second = at.as_second();
    let slot = second.div_euclid(FIVE_MINUTES);
    let within = chance::float(second.rem_euclid(FIVE_MINUTES)) / chance::float(FIVE_MINUTES);
    let at_slot = |slot: i64| 2.0 * chance::unit(chance::step(digest, slot)) - 1.0;
    at_slot(slot) * (1.0 - within) + at_slot(slot + 1) * within
}
