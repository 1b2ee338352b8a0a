//! Takes resources away: what an update left over, and everything when a stack goes.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    deploy::{BY, drop_record, mark, properties, records, set_record, text, typed, with_scope},
    evaluate,
    record::{self, Goal, set_status},
    template::{Policy, Template},
};
use crate::{
    services::cloudcontrol::engine,
    store::Place,
    world::{Origin, World},
};

/// Deletes what an update replaced or left out. Whether there is more to do.
pub(super) fn clean(world: &mut World, place: &Place, id: &str) -> bool {
    let Some(stack) = world.get(place, id).cloned() else {
        return false;
    };
    let goal = Goal::of(&stack, "Goal");
    let Some((goal, Ok(template))) = goal.map(|goal| {
        let template = record::template(&goal.body);
        (goal, template)
    }) else {
        return false;
    };
    let previous = Goal::of(&stack, "Previous").and_then(|goal| record::template(&goal.body).ok());
    for old in stack.inside.list("Cleanup").iter().filter_map(Value::as_object) {
        let logical = text(old, "LogicalResourceId").to_owned();
        let policy = template.resources.get(&logical).map_or(Policy::Delete, |one| one.replaced);
        remove(world, place, id, (&logical, old.clone(), policy));
        // The replacement is what the stack has.
        if let Some(record) = records(&stack).get(&logical).and_then(Value::as_object) {
            set_record(world, place, id, (&logical, record.clone()));
        }
    }
    let is_wanted = |logical: &str| {
        template.resources.get(logical).is_some_and(|declared| {
            with_scope(world, place, id, (&template, &goal, &stack), |scope| {
                evaluate::exists(scope, declared)
            }) == Ok(true)
        })
    };
    let left: Vec<(String, Object)> = records(&stack)
        .iter()
        .filter(|(logical, _)| !is_wanted(logical))
        .filter_map(|(logical, record)| Some((logical.to_string(), record.as_object()?.clone())))
        .collect();
    for (logical, record) in backwards(previous.as_ref(), left) {
        let policy = previous
            .as_ref()
            .and_then(|template| template.resources.get(&logical))
            .map_or(Policy::Delete, |one| one.deletion);
        remove(world, place, id, (&logical, record, policy));
        drop_record(world, place, id, &logical);
    }
    world.change_inside(place, id, |inside| {
        inside.remove("Cleanup");
    });
    let is_back = stack.fact("StackStatus") == Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    let status = if is_back { "UPDATE_ROLLBACK_COMPLETE" } else { "UPDATE_COMPLETE" };
    set_status(world, place, id, (status, None));
    false
}

/// Those that need others come before them.
fn backwards(
    template: Option<&Template>,
    mut records: Vec<(String, Object)>,
) -> Vec<(String, Object)> {
    let order: BTreeMap<&str, usize> = template
        .and_then(|template| template.order().ok())
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(position, logical)| (logical, position))
        .collect();
    records.sort_by_key(|(logical, _)| std::cmp::Reverse(order.get(logical.as_str()).copied()));
    records
}

/// Deletes a resource, or leaves it if that is its policy. Whether it is gone from the stack.
fn remove(
    world: &mut World,
    place: &Place,
    id: &str,
    (logical, record, policy): (&str, Object, Policy),
) -> bool {
    let physical = text(&record, "PhysicalResourceId").to_owned();
    if physical.is_empty() {
        return true;
    }
    if policy == Policy::Retain || policy == Policy::RetainExceptOnCreate {
        mark(world, place, id, (logical, record), ("DELETE_SKIPPED", None));
        return true;
    }
    mark(world, place, id, (logical, record.clone()), ("DELETE_IN_PROGRESS", None));
    let Ok(kind) = typed(text(&record, "ResourceType")) else {
        return true;
    };
    let origin = Origin::at(place, BY);
    match engine::delete(world, &origin, kind, (&physical, &properties(&record))) {
        Ok(()) if is_torn_down(world, place, id) && is_still_there(world, place, &record) => {
            let mut record = record;
            record.insert("Doing", "delete");
            record.insert("ResourceStatus", "DELETE_IN_PROGRESS");
            set_record(world, place, id, (logical, record));
            true
        }
        Ok(()) => {
            mark(world, place, id, (logical, record), ("DELETE_COMPLETE", None));
            true
        }
        Err(reason) => {
            mark(world, place, id, (logical, record), ("DELETE_FAILED", Some(&reason)));
            false
        }
    }
}

/// Deletes everything, the last first, one kind of dependence at a time. Whether there is more to do.
pub(super) fn tear_down(world: &mut World, place: &Place, id: &str) -> bool {
    let Some(stack) = world.get(place, id).cloned() else {
        return false;
    };
    let template = Goal::of(&stack, "Goal").and_then(|goal| record::template(&goal.body).ok());
    let is_rollback = stack.fact("StackStatus") == Some("ROLLBACK_IN_PROGRESS");
    let retained = stack.inside.list("Retained");
    let all: Vec<(String, Object)> = records(&stack)
        .iter()
        .filter(|(_, record)| {
            let status = record.text("ResourceStatus");
            !["DELETE_COMPLETE", "DELETE_SKIPPED"].contains(&status)
        })
        .filter_map(|(logical, record)| Some((logical.to_string(), record.as_object()?.clone())))
        .collect();
    let next = backwards(template.as_ref(), all).into_iter().next();
    let Some((logical, record)) = next else {
        let status = if is_rollback { "ROLLBACK_COMPLETE" } else { "DELETE_COMPLETE" };
        set_status(world, place, id, (status, None));
        world.change_inside(place, id, |inside| {
            inside.remove("Exports");
        });
        return false;
    };
    if text(&record, "Doing") == "delete" {
        if !is_still_there(world, place, &record) {
            mark(world, place, id, (&logical, record), ("DELETE_COMPLETE", None));
        }
        return true;
    }
    let declared = template.as_ref().and_then(|template| template.resources.get(&logical));
    let mut policy = declared.map_or(Policy::Delete, |one| one.deletion);
    if policy == Policy::RetainExceptOnCreate && is_rollback {
        policy = Policy::Delete;
    }
    if retained.iter().any(|one| one.as_str() == Some(&logical)) {
        policy = Policy::Retain;
    }
    if text(&record, "PhysicalResourceId").is_empty() {
        drop_record(world, place, id, &logical);
        return true;
    }
    if remove(world, place, id, (&logical, record, policy)) {
        return true;
    }
    let status = if is_rollback { "ROLLBACK_FAILED" } else { "DELETE_FAILED" };
    let reason = format!("The following resource(s) failed to delete: [{logical}]. ");
    set_status(world, place, id, (status, Some(&reason)));
    false
}

/// Whether the stack as a whole goes, so that one deletion must wait for another.
fn is_torn_down(world: &World, place: &Place, id: &str) -> bool {
    let status = world.get(place, id).and_then(|stack| stack.fact("StackStatus"));
    matches!(status, Some("DELETE_IN_PROGRESS" | "ROLLBACK_IN_PROGRESS"))
}

fn is_still_there(world: &mut World, place: &Place, record: &Object) -> bool {
    let Ok(kind) = typed(text(record, "ResourceType")) else {
        return false;
    };
    // What cannot be looked at is gone once its deletion was answered.
    if kind.read.operation.is_empty() {
        return false;
    }
    let origin = Origin::at(place, BY);
    let physical = text(record, "PhysicalResourceId");
    matches!(engine::read(world, &origin, kind, (physical, &properties(record))), Ok(Some(_)))
}
