//! Instance refresh: a group's instances are replaced batch by batch.
//!
//! ```text
//! Pending ─► InProgress ─┬─► Successful
//!                        └─► Cancelling ─► Cancelled
//! ```

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    GROUP, PAGES, converge, groups,
    members::{self, entries, named, size, state_of},
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing, describe},
    services::ec2::compute::{
        INSTANCE,
        support::{after, arn, number, resource, text, truth},
    },
    store::Place,
    task::Task,
    value::{object, value},
    world::World,
};

/// Instance refreshes, by id.
pub(crate) static REFRESH: Definition = Definition {
    resource_type: "AWS::AutoScaling::InstanceRefresh",
    arn: "arn:{partition}:autoscaling:{region}:{account}:instanceRefresh:{id}",
    identity: &[("InstanceRefreshId", Identity::Id)],
    missing: Missing::new("ValidationError", "Instance refresh {id} not found"),
    ..Definition::OF
};

/// How often a refresh looks how far it has come.
const LOOK: i64 = 20;

/// `StartInstanceRefresh`.
pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    check(call)?;
    if running(world, &call.place(&REFRESH), &name).is_some() {
        let message = "An instance refresh is already in progress for this Auto Scaling group.";
        return Err(Failure::new("InstanceRefreshInProgress", message));
    }
    let mut preferences = object! { "MinHealthyPercentage": 90, "InstanceWarmup": (groups::warmup(&facts)), "SkipMatching": false };
    for (member, value) in call.object("Preferences").into_iter().flat_map(Object::iter) {
        preferences.insert(member, value.clone());
    }
    let mut described = object! {
        "AutoScalingGroupName": (name.as_str()),
        "Status": "Pending",
        "StartTime": (call.now),
        "PercentageComplete": 0,
        "Preferences": preferences,
        "Strategy": "Rolling",
    };
    if let Some(template) = call.input.path("DesiredConfiguration.LaunchTemplate") {
        let template = groups::checked_template(call, world, template)?;
        described.insert("DesiredConfiguration", value!({"LaunchTemplate": template}));
    }
    let old: Value = entries(&facts)
        .iter()
        .filter(|entry| members::counts(entry))
        .map(|entry| Value::from(text(entry, "InstanceId")))
        .collect();
    let count = i64::try_from(old.as_list().len()).unwrap_or(0);
    described.insert("InstancesToUpdate", count);
    let place = call.place(&REFRESH);
    let id = world.uuid();
    let inside = object! { "Old": old, "Total": count };
    world.put(place.clone(), id.clone(), resource(described, Tags::new()).with_inside(inside));
    let due = after(world, LOOK);
    world.schedule(due, Task::new("autoscaling:refresh", &place, &id));
    Ok(value!({"InstanceRefreshId": id}))
}

fn check(call: &Call) -> Result<(), Failure> {
    if call.text("Strategy").is_some_and(|strategy| strategy != "Rolling") {
        return groups::refuse(call, &["Strategy"]);
    }
    let preferences = call.object("Preferences").cloned().unwrap_or_default();
    for member in [
        "AlarmSpecification",
        "AutoRollback",
        "BakeTime",
        "CheckpointPercentages",
        "MaxHealthyPercentage",
    ] {
        let asked = preferences.get(member);
        if asked.is_some_and(crate::services::ec2::compute::support::says_something) {
            return groups::refuse(call, &["Preferences"]);
        }
    }
    if call.input.path("DesiredConfiguration.MixedInstancesPolicy").is_some() {
        return groups::refuse(call, &["DesiredConfiguration"]);
    }
    Ok(())
}

/// The refresh of a group that is not over.
fn running(world: &World, place: &Place, group: &str) -> Option<String> {
    let shelf = world.shelf(place);
    let found = shelf.iter().find(|(_, refresh)| {
        refresh.fact("AutoScalingGroupName") == Some(group)
            && matches!(refresh.fact("Status"), Some("Pending" | "InProgress" | "Cancelling"))
    });
    found.map(|(id, _)| id.clone())
}

