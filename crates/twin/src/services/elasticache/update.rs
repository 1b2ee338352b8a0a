//! Service updates: what AWS wants applied, and where it was.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{cluster::CLUSTER, replication::REPLICATION_GROUP};
use crate::{
    call::{Answer, Call},
    kind::Kind,
    recipe::Action,
    services::Part,
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeServiceUpdates", Action::Own(updates)),
        ("DescribeUpdateActions", Action::Own(actions)),
        ("BatchApplyUpdateAction", Action::Own(apply)),
    ],
    tasks: &[("elasticache:update-applied", applied)],
};

/// An update: name, engine, severity, when it came out, by when it should be applied.
type ServiceUpdate = (&'static str, &'static str, &'static str, &'static str, &'static str);

const UPDATES: [ServiceUpdate; 2] = [
    (
        "elasticache-20260112-redis",
        "redis",
        "important",
        "2026-01-12T00:00:00Z",
        "2026-04-12T00:00:00Z",
    ),
    (
        "elasticache-20260112-valkey",
        "valkey",
        "important",
        "2026-01-12T00:00:00Z",
        "2026-04-12T00:00:00Z",
    ),
];

fn time(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

fn updates(call: &Call, _: &mut World) -> Answer {
    let wanted = call.text("ServiceUpdateName");
    let shown = UPDATES
        .iter()
        .filter(|(name, .., from, _)| wanted.is_none_or(|wanted| wanted == *name) && time(from) <= call.now)
        .map(|(name, engine, severity, from, by)| {
            value!({
                "ServiceUpdateName": (*name), "ServiceUpdateReleaseDate": (time(from)), "ServiceUpdateSeverity": (*severity),
                "ServiceUpdateRecommendedApplyByDate": (time(by)), "ServiceUpdateStatus": "available",
                "ServiceUpdateDescription": "Security and reliability fixes", "ServiceUpdateType": "security-update",
                "Engine": (*engine), "AutoUpdateAfterRecommendedApplyByDate": false, "EstimatedUpdateTime": "30 minutes",
            })
        });
    Ok(value!({"ServiceUpdates": (shown.collect::<Value>())}))
}

const KINDS: [(Kind, &str); 2] =
    [(&REPLICATION_GROUP, "ReplicationGroupId"), (&CLUSTER, "CacheClusterId")];

fn actions(call: &Call, world: &mut World) -> Answer {
    let mut shown = Vec::new();
    for (kind, member) in KINDS {
        let named = call.texts(&format!("{member}s"));
        for (id, one) in world.shelf(&call.place(kind)) {
            if one.fact("ReplicationGroupId").is_some()
                || !(named.is_empty() || named.contains(&id.as_str()))
            {
                continue;
            }
            for (name, engine, severity, from, by) in UPDATES {
                if one.fact("Engine") != Some(engine) || time(from) > call.now {
                    continue;
                }
                let status =
                    one.inside.get("Updates").and_then(|all| all.get(name)).and_then(Value::as_str);
                let mut action = Object::from_iter([(member, id.as_str())]);
                action.extend([
                    ("ServiceUpdateName", Value::from(name)),
                    ("ServiceUpdateReleaseDate", time(from).into()),
                    ("ServiceUpdateSeverity", severity.into()),
                    ("ServiceUpdateStatus", "available".into()),
                    ("ServiceUpdateRecommendedApplyByDate", time(by).into()),
                    ("ServiceUpdateType", "security-update".into()),
                    ("UpdateActionAvailableDate", time(from).into()),
                    ("UpdateActionStatus", status.unwrap_or("not-applied").into()),
                    ("SlaMet", if status == Some("complete") { "yes" } else { "n/a" }.into()),
                    ("Engine", engine.into()),
                ]);
                shown.push(Value::from(action));
            }
        }
    }
    Ok(value!({"UpdateActions": (shown)}))
}

fn apply(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ServiceUpdateName")?;
    if !UPDATES.iter().any(|(known, ..)| *known == name) {
        let message = format!("Service update {name} not found.");
        return Err(
            crate::failure::Failure::new("ServiceUpdateNotFoundFault", message).with_status(404)
        );
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (kind, member) in KINDS {
        let place = call.place(kind);
        for id in call.texts(&format!("{member}s")) {
            let mut line = Object::from_iter([(member, id), ("ServiceUpdateName", name)]);
            if world.get(&place, id).is_none() {
                line.insert("ErrorType", "NotFound");
                line.insert("ErrorMessage", format!("{id} not found."));
                failed.push(Value::from(line));
                continue;
            }
            world.change_inside(&place, id, |inside| {
                let mut all =
                    inside.get("Updates").and_then(Value::as_object).cloned().unwrap_or_default();
                all.insert(name, "in-progress");
                inside.insert("Updates", all);
            });
            let task =
                Task::new("elasticache:update-applied", &place, id).with(value!({"Name": (name)}));
            world.schedule(later(call.now, 1800), task);
            line.insert("UpdateActionStatus", "in-progress");
            done.push(Value::from(line));
        }
    }
    Ok(value!({"ProcessedUpdateActions": (done), "UnprocessedUpdateActions": (failed)}))
}

fn applied(world: &mut World, task: &Task) {
    let name = task.detail.text("Name").to_owned();
    world.change_inside(&task.place, &task.id, |inside| {
        let mut all = inside.get("Updates").and_then(Value::as_object).cloned().unwrap_or_default();
        all.insert(name.as_str(), "complete");
        inside.insert("Updates", all);
    });
}
