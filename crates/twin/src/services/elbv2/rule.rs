//! Rules of listeners, by priority; the last one has none and catches the rest.

use reeve_model::{Object, Value};

use super::{
    LISTENER, RULE,
    support::{completed, find, make, named, page, shown, under},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

const HIGHEST: i64 = 50_000;

/// Makes the rule that every listener has.
pub(super) fn make_default(call: &Call, world: &mut World, listener: &str) {
    let actions = world
        .get(&call.place(&LISTENER), listener)
        .and_then(|listener| listener.value("DefaultActions").cloned())
        .unwrap_or_default();
    let described =
        object!("Actions": (actions), "Conditions": [], "IsDefault": true, "Priority": "default");
    let id = format!("{listener}/{}", world.random_hex(16));
    world.put(call.place(&RULE), id, Resource::new(facts(described), std::sync::Arc::default()));
}

/// The rule that catches the rest does what its listener does by default.
pub(super) fn change_default(call: &Call, world: &mut World, (listener, actions): (&str, &Value)) {
    let place = call.place(&RULE);
    for id in under(world, &place, &RULE, &format!("{listener}/")) {
        if world.get(&place, &id).is_some_and(is_default) {
            world.set(&place, &id, "Actions", actions.clone());
        }
    }
}

fn is_default(rule: &Resource) -> bool {
    rule.flag("IsDefault")
}

/// Conditions with what is added to them: values stand both alone and in the configuration of their field.
fn conditions(call: &Call, given: &[Value]) -> Result<Value, Failure> {
    let mut completed = Vec::new();
    for condition in given {
        let mut condition = condition.as_object().cloned().unwrap_or_default();
        let field = condition.text("Field").to_owned();
        let configuration = match field.as_str() {
            "host-header" => "HostHeaderConfig",
            "path-pattern" => "PathPatternConfig",
            "http-request-method" => "HttpRequestMethodConfig",
            "source-ip" => "SourceIpConfig",
            "http-header" => "HttpHeaderConfig",
            "query-string" => "QueryStringConfig",
            _ => return Err(call.invalid(format!("Condition field '{field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'"))),
        };
        let plain = condition.get("Values").cloned();
        let inner = condition.get(configuration).and_then(|inner| inner.get("Values").cloned());
        match (plain, inner) {
            (Some(values), None) => {
                condition.insert(configuration, Object::from_iter([("Values", values)]));
            }
            (None, Some(values)) if matches!(field.as_str(), "host-header" | "path-pattern") => {
                condition.insert("Values", values);
            }
            (None, None) => return Err(call.invalid("A condition value must be specified")),
            _ => {}
        }
        completed.push(condition.into());
    }
    if completed.is_empty() {
        return Err(call.invalid("At least one condition must be specified"));
    }
    Ok(Value::List(completed))
}

fn check_priority(
    world: &World,
    place: &Place,
    listener: &str,
    (priority, but): (i64, &[String]),
) -> Result<(), Failure> {
    let text = priority.to_string();
    let taken = under(world, place, &RULE, &format!("{listener}/")).into_iter().any(|id| {
        !but.contains(&id)
            && world.get(place, &id).and_then(|rule| rule.fact("Priority")) == Some(&text)
    });
    if taken {
        return Err(Failure::new(
            "PriorityInUse",
            format!("Priority '{priority}' is currently in use"),
        ));
    }
    Ok(())
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let listener = named(call, world, (&LISTENER, "ListenerArn"))?;
    let place = call.place(&RULE);
    let priority = call.integer("Priority").unwrap_or(0);
    if !(1..=HIGHEST).contains(&priority) {
        return Err(
            call.invalid(format!("Rule priority '{priority}' must be between 1 and {HIGHEST}"))
        );
    }
    check_priority(world, &place, &listener, (priority, &[]))?;
    let mut described = object!(
        "Actions": (completed(call, world, call.list("Actions"))?),
        "Conditions": (conditions(call, call.list("Conditions"))?),
        "IsDefault": false,
        "Priority": (priority.to_string()),
    );
    described.extend(call.given(["Transforms"]));
    let id = format!("{listener}/{}", world.random_hex(16));
    make(call, world, (&RULE, &id), described)?;
    Ok(some(call, world, &[id]))
}

fn some(call: &Call, world: &World, ids: &[String]) -> Value {
    let rules: Value = ids.iter().map(|id| Value::from(shown(call, world, &RULE, id))).collect();
    call.fit(Value::from_iter([("Rules", rules)]))
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&RULE, "RuleArn"))?;
    if is_default(call.find(world, &RULE, &id)?) {
        return Err(Failure::new("OperationNotPermitted", "Default rule cannot be modified"));
    }
    if call.input.get("Transforms").is_some() || call.flag("ResetTransforms") {
        return Err(call.invalid("the twin does not change the transforms of rules"));
    }
    let given = call.list("Conditions");
    let conditions = if given.is_empty() { None } else { Some(conditions(call, given)?) };
    let given = call.list("Actions");
    let actions = if given.is_empty() { None } else { Some(completed(call, world, given)?) };
    world.change(&call.place(&RULE), &id, |facts| {
        for (member, value) in [("Conditions", conditions), ("Actions", actions)] {
            if let Some(value) = value {
                facts.insert(member, value);
            }
        }
    });
    Ok(some(call, world, &[id]))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&RULE, "RuleArn"))?;
    if is_default(call.find(world, &RULE, &id)?) {
        return Err(Failure::new("OperationNotPermitted", "Default rule cannot be deleted"));
    }
    world.remove(&call.place(&RULE), &id);
    Ok(Value::object())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&RULE);
    let ids = match call.text("ListenerArn") {
        Some(listener) => {
            let listener = find(call, world, (&LISTENER, listener))?;
            under(world, &place, &RULE, &format!("{listener}/"))
        }
        None => {
            let arns = call.texts("RuleArns");
            if arns.is_empty() {
                return Err(
                    call.invalid("You must specify either listener rule ARNs or a listener ARN")
                );
            }
            arns.iter().map(|arn| find(call, world, (&RULE, arn))).collect::<Result<_, _>>()?
        }
    };
    let keyed = ids.into_iter().map(|id| {
        let rule = shown(call, world, &RULE, &id);
        let priority =
            rule.get("Priority").and_then(Value::as_str).and_then(|text| text.parse::<u32>().ok());
        (format!("{:010}/{id}", priority.unwrap_or(u32::MAX)), Value::from(rule))
    });
    let mut all: Vec<(String, Value)> = keyed.collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    page(call, "Rules", all)
}

pub(super) fn set_priorities(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&RULE);
    let mut wanted = Vec::new();
    for pair in call.list("RulePriorities") {
        let arn = pair.text("RuleArn");
        let id = find(call, world, (&RULE, arn))?;
        if is_default(call.find(world, &RULE, &id)?) {
            return Err(Failure::new(
                "OperationNotPermitted",
                "Default rule's priority cannot be changed",
            ));
        }
        wanted.push((id, pair.get("Priority").and_then(Value::as_i64).unwrap_or(0)));
    }
    let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
    for (index, (id, priority)) in wanted.iter().enumerate() {
        let (listener, _) = id.rsplit_once('/').unwrap_or((id, ""));
        check_priority(world, &place, listener, (*priority, &ids))?;
        if wanted.iter().take(index).any(|(_, other)| other == priority) {
            return Err(call.invalid("A priority cannot be given to two rules"));
        }
    }
    for (id, priority) in wanted {
        world.set(&place, &id, "Priority", priority.to_string());
    }
    Ok(some(call, world, &ids))
}
