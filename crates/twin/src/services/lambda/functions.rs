//! Functions: made, changed, shown, deleted.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::Object;

use super::{
    ALIAS, FUNCTION, LATEST, Named, PAGES, VERSION, aliases, configuration, conflict, existing,
    named, time_text,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_map,
    store::{Resource, facts},
    tagging,
    task::Task,
    value::object,
    world::World,
};

/// How long a function is being made, and being changed.
const CREATING: SignedDuration = SignedDuration::from_secs(3);
const UPDATING: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let named = named(call)?;
    let (place, name) = (named.place.clone(), named.name.clone());
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if name.is_empty() || name.len() > 64 || !name.chars().all(valid) {
        let message = format!(
            "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+"
        );
        return Err(Failure::new("ValidationException", message));
    }
    if world.get(&place, &name).is_some() {
        return Err(conflict(format!("Function already exist: {name}")));
    }
    let is_image = call.text("PackageType") == Some("Image");
    if !is_image && (call.text("Runtime").is_none() || call.text("Handler").is_none()) {
        let message = "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
        return Err(call.invalid(message));
    }
    if let Some(wrong) = call.integer("MemorySize").filter(|size| !(128..=10_240).contains(size)) {
        return Err(call.invalid(format!("'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240 and at least 128: {wrong}")));
    }
    check_role(call.text("Role").unwrap_or_default())?;
    let tags = tagging::checked(call, tagging::mapped(call, "Tags"))?;
    let revision = world.uuid();
    let mut all = configuration::usual(call, &name, &revision);
    let code = call.input.get("Code").cloned().unwrap_or_default();
    for (member, value) in
        configuration::code(call, world, &code)?.into_iter().chain(configuration::said(call)?)
    {
        all.insert(member, value);
    }
    let mut inside = object!("Published": 0);
    if let Some(image) = code.get("ImageUri") {
        inside.insert("ImageUri", image.clone());
    }
    let resource = Resource::new(facts(all), Arc::new(tags)).with_inside(inside);
    world.put(place.clone(), name.clone(), resource);
    world.schedule(call.now + CREATING, Task::new("lambda:active", &place, &name));
    if call.flag("Publish") {
        return aliases::publish_now(call, world, &named, None).map(|shown| call.fit(shown.into()));
    }
    let found = named.function(world)?;
    Ok(call.fit(configuration::shown(&named, None, found).into()))
}

/// A function has been made.
pub(super) fn activate(world: &mut World, task: &Task) {
    let versions = task.place.beside(&VERSION);
    let prefix = format!("{}:", task.id);
    let ids: Vec<String> =
        world.shelf(&versions).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
    let active = |facts: &mut Object| {
        facts.insert("State", "Active");
        facts.remove("StateReason");
        facts.remove("StateReasonCode");
    };
    for id in ids {
        world.change(&versions, &id, active);
    }
    world.change(&task.place, &task.id, active);
}

/// A function has been changed.
pub(super) fn finish_update(world: &mut World, task: &Task) {
    world.change(&task.place, &task.id, |facts| {
        if facts.get("RevisionId") == Some(&task.detail) {
            facts.insert("LastUpdateStatus", "Successful");
            facts.remove("LastUpdateStatusReason");
            facts.remove("LastUpdateStatusReasonCode");
        }
    });
}

/// Refuses what is not the ARN of a role. Whether there is such a role is asked when the function runs.
fn check_role(role: &str) -> Result<(), Failure> {
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    if let ["arn", _, "iam", "", account, name] = parts.as_slice()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && name.starts_with("role/")
    {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{{12}}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
    );
    Err(Failure::new("ValidationException", message))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let named = named(call)?;
    let function = named.function(world)?;
    let (found, version) = configuration::resolve(&named, world, 1.0)?;
    let mut output = object!(
        "Configuration": (configuration::shown(&named, Some(&version), found)),
    );
    let code = match function.inside.get("ImageUri") {
        Some(image) => object!("RepositoryType": "ECR", "ImageUri": (image.clone())),
        None => object!(
            "RepositoryType": "S3",
            "Location": (format!(
                "https://awslambda-{region}-tasks.s3.{region}.amazonaws.com/snapshots/{}/{}",
                named.place.account, named.name, region = named.place.region
            )),
        ),
    };
    output.insert("Code", code);
    if !function.tags.is_empty() {
        output.insert("Tags", tag_map(&function.tags));
    }
    if let Some(reserved) = function.inside.get("Concurrency") {
        output.insert("Concurrency", object!("ReservedConcurrentExecutions": (reserved.clone())));
    }
    Ok(call.fit(output.into()))
}

