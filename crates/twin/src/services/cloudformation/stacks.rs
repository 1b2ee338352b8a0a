//! Stacks: created, changed, deleted, and shown.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    deploy,
    evaluate::{self, Scope},
    guards,
    parameters::{self, Given, Parameters},
    policy,
    record::{self, Goal, STACK, find, set_status},
    template::Template,
    templates, watch,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&STACK],
    operations: &[
        ("CreateStack", Action::Own(create)),
        ("UpdateStack", Action::Own(update)),
        ("DeleteStack", Action::Own(delete)),
        ("DescribeStacks", Action::Own(describe_stacks)),
        ("ListStacks", Action::Own(list)),
        ("DescribeStackEvents", Action::Own(events)),
        ("DescribeStackResources", Action::Own(resources)),
        ("DescribeStackResource", Action::Own(resource)),
        ("ListStackResources", Action::Own(list_resources)),
        ("CancelUpdateStack", Action::Own(cancel)),
        ("ContinueUpdateRollback", Action::Own(go_on)),
    ],
    tasks: &[],
};

/// How listings are paged: their size is AWS's own.
pub(super) static PAGES: Paging = Paging::of("", "NextToken", (100, 100), "ValidationError");

/// The stack that the caller names.
pub(super) fn named(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let name = call.required("StackName")?;
    let place = call.place(&STACK);
    let id = find(world, &place, name).ok_or_else(|| STACK.missing.failure(name))?;
    Ok((place, id))
}

/// What was given for parameters.
pub(super) fn given(call: &Call, member: &str) -> BTreeMap<String, Given> {
    call.list(member)
        .iter()
        .map(|one| {
            let is_previous = one.flag("UsePreviousValue");
            let given = if is_previous {
                Given::Previous
            } else {
                Given::Text(one.text("ParameterValue").to_owned())
            };
            (one.text("ParameterKey").to_owned(), given)
        })
        .collect()
}

/// Reads what a caller wants a stack to be.
pub(super) fn goal(
    call: &Call,
    world: &mut World,
    body: String,
    previous: Option<&Goal>,
) -> Result<(Template, Goal), Failure> {
    watch::check(call, world)?;
    let template = Template::parse(&body).map_err(|message| call.invalid(message))?;
    templates::check_types(call, &template)?;
    templates::check_capabilities(call, &template)?;
    let before = previous.map(Goal::written).unwrap_or_default();
    let place = call.place(&STACK);
    let mut lookup = |name: &str| {
        let origin = Origin::at(&place, "cloudformation.amazonaws.com");
        let answer = world.call(
            &origin,
            "ssm",
            "GetParameter",
            value!({ "Name": (name), "WithDecryption": (true) }),
        );
        answer.ok()?.path("Parameter.Value").and_then(Value::as_str).map(str::to_owned)
    };
    let settled = parameters::settle(&template, &given(call, "Parameters"), &before, &mut lookup);
    let settled = settled.map_err(|message| call.invalid(message))?;
    Ok((template, Goal { body, parameters: kept(&settled) }))
}

fn kept(settled: &Parameters) -> Object {
    let one = |(name, one): (&String, &parameters::Settled)| {
        let kept = object! {
            "Written": (one.written.as_str()),
            "Value": (one.value.clone()),
            "Hidden": (one.hidden),
            "LookedUp": (one.looked_up)
        };
        (name.clone(), kept)
    };
    settled.iter().map(one).collect()
}

/// The parameters as descriptions show them.
pub(super) fn shown_parameters(goal: &Goal) -> Value {
    let one = |(name, one): (&reeve_model::Name, &Value)| {
        let written = one.text("Written");
        let mut shown = object! {
            "ParameterKey": (name.as_str()),
            "ParameterValue": (if one.flag("Hidden") { "****" } else { written })
        };
        if one.flag("LookedUp") {
            let value = one.get("Value").map(super::functions::text).unwrap_or_default();
            shown.insert("ResolvedValue", value);
        }
        Value::from(shown)
    };
    goal.parameters.iter().map(one).collect()
}

