//! Stack sets: the same stack in many accounts and Regions, brought there by operations that take time.

use jiff::Span;
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region};

use super::{
    record::{Goal, STACK, find},
    stacks, templates,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    page::Paging,
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&SET, &INSTANCE, &OPERATION],
    operations: &[
        ("CreateStackSet", Action::Own(create)),
        ("UpdateStackSet", Action::Own(update)),
        ("DeleteStackSet", Action::Own(delete)),
        ("DescribeStackSet", Action::Own(describe_set)),
        ("ListStackSets", Action::Own(list)),
        ("CreateStackInstances", Action::Own(create_instances)),
        ("DeleteStackInstances", Action::Own(delete_instances)),
        ("ListStackInstances", Action::Own(list_instances)),
        ("DescribeStackInstance", Action::Own(describe_instance)),
        ("ListStackSetOperations", Action::Own(list_operations)),
        ("DescribeStackSetOperation", Action::Own(describe_operation)),
        ("ListStackSetOperationResults", Action::Own(results)),
    ],
    tasks: &[("cloudformation:stack-set", work)],
};

/// A stack set; its id is its name.
pub(crate) static SET: Definition = Definition {
    resource_type: "AWS::CloudFormation::StackSet",
    tagging_type: "cloudformation:stackset",
    arn: "arn:{partition}:cloudformation:{region}:{account}:stackset/{id}",
    identity: &[("StackSetName", Identity::Id), ("StackSetARN", Identity::Arn)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("StackSetNotFoundException", "StackSet {id} not found").with_status(404),
    ..Definition::OF
};

/// One stack of a set; its id is the set, the account and the Region.
pub(crate) static INSTANCE: Definition = Definition {
    resource_type: "AWS::CloudFormation::StackInstance",
    arn: "arn:{partition}:cloudformation:{region}:{account}:stack-instance/{id}",
    missing: Missing::new("StackInstanceNotFoundException", "StackInstance not found")
        .with_status(404),
    ..Definition::OF
};

/// An operation on a set; its id is the set, a slash and a UUID.
pub(crate) static OPERATION: Definition = Definition {
    resource_type: "AWS::CloudFormation::StackSetOperation",
    arn: "arn:{partition}:cloudformation:{region}:{account}:stack-set-operation/{id}",
    missing: Missing::new("OperationNotFoundException", "Operation not found").with_status(404),
    ..Definition::OF
};

static PAGES: Paging = Paging::of("MaxResults", "NextToken", (100, 100), "ValidationError");

/// How often an operation is worked on, in seconds.
const STEP: i64 = 10;

fn set_named(call: &Call, world: &World) -> Result<(String, Resource), Failure> {
    let said = call.required("StackSetName")?;
    let shelf = world.shelf(&call.place(&SET));
    let by_id = shelf.iter().find(|(_, set)| set.fact("StackSetId") == Some(said));
    let found = shelf.get_key_value(said).or(by_id);
    found.map(|(id, set)| (id.clone(), set.clone())).ok_or_else(|| SET.missing.failure(said))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("StackSetName")?.to_owned();
    let place = call.place(&SET);
    if world.get(&place, &name).is_some() {
        return Err(Failure::new(
            "NameAlreadyExistsException",
            format!("StackSet {name} already exists"),
        )
        .with_status(409));
    }
    let body = templates::body(call, world)?
        .ok_or_else(|| call.invalid("Either Template URL or Template Body must be specified."))?;
    let (template, goal) = stacks::goal(call, world, body, None)?;
    let tags = tagging::listed(call, "Tags");
    tagging::check(call, &tags)?;
    let id = format!("{name}:{}", world.uuid());
    let mut kept = object! {
        "StackSetId": (id.as_str()),
        "Status": "ACTIVE",
        "PermissionModel": (call.text("PermissionModel").unwrap_or("SELF_MANAGED")),
        "TemplateBody": (goal.body.as_str()),
        "Parameters": (stacks::shown_parameters(&goal))
    };
    kept.extend(call.given([
        "Description",
        "Capabilities",
        "AdministrationRoleARN",
        "ExecutionRoleName",
        "AutoDeployment",
        "ManagedExecution",
    ]));
    if let Some(description) = template.description().filter(|_| !kept.contains("Description")) {
        kept.insert("Description", description);
    }
    let inside = object! { "Goal": (goal.kept()) };
    let resource = Resource::new(facts(kept), std::sync::Arc::new(tags.into_iter().collect()))
        .with_inside(inside);
    world.put(place, name, resource);
    Ok(value!({ "StackSetId": (id) }))
}

fn describe_set(call: &Call, world: &mut World) -> Answer {
    let (id, set) = set_named(call, world)?;
    let place = call.place(&SET);
    let mut shown = place.describe(&SET, &id, &set);
    let units: std::collections::BTreeSet<String> = instances(world, &place, &id)
        .iter()
        .filter_map(|(_, one)| one.fact("OrganizationalUnitId").map(str::to_owned))
        .collect();
    shown.insert("OrganizationalUnitIds", units.into_iter().map(Value::from).collect::<Value>());
    Ok(call.fit(value!({ "StackSet": (shown) })))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&SET);
    let shown = world
        .shelf(&place)
        .iter()
        .filter(|(_, set)| {
            call.text("Status").is_none_or(|wanted| set.fact("Status") == Some(wanted))
        })
        .map(|(id, set)| place.describe(&SET, id, set).into())
        .collect();
    PAGES.slice(call, "Summaries", shown)
}