/// A refresh looks how far it has come and takes the next batch.
pub(super) fn step(world: &mut World, task: &Task) {
    let Some(refresh) = world.get(&task.place, &task.id) else { return };
    let (described, inside) = (refresh.facts.clone(), refresh.inside.clone());
    let name = text(&described, "AutoScalingGroupName").to_owned();
    let groups = task.place.beside(&GROUP);
    let Some(facts) = members::facts(world, &groups, &name) else {
        finish(world, task, ("Failed", "The Auto Scaling group was deleted."));
        return;
    };
    match text(&described, "Status") {
        "Pending" => begin(world, task, (&groups, &name, &described)),
        "Cancelling" => {
            finish(world, task, ("Cancelled", "Cancelled due to user request."));
            return;
        }
        "InProgress" => {}
        _ => return,
    }
    let old: Vec<&str> = inside.list("Old").iter().filter_map(Value::as_str).collect();
    let entries = entries(&facts);
    let present = |id: &str| entries.iter().find(|entry| text(entry, "InstanceId") == id);
    let left: Vec<&str> = old.iter().copied().filter(|id| present(id).is_some()).collect();
    let total = number(&inside, "Total").unwrap_or(0).max(1);
    let done = total - i64::try_from(left.len()).unwrap_or(0);
    let serving =
        entries.iter().filter(|entry| warm(world, &task.place, &described, entry)).count();
    let serving = i64::try_from(serving).unwrap_or(0);
    let desired = size(&facts, "DesiredCapacity");
    let shown = (done * 100 / total).min(if serving < desired { 99 } else { 100 });
    let remaining = i64::try_from(left.len()).unwrap_or(0);
    world.change(&task.place, &task.id, |facts| {
        facts.insert("PercentageComplete", shown);
        facts.insert("InstancesToUpdate", remaining);
    });
    if left.is_empty() && serving >= desired {
        finish(world, task, ("Successful", ""));
        return;
    }
    let least = number(&described, "Preferences.MinHealthyPercentage").unwrap_or(90);
    // Rounded up; at least one at a time, else nothing would ever happen.
    let must_serve = (desired * least + 99) / 100;
    let allowed = (serving - must_serve.min(desired - 1)).max(0);
    let leaving = left.iter().filter(|id| {
        present(id).is_some_and(|entry| {
            state_of(entry) == "InService" && truth(entry, "ProtectedFromScaleIn") != Some(true)
        })
    });
    let batch: Vec<String> =
        leaving.take(usize::try_from(allowed).unwrap_or(0)).map(|id| (*id).to_owned()).collect();
    for id in batch {
        let cause = "an instance was taken out of service in response to an instance refresh.";
        converge::terminate(world, (&groups, &name, &id), cause);
        converge::soon(world, &groups, &name, "an instance refresh replaced an instance");
    }
    let due = after(world, LOOK);
    world.schedule(due, Task::new("autoscaling:refresh", &task.place, &task.id));
}

/// Whether an instance serves and has warmed up.
fn warm(world: &World, place: &Place, described: &Object, entry: &Object) -> bool {
    if state_of(entry) != "InService" {
        return false;
    }
    let warmup = number(described, "Preferences.InstanceWarmup").unwrap_or(0);
    let instance = world.get(&place.beside(&INSTANCE), text(entry, "InstanceId"));
    let launched = instance.and_then(|i| i.value("LaunchTime")).and_then(Value::as_timestamp);
    launched.is_none_or(|time| world.now().as_second() - time.as_second() >= warmup)
}

fn begin(world: &mut World, task: &Task, (groups, name, described): (&Place, &str, &Object)) {
    if let Some(template) =
        described.get("DesiredConfiguration").and_then(|wanted| wanted.get("LaunchTemplate"))
    {
        world.change(groups, name, |facts| {
            facts.insert("LaunchTemplate", template.clone());
            facts.remove("LaunchConfigurationName");
        });
    }
    world.set(&task.place, &task.id, "Status", "InProgress");
    announce(world, task, "Started");
}

fn finish(world: &mut World, task: &Task, (status, reason): (&str, &str)) {
    let now = world.now();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("Status", status);
        facts.insert("EndTime", now);
        if status == "Successful" {
            facts.insert("PercentageComplete", 100);
            facts.insert("InstancesToUpdate", 0);
        }
        if !reason.is_empty() {
            facts.insert("StatusReason", reason);
        }
    });
    let what = if status == "Successful" { "Succeeded" } else { status };
    announce(world, task, what);
}

fn announce(world: &mut World, task: &Task, what: &str) {
    let group =
        world.get(&task.place, &task.id).and_then(|refresh| refresh.fact("AutoScalingGroupName"));
    let group = group.unwrap_or_default().to_owned();
    let about = arn(&task.place.beside(&GROUP), &group);
    let detail = value!({"InstanceRefreshId": (task.id.as_str()), "AutoScalingGroupName": group});
    let kind = format!("EC2 Auto Scaling Instance Refresh {what}");
    world.emit(Event::new("aws.autoscaling", &kind, &task.place).about(about).with(detail));
}

/// `DescribeInstanceRefreshes`: newest first.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?.0;
    let (page_size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let ids = call.texts("InstanceRefreshIds");
    let place = call.place(&REFRESH);
    for id in &ids {
        call.find(world, &REFRESH, id)?;
    }
    let mut found: Vec<_> = world
        .shelf(&place)
        .iter()
        .filter(|(id, refresh)| {
            refresh.fact("AutoScalingGroupName") == Some(&name)
                && (ids.is_empty() || ids.contains(&id.as_str()))
        })
        .collect();
    found.sort_by_key(|(_, refresh)| {
        std::cmp::Reverse(refresh.facts.get("StartTime").and_then(Value::as_timestamp))
    });
    let skipped = start.and_then(|id| found.iter().position(|(known, _)| **known == id));
    let rest: Vec<_> = found.into_iter().skip(skipped.map_or(0, |at| at + 1)).collect();
    let page: Vec<_> = rest.iter().take(page_size).collect();
    let last = page.last().filter(|_| rest.len() > page.len()).map(|(id, _)| id.as_str());
    let owner = (&place.account, &place.region);
    let shown: Value =
        page.iter().map(|(id, known)| Value::from(describe(&REFRESH, owner, id, known))).collect();
    Ok(PAGES.finish(call, object! { "InstanceRefreshes": shown }, last))
}

/// `CancelInstanceRefresh`.
pub(super) fn cancel(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?.0;
    let place = call.place(&REFRESH);
    let id = running(world, &place, &name).ok_or_else(|| {
        let message = "No in progress or pending Instance Refresh found for Auto Scaling group";
        Failure::new("ActiveInstanceRefreshNotFound", format!("{message} {name}"))
    })?;
    world.set(&place, &id, "Status", "Cancelling");
    Ok(value!({"InstanceRefreshId": id}))
}