/// Refuses a goal that cannot be: imports that nobody exports, conditions that cannot be evaluated.
pub(super) fn check_goal(
    call: &Call,
    world: &World,
    (template, goal): (&Template, &Goal),
) -> Result<Vec<String>, Failure> {
    let place = call.place(&STACK);
    let exports = record::exports(world, &place)
        .into_iter()
        .map(|(name, (_, value))| (name, value))
        .collect();
    let scope = Scope {
        template,
        surroundings: &record::surroundings(&place, "stack/0", &Resource::default()),
        parameters: &goal.values(),
        made: &BTreeMap::new(),
        exports: &exports,
        is_plan: true,
    };
    let mut imports = Vec::new();
    for declared in template.resources.values() {
        record::wanted(&scope, declared).map_err(|message| call.invalid(message))?;
        evaluate::imports(&scope, &declared.properties, &mut imports);
    }
    imports.sort();
    imports.dedup();
    Ok(imports)
}

const KEPT: [&str; 5] =
    ["RoleARN", "NotificationARNs", "TimeoutInMinutes", "RollbackConfiguration", "Capabilities"];

/// What is kept of a stack when it is made.
pub(super) fn first(call: &Call, world: &mut World, template: &Template) -> Object {
    let mut kept = object! {
        "CreationTime": (world.now()),
        "DisableRollback": (call.flag("DisableRollback")),
        "EnableTerminationProtection": (call.flag("EnableTerminationProtection")),
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        "RollbackConfiguration": {}
    };
    kept.extend(call.given(KEPT));
    if let Some(description) = template.description() {
        kept.insert("Description", description);
    }
    kept
}

/// A new stack of this name, with nothing in it.
pub(super) fn enter(
    call: &Call,
    world: &mut World,
    (kept, inside): (Object, Object),
) -> Result<(Place, String), Failure> {
    let name = call.required("StackName")?;
    let is_good = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !is_good {
        return Err(call.invalid(format!("1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")));
    }
    let place = call.place(&STACK);
    if find(world, &place, name).is_some() {
        return Err(Failure::new(
            "AlreadyExistsException",
            format!("Stack [{name}] already exists"),
        ));
    }
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let id = format!("{name}/{}", world.uuid());
    let resource = Resource::new(facts(kept), std::sync::Arc::new(given.into_iter().collect()))
        .with_inside(inside);
    world.put(place.clone(), id.as_str(), resource);
    Ok((place, id))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let body = templates::body(call, world)?
        .ok_or_else(|| call.invalid("Either Template URL or Template Body must be specified."))?;
    let (template, goal) = goal(call, world, body, None)?;
    let imports = check_goal(call, world, (&template, &goal))?;
    let on_failure = match (call.text("OnFailure"), call.flag("DisableRollback")) {
        (Some(_), true) => {
            return Err(
                call.invalid("You may specify either DisableRollback or OnFailure, but not both")
            );
        }
        (Some(wanted), false) => wanted,
        (None, true) => "DO_NOTHING",
        (None, false) => "ROLLBACK",
    };
    let mut inside =
        object! { "Goal": (goal.kept()), "OnFailure": (on_failure), "Imports": (texts(imports)) };
    if let Some(policy) = call.text("StackPolicyBody") {
        policy::check(call, policy)?;
        inside.insert("Policy", policy);
    }
    let kept = first(call, world, &template);
    let (place, id) = enter(call, world, (kept, inside))?;
    set_status(world, &place, &id, ("CREATE_IN_PROGRESS", Some("User Initiated")));
    watch::limit(world, &place, &id, call.integer("TimeoutInMinutes"));
    deploy::begin(world, &place, &id);
    Ok(value!({ "StackId": (place.arn_of(&STACK, &id)) }))
}

fn texts(list: Vec<String>) -> Value {
    list.into_iter().map(Value::from).collect()
}

fn status<'w>(world: &'w World, place: &Place, id: &str) -> &'w str {
    world.get(place, id).and_then(|stack| stack.fact("StackStatus")).unwrap_or_default()
}

