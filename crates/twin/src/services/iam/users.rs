//! Users.

use std::sync::Arc;

use reeve_model::Value;
use reeve_types::Tags;

use super::{
    common::{
        conflict, exists, has_prefix, inline_policies, inner_texts, join, last_segment, limit,
        missing, named, new_id, owned, page, shown, unique_id,
    },
    kinds::{ACCESS_KEY, GROUP, ROLE, USER},
    policies,
};
use crate::{
    call::{Answer, Call},
    directory::Identity,
    failure::Failure,
    kind::{Kind, tag_list},
    services::{Action, Part},
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&USER],
    operations: &[
        ("CreateUser", Action::Own(create)),
        ("GetUser", Action::Own(get)),
        ("ListUsers", Action::Own(list)),
        ("UpdateUser", Action::Own(update)),
        ("DeleteUser", Action::Own(delete)),
        ("TagUser", Action::Own(tag)),
        ("UntagUser", Action::Own(untag)),
        ("ListUserTags", Action::Own(list_tags)),
        ("TagRole", Action::Own(tag)),
        ("UntagRole", Action::Own(untag)),
        ("ListRoleTags", Action::Own(list_tags)),
        ("PutUserPermissionsBoundary", Action::Own(put_boundary)),
        ("DeleteUserPermissionsBoundary", Action::Own(delete_boundary)),
        ("PutRolePermissionsBoundary", Action::Own(put_boundary)),
        ("DeleteRolePermissionsBoundary", Action::Own(delete_boundary)),
    ],
    tasks: &[],
};

/// Members that listings leave out.
const UNLISTED: [&str; 2] = ["Tags", "PermissionsBoundary"];

fn create(call: &Call, world: &mut World) -> Answer {
    let (id, path) = new_id(call, world, &USER, ("UserName", "User"))?;
    let tags = new_tags(call)?;
    let mut described = object! {
        "Path": (path),
        "UserName": (last_segment(&id)),
        "UserId": (unique_id(world, "AIDA")),
        "CreateDate": (call.now),
    };
    if let Some(arn) = call.text("PermissionsBoundary") {
        described.insert("PermissionsBoundary", boundary(call, world, arn)?);
    }
    let place = call.place(&USER);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(tags)));
    Ok(call.fit(value!({"User": (with_tags(shown(world, &place, &id)))})))
}

/// Descriptions have tags only if there are some.
pub(super) fn with_tags(mut description: reeve_model::Object) -> reeve_model::Object {
    if description.get("Tags").is_some_and(|tags| tags.as_list().is_empty()) {
        description.remove("Tags");
    }
    description
}

/// The tags that something is made with.
pub(super) fn new_tags(call: &Call) -> Result<Tags, Failure> {
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    tagging::check_count(call, &tags)?;
    Ok(tags)
}

