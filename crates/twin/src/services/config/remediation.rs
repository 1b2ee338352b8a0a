//! Remediation: what is done about resources that are not as they should be, by Automation documents.

use jiff::Span;
use reeve_model::{Object, Value};

use super::rules::{PAGES, RULE};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    services::{Action, Part},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&CONFIGURATION, &EXCEPTION, &EXECUTION],
    operations: &[
        ("PutRemediationConfigurations", Action::Own(put)),
        ("DescribeRemediationConfigurations", Action::Own(describe_configurations)),
        ("DeleteRemediationConfiguration", Action::Own(delete)),
        ("PutRemediationExceptions", Action::Own(put_exceptions)),
        ("DescribeRemediationExceptions", Action::Own(describe_exceptions)),
        ("DeleteRemediationExceptions", Action::Own(delete_exceptions)),
        ("StartRemediationExecution", Action::Own(start)),
        ("DescribeRemediationExecutionStatus", Action::Own(status)),
    ],
    tasks: &[("config:remediation", watch)],
};

const NONE: Missing = Missing::new(
    "NoSuchRemediationConfigurationException",
    "No RemediationConfiguration for rule exists.",
);

/// What is done about what a rule finds; its id is the rule's name.
pub(crate) static CONFIGURATION: Definition = Definition {
    resource_type: "AWS::Config::RemediationConfiguration",
    arn: "arn:{partition}:config:{region}:{account}:remediation-configuration/{id}",
    identity: &[("ConfigRuleName", Identity::Id), ("Arn", Identity::Arn)],
    missing: NONE,
    ..Definition::OF
};

/// A resource to which it is not done.
pub(crate) static EXCEPTION: Definition = Definition {
    resource_type: "AWS::Config::RemediationException",
    arn: "arn:{partition}:config:{region}:{account}:remediation-exception/{id}",
    ..Definition::OF
};

/// One time that it was done.
pub(crate) static EXECUTION: Definition = Definition {
    resource_type: "AWS::Config::RemediationExecution",
    arn: "arn:{partition}:config:{region}:{account}:remediation-execution/{id}",
    ..Definition::OF
};

/// How often a running execution is looked after, in seconds.
const LOOK: i64 = 15;

fn put(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&CONFIGURATION);
    let mut failed = Vec::new();
    for one in call.list("RemediationConfigurations") {
        let mut kept = one.as_object().cloned().unwrap_or_default();
        let name = kept.text("ConfigRuleName").to_owned();
        if world.get(&call.place(&RULE), &name).is_none() {
            failed.push(value!({ "FailureMessage": (format!("The rule {name} does not exist.")), "FailedItems": [(one.clone())] }));
            continue;
        }
        if kept.flag("Automatic")
            && (!kept.contains("MaximumAutomaticAttempts") || !kept.contains("RetryAttemptSeconds"))
        {
            return Err(call.invalid("MaximumAutomaticAttempts and RetryAttemptSeconds must be given for automatic remediation"));
        }
        kept.remove("ConfigRuleName");
        kept.remove("Arn");
        world.put(place.clone(), name, Resource::new(facts(kept), std::sync::Arc::default()));
    }
    Ok(value!({ "FailedBatches": (failed) }))
}

fn describe_configurations(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&CONFIGURATION);
    let shown: Value = call
        .texts("ConfigRuleNames")
        .into_iter()
        .filter_map(|name| {
            let found = world.get(&place, name)?;
            Some(Value::from(place.describe(&CONFIGURATION, name, found)))
        })
        .collect();
    Ok(call.fit(value!({ "RemediationConfigurations": (shown) })))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    world.remove(&call.place(&CONFIGURATION), name).ok_or_else(|| NONE.failure(name))?;
    Ok(Value::object())
}

/// A resource as these operations name it.
fn named(one: &Value, (kind, id): (&str, &str)) -> (String, String) {
    (one.text(kind).to_owned(), one.text(id).to_owned())
}

