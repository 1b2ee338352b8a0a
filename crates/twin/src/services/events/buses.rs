//! Buses and who may put events on them.

use std::sync::Arc;

use reeve_model::Object;

use super::{EVENT_BUS, PAGES, RULE, bus_of, empty};
use crate::{
    bus::DEFAULT,
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    page::plain,
    store::{Resource, facts},
    tagging,
    value::object,
    world::World,
};

const KEPT: [&str; 4] = ["Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"];

/// The default bus is there when somebody looks.
pub(super) fn ensure_default(call: &Call, world: &mut World) {
    let place = call.place(&EVENT_BUS);
    if world.get(&place, DEFAULT).is_none() {
        let described = object!("CreationTime": (call.now), "LastModifiedTime": (call.now));
        world.put(place, DEFAULT, Resource::new(facts(described), Arc::default()));
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    ensure_default(call, world);
    let place = call.place(&EVENT_BUS);
    if call.text("EventSourceName").is_some() {
        let message = "the twin has no partner event sources";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    if name.contains('/') {
        return Err(call.invalid("Event bus name must not contain '/'."));
    }
    if world.get(&place, name).is_some() {
        let message = format!("Event bus {name} already exists.");
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let mut described = object!("CreationTime": (call.now), "LastModifiedTime": (call.now));
    described.extend(call.given(KEPT));
    let arn = place.arn_of(&EVENT_BUS, name);
    let mut output = described.clone();
    world.put(place, name, Resource::new(facts(described), Arc::new(tags)));
    output.insert("EventBusArn", arn);
    Ok(call.fit(output.into()))
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let name = bus_of(call, world, "Name")?;
    let place = call.place(&EVENT_BUS);
    let found = call.find(world, &EVENT_BUS, &name)?;
    Ok(call.fit(described(&EVENT_BUS, (&place.account, &place.region), &name, found).into()))
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let name = bus_of(call, world, "Name")?;
    let place = call.place(&EVENT_BUS);
    let now = call.now;
    world.change(&place, &name, |facts| {
        facts.extend(call.given(KEPT));
        facts.insert("LastModifiedTime", now);
    });
    describe(call, world)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    if name == DEFAULT {
        return Err(call.invalid("Cannot delete event bus default."));
    }
    let rules = world.shelf(&call.place(&RULE));
    if rules.values().any(|rule| rule.fact("EventBusName") == Some(name)) {
        return Err(call.invalid("Event bus can't be deleted since it has rules."));
    }
    // A bus that is not there is deleted already.
    world.remove(&call.place(&EVENT_BUS), name);
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    ensure_default(call, world);
    let prefix = call.text("NamePrefix").unwrap_or_default();
    let output = PAGES.list(
        (call, world),
        (&EVENT_BUS, "EventBuses"),
        |name, _| name.starts_with(prefix),
        plain,
    )?;
    Ok(call.fit(output))
}

pub(super) fn put_permission(call: &Call, world: &mut World) -> Answer {
    let name = bus_of(call, world, "EventBusName")?;
    let place = call.place(&EVENT_BUS);
    let policy = match call.text("Policy") {
        Some(text) => {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
            let is_policy = parsed.is_ok_and(|policy| policy.get("Statement").is_some());
            if !is_policy {
                return Err(call.invalid("This policy contains invalid Json"));
            }
            text.to_owned()
        }
        None => with_statement(call, world, &name)?,
    };
    world.set(&place, &name, "Policy", policy);
    Ok(empty())
}

/// The policy of a bus with the statement that a call describes.
fn with_statement(call: &Call, world: &World, name: &str) -> Result<String, Failure> {
    let place = call.place(&EVENT_BUS);
    let (action, principal, sid) =
        (call.required("Action")?, call.required("Principal")?, call.required("StatementId")?);
    if action != "events:PutEvents" {
        return Err(call.invalid("Provided value in parameter 'action' is not supported."));
    }
    let mut policy = policy_of(world, call, name);
    let principal = match principal {
        "*" => serde_json::json!("*"),
        account if account.len() == 12 && account.chars().all(|digit| digit.is_ascii_digit()) => {
            serde_json::json!({"AWS": format!("arn:aws:iam::{account}:root")})
        }
        _ => {
            let message = "Provided value in parameter 'principal' is not valid. It must be * or a 12-digit account id.";
            return Err(call.invalid(message));
        }
    };
    let mut statement = serde_json::json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": place.arn_of(&EVENT_BUS, name),
    });
    if let Some(condition) = call.object("Condition")
        && let Some(members) = statement.as_object_mut()
    {
        let condition = serde_json::json!({condition.text("Type"): {condition.text("Key"): condition.text("Value")}});
        members.insert("Condition".to_owned(), condition);
    }
    if let Some(statements) = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut)
    {
        statements.retain(|known| known.get("Sid").is_none_or(|known| known != sid));
        statements.push(statement);
    }
    Ok(policy.to_string())
}

fn policy_of(world: &World, call: &Call, name: &str) -> serde_json::Value {
    let text = world.get(&call.place(&EVENT_BUS), name).and_then(|bus| bus.fact("Policy"));
    let usual = serde_json::json!({"Version": "2012-10-17", "Statement": []});
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(usual)
}

pub(super) fn remove_permission(call: &Call, world: &mut World) -> Answer {
    let name = bus_of(call, world, "EventBusName")?;
    let place = call.place(&EVENT_BUS);
    if call.flag("RemoveAllPermissions") {
        world.change(&place, &name, |facts| {
            facts.remove("Policy");
        });
        return Ok(empty());
    }
    let sid = call.required("StatementId")?;
    let missing = || {
        let message = "Statement with the provided id does not exist.";
        Failure::new("ResourceNotFoundException", message)
    };
    let mut policy = policy_of(world, call, &name);
    let statements = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut);
    let statements = statements.ok_or_else(missing)?;
    let before = statements.len();
    statements.retain(|known| known.get("Sid").is_none_or(|known| known != sid));
    if statements.len() == before {
        return Err(missing());
    }
    let rest = (!statements.is_empty()).then(|| policy.to_string());
    world.change(&place, &name, |facts: &mut Object| {
        match rest {
            Some(rest) => facts.insert("Policy", rest),
            None => facts.remove("Policy"),
        };
    });
    Ok(empty())
}
