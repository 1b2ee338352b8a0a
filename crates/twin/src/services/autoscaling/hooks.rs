//! Lifecycle hooks: they hold an instance on its way in or out until somebody says go on, or time runs out.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    GROUP, converge,
    members::{self, named},
    progress,
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Missing},
    services::ec2::compute::support::{after, arn, number, part, resource, text, texts},
    store::Place,
    task::Task,
    value::{object, value},
    world::World,
};

/// Lifecycle hooks, by group and name.
pub(crate) static HOOK: Definition = Definition {
    resource_type: "AWS::AutoScaling::LifecycleHook",
    arn: "arn:{partition}:autoscaling:{region}:{account}:lifecycleHook:{id}",
    missing: Missing::new("ValidationError", "No Lifecycle Hook found with name: {id}"),
    ..Definition::OF
};

pub(super) const LAUNCHING: &str = "autoscaling:EC2_INSTANCE_LAUNCHING";
pub(super) const TERMINATING: &str = "autoscaling:EC2_INSTANCE_TERMINATING";

/// The longest that a hook holds an instance, however often somebody asks for more time.
const LONGEST: i64 = 48 * 3600;

fn key(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

/// The hooks of a group.
fn of_group(world: &World, place: &Place, group: &str) -> Vec<Object> {
    let prefix = format!("{group}/");
    let shelf = world.shelf(&place.beside(&HOOK));
    let found = shelf.iter().filter(|(key, _)| key.starts_with(&prefix));
    found.map(|(_, hook)| Object::clone(&hook.facts)).collect()
}

/// Keeps what is said of a hook, with what is usual for the rest.
pub(super) fn keep(
    call: &Call,
    world: &mut World,
    (group, said): (&str, &Object),
) -> Result<(), Failure> {
    let name = text(said, "LifecycleHookName");
    let place = call.place(&HOOK);
    let known = world.get(&place, &key(group, name)).map(|hook| Object::clone(&hook.facts));
    let mut facts = known.unwrap_or_else(|| {
        object! { "HeartbeatTimeout": 3600, "DefaultResult": "ABANDON" }
    });
    for (member, value) in said.iter() {
        facts.insert(member, value.clone());
    }
    facts.insert("AutoScalingGroupName", group);
    if ![LAUNCHING, TERMINATING].contains(&text(&facts, "LifecycleTransition")) {
        let message = "Lifecycle Transition must be autoscaling:EC2_INSTANCE_LAUNCHING or \
                       autoscaling:EC2_INSTANCE_TERMINATING";
        return Err(call.invalid(message));
    }
    if !["CONTINUE", "ABANDON"].contains(&text(&facts, "DefaultResult")) {
        return Err(call.invalid("DefaultResult must be CONTINUE or ABANDON"));
    }
    let timeout = number(&facts, "HeartbeatTimeout").unwrap_or(3600);
    if !(30..=7200).contains(&timeout) {
        return Err(call.invalid("HeartbeatTimeout must be between 30 and 7200 seconds"));
    }
    facts.insert("GlobalTimeout", (timeout * 100).min(LONGEST));
    world.put(place, key(group, name), resource(facts, Tags::new()));
    Ok(())
}

/// `PutLifecycleHook`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world)?.0;
    let said = call.input.as_object().cloned().unwrap_or_default();
    keep(call, world, (&group, &said))?;
    Ok(Value::object())
}

/// `DescribeLifecycleHooks`.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world)?.0;
    let names = call.texts("LifecycleHookNames");
    let hooks = of_group(world, &call.place(&GROUP), &group).into_iter();
    let wanted =
        hooks.filter(|hook| names.is_empty() || names.contains(&text(hook, "LifecycleHookName")));
    Ok(value!({"LifecycleHooks": (wanted.map(Value::from).collect::<Value>())}))
}

/// `DescribeLifecycleHookTypes`.
pub(super) fn types(_: &Call, _: &mut World) -> Answer {
    Ok(value!({"LifecycleHookTypes": [LAUNCHING, TERMINATING]}))
}

/// `DeleteLifecycleHook`: instances that it holds go on.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world)?.0;
    let name = call.required("LifecycleHookName")?;
    let place = call.place(&HOOK);
    world.remove(&place, &key(&group, name)).ok_or_else(|| HOOK.missing.failure(name))?;
    let held: Vec<String> = waiting(world, &call.place(&GROUP), &group, name);
    for id in held {
        go_on(world, (&call.place(&GROUP), &group, &id), "CONTINUE");
    }
    Ok(Value::object())
}

