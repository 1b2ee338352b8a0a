//! Performs what was decided about a stack: every few seconds, what is ready to be done is done.
//!
//! A stack works towards its goal (template and parameters). When a resource fails the goal is what was before, or nothing.
//! Each record of a resource says by its `Doing` what is going on: `make`, `change` or nothing.

use jiff::Span;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    evaluate::Scope,
    plan, policy,
    record::{self, Goal, Happening, STACK, happen, set_status},
    removal,
    template::Template,
};
use crate::{
    event::Event,
    services::{
        Part,
        cloudcontrol::{
            engine,
            registry::{self, ResourceType},
        },
    },
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[], tasks: &[("cloudformation:step", step)] };

/// Who acts.
pub(super) const BY: &str = "cloudformation.amazonaws.com";
/// How often a stack is worked on, in seconds.
const STEP: i64 = 3;

/// Has a stack worked on soon.
pub(super) fn begin(world: &mut World, place: &Place, id: &str) {
    let due = world.now() + Span::new().seconds(STEP);
    world.schedule(due, Task::new("cloudformation:step", place, id));
}

/// Tells EventBridge.
pub(super) fn tell(world: &mut World, place: &Place, id: &str, happening: &Happening<'_>) {
    let arn = place.arn_of(&STACK, id);
    let is_stack = happening.resource_type == STACK.resource_type && happening.physical == arn;
    let details = value!({ "status": (happening.status), "status-reason": (happening.reason.unwrap_or_default()) });
    let (detail_type, mut detail) = if is_stack {
        ("CloudFormation Stack Status Change", object! {})
    } else {
        let one = object! {
            "logical-resource-id": (happening.logical),
            "physical-resource-id": (happening.physical),
            "resource-type": (happening.resource_type)
        };
        ("CloudFormation Resource Status Change", one)
    };
    detail.insert("stack-id", arn.as_str());
    detail.insert("status-details", details);
    world.emit(
        Event::new("aws.cloudformation", detail_type, place).about(arn).with(Value::from(detail)),
    );
}

fn step(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(stack) = world.get(place, id).cloned() else {
        return;
    };
    let status = stack.fact("StackStatus").unwrap_or_default();
    let is_going_on = match status {
        "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS" => {
            work(world, place, id)
        }
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => {
            removal::clean(world, place, id)
        }
        "ROLLBACK_IN_PROGRESS" | "DELETE_IN_PROGRESS" => removal::tear_down(world, place, id),
        _ => false,
    };
    if is_going_on {
        begin(world, place, id);
    }
}

/// The records of a stack.
pub(super) fn records(stack: &Resource) -> Object {
    stack.inside.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// A text of a record.
pub(super) fn text<'r>(record: &'r Object, member: &str) -> &'r str {
    record.text(member)
}

/// The properties that a resource was made with.
pub(super) fn properties(record: &Object) -> Object {
    record.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Keeps a record.
pub(super) fn set_record(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, record): (&str, Object),
) {
    world.change_inside(place, id, |inside| {
        let mut all =
            inside.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        all.insert(logical, record);
        inside.insert("Resources", all);
    });
}

/// Forgets a resource.
pub(super) fn drop_record(world: &mut World, place: &Place, id: &str, logical: &str) {
    world.change_inside(place, id, |inside| {
        let mut all =
            inside.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        all.remove(logical);
        inside.insert("Resources", all);
    });
}

/// Sets a resource's status, with an event.
pub(super) fn mark(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, mut record): (&str, Object),
    (status, reason): (&str, Option<&str>),
) {
    record.insert("ResourceStatus", status);
    record.insert("Timestamp", world.now());
    match reason {
        Some(reason) => record.insert("ResourceStatusReason", reason),
        None => record.remove("ResourceStatusReason"),
    };
    let (physical, kind) =
        (text(&record, "PhysicalResourceId").to_owned(), text(&record, "ResourceType").to_owned());
    set_record(world, place, id, (logical, record));
    let happening =
        Happening { logical, physical: &physical, resource_type: &kind, status, reason };
    happen(world, place, id, &happening);
}

