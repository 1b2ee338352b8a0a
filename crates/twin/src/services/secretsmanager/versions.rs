//! Versions of secrets, and the stages that say which is which.

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};

use super::{Secret, live, named, touch, versions_of};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    value::{object, value},
    world::World,
};

use super::secrets::page;

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("PutSecretValue", Action::Own(put)),
        ("GetSecretValue", Action::Own(get)),
        ("BatchGetSecretValue", Action::Own(batch_get)),
        ("ListSecretVersionIds", Action::Own(list)),
        ("UpdateSecretVersionStage", Action::Own(update_stage)),
    ],
    tasks: &[],
};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

pub(super) fn stages(version: &Value) -> Vec<String> {
    let stages = version.list("Stages");
    stages.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn set_stages(version: &mut Value, stages: Vec<String>) {
    if let Some(version) = version.as_object_mut() {
        version.insert("Stages", stages.into_iter().map(Value::from).collect::<Value>());
    }
}

/// The id and version of a secret that has a stage.
pub(super) fn staged(versions: &Object, stage: &str) -> Option<(String, Value)> {
    let found = versions.iter().find(|(_, version)| stages(version).iter().any(|it| it == stage));
    found.map(|(id, version)| (id.to_string(), version.clone()))
}

/// Moves a stage to a version; the one that was current becomes the previous one.
pub(super) fn move_stage(versions: &mut Object, stage: &str, to: Option<&str>) {
    let from = staged(versions, stage).map(|(id, _)| id);
    let is_moved = from.as_deref() != to;
    for (id, version) in versions.iter_mut() {
        let mut kept = stages(version);
        kept.retain(|known| known != stage);
        if stage == CURRENT && is_moved {
            kept.retain(|known| known != PREVIOUS);
            if Some(id.as_str()) == from.as_deref() {
                kept.push(PREVIOUS.to_owned());
            }
        }
        if Some(id.as_str()) == to {
            kept.push(stage.to_owned());
        }
        set_stages(version, kept);
    }
}

/// The value that an input brings, if it brings one.
fn given(call: &Call) -> Result<Option<Object>, Failure> {
    match (call.input.get("SecretString"), call.input.get("SecretBinary")) {
        (Some(_), Some(_)) => Err(call.invalid("You can't specify both a binary secret value and a string secret value in the same secret.")),
        (Some(text), None) => Ok(Some(Object::from_iter([("SecretString", text.clone())]))),
        (None, Some(bytes)) => Ok(Some(Object::from_iter([("SecretBinary", bytes.clone())]))),
        (None, None) => Ok(None),
    }
}

/// Adds a version with the value of the input, if there is one, and returns its id.
pub(super) fn add_given(
    call: &Call,
    world: &mut World,
    secret: &Secret,
    wanted: &[&str],
) -> Result<Option<String>, Failure> {
    let Some(value) = given(call)? else { return Ok(None) };
    let id = call.text("ClientRequestToken").map(str::to_owned);
    let id = id.unwrap_or_else(|| world.uuid());
    let known = versions_of(secret.resource(world)?);
    if let Some(version) = known.get(&id) {
        let same = value.iter().all(|(name, value)| version.get(name) == Some(value));
        if same {
            return Ok(Some(id));
        }
        let message =
            "You can't modify an existing version of a secret. Create a new version instead.";
        return Err(Failure::new("ResourceExistsException", message));
    }
    add(world, secret, (&id, value, call.now), wanted);
    Ok(Some(id))
}

/// Adds a version.
pub(super) fn add(
    world: &mut World,
    secret: &Secret,
    (id, mut value, now): (&str, Object, Timestamp),
    wanted: &[&str],
) {
    value.insert("Created", now);
    let Ok(resource) = secret.resource(world) else { return };
    let mut versions = versions_of(resource);
    versions.insert(id, value);
    let is_first = staged(&versions, CURRENT).is_none();
    for stage in wanted {
        move_stage(&mut versions, stage, Some(id));
    }
    if is_first && !wanted.contains(&CURRENT) {
        move_stage(&mut versions, CURRENT, Some(id));
    }
    keep(world, secret, versions);
    world.set(&secret.place, &secret.id, "LastChangedDate", now);
}

/// Keeps the versions of a secret; of those without a stage, the newest hundred.
pub(super) fn keep(world: &mut World, secret: &Secret, mut versions: Object) {
    while versions.len() > 100 {
        let oldest = versions.iter().find(|(_, version)| stages(version).is_empty());
        let Some(oldest) = oldest.map(|(id, _)| id.to_string()) else { break };
        versions.remove(&oldest);
    }
    world.set_inside(&secret.place, &secret.id, "Versions", versions);
}

fn put(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    let wanted = call.texts("VersionStages");
    let wanted = if wanted.is_empty() { vec![CURRENT] } else { wanted };
    let id = add_given(call, world, &secret, &wanted)?.ok_or_else(|| {
        let message = "You must provide either SecretString or SecretBinary.";
        Failure::new("InvalidRequestException", message)
    })?;
    let versions = versions_of(secret.resource(world)?);
    let stages = versions.get(&id).and_then(|it| it.get("Stages")).cloned().unwrap_or_default();
    let mut output = secret.named(world);
    output.insert("VersionId", id);
    output.insert("VersionStages", stages);
    Ok(output.into())
}

fn value_of(
    call: &Call,
    world: &mut World,
    secret: &Secret,
    (id, stage): (Option<&str>, Option<&str>),
) -> Result<Object, Failure> {
    let versions = versions_of(secret.resource(world)?);
    let missing = |what: String| {
        let message = format!("Secrets Manager can't find the specified secret value for {what}");
        Failure::new("ResourceNotFoundException", message)
    };
    let (id, version) = match (id, stage) {
        (Some(id), stage) => {
            let version = versions.get(id).cloned();
            let version = version.ok_or_else(|| missing(format!("VersionId: {id}")))?;
            if stage.is_some_and(|stage| !stages(&version).iter().any(|it| it == stage)) {
                let message =
                    "You provided a VersionStage that is not associated to the provided VersionId.";
                return Err(Failure::new("InvalidRequestException", message));
            }
            (id.to_owned(), version)
        }
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            staged(&versions, stage).ok_or_else(|| missing(format!("staging label: {stage}")))?
        }
    };
    let today = call.now.to_zoned(TimeZone::UTC).start_of_day().map(|day| day.timestamp());
    world.set(&secret.place, &secret.id, "LastAccessedDate", today.unwrap_or(call.now));
    let mut output = secret.named(world);
    output.insert("VersionId", id);
    output.extend(version.pick(["SecretString", "SecretBinary"]));
    output.insert("VersionStages", version.get("Stages").cloned().unwrap_or_default());
    output.insert("CreatedDate", version.get("Created").cloned().unwrap_or_default());
    Ok(output)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    let which = (call.text("VersionId"), call.text("VersionStage"));
    value_of(call, world, &secret, which).map(Value::from)
}

