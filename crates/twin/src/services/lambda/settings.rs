//! How much a function may run at once, and what becomes of asynchronous invocations.

use reeve_model::Value;

use super::{FUNCTION, Named, existing};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::object,
    world::World,
};

/// What an account may run at once, and what must be left for functions that reserve nothing.
const LIMIT: i64 = 1000;
const UNRESERVED: i64 = 100;

/// What all functions but one reserve.
fn reserved(call: &Call, world: &World, but: Option<&str>) -> i64 {
    let shelf = world.shelf(&call.place(&FUNCTION)).iter();
    shelf
        .filter(|(name, _)| but != Some(name.as_str()))
        .filter_map(|(_, function)| function.inside.get("Concurrency")?.as_i64())
        .sum()
}

pub(super) fn put_concurrency(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let wanted = call.integer("ReservedConcurrentExecutions").unwrap_or(0);
    if wanted > 0 && reserved(call, world, Some(&named.name)) + wanted > LIMIT - UNRESERVED {
        return Err(call.invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )));
    }
    world.set_inside(&named.place, &named.name, "Concurrency", wanted);
    Ok(object!("ReservedConcurrentExecutions": (wanted)).into())
}

pub(super) fn get_concurrency(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let found = named.function(world)?.inside.get("Concurrency").cloned();
    Ok(match found {
        Some(reserved) => object!("ReservedConcurrentExecutions": (reserved)).into(),
        None => super::empty(),
    })
}

pub(super) fn delete_concurrency(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    world.change_inside(&named.place, &named.name, |inside| {
        inside.remove("Concurrency");
    });
    Ok(super::empty())
}

/// Where the settings of asynchronous invocations of a qualifier are kept.
pub(super) fn invoke_member(qualifier: Option<&str>) -> String {
    format!("Invoke:{}", qualifier.unwrap_or(super::LATEST))
}

pub(super) fn put_invoke_config(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let mut said = object!("LastModified": (call.now), "FunctionArn": (arn(&named)));
    said.extend(call.given([
        "MaximumRetryAttempts",
        "MaximumEventAgeInSeconds",
        "DestinationConfig",
    ]));
    let shown = said.clone();
    world.change_inside(&named.place, &named.name, |inside| {
        inside.insert(invoke_member(named.qualifier.as_deref()), said);
    });
    Ok(shown.into())
}

fn arn(named: &Named) -> String {
    let qualifier = named.qualifier.clone().unwrap_or(super::LATEST.to_owned());
    Named { qualifier: Some(qualifier), ..named.clone() }.arn()
}

fn missing(named: &Named) -> Failure {
    let message = format!("The function {} doesn't have an EventInvokeConfig", arn(named));
    Failure::new("ResourceNotFoundException", message).with_status(404)
}

pub(super) fn get_invoke_config(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let found = named.function(world)?.inside.get(&invoke_member(named.qualifier.as_deref()));
    found.cloned().ok_or_else(|| missing(&named))
}

pub(super) fn delete_invoke_config(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let mut removed = None;
    world.change_inside(&named.place, &named.name, |inside| {
        removed = inside.remove(&invoke_member(named.qualifier.as_deref()));
    });
    removed.map(|_| super::empty()).ok_or_else(|| missing(&named))
}

pub(super) fn account(call: &Call, world: &mut World) -> Answer {
    let shelf = world.shelf(&call.place(&FUNCTION));
    let sizes = shelf.values().filter_map(|function| function.value("CodeSize")?.as_i64());
    let (size, count) = (sizes.sum::<i64>(), i64::try_from(shelf.len()).unwrap_or(0));
    let free = LIMIT - reserved(call, world, None);
    let output: Value = object!(
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_i64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": (LIMIT),
            "UnreservedConcurrentExecutions": (free),
        },
        "AccountUsage": {"TotalCodeSize": (size), "FunctionCount": (count)},
    )
    .into();
    Ok(output)
}
