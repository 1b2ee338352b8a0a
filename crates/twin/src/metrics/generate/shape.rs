//! How a generated metric goes: mostly as the day goes, with some noise.

use reeve_model::Value;

use crate::{
    metrics::source::float,
    store::{Place, Resource},
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
    /// As the state of the world has it.
    Own(fn(&World, &Place, &str, &Resource) -> Level),
}

/// How one metric of one resource goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Level {
    Constant(f64),
    Daily(f64, f64),
    Silent,
}

/// A metric of a resource, as a function of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Signal {
    pub(super) seed: u64,
    /// The seconds between points.
    pub(crate) step: i64,
    pub(super) from: i64,
    pub(super) until: Option<i64>,
    pub(super) level: Level,
}

impl Shape {
    pub(super) fn level(
        &self,
        world: &World,
        place: &Place,
        id: &str,
        resource: &Resource,
    ) -> Level {
        match self {
            Self::Constant(value) => Level::Constant(*value),
            Self::Daily(low, high) => Level::Daily(*low, *high),
            Self::Silent => Level::Silent,
            Self::Fact(path, factor) => {
                let number = resource.value(path).and_then(Value::as_f64).unwrap_or(0.0);
                Level::Constant(number * factor)
            }
            Self::Own(level) => level(world, place, id, resource),
        }
    }
}

impl Signal {
    /// The value at a time, if there is a point.
    pub(crate) fn value(&self, time: i64) -> Option<f64> {
        if time < self.from || self.until.is_some_and(|until| time >= until) {
            return None;
        }
        match self.level {
            Level::Silent => None,
            Level::Constant(value) => Some(value),
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
