//! The tags of load balancers.

use reeve_model::Value;

use super::LOAD_BALANCER;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_list,
    tagging,
    world::World,
};

const MOST_DESCRIBED: usize = 20;

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LoadBalancerNames");
    if names.is_empty() || names.len() > MOST_DESCRIBED {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'loadBalancerNames' failed to satisfy constraint: \
             Member must have length between 1 and {MOST_DESCRIBED}"
        )));
    }
    let mut found = Vec::new();
    for name in names {
        let tags = tag_list(&call.find(world, &LOAD_BALANCER, name)?.tags);
        found.push(Value::from_iter([("LoadBalancerName", Value::from(name)), ("Tags", tags)]));
    }
    Ok(Value::from_iter([("TagDescriptions", Value::List(found))]))
}

pub(super) fn tag(call: &Call, world: &mut World) -> Answer {
    let name = only(call)?;
    let tags = tagging::with(
        call,
        call.find(world, &LOAD_BALANCER, name)?,
        &tagging::listed(call, "Tags"),
    )?;
    keep(call, world, name, tags)
}

pub(super) fn untag(call: &Call, world: &mut World) -> Answer {
    let name = only(call)?;
    let keys = tagging::listed(call, "Tags");
    let keys: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let tags = tagging::without(call, call.find(world, &LOAD_BALANCER, name)?, &keys)?;
    keep(call, world, name, tags)
}

fn keep(call: &Call, world: &mut World, name: &str, tags: reeve_types::Tags) -> Answer {
    if let Some(balancer) = world.store.get_mut(&call.place(&LOAD_BALANCER), name) {
        balancer.set_tags(tags);
    }
    Ok(Value::object())
}

/// The one load balancer named: these calls take a list but accept no more.
fn only(call: &Call) -> Result<&str, Failure> {
    match call.texts("LoadBalancerNames").as_slice() {
        [name] => Ok(name),
        _ => Err(call.invalid("You can specify one load balancer only")),
    }
}
