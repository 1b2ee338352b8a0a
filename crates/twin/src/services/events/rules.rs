//! Rules.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;
use reeve_types::Tags;

use super::{PAGES, RULE, bus_of, check_pattern, empty};
use crate::{
    bus::{DEFAULT, plan_schedule},
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    page::plain,
    store::{Resource, facts},
    tagging,
    value::object,
    world::World,
};

/// The id of a rule.
pub(super) fn id_of(bus: &str, name: &str) -> String {
    if bus == DEFAULT { name.to_owned() } else { format!("{bus}/{name}") }
}

/// The rule that a call names in `member`, which must exist.
pub(super) fn rule(call: &Call, world: &mut World, member: &str) -> Result<String, Failure> {
    let bus = bus_of(call, world, "EventBusName")?;
    let name = call.required(member)?;
    let id = id_of(&bus, name);
    if world.get(&call.place(&RULE), &id).is_none() {
        let message = format!("Rule {name} does not exist on EventBus {bus}.");
        return Err(Failure::new("ResourceNotFoundException", message));
    }
    Ok(id)
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let bus = bus_of(call, world, "EventBusName")?;
    let name = call.required("Name")?;
    let (pattern, schedule) = (call.text("EventPattern"), call.text("ScheduleExpression"));
    if pattern.is_none() && schedule.is_none() {
        let message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
        return Err(call.invalid(message));
    }
    if let Some(pattern) = pattern {
        check_pattern(pattern)?;
    }
    if let Some(schedule) = schedule {
        if bus != DEFAULT {
            let message = "ScheduleExpression is supported only on the default event bus.";
            return Err(call.invalid(message));
        }
        let valid = ScheduleExpression::parse(schedule).is_ok_and(|parsed| !parsed.is_once());
        if !valid {
            return Err(call.invalid("Parameter ScheduleExpression is not valid."));
        }
    }
    let (place, id) = (call.place(&RULE), id_of(&bus, name));
    let mut said = object!(
        "Name": (name),
        "EventBusName": (bus.as_str()),
        "State": (call.text("State").unwrap_or("ENABLED")),
        "CreatedBy": (call.account().as_str()),
    );
    said.extend(call.given(["EventPattern", "ScheduleExpression", "Description", "RoleArn"]));
    let generation = world.random_hex(8);
    let known = world.get(&place, &id);
    let mut inside = known.map(|rule| Object::clone(&rule.inside)).unwrap_or_default();
    inside.insert("Generation", generation);
    inside.insert("Since", call.now);
    // Tags are given when a rule is made; a later `PutRule` leaves them as they are.
    let tags = match known {
        Some(rule) => Arc::clone(&rule.tags),
        None => {
            let given = tagging::listed(call, "Tags");
            tagging::check(call, &given)?;
            Arc::new(given.into_iter().collect::<Tags>())
        }
    };
    let resource = Resource::new(facts(said), tags).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    plan_schedule(world, &place, &id);
    Ok(Value::from_iter([("RuleArn", place.arn_of(&RULE, &id))]))
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let id = rule(call, world, "Name")?;
    let place = call.place(&RULE);
    let found = call.find(world, &RULE, &id)?;
    Ok(call.fit(described(&RULE, (&place.account, &place.region), &id, found).into()))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let bus = bus_of(call, world, "EventBusName")?;
    let (place, id) = (call.place(&RULE), id_of(&bus, call.required("Name")?));
    // A rule that is not there is deleted already.
    let Some(found) = world.get(&place, &id) else { return Ok(empty()) };
    if found.inside.get("Targets").is_some_and(|targets| !targets.as_list().is_empty()) {
        return Err(call.invalid("Rule can't be deleted since it has targets."));
    }
    world.remove(&place, &id);
    Ok(empty())
}

pub(super) fn enable(call: &Call, world: &mut World) -> Answer {
    set_state(call, world, "ENABLED")
}

pub(super) fn disable(call: &Call, world: &mut World) -> Answer {
    set_state(call, world, "DISABLED")
}

fn set_state(call: &Call, world: &mut World, state: &str) -> Answer {
    let id = rule(call, world, "Name")?;
    let place = call.place(&RULE);
    let (generation, now) = (world.random_hex(8), call.now);
    world.set(&place, &id, "State", state);
    world.change_inside(&place, &id, |inside| {
        inside.insert("Generation", generation);
        inside.insert("Since", now);
    });
    plan_schedule(world, &place, &id);
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let bus = bus_of(call, world, "EventBusName")?;
    let prefix = call.text("NamePrefix").unwrap_or_default();
    let output = PAGES.list(
        (call, world),
        (&RULE, "Rules"),
        |_, rule| {
            rule.fact("EventBusName") == Some(&bus)
                && rule.fact("Name").is_some_and(|name| name.starts_with(prefix))
        },
        plain,
    )?;
    Ok(call.fit(output))
}

pub(super) fn list_by_target(call: &Call, world: &mut World) -> Answer {
    let bus = bus_of(call, world, "EventBusName")?;
    let wanted = call.required("TargetArn")?;
    PAGES.list(
        (call, world),
        (&RULE, "RuleNames"),
        |_, rule| {
            let targets = rule.inside.list("Targets");
            let arn = |target: &Value| target.get("Arn").and_then(Value::as_str) == Some(wanted);
            rule.fact("EventBusName") == Some(&bus) && targets.iter().any(arn)
        },
        |_, rule, _| Value::from(rule.fact("Name").unwrap_or_default()),
    )
}