/// Works towards the goal. Whether there is more to do.
fn work(world: &mut World, place: &Place, id: &str) -> bool {
    let Some(stack) = world.get(place, id).cloned() else {
        return false;
    };
    let template = Goal::of(&stack, "Goal").map(|goal| (record::template(&goal.body), goal));
    let Some((Ok(template), goal)) = template else {
        return false;
    };
    let worked = work_on(world, place, id, (&template, &goal));
    match worked {
        Ok(true) => true,
        Ok(false) => {
            finish(world, place, id, (&template, &goal));
            world.get(place, id).is_some_and(|stack| {
                stack.fact("StackStatus").is_some_and(|status| status.ends_with("IN_PROGRESS"))
            })
        }
        Err((logical, reason)) => {
            fail(world, place, id, (&logical, &reason));
            true
        }
    }
}

/// Why a resource could not be made or changed.
type Failed = (String, String);

fn work_on(
    world: &mut World,
    place: &Place,
    id: &str,
    (template, goal): (&Template, &Goal),
) -> Result<bool, Failed> {
    policy::allow_removal(world, place, id, template)?;
    let order: Vec<String> =
        template.order().unwrap_or_default().into_iter().map(str::to_owned).collect();
    let mut is_going_on = false;
    for logical in order {
        let Some(declared) = template.resources.get(&logical) else {
            continue;
        };
        let Some(stack) = world.get(place, id).cloned() else {
            return Ok(false);
        };
        let all = records(&stack);
        let own = all.get(&logical).and_then(Value::as_object).cloned();
        let failed = |reason: String| (logical.clone(), reason);
        if let Some(own) = own.clone().filter(|own| own.contains("Doing")) {
            is_going_on |= !settle(world, place, id, (&logical, own)).map_err(failed)?;
            continue;
        }
        let is_done =
            |need: &String| all.get(need).is_none_or(|record| record.get("Doing").is_none());
        let is_waiting = declared.needs.iter().any(|need| {
            template.resources.contains_key(need) && (!is_done(need) || !is_as_wanted(&stack, need))
        });
        if is_waiting {
            is_going_on = true;
            continue;
        }
        let wanted = with_scope(world, place, id, (template, goal, &stack), |scope| {
            record::wanted(scope, declared)
        });
        let Some(wanted) = wanted.map_err(failed)? else {
            note(world, place, id, &logical);
            continue;
        };
        is_going_on |= bring(world, place, id, (&logical, &declared.resource_type, own, wanted))
            .map_err(failed)?;
        note(world, place, id, &logical);
    }
    Ok(is_going_on)
}

/// Remembers that a resource was looked at in this deployment.
fn note(world: &mut World, place: &Place, id: &str, logical: &str) {
    world.change_inside(place, id, |inside| {
        let mut seen = inside.get("Seen").and_then(Value::as_object).cloned().unwrap_or_default();
        seen.insert(logical, true);
        inside.insert("Seen", seen);
    });
}

fn is_as_wanted(stack: &Resource, logical: &str) -> bool {
    stack.inside.get("Seen").is_some_and(|seen| seen.get(logical).is_some())
}

/// Does something with what values can refer to.
pub(super) fn with_scope<T>(
    world: &World,
    place: &Place,
    id: &str,
    (template, goal, stack): (&Template, &Goal, &Resource),
    act: impl FnOnce(&Scope<'_>) -> T,
) -> T {
    let exports = record::exports(world, place).into_iter().map(|(name, (_, value))| (name, value));
    let scope = Scope {
        template,
        surroundings: &record::surroundings(place, id, stack),
        parameters: &goal.values(),
        made: &record::made(stack),
        exports: &exports.collect(),
        is_plan: false,
    };
    act(&scope)
}

/// The registered type of this name.
pub(super) fn typed(name: &str) -> Result<&'static ResourceType, String> {
    registry::named(name)
        .ok_or_else(|| format!("Template format error: Unrecognized resource types: [{name}]"))
}

