//! Configurations of which a bucket can have many, each by its id: inventory, analytics, metrics, intelligent tiering.

use reeve_model::{Object, Value};

use super::{bucket, inventory};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    world::World,
};

/// One family: the fact that holds all of them by id, and the member that carries one.
struct Family {
    fact: &'static str,
    member: &'static str,
    list: &'static str,
}

static FAMILIES: [(&str, Family); 4] = [
    (
        "Inventory",
        Family {
            fact: "InventoryConfigurations",
            member: "InventoryConfiguration",
            list: "InventoryConfigurationList",
        },
    ),
    (
        "Analytics",
        Family {
            fact: "AnalyticsConfigurations",
            member: "AnalyticsConfiguration",
            list: "AnalyticsConfigurationList",
        },
    ),
    (
        "Metrics",
        Family {
            fact: "MetricsConfigurations",
            member: "MetricsConfiguration",
            list: "MetricsConfigurationList",
        },
    ),
    (
        "IntelligentTiering",
        Family {
            fact: "IntelligentTieringConfigurations",
            member: "IntelligentTieringConfiguration",
            list: "IntelligentTieringConfigurationList",
        },
    ),
];

/// More than this of one family are refused, and a page has this many less.
const MOST: usize = 1000;

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let family = family(call)?;
    let id = call.required("Id")?;
    let value = call.input.get(family.member).cloned().unwrap_or_else(Value::object);
    if value.get("Id").and_then(Value::as_str) != Some(id) {
        return Err(Failure::new(
            "InvalidArgument",
            "The ID specified in the request does not match",
        ));
    }
    let is_inventory = family.member == "InventoryConfiguration";
    if is_inventory {
        inventory::check(call, world, &value)?;
    }
    let mut kept = kept(world, &place, &name, family);
    kept.retain(|other| other.get("Id").and_then(Value::as_str) != Some(id));
    if kept.len() >= MOST {
        let message = "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.";
        return Err(Failure::new("TooManyConfigurations", message));
    }
    kept.push(value);
    kept.sort_by(|one, other| id_of(one).cmp(id_of(other)));
    keep(world, &place, &name, (family, kept));
    if is_inventory {
        inventory::begin(world, &place, &name);
    }
    Ok(Value::object())
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let family = family(call)?;
    let id = call.required("Id")?;
    let found = kept(world, &place, &name, family).into_iter().find(|value| id_of(value) == id);
    Ok(Value::from_iter([(family.member, found.ok_or_else(missing)?)]))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let family = family(call)?;
    let id = call.required("Id")?;
    let mut kept = kept(world, &place, &name, family);
    let before = kept.len();
    kept.retain(|value| id_of(value) != id);
    if kept.len() == before {
        return Err(missing());
    }
    keep(world, &place, &name, (family, kept));
    Ok(Value::object())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let family = family(call)?;
    let kept = kept(world, &place, &name, family);
    Ok(Value::from_iter([("IsTruncated", Value::from(false)), (family.list, Value::List(kept))]))
}

fn family(call: &Call) -> Result<&'static Family, Failure> {
    FAMILIES
        .iter()
        .find(|(name, _)| call.operation.contains(name))
        .map(|(_, family)| family)
        .ok_or_else(missing)
}

fn kept(world: &World, place: &crate::store::Place, name: &str, family: &Family) -> Vec<Value> {
    bucket::fact(world, place, name, family.fact)
        .map_or_else(Vec::new, |kept| kept.as_list().to_vec())
}

fn keep(
    world: &mut World,
    place: &crate::store::Place,
    name: &str,
    (family, kept): (&Family, Vec<Value>),
) {
    world.change(place, name, |facts: &mut Object| {
        if kept.is_empty() {
            facts.remove(family.fact);
        } else {
            facts.insert(family.fact, kept);
        }
    });
}

fn id_of(value: &Value) -> &str {
    value.text("Id")
}

fn missing() -> Failure {
    Failure::new("NoSuchConfiguration", "The specified configuration does not exist.")
        .with_status(404)
}