/// The hooks of a deleted group go with it.
pub(super) fn forget(world: &mut World, place: &Place, group: &str) {
    for hook in of_group(world, place, group) {
        let key = key(group, text(&hook, "LifecycleHookName"));
        world.remove(&place.beside(&HOOK), &key);
    }
}

fn waiting(world: &World, place: &Place, group: &str, hook: &str) -> Vec<String> {
    let Some(group) = world.get(place, group) else { return Vec::new() };
    let held = group.inside.get("Held").and_then(Value::as_object);
    let held = held.into_iter().flat_map(Object::iter);
    held.filter(|(_, hold)| part(hold, "Hook") == hook).map(|(id, _)| id.to_string()).collect()
}

/// Whether a hook holds an instance in a transition; if so it waits, and whoever listens is told.
pub(super) fn hold(
    world: &mut World,
    (place, group, id): (&Place, &str, &str),
    transition: &str,
) -> bool {
    let hooks = of_group(world, place, group);
    let Some(hook) = hooks.iter().find(|hook| text(hook, "LifecycleTransition") == transition)
    else {
        return false;
    };
    let launching = transition == LAUNCHING;
    let state = if launching { "Pending:Wait" } else { "Terminating:Wait" };
    members::set_state(world, (place, group, id), state);
    let token = world.uuid();
    let name = text(hook, "LifecycleHookName");
    let timeout = number(hook, "HeartbeatTimeout").unwrap_or(3600);
    let due = after(world, timeout);
    set_hold(
        world,
        (place, group, id),
        Some(value!({"Hook": name, "Token": (token.as_str()), "Until": due})),
    );
    expire_at(world, (place, group, id), (due, &token));
    let kind = if launching {
        "EC2 Instance-launch Lifecycle Action"
    } else {
        "EC2 Instance-terminate Lifecycle Action"
    };
    let mut detail = object! {
        "LifecycleActionToken": token,
        "AutoScalingGroupName": group,
        "LifecycleHookName": name,
        "EC2InstanceId": id,
        "LifecycleTransition": transition,
        "Origin": (if launching { "EC2" } else { "AutoScalingGroup" }),
        "Destination": (if launching { "AutoScalingGroup" } else { "EC2" }),
    };
    if let Some(metadata) = hook.get("NotificationMetadata") {
        detail.insert("NotificationMetadata", metadata.clone());
    }
    let about = arn(&place.beside(&GROUP), group);
    world.emit(Event::new("aws.autoscaling", kind, place).about(about).with(detail));
    true
}

fn expire_at(
    world: &mut World,
    (place, group, id): (&Place, &str, &str),
    (due, token): (jiff::Timestamp, &str),
) {
    let task = Task::new("autoscaling:hook-expired", &place.beside(&GROUP), group);
    world.schedule(due, task.with(object! { "InstanceId": id, "Token": token }));
}

fn set_hold(world: &mut World, (place, group, id): (&Place, &str, &str), hold: Option<Value>) {
    world.change_inside(place, group, |inside| {
        let mut held = inside.get("Held").and_then(Value::as_object).cloned().unwrap_or_default();
        match hold {
            Some(hold) => held.insert(id, hold),
            None => held.remove(id),
        };
        inside.insert("Held", held);
    });
}

fn hold_of(world: &World, (place, group, id): (&Place, &str, &str)) -> Option<Value> {
    world.get(place, group)?.inside.get("Held")?.get(id).cloned()
}

/// Time ran out for an instance that a hook holds.
pub(super) fn expired(world: &mut World, task: &Task) {
    let id = part(&task.detail, "InstanceId").to_owned();
    let at = (&task.place, task.id.as_str(), id.as_str());
    let Some(hold) = hold_of(world, at) else { return };
    let until = hold.get("Until").and_then(Value::as_timestamp);
    if part(&hold, "Token") != part(&task.detail, "Token") || until > Some(world.now()) {
        return;
    }
    let hooks = of_group(world, at.0, at.1);
    let hook = hooks.iter().find(|hook| text(hook, "LifecycleHookName") == part(&hold, "Hook"));
    let result = hook.map_or("ABANDON", |hook| text(hook, "DefaultResult")).to_owned();
    go_on(world, at, &result);
}

