//! Policies that keep a visitor with one instance.

use reeve_model::{Object, Value};

use super::{LOAD_BALANCER, balancer, named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    world::World,
};

const LISTS: [&str; 2] = ["AppCookieStickinessPolicies", "LBCookieStickinessPolicies"];

fn has(policies: &Value, name: &str) -> bool {
    LISTS
        .iter()
        .flat_map(|list| policies.list(list))
        .any(|one| one.get("PolicyName").and_then(Value::as_str) == Some(name))
}

fn policies(call: &Call, world: &World, balancer: &str) -> Result<Value, Failure> {
    Ok(call
        .find(world, &LOAD_BALANCER, balancer)?
        .value("Policies")
        .cloned()
        .unwrap_or_else(Value::object))
}

fn add(call: &Call, world: &mut World, list: &str, members: &[&str]) -> Answer {
    let name = named(call, world)?;
    let mut policies = policies(call, world, name)?;
    let policy = call.required("PolicyName")?;
    if has(&policies, policy) {
        let message = format!("Policy '{policy}' already exists");
        return Err(Failure::new("DuplicatePolicyName", message));
    }
    let mut added = Object::new();
    for member in members {
        if let Some(value) = call.input.get(member) {
            added.insert(*member, value.clone());
        }
    }
    if let Some(policies) = policies.as_object_mut() {
        let mut all = policies.list(list).to_vec();
        all.push(added.into());
        policies.insert(list, all);
    }
    world.set(&call.place(&LOAD_BALANCER), name, "Policies", policies);
    Ok(Value::object())
}

pub(super) fn create_app_cookie(call: &Call, world: &mut World) -> Answer {
    add(call, world, "AppCookieStickinessPolicies", &["PolicyName", "CookieName"])
}

pub(super) fn create_lb_cookie(call: &Call, world: &mut World) -> Answer {
    add(call, world, "LBCookieStickinessPolicies", &["PolicyName", "CookieExpirationPeriod"])
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let policy = call.required("PolicyName")?;
    let mut policies = policies(call, world, name)?;
    let listeners = balancer::listeners(world, &call.place(&LOAD_BALANCER), name);
    let used =
        |one: &Value| one.list("PolicyNames").iter().any(|name| name.as_str() == Some(policy));
    if listeners.iter().any(used) {
        let message = format!("You must disable policy '{policy}' before deleting it.");
        return Err(Failure::new("InvalidConfigurationRequest", message));
    }
    if let Some(policies) = policies.as_object_mut() {
        for list in LISTS {
            let mut all = policies.list(list).to_vec();
            all.retain(|one| one.get("PolicyName").and_then(Value::as_str) != Some(policy));
            policies.insert(list, all);
        }
    }
    world.set(&call.place(&LOAD_BALANCER), name, "Policies", policies);
    Ok(Value::object())
}

pub(super) fn set_of_listener(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let policies = policies(call, world, name)?;
    let names = call.texts("PolicyNames");
    if let Some(unknown) = names.iter().find(|name| !has(&policies, name)) {
        return Err(Failure::new(
            "PolicyNotFound",
            format!("There is no policy with name {unknown} for load balancer {name}"),
        ));
    }
    let names: Value = names.into_iter().map(Value::from).collect();
    balancer::change_listener(call, world, |found| {
        found.insert("PolicyNames", names);
    })?;
    Ok(Value::object())
}