/// Refuses unless a stack can be changed now.
pub(super) fn check_changeable(
    call: &Call,
    world: &World,
    place: &Place,
    id: &str,
) -> Result<(), Failure> {
    let status = status(world, place, id);
    let is_good = status.ends_with("COMPLETE")
        && !status.starts_with("ROLLBACK")
        && status != "DELETE_COMPLETE";
    if is_good || status == "UPDATE_FAILED" || status == "CREATE_FAILED" {
        return Ok(());
    }
    let arn = place.arn_of(&STACK, id);
    Err(call.invalid(format!("Stack:{arn} is in {status} state and can not be updated.")))
}

/// What a caller wants a stack to be after an update.
pub(super) fn next_goal(
    call: &Call,
    world: &mut World,
    (place, id): (&Place, &str),
) -> Result<(Template, Goal), Failure> {
    let stack = world.get(place, id).cloned().unwrap_or_default();
    let previous = Goal::of(&stack, "Goal");
    let body = match (templates::body(call, world)?, call.flag("UsePreviousTemplate"), &previous) {
        (Some(body), false, _) => body,
        (None, true, Some(previous)) => previous.body.clone(),
        _ => return Err(call.invalid("Either Template URL or Template Body must be specified.")),
    };
    goal(call, world, body, previous.as_ref())
}

fn update(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    for member in ["StackPolicyBody", "StackPolicyDuringUpdateBody"] {
        if let Some(policy) = call.text(member) {
            policy::check(call, policy)?;
        }
    }
    check_changeable(call, world, &place, &id)?;
    let (template, goal) = next_goal(call, world, (&place, &id))?;
    let imports = check_goal(call, world, (&template, &goal))?;
    let stack = world.get(&place, &id).cloned().unwrap_or_default();
    let before = Goal::of(&stack, "Goal");
    let is_same = before
        .is_some_and(|before| before.body == goal.body && before.parameters == goal.parameters);
    let tags = call.input.get("Tags").map(|_| tagging::listed(call, "Tags"));
    let same_tags = tags
        .as_ref()
        .is_none_or(|tags| tags.iter().cloned().collect::<reeve_types::Tags>() == *stack.tags);
    if is_same && same_tags {
        return Err(call.invalid("No updates are to be performed."));
    }
    if let Some(tags) = tags {
        tagging::check(call, &tags)?;
        if let Some(stack) = world.store.get_mut(&place, &id) {
            stack.set_tags(tags.into_iter().collect());
        }
    }
    let failure = if call.flag("DisableRollback") { "DO_NOTHING" } else { "ROLLBACK" };
    start(world, (&place, &id), (&template, &goal), failure);
    world.change_inside(&place, &id, |inside| {
        for (member, kept) in
            [("StackPolicyBody", "Policy"), ("StackPolicyDuringUpdateBody", "PolicyDuringUpdate")]
        {
            if let Some(policy) = call.text(member) {
                inside.insert(kept, policy);
            }
        }
        inside.insert("Imports", texts(imports));
    });
    world.change(&place, &id, |facts| {
        facts.extend(call.given(KEPT));
    });
    Ok(value!({ "StackId": (place.arn_of(&STACK, &id)) }))
}