fn key(rule: &str, (kind, id): (&str, &str)) -> String {
    format!("{rule}|{kind} {id}")
}

const EXCEPTED: (&str, &str) = ("ResourceType", "ResourceId");
const KEYED: (&str, &str) = ("resourceType", "resourceId");

fn put_exceptions(call: &Call, world: &mut World) -> Answer {
    let rule = call.required("ConfigRuleName")?;
    call.find(world, &CONFIGURATION, rule)?;
    for one in call.list("ResourceKeys") {
        let (kind, id) = named(one, EXCEPTED);
        let mut exception = object! { "ConfigRuleName": (rule), "ResourceType": (kind.as_str()), "ResourceId": (id.as_str()) };
        exception.extend(call.given(["Message", "ExpirationTime"]));
        let resource = Resource::new(facts(exception), std::sync::Arc::default());
        world.put(call.place(&EXCEPTION), key(rule, (&kind, &id)), resource);
    }
    Ok(value!({ "FailedBatches": [] }))
}

/// The things of a rule on a shelf, of the resources named or of all.
fn of_rule(
    call: &Call,
    world: &World,
    kind: crate::kind::Kind,
    members: (&str, &str),
) -> Result<Vec<Value>, Failure> {
    let rule = call.required("ConfigRuleName")?;
    let wanted: Vec<String> = call
        .list("ResourceKeys")
        .iter()
        .map(|one| named(one, members))
        .map(|(kind, id)| key(rule, (&kind, &id)))
        .collect();
    let prefix = format!("{rule}|");
    let shelf = world.shelf(&call.place(kind)).iter();
    let found = shelf
        .filter(|(id, _)| id.starts_with(&prefix) && (wanted.is_empty() || wanted.contains(id)));
    Ok(found.map(|(_, one)| Value::Object((*one.facts).clone())).collect())
}

fn describe_exceptions(call: &Call, world: &mut World) -> Answer {
    let found = of_rule(call, world, &EXCEPTION, EXCEPTED)?;
    PAGES.slice(call, "RemediationExceptions", found)
}

fn delete_exceptions(call: &Call, world: &mut World) -> Answer {
    let rule = call.required("ConfigRuleName")?;
    for one in call.list("ResourceKeys") {
        let (kind, id) = named(one, EXCEPTED);
        world.remove(&call.place(&EXCEPTION), &key(rule, (&kind, &id))).ok_or_else(|| {
            Failure::new(
                "NoSuchRemediationExceptionException",
                "The remediation exception does not exist.",
            )
        })?;
    }
    Ok(value!({ "FailedBatches": [] }))
}

fn start(call: &Call, world: &mut World) -> Answer {
    let rule = call.required("ConfigRuleName")?;
    call.find(world, &CONFIGURATION, rule)?;
    let place = call.place(&RULE);
    let mut failed = Vec::new();
    for one in call.list("ResourceKeys") {
        let (kind, id) = named(one, KEYED);
        if execute(world, &place, rule, (&kind, &id)).is_err() {
            failed.push(one.clone());
        }
    }
    let mut output = object! { "FailedItems": (failed.clone()) };
    if !failed.is_empty() {
        output.insert("FailureMessage", "The remediation could not be started for some resources.");
    }
    Ok(output.into())
}

/// Remedies what a rule has found, if it is to be done without being asked and nobody excepted the resource.
pub(super) fn automatic(world: &mut World, place: &Place, rule: &str, resource: (&str, &str)) {
    let configuration = place.beside(&CONFIGURATION);
    let found = world.get(&configuration, rule);
    let is_automatic =
        found.and_then(|one| one.value("Automatic")).and_then(Value::as_bool) == Some(true);
    let exception = world.get(&place.beside(&EXCEPTION), &key(rule, resource));
    let now = world.now();
    let is_excepted = exception.is_some_and(|one| {
        one.value("ExpirationTime").and_then(Value::as_timestamp).is_none_or(|end| end > now)
    });
    if is_automatic && !is_excepted {
        // What cannot be started is seen in the execution's state.
        let _ = execute(world, place, rule, resource);
    }
}

