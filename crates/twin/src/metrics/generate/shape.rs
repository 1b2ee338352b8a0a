//! How a generated metric goes: as the machine inside an instance is loaded, or as the day goes, with some noise.

use jiff::Timestamp;
use reeve_model::Value;

use crate::{
    fleet::{self, Known, Load},
    metrics::{series::floor, source::float},
    store::{Place, Resource, Seen},
    world::World,
};

/// How a metric goes, in a table.
pub(super) enum Shape {
    /// Always the same.
    Constant(f64),
    /// Between two values, higher by day than by night and at weekends.
    Daily(f64, f64),
    /// Nothing is reported as long as nothing happens.
    Silent,
    /// A fact, times a factor.
    Fact(&'static str, f64),
    /// As the resource has it.
    Own(fn(&Resource) -> Level),
    /// What a gauge says about the machine.
    Machine(fn(&Load) -> f64),
}

/// How one metric of one resource goes.
#[derive(Debug, Clone)]
pub(crate) enum Level {
    Constant(f64),
    Daily(f64, f64),
    Silent,
    /// What a gauge says about the machine inside an instance.
    Machine(Place, String, Gauge),
}

/// Something about how a machine is loaded.
#[derive(Debug, Clone)]
pub(crate) enum Gauge {
    /// Of the machine.
    Whole(fn(&Load) -> f64),
    /// Of one of its disks, by mount: from percent used and percent of inodes used.
    Disk(String, fn(f64, f64) -> f64),
}

/// How long a machine is asked once: its load does not change much in that time.
const SLOT: i64 = 300;

/// A metric of a resource, as a function of time.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(super) seed: u64,
    /// The seconds between points.
    pub(crate) step: i64,
    pub(super) from: i64,
    pub(super) until: Option<i64>,
    pub(super) level: Level,
    /// The resource that makes it.
    pub(super) of: Seen,
    /// Whether it goes on as it says as long as nobody changes anything.
    pub(super) settled: bool,
    /// The machine inside the instance that makes it, once it was asked.
    pub(super) machine: Option<Known>,
    /// What the machine last said, and for which slot.
    pub(super) said: Option<(i64, Option<f64>)>,
}

impl Shape {
    pub(super) fn level(&self, place: &Place, id: &str, resource: &Resource) -> Level {
        match self {
            Self::Constant(value) => Level::Constant(*value),
            Self::Daily(low, high) => Level::Daily(*low, *high),
            Self::Silent => Level::Silent,
            Self::Fact(path, factor) => {
                let number = resource.value(path).and_then(Value::as_f64).unwrap_or(0.0);
                Level::Constant(number * factor)
            }
            Self::Own(level) => level(resource),
            Self::Machine(of) => Level::Machine(place.clone(), id.to_owned(), Gauge::Whole(*of)),
        }
    }
}

impl Signal {
    /// Whether what it said about past times is still so, and what it says about later ones will be.
    pub(crate) fn holds(&self, world: &World) -> bool {
        self.settled
            && self.of.holds(&world.store)
            && self.machine.as_ref().is_none_or(|machine| machine.holds(world))
    }

    /// The value at a time, if there is a point. The world must be as it was when it was asked before.
    pub(crate) fn value(&mut self, world: &World, time: i64) -> Option<f64> {
        if time < self.from || self.until.is_some_and(|until| time >= until) {
            return None;
        }
        match &self.level {
            Level::Silent => None,
            Level::Constant(value) => Some(*value),
            Level::Machine(place, id, gauge) => {
                let slot = floor(time, SLOT);
                if let Some((_, value)) = self.said.filter(|(known, _)| *known == slot) {
                    return value;
                }
                if self.machine.is_none() {
                    self.machine = fleet::known(world, place, id);
                }
                let value = self.machine.as_ref().and_then(|machine| gauge.read(machine, slot));
                self.said = Some((slot, value));
                value
            }
            Level::Daily(low, high) => {
                // Each resource has its own share of what is usual; no two points are quite the same.
                let share = 0.4 + 0.6 * fraction(self.seed);
                let noise = fraction(mixed(self.seed ^ mixed(time.unsigned_abs())));
                let part = share * (0.15 + 0.6 * busyness(time) + 0.25 * noise);
                Some(low + (high - low) * part)
            }
        }
    }
}

impl Gauge {
    fn read(&self, machine: &Known, slot: i64) -> Option<f64> {
        let load = machine.load(Timestamp::from_second(slot).ok()?)?;
        match self {
            Self::Whole(of) => Some(of(&load)),
            Self::Disk(mount, of) => {
                let (_, used, inodes) = load.disks.iter().find(|(found, ..)| found == mount)?;
                Some(of(*used, *inodes))
            }
        }
    }
}

/// How busy a time is, from 0 to 1: most in the afternoon, little at night, half at weekends.
fn busyness(time: i64) -> f64 {
    const DAY: i64 = 86_400;
    const QUIETEST: i64 = 3 * 3600;
    // The epoch began on a Thursday.
    let weekday = (time.div_euclid(DAY) + 3).rem_euclid(7);
    let turn = float((time - QUIETEST).rem_euclid(DAY)) / float(DAY);
    let of_day = 0.5 - 0.5 * (turn * std::f64::consts::TAU).cos();
    if weekday >= 5 { of_day * 0.5 } else { of_day }
}

/// A seed that belongs to some texts.
pub(super) fn seed(world: u64, texts: &[&str]) -> u64 {
    let fold = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    mixed(bytes.fold(world ^ 0xcbf2_9ce4_8422_2325, fold))
}

fn mixed(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A number from 0 to below 1.
fn fraction(number: u64) -> f64 {
    u32::try_from(number >> 32).map_or(0.0, |high| f64::from(high) / 4_294_967_296.0)
}
