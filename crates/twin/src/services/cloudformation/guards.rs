//! What guards stacks: policies, protection, and exports that others use.

use reeve_model::Value;

use super::{
    policy,
    record::{self, STACK},
    stacks::{PAGES, named},
    watch,
};
use crate::{
    call::{Answer, Call},
    services::{Action, Part},
    store::{Place, Resource},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("UpdateTerminationProtection", Action::Own(protect)),
        ("SetStackPolicy", Action::Own(set_policy)),
        ("GetStackPolicy", Action::Own(get_policy)),
        ("ListExports", Action::Own(list_exports)),
        ("ListImports", Action::Own(list_imports)),
    ],
    tasks: &[],
};

/// An export of a stack that another uses.
pub(super) fn used_export(world: &World, place: &Place, id: &str) -> Option<(String, String)> {
    let own = record::exports(world, place).into_iter().filter(|(_, (owner, _))| owner == id);
    own.into_iter().find_map(|(name, _)| {
        let user = importers(world, place, &name).into_iter().next()?;
        Some((name, user))
    })
}

/// The names of the stacks that import something.
fn importers(world: &World, place: &Place, name: &str) -> Vec<String> {
    let shelf = world.shelf(place).iter();
    let imports = |stack: &Resource| {
        let imports = stack.inside.list("Imports");
        imports.iter().any(|one| one.as_str() == Some(name))
            && stack.fact("StackStatus") != Some("DELETE_COMPLETE")
    };
    shelf
        .filter(|(_, stack)| imports(stack))
        .map(|(id, _)| id.split('/').next().unwrap_or(id).to_owned())
        .collect()
}

fn protect(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let is = call.flag("EnableTerminationProtection");
    world.set(&place, &id, "EnableTerminationProtection", is);
    Ok(value!({ "StackId": (place.arn_of(&STACK, &id)) }))
}

fn set_policy(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    watch::check(call, world)?;
    let policy = call.required("StackPolicyBody")?;
    policy::check(call, policy)?;
    world.set_inside(&place, &id, "Policy", policy);
    Ok(Value::object())
}

fn get_policy(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let policy = world.get(&place, &id).and_then(|stack| stack.inside.get("Policy").cloned());
    Ok(policy.map_or_else(Value::object, |policy| value!({ "StackPolicyBody": (policy) })))
}

fn list_exports(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&STACK);
    let exports = record::exports(world, &place)
        .into_iter()
        .map(|(name, (id, value))| {
            let arn = place.arn_of(&STACK, &id);
            value!({ "ExportingStackId": (arn), "Name": (name), "Value": (value) })
        })
        .collect();
    PAGES.slice(call, "Exports", exports)
}

fn list_imports(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&STACK);
    let name = call.required("ExportName")?;
    let users = importers(world, &place, name);
    if users.is_empty() {
        return Err(call.invalid(format!("Export '{name}' is not imported by any stack.")));
    }
    PAGES.slice(call, "Imports", users.into_iter().map(Value::from).collect())
}