fn execute(
    world: &mut World,
    place: &Place,
    rule: &str,
    (kind, id): (&str, &str),
) -> Result<(), Failure> {
    let configuration = place.beside(&CONFIGURATION);
    let configuration =
        world.get(&configuration, rule).cloned().ok_or_else(|| NONE.failure(rule))?;
    let document = configuration.fact("TargetId").unwrap_or_default().to_owned();
    let parameters =
        configuration.value("Parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameters: Object = parameters
        .iter()
        .map(|(name, value)| {
            let values = match value.get("ResourceValue") {
                Some(_) => Value::List(vec![Value::from(id)]),
                None => value
                    .path("StaticValue.Values")
                    .cloned()
                    .unwrap_or_else(|| Value::List(Vec::new())),
            };
            (name.clone(), values)
        })
        .collect();
    let origin = Origin::at(place, "config.amazonaws.com");
    let input = value!({ "DocumentName": (document.as_str()), "Parameters": (parameters) });
    let started = world.call(&origin, "ssm", "StartAutomationExecution", input);
    let now = world.now();
    let (state, execution, message) = match &started {
        Ok(answer) => {
            let execution = answer.text("AutomationExecutionId");
            ("IN_PROGRESS", execution.to_owned(), String::new())
        }
        Err(failure) => ("FAILED", String::new(), failure.message.clone()),
    };
    let step = object! { "Name": (document.as_str()), "State": (if state == "FAILED" { "FAILED" } else { "PENDING" }), "ErrorMessage": (message), "StartTime": (now) };
    let facts_now = object! {
        "ResourceKey": { "resourceType": (kind), "resourceId": (id) },
        "State": (state),
        "StepDetails": [(step)],
        "InvocationTime": (now),
        "LastUpdatedTime": (now)
    };
    let executions = place.beside(&EXECUTION);
    let key = key(rule, (kind, id));
    let resource = Resource::new(facts(facts_now), std::sync::Arc::default())
        .with_inside(object! { "Execution": (execution) });
    world.put(executions.clone(), key.as_str(), resource);
    if state == "IN_PROGRESS" {
        world.schedule(
            now + Span::new().seconds(LOOK),
            Task::new("config:remediation", &executions, &key),
        );
    }
    started.map(|_| ())
}

/// Looks how an execution goes on.
fn watch(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else {
        return;
    };
    let execution = found.inside.text("Execution").to_owned();
    let origin = Origin::at(&task.place, "config.amazonaws.com");
    let input = value!({ "AutomationExecutionId": (execution) });
    let answer = world.call(&origin, "ssm", "GetAutomationExecution", input);
    let status = answer.ok().and_then(|answer| {
        answer
            .path("AutomationExecution.AutomationExecutionStatus")
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    let now = world.now();
    let state = match status.as_deref() {
        Some("Success") => "SUCCEEDED",
        Some("Failed" | "TimedOut" | "Cancelled") | None => "FAILED",
        Some(_) => {
            let next = Task::new("config:remediation", &task.place, &task.id);
            world.schedule(now + Span::new().seconds(LOOK), next);
            return;
        }
    };
    world.change(&task.place, &task.id, |facts| {
        facts.insert("State", state);
        facts.insert("LastUpdatedTime", now);
    });
    // What was remedied is judged again.
    let rule = task.id.split('|').next().unwrap_or_default();
    let rules = task.place.beside(&RULE);
    world.schedule(now + Span::new().seconds(LOOK), Task::new("config:evaluate", &rules, rule));
}

fn status(call: &Call, world: &mut World) -> Answer {
    let rule = call.required("ConfigRuleName")?;
    call.find(world, &CONFIGURATION, rule)?;
    let found = of_rule(call, world, &EXECUTION, KEYED)?;
    PAGES.slice(call, "RemediationExecutionStatuses", found)
}
