//! Change sets: an update thought through before it is made.

use std::collections::BTreeMap;

use jiff::Span;
use reeve_model::{Object, Value};

use super::{
    deploy,
    evaluate::Scope,
    plan::{self, Action as Step, Replacement, Side},
    record::{self, Goal, STACK, find, set_status},
    stacks::{self, PAGES},
    template::Template,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    services::{Action, Part, cloudcontrol::registry},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&CHANGE_SET],
    operations: &[
        ("CreateChangeSet", Action::Own(create)),
        ("DescribeChangeSet", Action::Own(describe_one)),
        ("ListChangeSets", Action::Own(list)),
        ("ExecuteChangeSet", Action::Own(execute)),
        ("DeleteChangeSet", Action::Own(delete)),
    ],
    tasks: &[("cloudformation:change-set", created)],
};

/// A change set; its id is its name, a slash and a UUID.
pub(crate) static CHANGE_SET: Definition = Definition {
    resource_type: "AWS::CloudFormation::ChangeSet",
    arn: "arn:{partition}:cloudformation:{region}:{account}:changeSet/{id}",
    identity: &[("ChangeSetId", Identity::Arn), ("ChangeSetName", Identity::Segment(0))],
    tags: TagForm::List("Tags"),
    missing: Missing::new("ChangeSetNotFound", "ChangeSet [{id}] does not exist").with_status(404),
    ..Definition::OF
};

/// How long making one takes, in seconds.
const CREATING: i64 = 5;

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ChangeSetName")?.to_owned();
    let stack_name = call.required("StackName")?;
    let place = call.place(&STACK);
    let known = find(world, &place, stack_name);
    let kind = call.text("ChangeSetType").unwrap_or("UPDATE");
    let (stack_id, template, goal) = match (kind, known) {
        ("UPDATE", Some(id)) => {
            stacks::check_changeable(call, world, &place, &id)?;
            let (template, goal) = stacks::next_goal(call, world, (&place, &id))?;
            (id, template, goal)
        }
        ("UPDATE", None) => return Err(STACK.missing.failure(stack_name)),
        ("CREATE", known) => {
            let body = super::templates::body(call, world)?;
            let body = body.ok_or_else(|| {
                call.invalid("Either Template URL or Template Body must be specified.")
            })?;
            let (template, goal) = stacks::goal(call, world, body, None)?;
            let id = match known.filter(|id| {
                world.get(&place, id).and_then(|stack| stack.fact("StackStatus"))
                    == Some("REVIEW_IN_PROGRESS")
            }) {
                Some(id) => id,
                None => {
                    let kept = stacks::first(call, world, &template);
                    let (_, id) = stacks::enter(call, world, (kept, Object::new()))?;
                    set_status(world, &place, &id, ("REVIEW_IN_PROGRESS", Some("User Initiated")));
                    id
                }
            };
            (id, template, goal)
        }
        (other, _) => {
            return Err(call.invalid(format!("The change set type {other} is not supported here")));
        }
    };
    stacks::check_goal(call, world, (&template, &goal))?;
    let sets = call.place(&CHANGE_SET);
    if of_stack(world, &sets, &stack_id).iter().any(|(id, _)| id.starts_with(&format!("{name}/"))) {
        return Err(Failure::new(
            "AlreadyExistsException",
            format!("ChangeSet {name} cannot be created due to a conflict with existing ChangeSet"),
        ));
    }
    let id = format!("{name}/{}", world.uuid());
    let stack_arn = place.arn_of(&STACK, &stack_id);
    let mut set = object! {
        "StackId": (stack_arn.as_str()),
        "StackName": (stack_id.split('/').next().unwrap_or(&stack_id)),
        "CreationTime": (world.now()),
        "Status": "CREATE_PENDING",
        "ExecutionStatus": "UNAVAILABLE",
        "Parameters": (stacks::shown_parameters(&goal)),
        "IncludeNestedStacks": (false)
    };
    set.extend(call.given(["Description", "Capabilities", "NotificationARNs"]));
    let inside = object! { "Goal": (goal.kept()), "Stack": (stack_id) };
    let resource = Resource::new(facts(set), std::sync::Arc::default()).with_inside(inside);
    world.put(sets.clone(), id.as_str(), resource);
    let due = world.now() + Span::new().seconds(CREATING);
    world.schedule(due, Task::new("cloudformation:change-set", &sets, &id));
    Ok(value!({ "Id": (sets.arn_of(&CHANGE_SET, &id)), "StackId": (stack_arn) }))
}