pub(super) fn get_configuration(call: &Call, world: &mut World) -> Answer {
    let named = named(call)?;
    let (found, version) = configuration::resolve(&named, world, 1.0)?;
    Ok(call.fit(configuration::shown(&named, Some(&version), found).into()))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&FUNCTION);
    let mut output = PAGES.list(
        (call, world),
        (&FUNCTION, "Functions"),
        crate::page::all,
        |_, _, description| description.into(),
    )?;
    if call.text("FunctionVersion") == Some("ALL")
        && let Some(functions) = output.as_object_mut().and_then(|all| all.get_mut("Functions"))
    {
        let mut all = functions.as_list().to_vec();
        for function in functions.as_list() {
            let name = function.text("FunctionName");
            let named = Named { place: place.clone(), name: name.to_owned(), qualifier: None };
            all.extend(aliases::versions(world, &named));
        }
        *functions = all.into();
    }
    Ok(call.fit(output))
}

/// Refuses to change what is being changed, or what is not what the caller thinks it is.
fn check_change(call: &Call, world: &World, named: &Named) -> Result<(), Failure> {
    let function = named.function(world)?;
    if function.fact("State") == Some("Pending") {
        return Err(conflict(
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        ));
    }
    if function.fact("LastUpdateStatus") == Some("InProgress") {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            named.arn()
        )));
    }
    if call.text("RevisionId").is_some_and(|known| function.fact("RevisionId") != Some(known)) {
        let message = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
        return Err(Failure::new("PreconditionFailedException", message).with_status(412));
    }
    Ok(())
}

fn change(call: &Call, world: &mut World, named: &Named, said: Object) -> Answer {
    let (revision, now) = (world.uuid(), call.now);
    world.change(&named.place, &named.name, |facts| {
        for (member, value) in said {
            facts.insert(member, value);
        }
        facts.insert("RevisionId", revision.as_str());
        facts.insert("LastModified", time_text(now));
        facts.insert("LastUpdateStatus", "InProgress");
        facts.insert("LastUpdateStatusReason", "The function is being created.");
        facts.insert("LastUpdateStatusReasonCode", "Creating");
    });
    let task = Task::new("lambda:updated", &named.place, &named.name).with(revision);
    world.schedule(now + UPDATING, task);
    let found = named.function(world)?;
    Ok(call.fit(configuration::shown(named, None, found).into()))
}

pub(super) fn update_code(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    check_change(call, world, &named)?;
    let mut said = configuration::code(call, world, &call.input)?;
    said.extend(call.given(["Architectures"]));
    if call.flag("DryRun") {
        let found = named.function(world)?;
        return Ok(call.fit(configuration::shown(&named, None, found).into()));
    }
    let answer = change(call, world, &named, said)?;
    if call.flag("Publish") {
        return aliases::publish_now(call, world, &named, None).map(|shown| call.fit(shown.into()));
    }
    Ok(answer)
}

pub(super) fn update_configuration(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    check_change(call, world, &named)?;
    let said = configuration::said(call)?;
    change(call, world, &named, said)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let versions = named.shelf(&VERSION);
    if let Some(qualifier) = &named.qualifier {
        if qualifier == LATEST {
            return Err(
                call.invalid("$LATEST version cannot be deleted without deleting the function.")
            );
        }
        let aliases = world.shelf(&named.shelf(&ALIAS));
        let prefix = named.qualified("");
        let used = aliases.iter().any(|(id, alias)| {
            id.starts_with(&prefix) && alias.fact("FunctionVersion") == Some(qualifier)
        });
        if used {
            return Err(conflict(format!("Version {qualifier} is referenced by an alias.")));
        }
        world.remove(&versions, &named.qualified(qualifier));
        return Ok(call.fit(object!("StatusCode": 204).into()));
    }
    let prefix = named.qualified("");
    for shelf in [versions, named.shelf(&ALIAS)] {
        let gone: Vec<String> =
            world.shelf(&shelf).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
        for id in gone {
            world.remove(&shelf, &id);
        }
    }
    world.remove(&named.place, &named.name);
    Ok(call.fit(object!("StatusCode": 204).into()))
}