/// Lets an instance go on, or gives it up.
fn go_on(world: &mut World, at: (&Place, &str, &str), result: &str) {
    set_hold(world, at, None);
    let Some(facts) = members::facts(world, at.0, at.1) else { return };
    let Some(entry) = members::entry(&facts, at.2) else { return };
    match (members::state_of(&entry), result) {
        ("Pending:Wait", "CONTINUE") => progress::into_service(world, at),
        ("Pending:Wait", _) => {
            if let Some(activity) = super::activity::of_instance(world, at.0, at.2) {
                let message = "Instance failed to complete user's Lifecycle Action: \
                               Lifecycle Action was abandoned.";
                super::activity::end(world, at.0, &activity, ("Cancelled", message));
                let kind = "EC2 Instance Launch Unsuccessful";
                super::activity::announce(world, at.0, (&activity, at.2), kind);
            }
            let cause = "a lifecycle action was abandoned.";
            let description = format!("Terminating EC2 instance: {}", at.2);
            let begun = super::activity::Begun {
                group: at.1,
                description,
                cause: cause.to_owned(),
                instance: at.2,
            };
            super::activity::begin(world, at.0, begun);
            converge::end_machine(world, at);
        }
        ("Terminating:Wait", _) => converge::end_machine(world, at),
        _ => {}
    }
}

/// The instance that a request about a lifecycle action means.
fn meant(call: &Call, world: &World) -> Result<(String, String), Failure> {
    let (group, found) = named(call, world)?;
    let hook = call.required("LifecycleHookName")?;
    let held = found.inside.get("Held").and_then(Value::as_object);
    let mut held = held.into_iter().flat_map(Object::iter);
    let wanted = held.find(|(id, hold)| {
        part(hold, "Hook") == hook
            && call.text("InstanceId").is_none_or(|wanted| wanted == &***id)
            && call.text("LifecycleActionToken").is_none_or(|token| token == part(hold, "Token"))
    });
    let (id, _) = wanted.ok_or_else(|| {
        let instance = call.text("InstanceId").unwrap_or_default();
        call.invalid(format!("No active Lifecycle Action found with instance ID {instance}"))
    })?;
    Ok((group, id.to_string()))
}

/// `CompleteLifecycleAction`.
pub(super) fn complete(call: &Call, world: &mut World) -> Answer {
    let (group, id) = meant(call, world)?;
    let result = call.required("LifecycleActionResult")?;
    if !["CONTINUE", "ABANDON"].contains(&result) {
        return Err(call.invalid("LifecycleActionResult must be CONTINUE or ABANDON"));
    }
    go_on(world, (&call.place(&GROUP), &group, &id), result);
    Ok(Value::object())
}

/// `RecordLifecycleActionHeartbeat`: time begins anew.
pub(super) fn heartbeat(call: &Call, world: &mut World) -> Answer {
    let (group, id) = meant(call, world)?;
    let place = call.place(&GROUP);
    let at = (&place, group.as_str(), id.as_str());
    let hold = hold_of(world, at).unwrap_or_default();
    let (name, token) = (part(&hold, "Hook").to_owned(), part(&hold, "Token").to_owned());
    let hook = world.get(&call.place(&HOOK), &key(&group, &name));
    let timeout = hook.and_then(|hook| number(&hook.facts, "HeartbeatTimeout")).unwrap_or(3600);
    let due = after(world, timeout);
    let renewed = value!({"Hook": name, "Token": (token.as_str()), "Until": due});
    set_hold(world, at, Some(renewed));
    expire_at(world, at, (due, &token));
    Ok(Value::object())
}

/// The ids in a request, each of which must be in the group.
pub(super) fn ids_in(call: &Call, world: &World, group: &str) -> Result<Vec<String>, Failure> {
    let facts = members::facts(world, &call.place(&GROUP), group).unwrap_or_default();
    let ids = call.input.as_object().map(|input| texts(input, "InstanceIds")).unwrap_or_default();
    for id in &ids {
        if members::entry(&facts, id).is_none() {
            let message = format!("The instance {id} is not part of Auto Scaling group {group}.");
            return Err(call.invalid(message));
        }
    }
    Ok(ids.into_iter().map(str::to_owned).collect())
}