fn of_stack(world: &World, place: &Place, stack: &str) -> Vec<(String, Resource)> {
    let shelf = world.shelf(place).iter();
    let own =
        shelf.filter(|(_, set)| set.inside.get("Stack").and_then(Value::as_str) == Some(stack));
    own.map(|(id, set)| (id.clone(), set.clone())).collect()
}

/// What each resource of a stack is.
fn before(stack: &Resource) -> BTreeMap<String, Side> {
    let records = stack.inside.get("Resources").and_then(Value::as_object);
    let side = |record: &Value| Side {
        resource_type: record.text("ResourceType").to_owned(),
        properties: record
            .get("Properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    };
    records
        .into_iter()
        .flat_map(Object::iter)
        .map(|(id, record)| (id.to_string(), side(record)))
        .collect()
}

/// What each resource is to be; names that were made up stay.
fn after(
    world: &World,
    place: &Place,
    (id, stack): (&str, &Resource),
    (template, goal): (&Template, &Goal),
) -> BTreeMap<String, Side> {
    let exports =
        record::exports(world, place).into_iter().map(|(name, (_, value))| (name, value)).collect();
    let scope = Scope {
        template,
        surroundings: &record::surroundings(place, id, stack),
        parameters: &goal.values(),
        made: &record::made(stack),
        exports: &exports,
        is_plan: true,
    };
    let known = before(stack);
    let mut sides = BTreeMap::new();
    for (logical, declared) in &template.resources {
        let Ok(Some(mut properties)) = record::wanted(&scope, declared) else {
            continue;
        };
        let kind = registry::named(&declared.resource_type);
        if let Some((kind, known)) = kind.zip(known.get(logical))
            && !kind.name_property.is_empty()
            && !properties.contains(kind.name_property)
            && let Some(name) = known.properties.get(kind.name_property)
        {
            properties.insert(kind.name_property, name.clone());
        }
        sides.insert(
            logical.clone(),
            Side { resource_type: declared.resource_type.clone(), properties },
        );
    }
    sides
}

fn created(world: &mut World, task: &Task) {
    let Some(set) = world.get(&task.place, &task.id).cloned() else {
        return;
    };
    let place = task.place.beside(&STACK);
    let id = set.inside.text("Stack").to_owned();
    let stack = world.get(&place, &id).cloned().unwrap_or_default();
    let Some(goal) = Goal::of(&set, "Goal") else {
        return;
    };
    let Ok(template) = record::template(&goal.body) else {
        return;
    };
    let is_fixed = |kind: &str, property: &str| {
        registry::named(kind).is_some_and(|kind| kind.fixed.contains(&property))
    };
    let (before, after) = (before(&stack), after(world, &place, (&id, &stack), (&template, &goal)));
    let actions = plan::plan(&before, &after, is_fixed);
    let changes: Vec<Value> = actions
        .iter()
        .map(|(logical, action)| {
            change(&stack, (logical, action), (before.get(logical), after.get(logical)))
        })
        .collect();
    let outputs_differ = Goal::of(&stack, "Goal").is_none_or(|old| old.body != goal.body);
    world.change(&task.place, &task.id, |facts| {
        if changes.is_empty() && !outputs_differ {
            facts.insert("Status", "FAILED");
            facts.insert("StatusReason", "The submitted information didn't contain changes. Submit different information to create a change set.");
        } else {
            facts.insert("Status", "CREATE_COMPLETE");
            facts.insert("ExecutionStatus", "AVAILABLE");
        }
        facts.insert("Changes", Value::List(changes));
    });
}

fn change(
    stack: &Resource,
    (logical, action): (&str, &Step),
    (before, after): (Option<&Side>, Option<&Side>),
) -> Value {
    let kind = after.or(before).map_or("", |side| side.resource_type.as_str());
    let mut change = object! { "LogicalResourceId": (logical), "ResourceType": (kind) };
    let physical = stack
        .inside
        .get("Resources")
        .and_then(|all| all.get(logical))
        .and_then(|one| one.get("PhysicalResourceId"));
    if let Some(physical) = physical {
        change.insert("PhysicalResourceId", physical.clone());
    }
    match action {
        Step::Add => change.insert("Action", "Add"),
        Step::Remove => change.insert("Action", "Remove"),
        Step::Modify(replacement, names) => {
            change.insert("Replacement", replacement.as_str());
            let is_tags = |name: &String| name.ends_with("Tags");
            let scope = match (names.iter().any(is_tags), names.iter().all(is_tags)) {
                (true, true) => value!(["Tags"]),
                (true, false) => value!(["Properties", "Tags"]),
                _ => value!(["Properties"]),
            };
            change.insert("Scope", scope);
            let details: Value =
                names.iter().map(|name| detail(kind, name, *replacement)).collect();
            change.insert("Details", details);
            change.insert("Action", "Modify")
        }
    };
    value!({ "Type": "Resource", "ResourceChange": (change) })
}

fn detail(kind: &str, name: &str, replacement: Replacement) -> Value {
    let is_fixed = registry::named(kind).is_some_and(|kind| kind.fixed.contains(&name));
    let recreation = match (is_fixed, replacement) {
        (false, _) => "Never",
        (true, Replacement::Conditional) => "Conditionally",
        (true, _) => "Always",
    };
    value!({
        "Target": { "Attribute": "Properties", "Name": (name), "RequiresRecreation": (recreation) },
        "Evaluation": "Static",
        "ChangeSource": "DirectModification"
    })
}

/// The change set that the caller names, by ARN or by its name and the stack's.
fn named(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let name = call.required("ChangeSetName")?;
    let place = call.place(&CHANGE_SET);
    if name.starts_with("arn:") {
        let id = call.id_of(&CHANGE_SET, name);
        call.find(world, &CHANGE_SET, &id)?;
        return Ok((place, id));
    }
    let stack = call.text("StackName").ok_or_else(|| {
        call.invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
    })?;
    let stack =
        find(world, &call.place(&STACK), stack).ok_or_else(|| STACK.missing.failure(stack))?;
    let prefix = format!("{name}/");
    let found = of_stack(world, &place, &stack).into_iter().find(|(id, _)| id.starts_with(&prefix));
    found.map(|(id, _)| (place, id)).ok_or_else(|| CHANGE_SET.missing.failure(name))
}

fn describe_one(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let found = call.find(world, &CHANGE_SET, &id)?;
    let mut shown = place.describe(&CHANGE_SET, &id, found);
    let changes = match shown.remove("Changes") {
        Some(Value::List(changes)) => changes,
        _ => Vec::new(),
    };
    PAGES.slice_beside(call, "Changes", changes, shown)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (_, stack) = stacks::named(call, world)?;
    let place = call.place(&CHANGE_SET);
    let shown = of_stack(world, &place, &stack)
        .iter()
        .map(|(id, set)| place.describe(&CHANGE_SET, id, set).into())
        .collect();
    PAGES.slice(call, "Summaries", shown)
}

fn execute(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let set = call.find(world, &CHANGE_SET, &id)?.clone();
    if set.fact("ExecutionStatus") != Some("AVAILABLE") {
        let status = set.fact("Status").unwrap_or_default();
        let arn = place.arn_of(&CHANGE_SET, &id);
        let message =
            format!("ChangeSet [{arn}] cannot be executed in its current status of [{status}]");
        return Err(Failure::new("InvalidChangeSetStatus", message));
    }
    let stacks_place = call.place(&STACK);
    let stack = set.inside.text("Stack").to_owned();
    let Some(goal) = Goal::of(&set, "Goal") else {
        return Err(call.invalid("The change set has no template"));
    };
    let template = record::template(&goal.body).map_err(|message| call.invalid(message))?;
    let is_new = world.get(&stacks_place, &stack).and_then(|one| one.fact("StackStatus"))
        == Some("REVIEW_IN_PROGRESS");
    world.set(&place, &id, "ExecutionStatus", "EXECUTE_COMPLETE");
    let arn = place.arn_of(&CHANGE_SET, &id);
    world.set(&stacks_place, &stack, "ChangeSetId", arn);
    let failure = if call.flag("DisableRollback") { "DO_NOTHING" } else { "ROLLBACK" };
    if is_new {
        world.change_inside(&stacks_place, &stack, |inside| {
            inside.insert("Goal", goal.kept());
            inside.insert("OnFailure", failure);
        });
        set_status(world, &stacks_place, &stack, ("CREATE_IN_PROGRESS", Some("User Initiated")));
        deploy::begin(world, &stacks_place, &stack);
    } else {
        stacks::check_changeable(call, world, &stacks_place, &stack)?;
        stacks::start(world, (&stacks_place, &stack), (&template, &goal), failure);
    }
    // The other change sets of the stack were made for what it was.
    for (other, _) in of_stack(world, &place, &stack) {
        if other != id {
            world.remove(&place, &other);
        }
    }
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    world.remove(&place, &id);
    Ok(Value::object())
}

/// The template of the change set that the caller names.
pub(super) fn template(call: &Call, world: &World) -> Result<String, Failure> {
    let (_, id) = named(call, world)?;
    let set = call.find(world, &CHANGE_SET, &id)?;
    Goal::of(set, "Goal")
        .map(|goal| goal.body)
        .ok_or_else(|| call.invalid("The change set has no template"))
}