/// Begins an update.
pub(super) fn start(
    world: &mut World,
    (place, id): (&Place, &str),
    (template, goal): (&Template, &Goal),
    on_failure: &str,
) {
    let now = world.now();
    world.change_inside(place, id, |inside| {
        if let Some(before) = inside.get("Goal").cloned() {
            inside.insert("Previous", before);
        }
        inside.insert("Goal", goal.kept());
        inside.insert("OnFailure", on_failure);
        inside.remove("Seen");
        inside.remove("PolicyDuringUpdate");
    });
    world.change(place, id, |facts| {
        facts.insert("LastUpdatedTime", now);
        if let Some(description) = template.description() {
            facts.insert("Description", description);
        }
    });
    set_status(world, place, id, ("UPDATE_IN_PROGRESS", Some("User Initiated")));
    deploy::begin(world, place, id);
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("StackName")?;
    if call.text("DeletionMode").is_some_and(|mode| mode != "STANDARD") {
        return Err(call.invalid("DeletionMode FORCE_DELETE_STACK is not supported here"));
    }
    let place = call.place(&STACK);
    // A stack that does not exist is deleted.
    let Some(id) = find(world, &place, name) else {
        return Ok(Value::object());
    };
    let stack = world.get(&place, &id).cloned().unwrap_or_default();
    match stack.fact("StackStatus").unwrap_or_default() {
        "DELETE_COMPLETE" | "DELETE_IN_PROGRESS" => return Ok(Value::object()),
        status
            if status.ends_with("IN_PROGRESS")
                && status != "CREATE_IN_PROGRESS"
                && status != "REVIEW_IN_PROGRESS" =>
        {
            let arn = place.arn_of(&STACK, &id);
            return Err(
                call.invalid(format!("Stack [{arn}] cannot be deleted while in status {status}"))
            );
        }
        _ => {}
    }
    if stack.flag("EnableTerminationProtection") {
        let name = id.split('/').next().unwrap_or(&id);
        return Err(call.invalid(format!(
            "Stack [{name}] cannot be deleted while TerminationProtection is enabled"
        )));
    }
    if let Some((export, user)) = guards::used_export(world, &place, &id) {
        return Err(
            call.invalid(format!("Export {export} cannot be deleted as it is in use by {user}"))
        );
    }
    let retained =
        call.input.get("RetainResources").cloned().unwrap_or_else(|| Value::List(Vec::new()));
    if !retained.as_list().is_empty() && stack.fact("StackStatus") != Some("DELETE_FAILED") {
        return Err(call.invalid("Invalid operation on stack. specify resources to retain only when stack is in the DELETE_FAILED state."));
    }
    world.set_inside(&place, &id, "Retained", retained);
    set_status(world, &place, &id, ("DELETE_IN_PROGRESS", Some("User Initiated")));
    deploy::begin(world, &place, &id);
    Ok(Value::object())
}

fn shown(place: &Place, id: &str, stack: &Resource) -> Object {
    let mut shown = place.describe(&STACK, id, stack);
    if let Some(goal) = Goal::of(stack, "Goal") {
        shown.insert("Parameters", shown_parameters(&goal));
    }
    shown
}

fn describe_stacks(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&STACK);
    let stacks = match call.text("StackName") {
        Some(_) => {
            let (place, id) = named(call, world)?;
            let stack = call.find(world, &STACK, &id)?;
            vec![Value::from(shown(&place, &id, stack))]
        }
        None => world
            .shelf(&place)
            .iter()
            .filter(|(_, stack)| stack.fact("StackStatus") != Some("DELETE_COMPLETE"))
            .map(|(id, stack)| shown(&place, id, stack).into())
            .collect(),
    };
    PAGES.slice(call, "Stacks", stacks)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("StackStatusFilter");
    let place = call.place(&STACK);
    let stacks = world
        .shelf(&place)
        .iter()
        .filter(|(_, stack)| {
            wanted.is_empty() || wanted.contains(&stack.fact("StackStatus").unwrap_or_default())
        })
        .map(|(id, stack)| {
            let mut shown = shown(&place, id, stack);
            if let Some(description) = stack.value("Description") {
                shown.insert("TemplateDescription", description.clone());
            }
            shown.into()
        })
        .collect();
    PAGES.slice(call, "StackSummaries", stacks)
}

fn events(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let stack = world.get(&place, &id);
    let events =
        stack.and_then(|stack| stack.inside.get("Events")).map_or(&[][..], Value::as_list).to_vec();
    PAGES.slice(call, "StackEvents", events)
}