fn batch_get(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("SecretIdList");
    if wanted.is_empty() {
        return Err(call.invalid("The twin gets secrets by SecretIdList only."));
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in wanted {
        let found =
            named(call, world, id).and_then(|secret| value_of(call, world, &secret, (None, None)));
        match found {
            Ok(value) => values.push(Value::from(value)),
            Err(failure) => errors.push(value!({
                "SecretId": (id), "ErrorCode": (failure.code), "Message": (failure.message),
            })),
        }
    }
    Ok(value!({"SecretValues": (values), "Errors": (errors)}))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let secret = super::secret(call, world)?;
    let all = call.flag("IncludeDeprecated");
    let versions = versions_of(secret.resource(world)?);
    let entries =
        versions.iter().filter(|(_, it)| all || !stages(it).is_empty()).map(|(id, version)| {
            let shown = object! {
                "VersionId": (id.as_str()),
                "VersionStages": (version.get("Stages").cloned().unwrap_or_default()),
                "CreatedDate": (version.get("Created").cloned().unwrap_or_default()),
            };
            (id.to_string(), Value::from(shown))
        });
    let mut output = page(call, "Versions", entries.collect())?;
    for (name, value) in secret.named(world) {
        output.insert(name, value);
    }
    Ok(output.into())
}

fn update_stage(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    let stage = call.required("VersionStage")?;
    let (from, to) = (call.text("RemoveFromVersionId"), call.text("MoveToVersionId"));
    let mut versions = versions_of(secret.resource(world)?);
    let holder = staged(&versions, stage).map(|(id, _)| id);
    for id in [from, to].into_iter().flatten() {
        if versions.get(id).is_none() {
            let message = format!("Secrets Manager can't find the specified secret version: {id}");
            return Err(Failure::new("ResourceNotFoundException", message));
        }
    }
    if holder.is_some() && holder.as_deref() != from && to.is_some() && holder.as_deref() != to {
        let holder = holder.unwrap_or_default();
        return Err(call.invalid(format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
             {holder}, so you must explicitly reference that version in RemoveFromVersionId."
        )));
    }
    if from.is_some() && holder.as_deref() != from {
        return Err(call.invalid(format!(
            "The parameter RemoveFromVersionId is not valid. Staging label {stage} is not attached to that version."
        )));
    }
    if stage == CURRENT && to.is_none() {
        return Err(call.invalid(
            "You can't remove the staging label AWSCURRENT without moving it to another version.",
        ));
    }
    move_stage(&mut versions, stage, to);
    keep(world, &secret, versions);
    touch(call, world, &secret);
    Ok(secret.named(world).into())
}
