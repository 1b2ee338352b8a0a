//! Access keys: usable at once, refused when inactive, and known by when they were last used.

use std::sync::Arc;

use reeve_model::Value;
use reeve_types::Tags;

use super::{
    common::{last_segment, limit, missing, named, page_with, shown},
    kinds::{ACCESS_KEY, USER},
};
use crate::{
    call::{Answer, Call},
    directory::{Caller, Identity},
    failure::Failure,
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCESS_KEY],
    operations: &[
        ("CreateAccessKey", Action::Own(create)),
        ("UpdateAccessKey", Action::Own(update)),
        ("DeleteAccessKey", Action::Own(delete)),
        ("ListAccessKeys", Action::Own(list)),
        ("GetAccessKeyLastUsed", Action::Own(last_used)),
    ],
    tasks: &[],
};

const MOST: usize = 2;

/// The user that a call is about: the caller if it names none.
pub(super) fn user(call: &Call, world: &World) -> Result<String, Failure> {
    match (call.text("UserName"), &call.caller.identity) {
        (Some(name), _) => named(call, world, &USER, name),
        (None, Identity::User(id)) => Ok(id.clone()),
        (None, _) => {
            Err(call.invalid("Must specify userName when calling with non-User credentials"))
        }
    }
}

fn keys_of(call: &Call, world: &World, name: &str) -> Vec<String> {
    let keys = world.shelf(&call.place(&ACCESS_KEY)).iter();
    keys.filter(|(_, key)| key.fact("UserName") == Some(name)).map(|(id, _)| id.clone()).collect()
}

fn create(call: &Call, world: &mut World) -> Answer {
    let user = user(call, world)?;
    let name = last_segment(&user).to_owned();
    if keys_of(call, world, &name).len() >= MOST {
        return Err(limit(format!("Cannot exceed quota for AccessKeysPerUser: {MOST}")));
    }
    let user_id = call.find(world, &USER, &user)?.fact("UserId").unwrap_or_default().to_owned();
    let id = format!("AKIA{}", world.random_letters(16));
    let secret = world.random_hex(40);
    let caller = Caller::user(call.account(), &user, &user_id, &id);
    world.directory.add_key(&id, &secret, caller);
    let described = object! {"UserName": (name), "Status": "Active", "CreateDate": (call.now)};
    let place = call.place(&ACCESS_KEY);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(Tags::new())));
    let mut shown = shown(world, &place, &id);
    shown.insert("SecretAccessKey", secret);
    Ok(call.fit(value!({"AccessKey": (shown)})))
}

/// The key that a call names, of the user it names.
fn key(call: &Call, world: &World) -> Result<String, Failure> {
    let id = call.required("AccessKeyId")?;
    let found = call.find(world, &ACCESS_KEY, id)?;
    let is_of = |name: &str| found.fact("UserName") == Some(name);
    if call.text("UserName").is_some_and(|name| !is_of(name)) {
        return Err(ACCESS_KEY.missing.failure(id));
    }
    Ok(id.to_owned())
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = key(call, world)?;
    let status = call.required("Status")?;
    if !["Active", "Inactive"].contains(&status) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{status}' at 'status' failed to satisfy constraint: Member must satisfy \
             enum value set: [Active, Inactive]"
        )));
    }
    world.directory.set_key_active(&id, status == "Active");
    world.set(&call.place(&ACCESS_KEY), &id, "Status", status);
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = key(call, world)?;
    world.directory.remove_key(&id);
    world.remove(&call.place(&ACCESS_KEY), &id);
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let user = user(call, world)?;
    let name = last_segment(&user);
    let place = call.place(&ACCESS_KEY);
    let keys = keys_of(call, world, name).into_iter();
    let entries = keys.map(|id| (id.clone(), Value::from(shown(world, &place, &id)))).collect();
    page_with(call, "AccessKeyMetadata", entries, object! {"UserName": (name)})
}

fn last_used(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AccessKeyId")?;
    let owner = world.get(&call.place(&ACCESS_KEY), id).and_then(|key| key.fact("UserName"));
    let name =
        owner.ok_or_else(|| missing(format!("The Access Key with id {id} cannot be found.")))?;
    let used = match world.directory.last_key_uses.get(id) {
        Some((last, service)) => value!({
            "LastUsedDate": (last.at), "ServiceName": (service.as_str()), "Region": (last.region.as_str()),
        }),
        None => value!({"ServiceName": "N/A", "Region": "N/A"}),
    };
    Ok(value!({"UserName": (name), "AccessKeyLastUsed": (used)}))
}