/// A resource of a stack as descriptions show it.
fn shown_resource(place: &Place, id: &str, (logical, record): (&str, &Value)) -> Object {
    let part = |member: &str| record.get(member).cloned().unwrap_or_default();
    let mut shown = object! {
        "StackName": (id.split('/').next().unwrap_or(id)),
        "StackId": (place.arn_of(&STACK, id)),
        "LogicalResourceId": (logical),
        "PhysicalResourceId": (part("PhysicalResourceId")),
        "ResourceType": (part("ResourceType")),
        "Timestamp": (part("Timestamp")),
        "LastUpdatedTimestamp": (part("Timestamp")),
        "ResourceStatus": (part("ResourceStatus")),
        "DriftInformation": (record.get("Drift").cloned().unwrap_or_else(|| value!({ "StackResourceDriftStatus": "NOT_CHECKED" })))
    };
    if let Some(reason) = record.get("ResourceStatusReason") {
        shown.insert("ResourceStatusReason", reason.clone());
    }
    shown
}

fn all_resources(world: &World, place: &Place, id: &str) -> Vec<Object> {
    let stack = world.get(place, id);
    let records = stack.and_then(|stack| stack.inside.get("Resources")).and_then(Value::as_object);
    records
        .into_iter()
        .flat_map(Object::iter)
        .map(|(logical, record)| shown_resource(place, id, (logical, record)))
        .collect()
}

fn resources(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&STACK);
    let physical = call.text("PhysicalResourceId");
    let part =
        |one: &Object, member: &str| one.get(member).and_then(Value::as_str).map(str::to_owned);
    let id = match (call.text("StackName"), physical) {
        (Some(_), _) => named(call, world)?.1,
        (None, Some(physical)) => {
            let ids: Vec<String> = world.shelf(&place).keys().cloned().collect();
            let holds = |id: &String| {
                all_resources(world, &place, id)
                    .iter()
                    .any(|one| part(one, "PhysicalResourceId").as_deref() == Some(physical))
            };
            ids.into_iter()
                .find(holds)
                .ok_or_else(|| call.invalid(format!("Stack for {physical} does not exist")))?
        }
        (None, None) => {
            return Err(call.invalid("Either StackName or PhysicalResourceId must be specified"));
        }
    };
    let wanted = call.text("LogicalResourceId");
    let shown: Value = all_resources(world, &place, &id)
        .into_iter()
        .filter(|one| {
            wanted.is_none_or(|wanted| part(one, "LogicalResourceId").as_deref() == Some(wanted))
        })
        .map(Value::from)
        .collect();
    Ok(call.fit(value!({ "StackResources": (shown) })))
}

fn resource(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let wanted = call.required("LogicalResourceId")?;
    let mut all = all_resources(world, &place, &id).into_iter();
    let found =
        all.find(|one| one.get("LogicalResourceId").and_then(Value::as_str) == Some(wanted));
    let found = found.ok_or_else(|| {
        let name = id.split('/').next().unwrap_or(&id);
        call.invalid(format!("Resource {wanted} does not exist for stack {name}"))
    })?;
    Ok(call.fit(value!({ "StackResourceDetail": (found) })))
}

fn list_resources(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let all = all_resources(world, &place, &id).into_iter().map(Value::from).collect();
    PAGES.slice(call, "StackResourceSummaries", all)
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    if status(world, &place, &id) != "UPDATE_IN_PROGRESS" {
        return Err(call.invalid("CancelUpdateStack cannot be called from current stack status"));
    }
    set_status(world, &place, &id, ("UPDATE_ROLLBACK_IN_PROGRESS", Some("User Initiated")));
    deploy::go_back(world, &place, &id);
    Ok(Value::object())
}

fn go_on(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let status = status(world, &place, &id).to_owned();
    if status != "UPDATE_ROLLBACK_FAILED" {
        let arn = place.arn_of(&STACK, &id);
        return Err(call.invalid(format!(
            "Stack:{arn} is in {status} state and can not continue the rollback."
        )));
    }
    if !call.list("ResourcesToSkip").is_empty() {
        return Err(call.invalid("ResourcesToSkip is not supported here"));
    }
    set_status(world, &place, &id, ("UPDATE_ROLLBACK_IN_PROGRESS", Some("User Initiated")));
    deploy::go_back(world, &place, &id);
    deploy::begin(world, &place, &id);
    Ok(Value::object())
}