/// What a description says about a permissions boundary.
pub(super) fn boundary(call: &Call, world: &World, arn: &str) -> Result<Value, Failure> {
    if policies::document(world, call.account(), arn).is_none() {
        return Err(missing(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(value!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": (arn)}))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&USER);
    let id = match call.text("UserName") {
        Some(name) => named(call, world, &USER, name)?,
        None => match &call.caller.identity {
            Identity::User(id) => id.clone(),
            Identity::Root => return Ok(root(call)),
            _ => {
                return Err(
                    call.invalid("Must specify userName when calling with non-User credentials")
                );
            }
        },
    };
    call.find(world, &USER, &id)?;
    Ok(call.fit(value!({"User": (with_tags(shown(world, &place, &id)))})))
}

fn root(call: &Call) -> Value {
    let account = call.account();
    let arn = format!("arn:aws:iam::{account}:root");
    let created = crate::directory::organization::JOINED;
    value!({"User": {
        "Path": "/", "UserName": "", "UserId": (account.as_str()), "Arn": (arn), "CreateDate": (created),
    }})
}

fn list(call: &Call, world: &mut World) -> Answer {
    page(call, "Users", listed(call, world, &USER))
}

/// The descriptions of a kind under the path that the caller wants, as listings have them.
pub(super) fn listed(call: &Call, world: &World, kind: Kind) -> Vec<(String, Value)> {
    let place = call.place(kind);
    let found = world.shelf(&place).iter().filter(|(_, found)| has_prefix(call, found));
    found
        .map(|(id, _)| {
            let mut description = shown(world, &place, id);
            for member in UNLISTED {
                description.remove(member);
            }
            (last_segment(id).to_owned(), description.into())
        })
        .collect()
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &USER, call.required("UserName")?)?;
    let place = call.place(&USER);
    let resource = call.find(world, &USER, &id)?;
    let old_path = resource.fact("Path").unwrap_or("/").to_owned();
    let path = call.text("NewPath").unwrap_or(&old_path).to_owned();
    let name = call.text("NewUserName").unwrap_or(last_segment(&id)).to_owned();
    let new = join(&path, &name);
    if new == id {
        return Ok(Value::object());
    }
    let is_other = |known: &String| *known != id && last_segment(known).eq_ignore_ascii_case(&name);
    if world.shelf(&place).keys().any(is_other) {
        return Err(exists(format!("User with name {name} already exists.")));
    }
    let Some(mut resource) = world.remove(&place, &id) else { return Ok(Value::object()) };
    resource.facts_mut().insert("Path", path);
    resource.facts_mut().insert("UserName", name.as_str());
    world.put(place, new.clone(), resource);
    rename_keys(call, world, last_segment(&id), &name);
    world.directory.rename_user(call.account(), &id, &new);
    Ok(Value::object())
}

fn rename_keys(call: &Call, world: &mut World, old: &str, new: &str) {
    let place = call.place(&ACCESS_KEY);
    let of_old = |found: &&String| {
        world.get(&place, found).and_then(|key| key.fact("UserName")) == Some(old)
    };
    let keys: Vec<String> = world.shelf(&place).keys().filter(of_old).cloned().collect();
    for key in keys {
        world.set(&place, &key, "UserName", new);
    }
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("UserName")?;
    let id = named(call, world, &USER, name)?;
    let user = call.find(world, &USER, &id)?;
    let keys = world.shelf(&call.place(&ACCESS_KEY));
    let has_key = keys.values().any(|key| key.fact("UserName") == Some(name));
    let refusal = if !inner_texts(user, "Attached").is_empty() {
        Some("Cannot delete entity, must detach all policies first.")
    } else if !inline_policies(user).is_empty() {
        Some("Cannot delete entity, must delete policies first.")
    } else if has_key {
        Some("Cannot delete entity, must delete access keys first.")
    } else if !inner_texts(user, "Groups").is_empty() {
        Some("Cannot delete entity, must remove users from group first.")
    } else if user.inside.get("LoginProfile").is_some() {
        Some("Cannot delete entity, must delete login profile first.")
    } else if !inner_texts(user, "Devices").is_empty() {
        Some("Cannot delete entity, must delete MFA device first.")
    } else {
        None
    };
    if let Some(message) = refusal {
        return Err(conflict(message));
    }
    world.remove(&call.place(&USER), &id);
    Ok(Value::object())
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let added = tagging::listed(call, "Tags");
    let resource =
        world.store.get_mut(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
    let tags = tagging::with(call, resource, &added)?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let resource =
        world.store.get_mut(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
    let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let tags = world.get(&place, &id).map(|found| tag_list(&found.tags));
    let tags = tags.unwrap_or_default().as_list().to_vec();
    let key = |tag: &Value| tag.text("Key").to_owned();
    page(call, "Tags", tags.into_iter().map(|tag| (key(&tag), tag)).collect())
}

fn put_boundary(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let boundary = boundary(call, world, call.required("PermissionsBoundary")?)?;
    world.set(&place, &id, "PermissionsBoundary", boundary);
    Ok(Value::object())
}

fn delete_boundary(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let mut existed = false;
    world.change(&place, &id, |facts| existed = facts.remove("PermissionsBoundary").is_some());
    if existed {
        Ok(Value::object())
    } else {
        Err(missing("The permissions boundary cannot be found."))
    }
}

/// Refuses a further group beyond those that a user may be in.
pub(super) fn check_groups(groups: usize) -> Result<(), Failure> {
    if groups < 10 { Ok(()) } else { Err(limit("Cannot exceed quota for GroupsPerUser: 10")) }
}

/// Every kind of principal, for those who look through an account.
pub(super) static PRINCIPALS: [Kind; 3] = [&USER, &GROUP, &ROLE];
