//! The instances behind a load balancer.

use reeve_model::{Object, Value};

use super::{LOAD_BALANCER, health, named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::ec2::compute::INSTANCE,
    value::value,
    world::World,
};

fn given(call: &Call) -> Vec<&str> {
    call.list("Instances").iter().filter_map(|one| one.get("InstanceId")?.as_str()).collect()
}

fn invalid(id: &str) -> Failure {
    Failure::new("InvalidInstance", format!("Could not find EC2 instance {id}."))
}

fn keep(call: &Call, world: &mut World, name: &str, ids: &[String]) -> Value {
    let list: Value = ids.iter().map(|id| value!({"InstanceId": id})).collect();
    world.change(&call.place(&LOAD_BALANCER), name, |facts: &mut Object| {
        facts.insert("Instances", list.clone());
    });
    Value::from_iter([("Instances", list)])
}

pub(super) fn register(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&LOAD_BALANCER);
    let mut ids = health::instances(world, &place, name);
    for id in given(call) {
        let found = world.get(&call.place(&INSTANCE), id).ok_or_else(|| invalid(id))?;
        if found.fact("State.Name") == Some("terminated") {
            return Err(invalid(id));
        }
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    let output = keep(call, world, name, &ids);
    health::begin(world, name, &place);
    Ok(output)
}

pub(super) fn deregister(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let mut ids = health::instances(world, &call.place(&LOAD_BALANCER), name);
    let gone = given(call);
    if let Some(unknown) = gone.iter().find(|id| !ids.iter().any(|known| known == *id)) {
        return Err(invalid(unknown));
    }
    ids.retain(|id| !gone.contains(&id.as_str()));
    Ok(keep(call, world, name, &ids))
}

pub(super) fn describe_health(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&LOAD_BALANCER);
    let ids = health::instances(world, &place, name);
    let asked = given(call);
    if let Some(unknown) = asked.iter().find(|id| !ids.iter().any(|known| known == *id)) {
        return Err(invalid(unknown));
    }
    let kept = health::kept(world, &place, name);
    let shown =
        ids.iter().filter(|id| asked.is_empty() || asked.contains(&id.as_str())).map(|id| {
            let mut state =
                kept.get(id).and_then(Value::as_object).cloned().unwrap_or_else(health::first);
            state.insert("InstanceId", id.as_str());
            Value::from(state)
        });
    Ok(call.fit(Value::from_iter([("InstanceStates", shown.collect::<Value>())])))
}