/// The instances of a set.
fn instances(world: &World, place: &Place, set: &str) -> Vec<(String, Resource)> {
    let place = place.beside(&INSTANCE);
    let prefix = format!("{set}/");
    let shelf = world.shelf(&place).range(prefix.clone()..);
    shelf
        .take_while(|(id, _)| id.starts_with(&prefix))
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect()
}

fn delete(call: &Call, world: &mut World) -> Answer {
    // A set that does not exist is deleted.
    let Ok((id, _)) = set_named(call, world) else {
        return Ok(Value::object());
    };
    let place = call.place(&SET);
    if !instances(world, &place, &id).is_empty() {
        let message = "StackSet is not empty";
        return Err(Failure::new("StackSetNotEmptyException", message).with_status(409));
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

/// The accounts that a call is about, with the unit through which it names them.
fn accounts(call: &Call, world: &mut World) -> Result<Vec<(String, Option<String>)>, Failure> {
    let named = call.texts("Accounts");
    if !named.is_empty() {
        return Ok(named.into_iter().map(|id| (id.to_owned(), None)).collect());
    }
    let targets = |member: &str| {
        let list =
            call.input.path(&format!("DeploymentTargets.{member}")).map_or(&[][..], Value::as_list);
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let (units, only) = (targets("OrganizationalUnitIds"), targets("Accounts"));
    if units.is_empty() {
        return Ok(only.into_iter().map(|id| (id, None)).collect());
    }
    let Some(management) = world.directory.management.clone() else {
        return Err(call.invalid("The account is not in an organization"));
    };
    let region: Region = call.region.clone();
    let mut accounts = Vec::new();
    let mut open = units;
    while let Some(unit) = open.pop() {
        let origin = Origin {
            account: &management,
            region: &region,
            by: "stacksets.cloudformation.amazonaws.com",
        };
        let input = value!({ "ParentId": (unit.as_str()) });
        let found = world.call(&origin, "organizations", "ListAccountsForParent", input.clone())?;
        for account in found.list("Accounts") {
            let id = account.text("Id").to_owned();
            // Service-managed sets leave the management account alone.
            if id != management.as_str() && (only.is_empty() || only.contains(&id)) {
                accounts.push((id, Some(unit.clone())));
            }
        }
        let found =
            world.call(&origin, "organizations", "ListOrganizationalUnitsForParent", input)?;
        for inner in found.list("OrganizationalUnits") {
            open.extend(inner.get("Id").and_then(Value::as_str).map(str::to_owned));
        }
    }
    accounts.sort();
    Ok(accounts)
}

/// Refuses while an operation is going on.
fn check_free(call: &Call, world: &World, set: &str) -> Result<(), Failure> {
    let place = call.place(&OPERATION);
    let prefix = format!("{set}/");
    let is_busy = world
        .shelf(&place)
        .iter()
        .any(|(id, one)| id.starts_with(&prefix) && one.fact("Status") == Some("RUNNING"));
    if is_busy {
        let message = "Another Operation on StackSet is in progress";
        return Err(Failure::new("OperationInProgressException", message).with_status(409));
    }
    Ok(())
}

/// Enters an operation on some instances.
fn operate(
    call: &Call,
    world: &mut World,
    (set, action): (&str, &str),
    targets: &[String],
) -> Answer {
    check_free(call, world, set)?;
    super::watch::check_preferences(call)?;
    let place = call.place(&OPERATION);
    let operation = call.text("OperationId").map_or_else(|| world.uuid(), str::to_owned);
    let id = format!("{set}/{operation}");
    let set_id = world
        .get(&call.place(&SET), set)
        .and_then(|one| one.fact("StackSetId"))
        .unwrap_or_default()
        .to_owned();
    let kept = object! {
        "OperationId": (operation.as_str()),
        "StackSetId": (set_id),
        "Action": (action),
        "Status": "RUNNING",
        "CreationTimestamp": (world.now()),
        "OperationPreferences": (call.input.get("OperationPreferences").cloned().unwrap_or_else(Value::object)),
        "RetainStacks": (call.flag("RetainStacks"))
    };
    let waiting: Value = targets.iter().map(|one| Value::from(one.as_str())).collect();
    let inside = object! { "Set": (set), "Waiting": (waiting), "Results": [] };
    let resource = Resource::new(facts(kept), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), id.as_str(), resource);
    world.schedule(
        world.now() + Span::new().seconds(STEP),
        Task::new("cloudformation:stack-set", &place, &id),
    );
    Ok(value!({ "OperationId": (operation) }))
}

fn create_instances(call: &Call, world: &mut World) -> Answer {
    let (set, resource) = set_named(call, world)?;
    let place = call.place(&INSTANCE);
    let set_id = resource.fact("StackSetId").unwrap_or_default().to_owned();
    if !call.list("ParameterOverrides").is_empty() {
        return Err(call.invalid("ParameterOverrides are not supported here"));
    }
    check_free(call, world, &set)?;
    let mut targets = Vec::new();
    for (account, unit) in accounts(call, world)? {
        for region in call.texts("Regions") {
            let id = format!("{set}/{account}/{region}");
            let mut instance = object! {
                "StackSetId": (set_id.as_str()),
                "Account": (account.as_str()),
                "Region": (region),
                "Status": "OUTDATED",
                "DriftStatus": "NOT_CHECKED",
                "StackInstanceStatus": { "DetailedStatus": "PENDING" }
            };
            if let Some(unit) = &unit {
                instance.insert("OrganizationalUnitId", unit.as_str());
            }
            world.put(
                place.clone(),
                id.as_str(),
                Resource::new(facts(instance), std::sync::Arc::default()),
            );
            targets.push(id);
        }
    }
    operate(call, world, (&set, "CREATE"), &targets)
}

fn delete_instances(call: &Call, world: &mut World) -> Answer {
    let (set, _) = set_named(call, world)?;
    let mut targets = Vec::new();
    for (account, _) in accounts(call, world)? {
        for region in call.texts("Regions") {
            let id = format!("{set}/{account}/{region}");
            if world.get(&call.place(&INSTANCE), &id).is_some() {
                targets.push(id);
            }
        }
    }
    operate(call, world, (&set, "DELETE"), &targets)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let (set, resource) = set_named(call, world)?;
    let previous = Goal::of(&resource, "Goal");
    let body = match (templates::body(call, world)?, &previous) {
        (Some(body), _) => body,
        (None, Some(previous)) if call.flag("UsePreviousTemplate") => previous.body.clone(),
        _ => return Err(call.invalid("Either Template URL or Template Body must be specified.")),
    };
    let (_, goal) = stacks::goal(call, world, body, previous.as_ref())?;
    let place = call.place(&SET);
    world.set_inside(&place, &set, "Goal", goal.kept());
    world.change(&place, &set, |facts| {
        facts.insert("TemplateBody", goal.body.as_str());
        facts.insert("Parameters", stacks::shown_parameters(&goal));
        facts.extend(call.given_texts(["Description"]));
    });
    let targets: Vec<String> =
        instances(world, &place, &set).into_iter().map(|(id, _)| id).collect();
    for id in &targets {
        world.set(&call.place(&INSTANCE), id, "Status", "OUTDATED");
    }
    operate(call, world, (&set, "UPDATE"), &targets)
}

fn text<'r>(found: &'r Resource, member: &str) -> &'r str {
    found.inside.text(member)
}