/// Brings a resource to what is wanted. Whether that takes longer.
fn bring(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, resource_type, own, mut wanted): (&str, &str, Option<Object>, Object),
) -> Result<bool, String> {
    let kind = typed(resource_type)?;
    let Some(own) = own else {
        return make(world, place, id, (logical, kind, wanted, None));
    };
    let before = properties(&own);
    if !kind.name_property.is_empty()
        && !wanted.contains(kind.name_property)
        && let Some(name) = before.get(kind.name_property)
    {
        wanted.insert(kind.name_property, name.clone());
    }
    let changed = plan::changes(&before, &wanted);
    if changed.is_empty() && text(&own, "ResourceType") == resource_type {
        return Ok(false);
    }
    let is_replaced = text(&own, "ResourceType") != resource_type
        || changed.iter().any(|name| kind.fixed.contains(&name.as_str()));
    if is_replaced {
        if !kind.name_property.is_empty()
            && !changed.contains(kind.name_property)
            && text(&own, "Named") == "made up"
        {
            wanted.remove(kind.name_property);
        }
        policy::allow(world, place, id, ("Replace", logical, resource_type))?;
        return make(world, place, id, (logical, kind, wanted, Some(own)));
    }
    policy::allow(world, place, id, ("Modify", logical, resource_type))?;
    mark(world, place, id, (logical, own.clone()), ("UPDATE_IN_PROGRESS", None));
    let origin = Origin::at(place, BY);
    let physical = text(&own, "PhysicalResourceId").to_owned();
    engine::update(world, &origin, kind, (&physical, &before, &wanted), &changed)?;
    let mut record = own;
    record.insert("Properties", wanted);
    record.insert("Doing", "change");
    record.insert("ResourceStatus", "UPDATE_IN_PROGRESS");
    set_record(world, place, id, (logical, record));
    Ok(true)
}

/// Makes a resource, in place of another if there is one.
fn make(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, kind, mut wanted, old): (&str, &'static ResourceType, Object, Option<Object>),
) -> Result<bool, String> {
    let is_named = kind.name_property.is_empty() || wanted.contains(kind.name_property);
    if !is_named {
        wanted.insert(kind.name_property, made_up(world, kind, id, logical));
    }
    let verb = if old.is_some() { "UPDATE_IN_PROGRESS" } else { "CREATE_IN_PROGRESS" };
    let mut record = object! {
        "ResourceType": (kind.name),
        "PhysicalResourceId": "",
        "Properties": (wanted.clone()),
        "Named": (if is_named { "" } else { "made up" })
    };
    let reason = old.as_ref().map(|_| "Requested update requires the creation of a new physical resource; hence creating one.");
    let shown = old.clone().unwrap_or_else(|| record.clone());
    mark(world, place, id, (logical, shown), (verb, reason));
    let tags = stack_tags(world, place, id, logical);
    let origin = Origin::at(place, BY);
    let physical = engine::create(world, &origin, kind, &wanted, &tags)?;
    if let Some(old) = old {
        world.change_inside(place, id, |inside| {
            let mut cleanup =
                inside.get("Cleanup").map_or_else(Vec::new, |list| list.as_list().to_vec());
            let mut old = old;
            old.insert("LogicalResourceId", logical);
            cleanup.push(old.into());
            inside.insert("Cleanup", Value::List(cleanup));
        });
    }
    record.insert("PhysicalResourceId", physical);
    record.insert("Doing", if verb == "CREATE_IN_PROGRESS" { "make" } else { "change" });
    mark(world, place, id, (logical, record), (verb, Some("Resource creation Initiated")));
    Ok(true)
}

