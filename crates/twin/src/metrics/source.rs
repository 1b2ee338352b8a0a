//! One place to ask for the values of any metric, put or generated, with what scenarios force upon it.

use std::collections::BTreeMap;

use super::{
    Forced, Metric, Site,
    generate::{self, Signal},
    series::floor,
    statistic::Summary,
};
use crate::world::World;

/// A time or a length of time as a number to reckon with: whole seconds of any real date are exact.
pub(crate) fn float(seconds: i64) -> f64 {
    i32::try_from(seconds).map_or_else(
        |_| {
            let (high, low) = (seconds.div_euclid(1 << 30), seconds.rem_euclid(1 << 30));
            let part = |part: i64| i32::try_from(part).map_or(0.0, f64::from);
            part(high) * f64::from(1_i32 << 30) + part(low)
        },
        f64::from,
    )
}

/// The values of every period from `start` to before `end` in which there are any, by the period's start.
pub(crate) fn periods(
    world: &World,
    (site, metric): (&Site, &Metric),
    (start, end): (i64, i64),
    period: i64,
) -> Vec<(i64, Summary)> {
    let forced: Vec<&Forced> =
        world.metrics.overrides.iter().filter(|forced| forced.is_about(site, metric)).collect();
    if let Some(series) = world.metrics.stored.get(site, metric) {
        let put = series.periods((start, end), period);
        return if forced.is_empty() {
            put
        } else {
            with_forced(put, &forced, (start, end), period)
        };
    }
    let end = end.min(world.now().as_second());
    let Some(mut signal) = generate::signal(world, site, metric) else {
        return with_forced(Vec::new(), &forced, (start, end), period);
    };
    generated(world, (&mut signal, &forced), (start, end), (period, Summary::add))
}

/// The values of every period of a metric that is made, put together in one of the ways of [`Summary`].
pub(super) fn generated(
    world: &World,
    (signal, forced): (&mut Signal, &[&Forced]),
    (start, end): (i64, i64),
    (period, join): (i64, fn(&mut Summary, &Summary)),
) -> Vec<(i64, Summary)> {
    let mut found: Vec<(i64, Summary)> = Vec::new();
    let mut time = floor(start + signal.step - 1, signal.step);
    while time < end {
        let value = match forced.iter().rev().find(|forced| forced.covers(time)) {
            Some(forced) => forced.value(time),
            None => signal.value(world, time),
        };
        if let Some(value) = value {
            let at = start + floor(time - start, period);
            match found.last_mut() {
                Some((last, there)) if *last == at => join(there, &Summary::of(value)),
                _ => found.push((at, Summary::of(value))),
            }
        }
        time += signal.step;
    }
    found
}

/// The unit of a metric's values.
pub(crate) fn unit(world: &World, site: &Site, metric: &Metric) -> String {
    match world.metrics.stored.get(site, metric) {
        Some(series) if series.unit.is_empty() => "None".to_owned(),
        Some(series) => series.unit.clone(),
        None => generate::unit(metric).unwrap_or("None").to_owned(),
    }
}

/// What was put, with every minute that is forced replaced.
fn with_forced(
    put: Vec<(i64, Summary)>,
    forced: &[&Forced],
    (start, end): (i64, i64),
    period: i64,
) -> Vec<(i64, Summary)> {
    const STEP: i64 = 60;
    if forced.is_empty() {
        return put;
    }
    let covered = |time: i64| forced.iter().rev().find(|forced| forced.covers(time));
    let mut all: BTreeMap<i64, Summary> =
        put.into_iter().filter(|(time, _)| covered(*time).is_none()).collect();
    let mut time = floor(start + STEP - 1, STEP);
    while time < end {
        if let Some(value) = covered(time).and_then(|forced| forced.value(time)) {
            let at = start + floor(time - start, period);
            let values = Summary::of(value);
            all.entry(at).and_modify(|there| there.add(&values)).or_insert(values);
        }
        time += STEP;
    }
    all.into_iter().collect()
}