/// Works on an operation: one stack after the other, each until it is done.
fn work(world: &mut World, task: &Task) {
    let Some(operation) = world.get(&task.place, &task.id).cloned() else {
        return;
    };
    let mut waiting: Vec<String> = operation
        .inside
        .list("Waiting")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let results = operation.inside.list("Results");
    let is_bad = results.iter().any(|one| one.text("Status") == "FAILED");
    // The first failure ends the operation, as no failures are tolerated.
    let target = waiting.first().cloned().filter(|_| !is_bad);
    let Some(target) = target else {
        let now = world.now();
        world.change(&task.place, &task.id, |facts| {
            facts.insert("Status", if is_bad { "FAILED" } else { "SUCCEEDED" });
            facts.insert("EndTimestamp", now);
        });
        return;
    };
    let set = text(&operation, "Set").to_owned();
    let outcome = advance(world, &task.place, (&set, &operation), &target);
    if let Some(outcome) = outcome {
        waiting.remove(0);
        settle(world, task, (&target, &operation), &outcome);
    }
    world.set_inside(
        &task.place,
        &task.id,
        "Waiting",
        waiting.into_iter().map(Value::from).collect::<Value>(),
    );
    let due = world.now() + Span::new().seconds(STEP);
    world.schedule(due, Task::new("cloudformation:stack-set", &task.place, &task.id));
}

