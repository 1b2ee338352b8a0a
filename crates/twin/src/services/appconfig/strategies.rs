//! Deployment strategies: one's own, and those that everybody has.

use reeve_model::{Object, Value};

use super::things::{MISSING, PAGES, apply, keep, new_id, unsupported};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, describe},
    services::{Action, Part},
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&STRATEGY],
    operations: &[
        ("CreateDeploymentStrategy", Action::Own(create)),
        ("GetDeploymentStrategy", Action::Own(get)),
        ("UpdateDeploymentStrategy", Action::Own(update)),
        ("ListDeploymentStrategies", Action::Own(list)),
        ("DeleteDeploymentStrategy", Action::Own(delete)),
    ],
    tasks: &[],
};

/// A deployment strategy.
pub(super) static STRATEGY: Definition = Definition {
    resource_type: "AWS::AppConfig::DeploymentStrategy",
    tagging_type: "appconfig:deploymentstrategy",
    arn: "arn:{partition}:appconfig:{region}:{account}:deploymentstrategy/{segment}",
    identity: &[("Id", Identity::Id)],
    missing: MISSING,
    ..Definition::OF
};

const MEMBERS: [&str; 6] = [
    "Name",
    "Description",
    "DeploymentDurationInMinutes",
    "GrowthType",
    "GrowthFactor",
    "FinalBakeTimeInMinutes",
];

/// Name, description, minutes, growth type, growth in percent, minutes to bake.
type Predefined = (&'static str, &'static str, i64, &'static str, f64, i64);

/// The strategies that every account has.
const PREDEFINED: [Predefined; 4] = [
    ("AppConfig.AllAtOnce", "Quick", 0, "LINEAR", 100.0, 10),
    ("AppConfig.Canary10Percent20Minutes", "AWS Recommended", 20, "EXPONENTIAL", 10.0, 10),
    ("AppConfig.Linear20PercentEvery6Minutes", "AWS Recommended", 30, "LINEAR", 20.0, 30),
    ("AppConfig.Linear50PercentEvery30Seconds", "Test/Demo", 1, "LINEAR", 50.0, 1),
];

fn predefined((name, description, minutes, growth, factor, bake): &Predefined) -> Object {
    object! {
        "Id": (*name),
        "Name": (*name),
        "Description": (*description),
        "DeploymentDurationInMinutes": (*minutes),
        "GrowthType": (*growth),
        "GrowthFactor": (Value::Float(*factor)),
        "FinalBakeTimeInMinutes": (*bake),
        "ReplicateTo": "NONE"
    }
}

/// A strategy by its id.
pub(super) fn strategy(call: &Call, world: &World, id: &str) -> Result<Object, Failure> {
    if let Some(found) = PREDEFINED.iter().find(|one| one.0 == id) {
        return Ok(predefined(found));
    }
    let place = call.place(&STRATEGY);
    let found = call.find(world, &STRATEGY, id)?;
    Ok(place.describe(&STRATEGY, id, found))
}

fn check(call: &Call) -> Result<(), Failure> {
    if call.text("ReplicateTo").is_some_and(|to| to != "NONE") {
        return unsupported(call, &["ReplicateTo"]);
    }
    let factor = call.input.get("GrowthFactor").and_then(Value::as_f64);
    if factor.is_some_and(|factor| !(1.0..=100.0).contains(&factor)) {
        return Err(call.invalid("GrowthFactor must be between 1.0 and 100.0"));
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    check(call)?;
    let id = new_id(call, world)?;
    let mut facts: Object = call.given(MEMBERS).collect();
    let defaults = object! {
        "GrowthType": "LINEAR", "FinalBakeTimeInMinutes": 0, "ReplicateTo": "NONE"
    };
    for (member, value) in defaults.iter() {
        if facts.get(member).is_none() {
            facts.insert(member, value.clone());
        }
    }
    keep(call, world, (&STRATEGY, &id), (facts, Object::new()))?;
    Ok(call.fit(strategy(call, world, &id)?.into()))
}

fn get(call: &Call, world: &mut World) -> Answer {
    Ok(call.fit(strategy(call, world, call.required("DeploymentStrategyId")?)?.into()))
}

/// The id of a strategy of one's own.
fn own<'c>(call: &'c Call, world: &World) -> Result<&'c str, Failure> {
    let id = call.required("DeploymentStrategyId")?;
    if PREDEFINED.iter().any(|one| one.0 == id) {
        return Err(call.invalid(format!("{id} is a predefined deployment strategy")));
    }
    call.find(world, &STRATEGY, id)?;
    Ok(id)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = own(call, world)?;
    check(call)?;
    apply(call, world, (&STRATEGY, id), &MEMBERS);
    Ok(call.fit(strategy(call, world, id)?.into()))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&STRATEGY);
    let of = (&place.account, &place.region);
    let own = world.shelf(&place).iter();
    let own = own.map(|(id, found)| Value::from(describe(&STRATEGY, of, id, found)));
    let all = PREDEFINED.iter().map(|one| predefined(one).into()).chain(own).collect();
    PAGES.slice(call, "Items", all)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = own(call, world)?;
    world.remove(&call.place(&STRATEGY), id);
    Ok(Value::object())
}
