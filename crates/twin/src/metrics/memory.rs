//! What is kept of the points of a metric that is asked for again and again, so that only the newest are made anew.
//!
//! A generated point is a pure function of what makes it. As long as that has not changed, neither have the points that were
//! there when it was last asked; when it has, all are forgotten. Points that somebody put are not kept here: they are
//! where they were put.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    Forced, Site,
    generate::{self, Signal},
    sheet::MetricStatistic,
    source,
    statistic::Summary,
};
use crate::world::World;

/// Time, value, and of how many samples it is.
pub(crate) type Timed = (i64, f64, f64);

/// The points of some metrics that somebody asks for again and again.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    kept: BTreeMap<Purpose, Kept>,
}

/// What points are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// The values of a query, by its id.
    Values(String),
    /// What is usual for a query, by its id.
    Usual(String),
}

/// The points of one metric.
#[derive(Debug)]
struct Kept {
    signal: Signal,
    /// Which courses are forced upon it, by their places among all.
    forced: Vec<usize>,
    /// How many courses there were.
    overrides: usize,
    /// How many metrics had been put; this one was not among them.
    put: u64,
    window: (i64, i64),
    values: Vec<Timed>,
}

/// A copy of the world has everything to see for itself.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memory {
    /// The values of every period that has any, as [`MetricStatistic::values`] gives them.
    pub(crate) fn values(
        &mut self,
        purpose: &Purpose,
        statistic: &MetricStatistic,
        (world, site): (&World, &Site),
        window: (i64, i64),
    ) -> Cow<'_, [Timed]> {
        let holds = |kept: &Kept| kept.holds(world, statistic.period, window);
        if !self.kept.get(purpose).is_some_and(holds) {
            match Kept::new(world, (site, statistic), window.0) {
                Some(anew) => self.kept.insert(purpose.clone(), anew),
                None => self.kept.remove(purpose),
            };
        }
        match self.kept.get_mut(purpose) {
            Some(kept) if window.1 <= world.now().as_second() => {
                kept.go_on(world, statistic, window);
                Cow::Borrowed(&kept.values)
            }
            // What goes on now is not over: it is not kept.
            _ => Cow::Owned(statistic.values(world, site, window)),
        }
    }
}

impl Kept {
    /// Nothing yet of a metric that is generated; none of any other.
    fn new(
        world: &World,
        (site, statistic): (&Site, &MetricStatistic),
        start: i64,
    ) -> Option<Self> {
        let metric = &statistic.metric;
        let metrics = &world.metrics;
        let other_unit = |unit: &String| source::unit(world, site, metric) != *unit;
        if metrics.stored.get(site, metric).is_some()
            || statistic.unit.as_ref().is_some_and(other_unit)
        {
            return None;
        }
        let overrides = metrics.overrides.iter().enumerate();
        let forced = overrides.filter(|(_, forced)| forced.is_about(site, metric));
        Some(Self {
            signal: generate::signal(world, site, metric)?,
            forced: forced.map(|(at, _)| at).collect(),
            overrides: metrics.overrides.len(),
            put: metrics.stored.made(),
            window: (start, start),
            values: Vec::new(),
        })
    }

    /// Whether what is kept is still so, and goes on evenly in another stretch of time.
    fn holds(&self, world: &World, period: i64, (start, end): (i64, i64)) -> bool {
        let (kept_start, kept_end) = self.window;
        let is_even = |length: i64| length >= 0 && length % period.max(1) == 0;
        is_even(start - kept_start)
            && is_even(kept_end - kept_start)
            && end >= kept_end
            && self.put == world.metrics.stored.made()
            && self.overrides == world.metrics.overrides.len()
            && self.signal.holds(world)
    }