/// Where the stack of an instance is, and what it is called.
fn target_of(target: &str) -> Option<(Place, String)> {
    let mut parts = target.rsplitn(3, '/');
    let region: Region = parts.next()?.parse().ok()?;
    let account: AccountId = parts.next()?.parse().ok()?;
    let set = parts.next()?;
    let name = format!("StackSet-{set}-{}", crate::kind::uuid_of(target));
    Some((Place { account, region, kind: &STACK }, name))
}

/// Brings one stack further: nothing while it goes on, then how it ended.
fn advance(
    world: &mut World,
    place: &Place,
    (set, operation): (&str, &Resource),
    target: &str,
) -> Option<Result<(), String>> {
    let Some((at, name)) = target_of(target) else {
        return Some(Err("The account or Region is not valid".to_owned()));
    };
    if !world.directory.accounts.contains_key(&at.account) {
        return Some(Err(format!(
            "Account {} should have the execution role with trust relationship to the administration role",
            at.account
        )));
    }
    let known = find(world, &at, &name);
    let status =
        known.as_ref().and_then(|id| world.get(&at, id)?.fact("StackStatus").map(str::to_owned));
    let begun = text_of(world, place, target);
    let action = operation.fact("Action").unwrap_or_default();
    let operation_id = operation.fact("OperationId").unwrap_or_default();
    if begun.as_deref() == Some(operation_id) {
        return match (status.as_deref(), action) {
            (Some(status), _) if status.ends_with("IN_PROGRESS") => None,
            (None, "DELETE")
            | (Some("CREATE_COMPLETE" | "UPDATE_COMPLETE"), "CREATE" | "UPDATE") => Some(Ok(())),
            (status, _) => Some(Err(format!(
                "The stack is in the state {}",
                status.unwrap_or("DELETE_COMPLETE")
            ))),
        };
    }
    let is_retained = operation.flag("RetainStacks");
    if action == "DELETE" && is_retained {
        return Some(Ok(()));
    }
    world.set_inside(&place.beside(&INSTANCE), target, "Operation", operation_id);
    let answer = order(world, place, (set, action), (&at, &name, known.is_some()));
    match answer {
        Ok(()) => None,
        Err(failure) if failure.message.contains("No updates are to be performed") => Some(Ok(())),
        Err(failure) => Some(Err(failure.message)),
    }
}

fn text_of(world: &World, place: &Place, target: &str) -> Option<String> {
    let found = world.get(&place.beside(&INSTANCE), target)?;
    found.inside.get("Operation").and_then(Value::as_str).map(str::to_owned)
}

/// Has `CloudFormation` in the target do what is wanted.
fn order(
    world: &mut World,
    place: &Place,
    (set, action): (&str, &str),
    (at, name, is_known): (&Place, &str, bool),
) -> Result<(), Failure> {
    let origin = Origin::at(at, "stacksets.cloudformation.amazonaws.com");
    if action == "DELETE" {
        world.call(&origin, "cloudformation", "DeleteStack", value!({ "StackName": (name) }))?;
        return Ok(());
    }
    let found = world.get(&place.beside(&SET), set).cloned().unwrap_or_default();
    let Some(goal) = Goal::of(&found, "Goal") else {
        return Err(SET.missing.failure(set));
    };
    let parameters: Value = goal
        .written()
        .into_iter()
        .map(|(name, value)| value!({ "ParameterKey": (name), "ParameterValue": (value) }))
        .collect();
    let input = object! {
        "StackName": (name),
        "TemplateBody": (goal.body),
        "Parameters": (parameters),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Tags": (crate::kind::tag_list(&found.tags))
    };
    let operation = if is_known { "UpdateStack" } else { "CreateStack" };
    world.call(&origin, "cloudformation", operation, input)?;
    Ok(())
}

