//! Looking at associations and what they did.

use reeve_model::{Object, Value};

use super::{
    super::{
        documents::{self, DOCUMENT},
        shared::{FIFTY, latest_first, pages, targeted},
    },
    ASSOCIATION, meant,
    run::{EXECUTION, TARGET},
    shown,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    store::Resource,
    value::value,
    world::World,
};

static FIVE: Paging = pages(1, 5);

pub(super) fn describe_association(call: &Call, world: &mut World) -> Answer {
    let id = meant(call, world)?;
    if let Some(wanted) = call.text("AssociationVersion").filter(|wanted| *wanted != "$LATEST") {
        let association = call.find(world, &ASSOCIATION, &id)?;
        let all = association.inside.list("Versions");
        let found = all
            .iter()
            .find(|one| one.get("AssociationVersion").and_then(Value::as_str) == Some(wanted));
        let mut found = found.and_then(Value::as_object).cloned().ok_or_else(|| {
            Failure::new("InvalidAssociationVersion", "The version you specified isn't valid.")
        })?;
        found.insert("AssociationId", id);
        return Ok(call.fit(value!({"AssociationDescription": found})));
    }
    shown(call, world, &id)
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let mut items = Vec::new();
    let place = call.place(&ASSOCIATION);
    for (id, association) in world.shelf(&place) {
        let mut fits = true;
        for filter in call.list("AssociationFilterList") {
            let wanted = filter.text("value");
            fits &= match filter.text("key") {
                "InstanceId" => association.fact("InstanceId") == Some(wanted),
                "Name" => association.fact("Name") == Some(wanted),
                "AssociationId" => id == wanted,
                "AssociationName" => association.fact("AssociationName") == Some(wanted),
                "AssociationStatusName" => association.fact("Overview.Status") == Some(wanted),
                other => {
                    return Err(call.invalid(format!("The filter key {other} is not supported")));
                }
            };
        }
        if fits {
            let shown = call.describe(&ASSOCIATION, id, association);
            items.push((id.clone(), shown.into()));
        }
    }
    FIFTY.sort(call, "Associations", items)
}

pub(super) fn versions(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AssociationId")?;
    let association = call.find(world, &ASSOCIATION, id)?;
    let all = association.inside.list("Versions");
    let items = all.iter().enumerate().filter_map(|(at, version)| {
        let mut shown = version.as_object()?.clone();
        shown.insert("AssociationId", id);
        Some((format!("{at:05}"), shown.into()))
    });
    FIFTY.sort(call, "AssociationVersions", items.collect())
}

pub(super) fn executions(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AssociationId")?;
    call.find(world, &ASSOCIATION, id)?;
    let prefix = format!("{id}/");
    let mut items = Vec::new();
    for (key, execution) in world.shelf(&call.place(&EXECUTION)) {
        if !key.starts_with(&prefix) {
            continue;
        }
        let shown = call.describe(&EXECUTION, key, execution);
        let mut fits = true;
        for filter in call.list("Filters") {
            let time = || filter.text("Value").parse::<jiff::Timestamp>().ok();
            let created = shown.get("CreatedTime").and_then(Value::as_timestamp);
            fits &= match (filter.text("Key"), filter.text("Type")) {
                ("CreatedTime", "LESS_THAN") => created < time(),
                ("CreatedTime", "GREATER_THAN") => created > time(),
                ("CreatedTime", _) => created == time(),
                (key, _) => shown.text(key) == filter.text("Value"),
            };
        }
        if fits {
            let at = shown.get("CreatedTime").and_then(Value::as_timestamp).unwrap_or_default();
            items.push((latest_first(at, key), shown.into()));
        }
    }
    FIFTY.sort(call, "AssociationExecutions", items)
}

pub(super) fn targets(call: &Call, world: &mut World) -> Answer {
    let (id, execution) = (call.required("AssociationId")?, call.required("ExecutionId")?);
    call.find(world, &ASSOCIATION, id)?;
    call.find(world, &EXECUTION, &format!("{id}/{execution}"))?;
    let prefix = format!("{id}/{execution}/");
    let wanted = call.list("Filters");
    let fits = |shown: &Object| {
        wanted.iter().all(|filter| shown.text(filter.text("Key")) == filter.text("Value"))
    };
    let all = world.shelf(&call.place(&TARGET)).iter().filter(|(key, _)| key.starts_with(&prefix));
    let items = all.filter_map(|(key, target)| {
        let shown = call.describe(&TARGET, key, target);
        fits(&shown).then(|| (key.clone(), shown.into()))
    });
    FIFTY.sort(call, "AssociationExecutionTargets", items.collect())
}

/// The associations that mean an instance.
fn meaning(call: &Call, world: &World) -> Result<Vec<(String, Resource)>, Failure> {
    let instance = call.required("InstanceId")?;
    let place = call.place(&ASSOCIATION);
    let mut found = Vec::new();
    for (id, association) in world.shelf(&place) {
        let targets = association.list("Targets");
        if targeted(world, &place, targets)?.contains(instance) {
            found.push((id.clone(), association.clone()));
        }
    }
    Ok(found)
}

pub(super) fn of_instance(call: &Call, world: &mut World) -> Answer {
    let instance = call.required("InstanceId")?;
    let ran = world.shelf(&call.place(&TARGET));
    let items = meaning(call, world)?.into_iter().map(|(id, association)| {
        let last = ran
            .iter()
            .filter(|(key, _)| key.starts_with(&id) && key.ends_with(instance))
            .max_by_key(|(_, one)| one.value("LastExecutionDate").and_then(Value::as_timestamp));
        let status = last.and_then(|(_, one)| one.fact("Status")).unwrap_or("Pending").to_owned();
        let mut shown = call.describe(&ASSOCIATION, &id, &association);
        shown.insert("InstanceId", instance);
        shown.insert("Status", status.as_str());
        shown.insert("DetailedStatus", status.as_str());
        if let Some(at) = last.and_then(|(_, one)| one.value("LastExecutionDate").cloned()) {
            shown.insert("ExecutionDate", at);
            shown.insert("ExecutionSummary", format!("1 out of 1 plugin processed, {status}."));
        }
        (id, shown.into())
    });
    FIFTY.sort(call, "InstanceAssociationStatusInfos", items.collect())
}

pub(super) fn effective(call: &Call, world: &mut World) -> Answer {
    let instance = call.required("InstanceId")?;
    let items = meaning(call, world)?.into_iter().map(|(id, association)| {
        let name = association.fact("Name").unwrap_or_default();
        let document = documents::runnable(world, &call.place(&DOCUMENT), name, None);
        let content = document.map(|one| one.content.to_json().to_string()).unwrap_or_default();
        let version = association.fact("AssociationVersion").unwrap_or("1");
        let shown = value!({"AssociationId": (id.as_str()), "InstanceId": instance, "Content": content, "AssociationVersion": version});
        (id, shown)
    });
    FIVE.sort(call, "Associations", items.collect())
}