/// A name for what has none: the stack, the resource, and something random.
fn made_up(world: &mut World, kind: &ResourceType, id: &str, logical: &str) -> String {
    let stack = id.split('/').next().unwrap_or(id);
    let letters = world.random_letters(12);
    // Names of load balancers are short, names of buckets and databases have no capitals.
    let short = kind.service == "elbv2";
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let name = if short {
        format!("{}-{}-{letters}", cut(stack, 8), cut(logical, 8))
    } else {
        format!("{}-{}-{letters}", cut(stack, 20), cut(logical, 24))
    };
    if ["s3", "rds"].contains(&kind.service) { name.to_lowercase() } else { name }
}

/// What every resource of a stack is tagged with.
fn stack_tags(world: &World, place: &Place, id: &str, _logical: &str) -> Tags {
    world.get(place, id).map(|stack| (*stack.tags).clone()).unwrap_or_default()
}

/// Looks whether what is being made or changed is done.
fn settle(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, mut record): (&str, Object),
) -> Result<bool, String> {
    let kind = typed(text(&record, "ResourceType"))?;
    let origin = Origin::at(place, BY);
    let physical = text(&record, "PhysicalResourceId").to_owned();
    let found = engine::read(world, &origin, kind, (&physical, &properties(&record)))?;
    let Some(found) = found else {
        return Err(format!(
            "Resource handler returned message: \"{physical} does not exist\" (HandlerErrorCode: NotFound)"
        ));
    };
    if !engine::is_ready(kind, &found)? {
        return Ok(false);
    }
    let verb = if text(&record, "Doing") == "make" { "CREATE_COMPLETE" } else { "UPDATE_COMPLETE" };
    let mut attributes = properties(&record);
    attributes.extend(engine::attributes(kind, &origin, &physical, &found));
    record.insert("Reference", engine::reference(kind, &physical, &found));
    record.insert("Attributes", attributes);
    record.remove("Doing");
    mark(world, place, id, (logical, record), (verb, None));
    Ok(true)
}

/// A resource failed: the stack goes back, or stays as it is if that was wanted.
fn fail(world: &mut World, place: &Place, id: &str, (logical, reason): (&str, &str)) {
    let Some(stack) = world.get(place, id).cloned() else {
        return;
    };
    let status = stack.fact("StackStatus").unwrap_or_default().to_owned();
    let verb = if status.starts_with("CREATE") { "CREATE_FAILED" } else { "UPDATE_FAILED" };
    let mut record =
        records(&stack).get(logical).and_then(Value::as_object).cloned().unwrap_or_default();
    if !record.contains("ResourceType") {
        let goal = Goal::of(&stack, "Goal");
        let template = goal.and_then(|goal| record::template(&goal.body).ok());
        let kind = template
            .and_then(|template| Some(template.resources.get(logical)?.resource_type.clone()));
        record.insert("ResourceType", kind.unwrap_or_default());
        record.insert("PhysicalResourceId", "");
    }
    record.remove("Doing");
    mark(world, place, id, (logical, record), (verb, Some(reason)));
    let reason = format!(
        "The following resource(s) failed to {}: [{logical}]. ",
        if verb == "CREATE_FAILED" { "create" } else { "update" }
    );
    let on_failure = stack.inside.get("OnFailure").and_then(Value::as_str).unwrap_or("ROLLBACK");
    let next = match (status.as_str(), on_failure) {
        ("CREATE_IN_PROGRESS", "DO_NOTHING") => "CREATE_FAILED",
        ("CREATE_IN_PROGRESS", "DELETE") => "DELETE_IN_PROGRESS",
        ("CREATE_IN_PROGRESS", _) => "ROLLBACK_IN_PROGRESS",
        ("UPDATE_IN_PROGRESS", "DO_NOTHING") => "UPDATE_FAILED",
        ("UPDATE_IN_PROGRESS", _) => "UPDATE_ROLLBACK_IN_PROGRESS",
        _ => "UPDATE_ROLLBACK_FAILED",
    };
    let wish = if next == "ROLLBACK_IN_PROGRESS" { "Rollback requested by user." } else { "" };
    set_status(world, place, id, (next, Some(format!("{reason}{wish}").trim())));
    if next == "UPDATE_ROLLBACK_IN_PROGRESS" {
        go_back(world, place, id);
    }
}

