//! The turn of an alarm: what its points are, and what state that makes.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{METRIC_ALARM, act, alarms, compile, reason};
use crate::{
    metrics::{
        Site,
        alarm::State,
        memory::{Memory, Purpose},
        series::floor,
        sheet::{Content, Sheet},
        watch::Compiled,
    },
    store::Place,
    task::Task,
    world::World,
};

/// The task in which alarms are looked at.
pub(super) const TASK: &str = "cloudwatch:evaluate";
const HOUR: i64 = 3600;
const SHORTEST: i64 = 10;

/// One point of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) time: i64,
    pub(super) value: f64,
    /// How many samples it is of, if that is known.
    pub(super) samples: Option<f64>,
    /// What it is compared with: both ends of a band, or the threshold twice.
    pub(super) limits: (f64, f64),
}

/// Has an alarm looked at.
pub(super) fn enter(world: &mut World, site: &Site, alarm: &str, due: i64) {
    world.metrics.watch.enter(site, alarm, due);
    send_task(world, site);
}

fn send_task(world: &mut World, site: &Site) {
    let Some(due) = world.metrics.watch.wants_task(site) else { return };
    let due = Timestamp::from_second(due).unwrap_or_default().max(world.now());
    world.schedule(due, Task::new(TASK, &alarms::place(site, &METRIC_ALARM), ""));
}

/// Looks at every alarm whose turn it is.
pub(super) fn turn(world: &mut World, task: &Task) {
    let site = Site::of(&task.place);
    let now = world.now().as_second();
    for name in world.metrics.watch.take_due(&site, now) {
        let Some((compiled, mut memory)) = compiled(world, &site, &name) else { continue };
        look(world, (&task.place, &name), &compiled, &mut memory);
        world.metrics.watch.keep(&site, &name, (&compiled, memory));
        let step = step(&compiled);
        world.metrics.watch.enter(&site, &name, floor(now, step) + step);
    }
    send_task(world, &site);
}

/// How often an alarm is looked at: every period, and long periods every hour.
fn step(alarm: &Compiled) -> i64 {
    alarm.period.clamp(SHORTEST, HOUR)
}

fn compiled(world: &mut World, site: &Site, name: &str) -> Option<(Arc<Compiled>, Memory)> {
    if let Some(known) = world.metrics.watch.look(site, name) {
        return Some(known);
    }
    let alarm = world.get(&alarms::place(site, &METRIC_ALARM), name)?;
    let compiled = Arc::new(compile::compile(&alarm.facts).ok()?);
    world.metrics.watch.keep_compiled(site, name, Arc::clone(&compiled));
    Some((compiled, Memory::default()))
}

fn look(world: &mut World, (place, name): (&Place, &str), alarm: &Compiled, memory: &mut Memory) {
    let Some(resource) = world.get(place, name) else { return };
    let present = resource.fact("StateValue").and_then(State::parse);
    let present = present.unwrap_or(State::InsufficientData);
    let end = floor(world.now().as_second(), step(alarm));
    let points = points((world, &Site::of(place)), alarm, end, memory);
    let breaching: Vec<Option<bool>> = points
        .iter()
        .map(|point| point.map(|point| alarm.comparison.breaches(point.value, point.limits)))
        .collect();
    let state = if has_few_samples(alarm, &points) {
        present
    } else {
        alarm.rule.state(&breaching, present)
    };
    if state == present {
        act::still(world, (place, name), state);
        return;
    }
    let reason = reason::of(world, alarm, (present, state), &points);
    act::transition(world, (place, name), state, reason);
}

/// The points of the evaluation range, oldest first.
fn points(
    (world, site): (&World, &Site),
    alarm: &Compiled,
    end: i64,
    memory: &mut Memory,
) -> Vec<Option<Point>> {
    let length = i64::try_from(alarm.rule.range()).unwrap_or(i64::MAX);
    let start = end.saturating_sub(length.saturating_mul(alarm.period));
    let sheet = Sheet::new(world, site, &alarm.queries, (start, end)).remembering(memory);
    let mut values = values(alarm, &sheet, (start, end)).into_iter().peekable();
    let band = band(alarm, &sheet);
    let slot = |turn: i64| {
        let time = start + turn * alarm.period;
        while values.next_if(|(before, ..)| *before < time).is_some() {}
        let (_, value, samples) = values.next_if(|(found, ..)| *found == time)?;
        let limits = match &band {
            Some(band) => *band.get(&time)?,
            None => (alarm.threshold, alarm.threshold),
        };
        Some(Point { time, value, samples, limits })
    };
    (0..length).map(slot).collect()
}

/// The points that are compared, in order: time, value, and of how many samples it is, if that is known.
fn values(alarm: &Compiled, sheet: &Sheet<'_>, window: (i64, i64)) -> Vec<(i64, f64, Option<f64>)> {
    let Some(query) = alarm.queries.get(alarm.subject) else { return Vec::new() };
    match &query.content {
        Content::Statistic(statistic) => {
            let values = sheet.values(&Purpose::Values(query.id.clone()), statistic, window);
            values.into_iter().map(|(time, value, count)| (time, value, Some(count))).collect()
        }
        Content::Expression(..) => {
            let lines = sheet.lines(query).unwrap_or_default();
            let points = lines.into_iter().next().map(|line| line.points).unwrap_or_default();
            // In order, and of points of one time the last.
            let points: BTreeMap<i64, f64> = points.into_iter().collect();
            points.into_iter().map(|(time, value)| (time, value, None)).collect()
        }
    }
}

fn band(alarm: &Compiled, sheet: &Sheet<'_>) -> Option<BTreeMap<i64, (f64, f64)>> {
    let query = alarm.queries.get(alarm.band?)?;
    let lines = sheet.lines(query).unwrap_or_default();
    let [upper, lower] = lines.as_slice() else { return Some(BTreeMap::new()) };
    let pairs = upper.points.iter().zip(&lower.points);
    Some(pairs.map(|((time, high), (_, low))| (*time, (*low, *high))).collect())
}

/// Whether a percentile is of too few samples to say something, and the alarm minds.
fn has_few_samples(alarm: &Compiled, points: &[Option<Point>]) -> bool {
    let Some(Content::Statistic(statistic)) =
        alarm.queries.get(alarm.subject).map(|query| &query.content)
    else {
        return false;
    };
    let evaluated = points.iter().rev().flatten().take(alarm.rule.evaluation_periods);
    let samples: f64 = evaluated.filter_map(|point| point.samples).sum();
    alarm.ignores_few_samples && samples < statistic.statistic.samples_needed()
}
