//! Instance profiles: roles for instances.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{
    common::{
        add_inside, conflict, has_prefix, id_of, inner_texts, last_segment, limit, missing, named,
        new_id, page, remove_inside, shown, unique_id,
    },
    kinds::{INSTANCE_PROFILE, ROLE},
    roles::encode_trust,
    users::{new_tags, with_tags},
};
use crate::{
    call::{Answer, Call},
    kind::tag_list,
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&INSTANCE_PROFILE],
    operations: &[
        ("CreateInstanceProfile", Action::Own(create)),
        ("GetInstanceProfile", Action::Own(get)),
        ("ListInstanceProfiles", Action::Own(list)),
        ("ListInstanceProfilesForRole", Action::Own(list_for_role)),
        ("AddRoleToInstanceProfile", Action::Own(add_role)),
        ("RemoveRoleFromInstanceProfile", Action::Own(remove_role)),
        ("DeleteInstanceProfile", Action::Own(delete)),
        ("TagInstanceProfile", Action::Own(tag)),
        ("UntagInstanceProfile", Action::Own(untag)),
        ("ListInstanceProfileTags", Action::Own(list_tags)),
    ],
    tasks: &[],
};

const NAME: &str = "InstanceProfileName";

fn create(call: &Call, world: &mut World) -> Answer {
    let (id, path) = new_id(call, world, &INSTANCE_PROFILE, (NAME, "Instance Profile"))?;
    let tags = new_tags(call)?;
    let described = object! {
        "Path": (path),
        "InstanceProfileName": (last_segment(&id)),
        "InstanceProfileId": (unique_id(world, "AIPA")),
        "CreateDate": (call.now),
    };
    let place = call.place(&INSTANCE_PROFILE);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(tags)));
    Ok(call.fit(value!({"InstanceProfile": (profile(call, world, &place, &id))})))
}

/// An instance profile with its roles.
pub(super) fn profile(call: &Call, world: &World, place: &Place, id: &str) -> Object {
    let mut description = with_tags(shown(world, place, id));
    let names = world.get(place, id).map(|it| inner_texts(it, "Roles")).unwrap_or_default();
    let roles = call.place(&ROLE);
    let found = names.iter().filter_map(|name| id_of(world, &roles, name)).map(|role| {
        let mut shown = shown(world, &roles, &role);
        for member in ["Tags", "PermissionsBoundary"] {
            shown.remove(member);
        }
        encode_trust(&mut shown);
        Value::from(shown)
    });
    description.insert("Roles", found.collect::<Value>());
    description
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let place = call.place(&INSTANCE_PROFILE);
    Ok(call.fit(value!({"InstanceProfile": (profile(call, world, &place, &id))})))
}

fn entries(call: &Call, world: &World, keep: impl Fn(&Resource) -> bool) -> Vec<(String, Value)> {
    let place = call.place(&INSTANCE_PROFILE);
    let found = world.shelf(&place).iter().filter(|(_, it)| keep(it));
    found
        .map(|(id, _)| {
            let mut description = profile(call, world, &place, id);
            description.remove("Tags");
            (last_segment(id).to_owned(), description.into())
        })
        .collect()
}

fn list(call: &Call, world: &mut World) -> Answer {
    let found = entries(call, world, |it| has_prefix(call, it));
    page(call, "InstanceProfiles", found)
}

fn list_for_role(call: &Call, world: &mut World) -> Answer {
    let role = call.required("RoleName")?;
    named(call, world, &ROLE, role)?;
    let found = entries(call, world, |it| inner_texts(it, "Roles").iter().any(|name| name == role));
    page(call, "InstanceProfiles", found)
}

fn add_role(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let role = named(call, world, &ROLE, call.required("RoleName")?)?;
    let place = call.place(&INSTANCE_PROFILE);
    if world.get(&place, &id).is_some_and(|it| !inner_texts(it, "Roles").is_empty()) {
        return Err(limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    world.change_inside(&place, &id, |inside| {
        add_inside(inside, "Roles", last_segment(&role));
    });
    Ok(Value::object())
}

fn remove_role(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let role = call.required("RoleName")?;
    let mut had = false;
    world.change_inside(&call.place(&INSTANCE_PROFILE), &id, |inside| {
        had = remove_inside(inside, "Roles", role);
    });
    if had {
        return Ok(Value::object());
    }
    let profile = last_segment(&id);
    Err(missing(format!("The role {role} is not in the instance profile {profile}.")))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let profile = call.find(world, &INSTANCE_PROFILE, &id)?;
    if !inner_texts(profile, "Roles").is_empty() {
        return Err(conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    world.remove(&call.place(&INSTANCE_PROFILE), &id);
    Ok(Value::object())
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let added = tagging::listed(call, "Tags");
    let place = call.place(&INSTANCE_PROFILE);
    let missing = || INSTANCE_PROFILE.missing.failure(&id);
    let resource = world.store.get_mut(&place, &id).ok_or_else(missing)?;
    let tags = tagging::with(call, resource, &added)?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let place = call.place(&INSTANCE_PROFILE);
    let missing = || INSTANCE_PROFILE.missing.failure(&id);
    let resource = world.store.get_mut(&place, &id).ok_or_else(missing)?;
    let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &INSTANCE_PROFILE, call.required(NAME)?)?;
    let found = call.find(world, &INSTANCE_PROFILE, &id)?;
    let tags = tag_list(&found.tags);
    let key = |tag: &Value| tag.text("Key").to_owned();
    page(call, "Tags", tags.as_list().iter().map(|tag| (key(tag), tag.clone())).collect())
}