    /// Forgets what is before a stretch of time and adds what is new in it.
    fn go_on(&mut self, world: &World, statistic: &MetricStatistic, (start, end): (i64, i64)) {
        let before = self.values.partition_point(|(time, ..)| *time < start);
        self.values.drain(..before);
        let forced = self.forced.iter();
        let forced: Vec<&Forced> =
            forced.filter_map(|at| world.metrics.overrides.get(*at)).collect();
        let rest = (self.window.1.max(start), end);
        let join = if statistic.statistic.needs_values() { Summary::add } else { Summary::add_set };
        let joined = (statistic.period, join as fn(&mut Summary, &Summary));
        let made = source::generated(world, (&mut self.signal, &forced), rest, joined);
        self.values.extend(statistic.of(made));
        self.window = (start, end);
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use reeve_time::Clock;

    use super::*;
    use crate::{
        Twin, fleet, kind,
        metrics::{Course, Forced, Metric, force, statistic::Statistic, stored},
        seed,
        store::Place,
    };

    fn queries(instance: &str) -> Vec<MetricStatistic> {
        let of = |namespace: &str, name: &str, dimension: &str, id: &str, text: &str| {
            [60, 300].map(|period| MetricStatistic {
                metric: Metric::new(namespace, name, vec![(dimension.to_owned(), id.to_owned())]),
                period,
                statistic: Statistic::parse(text).unwrap(),
                text: text.to_owned(),
                unit: None,
            })
        };
        [
            of("AWS/EC2", "CPUUtilization", "InstanceId", instance, "Average"),
            of("AWS/EC2", "StatusCheckFailed", "InstanceId", instance, "Maximum"),
            of("CWAgent", "mem_used_percent", "InstanceId", instance, "p90"),
            of("AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "booking", "Sum"),
            of("Shop", "Errors", "InstanceId", instance, "SampleCount"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What happens to the world at a turn.
    fn disturb(world: &mut World, (place, instance): (&Place, &str), turn: i32) {
        let site = Site::of(place);
        let now = world.now();
        let forced = |course| Forced {
            site: site.clone(),
            namespace: "AWS/RDS".to_owned(),
            metric: "CPUUtilization".to_owned(),
            dimensions: Vec::new(),
            from: now - SignedDuration::from_mins(20),
            to: now + SignedDuration::from_mins(20),
            course,
        };
        match turn {
            20 => force(world, forced(Course::Constant(97.0))),
            45 => force(world, forced(Course::Absent)),
            60 => assert!(fleet::change(world, place, instance, |machine| {
                machine.changes.strains.push(fleet::Strain {
                    from: now,
                    until: None,
                    cpu: 50.0,
                    memory: 9.0,
                });
            })),
            90 | 130 => {
                let (code, name) = if turn == 90 { (80, "stopped") } else { (16, "running") };
                let state = reeve_model::Value::from_iter([
                    ("Code", reeve_model::Value::from(code)),
                    ("Name", reeve_model::Value::from(name)),
                ]);
                world.change(place, instance, |facts| {
                    facts.insert("State", state);
                });
            }
            110 => world.metrics.stored.put(
                &site,
                Metric::new("Shop", "Errors", vec![("InstanceId".to_owned(), instance.to_owned())]),
                &stored::Point {
                    time: now.as_second(),
                    values: Summary::of(3.0),
                    unit: String::new(),
                    high_resolution: false,
                },
            ),
            _ => {}
        }
    }

    #[test]
    fn what_is_kept_is_what_would_be_made_anew_whatever_happens_meanwhile() {
        let twin = Twin::new(Clock::manual("2026-03-01T09:00:00Z".parse().unwrap()), 1);
        seed::small(&twin);
        let mut world = twin.lock();
        let instances = kind::named("AWS::EC2::Instance").unwrap();
        let booking = world.every(kind::named("AWS::RDS::DBInstance").unwrap());
        let (beside, ..) = booking.into_iter().find(|(_, id, _)| *id == "booking").unwrap();
        let place = Place { kind: instances, ..beside.clone() };
        let instance = world.shelf(&place).keys().next().unwrap().clone();
        let (queries, site) = (queries(&instance), Site::of(&place));
        let mut memory = Memory::default();
        let mut compared = 0;
        for turn in 0..160 {
            let now = Timestamp::from_second(1_772_355_600 + 60 * i64::from(turn)).unwrap();
            world.advance(now);
            disturb(&mut world, (&place, &instance), turn);
            for (at, query) in queries.iter().enumerate() {
                let end = now.as_second().div_euclid(query.period) * query.period;
                let window = (end - 5 * query.period, end);
                let purpose = Purpose::Values(at.to_string());
                let kept = memory.values(&purpose, query, (&world, &site), window).into_owned();
                assert_eq!(kept, query.values(&world, &site, window), "{turn}: {query:?}");
                compared += kept.len();
            }
        }
        assert!(compared > 4000, "{compared}");
    }
}