/// Keeps how an instance ended.
fn settle(
    world: &mut World,
    task: &Task,
    (target, operation): (&str, &Resource),
    outcome: &Result<(), String>,
) {
    let place = task.place.beside(&INSTANCE);
    let instance = world.get(&place, target).cloned().unwrap_or_default();
    let is_deletion = operation.fact("Action") == Some("DELETE");
    let (status, reason) = match outcome {
        Ok(()) => ("SUCCEEDED", None),
        Err(reason) => ("FAILED", Some(reason.clone())),
    };
    let mut result = object! {
        "Account": (instance.fact("Account").unwrap_or_default()),
        "Region": (instance.fact("Region").unwrap_or_default()),
        "Status": (status)
    };
    if let Some(reason) = &reason {
        result.insert("StatusReason", reason.as_str());
    }
    world.change_inside(&task.place, &task.id, |inside| {
        let mut results =
            inside.get("Results").map_or_else(Vec::new, |list| list.as_list().to_vec());
        results.push(result.into());
        inside.insert("Results", Value::List(results));
    });
    if is_deletion && outcome.is_ok() {
        world.remove(&place, target);
        return;
    }
    let stack = target_of(target).and_then(|(at, name)| {
        let id = find(world, &at, &name)?;
        Some(at.arn_of(&STACK, &id))
    });
    let operation_id = operation.fact("OperationId").unwrap_or_default().to_owned();
    world.change(&place, target, |facts| {
        facts.insert("Status", if outcome.is_ok() { "CURRENT" } else { "OUTDATED" });
        facts.insert("StackInstanceStatus", object! { "DetailedStatus": (status) });
        facts.insert("LastOperationId", operation_id);
        if let Some(stack) = stack {
            facts.insert("StackId", stack);
        }
        if let Some(reason) = reason {
            facts.insert("StatusReason", reason);
        }
    });
}

fn list_instances(call: &Call, world: &mut World) -> Answer {
    let (set, _) = set_named(call, world)?;
    let (account, region) = (call.text("StackInstanceAccount"), call.text("StackInstanceRegion"));
    let shown = instances(world, &call.place(&SET), &set)
        .into_iter()
        .filter(|(_, one)| account.is_none_or(|account| one.fact("Account") == Some(account)))
        .filter(|(_, one)| region.is_none_or(|region| one.fact("Region") == Some(region)))
        .map(|(_, one)| Value::Object((*one.facts).clone()))
        .collect();
    PAGES.slice(call, "Summaries", shown)
}

fn describe_instance(call: &Call, world: &mut World) -> Answer {
    let (set, _) = set_named(call, world)?;
    let id = format!(
        "{set}/{}/{}",
        call.required("StackInstanceAccount")?,
        call.required("StackInstanceRegion")?
    );
    let found = call.find(world, &INSTANCE, &id)?;
    let mut shown = (*found.facts).clone();
    shown.insert("ParameterOverrides", Value::List(Vec::new()));
    Ok(call.fit(value!({ "StackInstance": (shown) })))
}

fn list_operations(call: &Call, world: &mut World) -> Answer {
    let (set, _) = set_named(call, world)?;
    let prefix = format!("{set}/");
    let mut shown: Vec<Value> = world
        .shelf(&call.place(&OPERATION))
        .iter()
        .filter(|(id, _)| id.starts_with(&prefix))
        .map(|(_, one)| Value::Object((*one.facts).clone()))
        .collect();
    shown.sort_by_key(|one| {
        std::cmp::Reverse(one.get("CreationTimestamp").and_then(Value::as_timestamp))
    });
    PAGES.slice(call, "Summaries", shown)
}

fn operation_named(call: &Call, world: &World) -> Result<Resource, Failure> {
    let (set, _) = set_named(call, world)?;
    let id = format!("{set}/{}", call.required("OperationId")?);
    call.find(world, &OPERATION, &id).cloned()
}

fn describe_operation(call: &Call, world: &mut World) -> Answer {
    let found: Object = (*operation_named(call, world)?.facts).clone();
    Ok(call.fit(value!({ "StackSetOperation": (found) })))
}

fn results(call: &Call, world: &mut World) -> Answer {
    let found = operation_named(call, world)?;
    let results = found.inside.list("Results").to_vec();
    PAGES.slice(call, "Summaries", results)
}
