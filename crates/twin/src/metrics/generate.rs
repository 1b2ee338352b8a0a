//! The metrics that resources make by themselves, as data: which kind of resource has which metrics, and how they go.
//!
//! Adding a metric is adding a row to a table. Nothing is kept: a value is a function of the seed, the resource and the time.

mod compute;
mod data;
mod disks;
mod network;
mod shape;

pub(crate) use shape::Signal;

use jiff::Timestamp;
use reeve_model::Value;

use super::{Metric, Site};
use crate::{
    kind::{self, HOME_REGION, Scope},
    store::{Place, Resource, Seen},
    world::World,
};
use shape::Shape;

/// Metrics that every resource of a kind has.
struct Family {
    namespace: &'static str,
    /// The resource type.
    kind: &'static str,
    /// The dimension that holds the id.
    dimension: &'static str,
    /// Further dimensions and their values.
    fixed: &'static [(&'static str, Fixed)],
    /// A fact that must have one of some values for there to be points; an empty path if there always are.
    alive: (&'static str, &'static [&'static str]),
    /// Which of the resources: by what the id begins with, and a fact.
    only: Only,
    /// The fact that says since when there are points.
    since: &'static str,
    /// The seconds between points.
    step: i64,
    rows: &'static [Row],
}

/// Which resources of a kind a family is of.
enum Only {
    All,
    /// Those whose ids begin so.
    Prefix(&'static str),
    /// Those for which this holds.
    If(fn(&Resource) -> bool),
}

/// The value of a further dimension.
enum Fixed {
    Text(&'static str),
    /// The account.
    Account,
    /// A fact, by dotted path.
    Fact(&'static str),
}

/// One metric of a family: its name, its unit and how it goes.
struct Row(&'static str, &'static str, Shape);

const ALWAYS: (&str, &[&str]) = ("", &[]);

fn families() -> impl Iterator<Item = &'static Family> {
    compute::FAMILIES.iter().chain(network::FAMILIES).chain(data::FAMILIES)
}

/// How a metric goes, if a resource makes it.
pub(crate) fn signal(world: &World, site: &Site, metric: &Metric) -> Option<Signal> {
    if let Some(signal) = disks::signal(world, site, metric) {
        return Some(signal);
    }
    let of_namespace = families().filter(|family| family.namespace == metric.namespace);
    for family in of_namespace {
        let Some(id) = metric.dimension(family.dimension) else { continue };
        let Some(Row(_, _, shape)) = family.rows.iter().find(|Row(name, ..)| *name == metric.name)
        else {
            continue;
        };
        let Some((place, resource)) = family.resource(world, site, id) else { continue };
        if family.dimensions(&place, id, resource) == metric.dimensions {
            return Some(family.signal(world, (&place, id, resource), (shape, &metric.name)));
        }
    }
    None
}

/// The unit of a metric that resources make.
pub(crate) fn unit(metric: &Metric) -> Option<&'static str> {
    if let Some(unit) = disks::unit(&metric.name) {
        return Some(unit);
    }
    let of_namespace = families().filter(|family| family.namespace == metric.namespace);
    let mut rows = of_namespace.flat_map(|family| family.rows);
    rows.find(|Row(name, ..)| *name == metric.name).map(|Row(_, unit, _)| *unit)
}

/// The metrics that the resources of a site make, in order.
pub(crate) fn list(world: &World, site: &Site) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for family in families() {
        let Some(place) = family.place(site) else { continue };
        for (id, resource) in world.shelf(&place) {
            if !family.includes(id, resource) || !family.is_alive(resource) {
                continue;
            }
            let dimensions = family.dimensions(&place, id, resource);
            let audible = family.rows.iter().filter(|row| !matches!(row.2, Shape::Silent));
            metrics.extend(
                audible
                    .map(|Row(name, ..)| Metric::new(family.namespace, name, dimensions.clone())),
            );
        }
    }
    metrics.extend(disks::list(world, site));
    metrics.sort();
    metrics
}

impl Family {
    fn place(&self, site: &Site) -> Option<Place> {
        let kind = kind::named(self.kind)?;
        let region = match kind.scope {
            Scope::Regional => site.region.clone(),
            Scope::Global => HOME_REGION.parse().ok()?,
        };
        Some(Place { account: site.account.clone(), region, kind })
    }

    fn resource<'w>(
        &self,
        world: &'w World,
        site: &Site,
        id: &str,
    ) -> Option<(Place, &'w Resource)> {
        let place = self.place(site)?;
        let resource = world.get(&place, id)?;
        self.includes(id, resource).then_some((place, resource))
    }

    fn includes(&self, id: &str, resource: &Resource) -> bool {
        match self.only {
            Only::All => true,
            Only::Prefix(prefix) => id.starts_with(prefix),
            Only::If(holds) => holds(resource),
        }
    }

    fn is_alive(&self, resource: &Resource) -> bool {
        let (path, values) = self.alive;
        path.is_empty() || resource.fact(path).is_some_and(|state| values.contains(&state))
    }

    fn dimensions(&self, place: &Place, id: &str, resource: &Resource) -> Vec<(String, String)> {
        let own = (self.dimension.to_owned(), id.to_owned());
        let further = self.fixed.iter().map(|(name, value)| {
            let value = match value {
                Fixed::Text(text) => (*text).to_owned(),
                Fixed::Account => place.account.to_string(),
                Fixed::Fact(path) => resource.fact(path).unwrap_or_default().to_owned(),
            };
            ((*name).to_owned(), value)
        });
        let mut dimensions: Vec<_> = std::iter::once(own).chain(further).collect();
        dimensions.sort();
        dimensions
    }

    fn signal(
        &self,
        world: &World,
        (place, id, resource): (&Place, &str, &Resource),
        (shape, name): (&Shape, &str),
    ) -> Signal {
        let since = resource.value(self.since).and_then(Value::as_timestamp);
        let now = world.now();
        let (from, until) = if self.is_alive(resource) {
            (since.unwrap_or(Timestamp::UNIX_EPOCH), None)
        } else {
            // Since when it is not there is known only where a resource says so.
            (since.unwrap_or(Timestamp::UNIX_EPOCH), Some(ended(resource).unwrap_or(now)))
        };
        // What ends only now, for all that is known, may be said to have ended then or earlier when it is asked later.
        let settled = until.is_none_or(|end| end < now);
        let until = if settled { until } else { Some(from) };
        let step = if self.step == compute::BY_MONITORING {
            compute::monitoring_step(resource)
        } else {
            self.step
        };
        Signal {
            seed: shape::seed(world.seed, &[place.account.as_str(), id, self.namespace, name]),
            step,
            from: from.as_second(),
            until: until.map(Timestamp::as_second),
            level: shape.level(place, id, resource),
            of: Seen::of(&world.store, place.clone(), id),
            settled,
            machine: None,
            said: None,
        }
    }
}

/// When an instance stopped, as its reason says: `User initiated (2026-03-01 09:00:00 GMT)`.
fn ended(resource: &Resource) -> Option<Timestamp> {
    let reason = resource.fact("StateTransitionReason")?;
    let (_, rest) = reason.split_once('(')?;
    let (time, _) = rest.split_once(" GMT)")?;
    format!("{}Z", time.replace(' ', "T")).parse().ok()
}
