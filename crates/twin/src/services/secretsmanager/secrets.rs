//! Secrets: made, described, listed, deleted after a while.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{SECRET, SUFFIX, Secret, live, secret, touch, versions, versions_of};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    services::{Action, Part},
    store::{Resource, facts},
    tagging,
    task::Task,
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SECRET],
    operations: &[
        ("CreateSecret", Action::Own(create)),
        ("DescribeSecret", Action::Own(describe_secret)),
        ("ListSecrets", Action::Own(list)),
        ("UpdateSecret", Action::Own(update)),
        ("DeleteSecret", Action::Own(delete)),
        ("RestoreSecret", Action::Own(restore)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[("secretsmanager:secret-deleted", deleted)],
};

pub(super) const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (100, 100), "InvalidNextTokenException");

/// A page of things in order of their keys.
pub(super) fn page(
    call: &Call,
    member: &str,
    entries: Vec<(String, Value)>,
) -> Result<Object, Failure> {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let sorted: BTreeMap<String, Value> = entries.into_iter().collect();
    let rest = sorted.into_iter().filter(|(key, _)| start.as_ref().is_none_or(|it| key > it));
    let mut rest = rest.peekable();
    let (mut list, mut last) = (Vec::new(), None);
    for (key, value) in rest.by_ref().take(size) {
        list.push(value);
        last = Some(key);
    }
    let more = rest.peek().is_some();
    let output = Object::from_iter([(member, Value::List(list))]);
    let output = PAGES.finish(call, output, last.as_deref().filter(|_| more));
    Ok(output.as_object().cloned().unwrap_or_default())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    for member in ["AddReplicaRegions", "Type", "CrossAccountPrimaryARN"] {
        if call
            .input
            .get(member)
            .is_some_and(|it| !it.as_list().is_empty() || it.as_str().is_some())
        {
            return Err(call.invalid(format!("The twin's secrets have no {member}.")));
        }
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte);
    if !name.bytes().all(allowed) {
        return Err(Failure::new(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let place = call.place(&SECRET);
    let known = world.shelf(&place).values().find(|it| it.fact("Name") == Some(name));
    match known.map(|secret| secret.value("DeletedDate").is_some()) {
        Some(true) => {
            let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
            return Err(Failure::new("InvalidRequestException", message));
        }
        Some(false) => {
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(Failure::new("ResourceExistsException", message));
        }
        None => {}
    }
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let id = format!("{name}-{}", world.random_letters(SUFFIX - 1));
    let mut described = object! {
        "Name": (name), "CreatedDate": (call.now), "LastChangedDate": (call.now),
    };
    described.extend(call.given_texts(["Description", "KmsKeyId"]));
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(tags)));
    let secret = Secret { place, id };
    let mut output = secret.named(world);
    if let Some(version) = versions::add_given(call, world, &secret, &["AWSCURRENT"])? {
        output.insert("VersionId", version);
    }
    Ok(output.into())
}

fn shown(world: &World, secret: &Secret) -> Result<Object, Failure> {
    let resource = secret.resource(world)?;
    let place = &secret.place;
    let mut shown = place.describe(&SECRET, &secret.id, resource);
    if resource.tags.is_empty() {
        shown.remove("Tags");
    }
    let stages: Object = versions_of(resource)
        .iter()
        .filter_map(|(id, version)| {
            let stages = version.list("Stages");
            (!stages.is_empty()).then(|| (id.clone(), Value::List(stages.to_vec())))
        })
        .collect();
    shown.insert("VersionIdsToStages", stages);
    Ok(shown)
}

fn describe_secret(call: &Call, world: &mut World) -> Answer {
    let secret = secret(call, world)?;
    Ok(call.fit(shown(world, &secret)?.into()))
}

fn fits(call: &Call, resource: &Resource) -> bool {
    call.list("Filters").iter().all(|filter| {
        let key = filter.text("Key");
        let values: Vec<&str> = filter.list("Values").iter().filter_map(Value::as_str).collect();
        // A value with an exclamation mark in front is one that must not be.
        let any = |texts: &[&str]| {
            values.iter().any(|wanted| match wanted.strip_prefix('!') {
                Some(other) => !texts.iter().any(|text| text.starts_with(other)),
                None => texts.iter().any(|text| text.starts_with(wanted)),
            })
        };
        let name = resource.fact("Name").unwrap_or_default();
        let description = resource.fact("Description").unwrap_or_default();
        let keys: Vec<&str> = resource.tags.keys().map(String::as_str).collect();
        let tags: Vec<&str> = resource.tags.values().map(String::as_str).collect();
        match key {
            "name" => any(&[name]),
            "description" => any(&description.split(' ').collect::<Vec<_>>()),
            "tag-key" => any(&keys),
            "tag-value" => any(&tags),
            "owning-service" => any(&[resource.fact("OwningService").unwrap_or_default()]),
            _ => [vec![name, description], keys, tags].iter().any(|texts| any(texts)),
        }
    })
}

fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&SECRET);
    let planned = call.flag("IncludePlannedDeletion");
    let found = world.shelf(&place).iter().filter(|(_, resource)| {
        (planned || resource.value("DeletedDate").is_none()) && fits(call, resource)
    });
    let mut entries = Vec::new();
    for (id, _) in found {
        let secret = Secret { place: place.clone(), id: id.clone() };
        let mut shown = shown(world, &secret)?;
        if let Some(stages) = shown.remove("VersionIdsToStages") {
            shown.insert("SecretVersionsToStages", stages);
        }
        entries.push((id.clone(), Value::from(shown)));
    }
    let mut output = page(call, "SecretList", entries)?;
    if call.text("SortOrder") == Some("desc")
        && let Some(Value::List(list)) = output.get_mut("SecretList")
    {
        list.reverse();
    }
    Ok(call.fit(output.into()))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    world.change(&secret.place, &secret.id, |facts| {
        facts.extend(call.given_texts(["Description", "KmsKeyId"]));
    });
    touch(call, world, &secret);
    let mut output = secret.named(world);
    if let Some(version) = versions::add_given(call, world, &secret, &["AWSCURRENT"])? {
        output.insert("VersionId", version);
    }
    Ok(output.into())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let is_forced = call.flag("ForceDeleteWithoutRecovery");
    let window = call.integer("RecoveryWindowInDays");
    if is_forced && window.is_some() {
        return Err(call.invalid(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = window.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(call
            .invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    }
    let secret = live(call, world)?;
    let mut output = secret.named(world);
    if is_forced {
        world.remove(&secret.place, &secret.id);
        output.insert("DeletionDate", call.now);
        return Ok(output.into());
    }
    let due = call.now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(call.now);
    world.set(&secret.place, &secret.id, "DeletedDate", due);
    world.schedule(due, Task::new("secretsmanager:secret-deleted", &secret.place, &secret.id));
    output.insert("DeletionDate", due);
    Ok(output.into())
}

fn deleted(world: &mut World, task: &Task) {
    let now = world.now();
    let date =
        world.get(&task.place, &task.id).and_then(|it| it.value("DeletedDate")?.as_timestamp());
    if date.is_some_and(|date| date <= now) {
        world.remove(&task.place, &task.id);
    }
}

fn restore(call: &Call, world: &mut World) -> Answer {
    let secret = secret(call, world)?;
    world.change(&secret.place, &secret.id, |facts| {
        facts.remove("DeletedDate");
    });
    Ok(secret.named(world).into())
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    let added = tagging::listed(call, "Tags");
    if let Some(resource) = world.store.get_mut(&secret.place, &secret.id) {
        let tags = tagging::with(call, resource, &added)?;
        resource.set_tags(tags);
    }
    touch(call, world, &secret);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    if let Some(resource) = world.store.get_mut(&secret.place, &secret.id) {
        let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
        resource.set_tags(tags);
    }
    touch(call, world, &secret);
    Ok(Value::object())
}