/// The goal is what was before the update.
pub(super) fn go_back(world: &mut World, place: &Place, id: &str) {
    world.change_inside(place, id, |inside| {
        if let Some(previous) = inside.get("Previous").cloned() {
            inside.insert("Goal", previous);
        }
        inside.remove("Seen");
        // What was under way when something else failed is taken as it is.
        let mut all =
            inside.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        for (_, record) in all.iter_mut() {
            if let Some(record) = record.as_object_mut() {
                record.remove("Doing");
            }
        }
        inside.insert("Resources", all);
    });
    let unmade: Vec<String> = world
        .get(place, id)
        .map(records)
        .unwrap_or_default()
        .iter()
        .filter(|(_, record)| record.get("PhysicalResourceId").and_then(Value::as_str) == Some(""))
        .map(|(logical, _)| logical.to_string())
        .collect();
    for logical in unmade {
        drop_record(world, place, id, &logical);
    }
}

/// Everything is as wanted: outputs are settled, and what is not wanted any more goes.
fn finish(world: &mut World, place: &Place, id: &str, (template, goal): (&Template, &Goal)) {
    let Some(stack) = world.get(place, id).cloned() else {
        return;
    };
    let outputs =
        with_scope(world, place, id, (template, goal, &stack), |scope| outputs(scope, template));
    let (outputs, exports) = match outputs {
        Ok(settled) => settled,
        Err(reason) => {
            let status = stack.fact("StackStatus").unwrap_or_default().to_owned();
            let next = if status == "CREATE_IN_PROGRESS" {
                "ROLLBACK_IN_PROGRESS"
            } else {
                "UPDATE_ROLLBACK_IN_PROGRESS"
            };
            set_status(world, place, id, (next, Some(&reason)));
            if next == "UPDATE_ROLLBACK_IN_PROGRESS" {
                go_back(world, place, id);
            }
            return;
        }
    };
    world.set(place, id, "Outputs", Value::List(outputs));
    world.change_inside(place, id, |inside| {
        inside.insert("Exports", exports);
        inside.remove("Seen");
    });
    match stack.fact("StackStatus") {
        Some("CREATE_IN_PROGRESS") => set_status(world, place, id, ("CREATE_COMPLETE", None)),
        Some("UPDATE_IN_PROGRESS") => {
            set_status(world, place, id, ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None));
        }
        _ => set_status(world, place, id, ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None)),
    }
}

/// The outputs of a stack, and what it exports.
fn outputs(scope: &Scope<'_>, template: &Template) -> Result<(Vec<Value>, Object), String> {
    let (mut outputs, mut exports) = (Vec::new(), Object::new());
    for (name, declared) in template.section("Outputs") {
        if let Some(condition) = declared.get("Condition").and_then(Value::as_str)
            && !scope.condition(condition)?
        {
            continue;
        }
        let value = scope.evaluate(declared.get("Value").unwrap_or(&Value::Null))?;
        let value = super::functions::text(&value);
        let mut output = object! { "OutputKey": (name), "OutputValue": (value.as_str()) };
        if let Some(description) = declared.get("Description") {
            output.insert("Description", description.clone());
        }
        if let Some(export) = declared.get("Export").and_then(|export| export.get("Name")) {
            let export = super::functions::text(&scope.evaluate(export)?);
            output.insert("ExportName", export.as_str());
            exports.insert(export, value);
        }
        outputs.push(output.into());
    }
    Ok((outputs, exports))
}
