//! Groups.

use std::sync::Arc;

use reeve_model::Value;
use reeve_types::Tags;

use super::{
    common::{
        add_inside, conflict, exists, has_prefix, inline_policies, inner_texts, join, last_segment,
        missing, named, new_id, page, page_with, remove_inside, shown, unique_id,
    },
    kinds::{GROUP, USER},
    users::{check_groups, listed},
};
use crate::{
    call::{Answer, Call},
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&GROUP],
    operations: &[
        ("CreateGroup", Action::Own(create)),
        ("GetGroup", Action::Own(get)),
        ("ListGroups", Action::Own(list)),
        ("UpdateGroup", Action::Own(update)),
        ("DeleteGroup", Action::Own(delete)),
        ("AddUserToGroup", Action::Own(add_user)),
        ("RemoveUserFromGroup", Action::Own(remove_user)),
        ("ListGroupsForUser", Action::Own(list_for_user)),
    ],
    tasks: &[],
};

fn create(call: &Call, world: &mut World) -> Answer {
    let (id, path) = new_id(call, world, &GROUP, ("GroupName", "Group"))?;
    let described = object! {
        "Path": (path),
        "GroupName": (last_segment(&id)),
        "GroupId": (unique_id(world, "AGPA")),
        "CreateDate": (call.now),
    };
    let place = call.place(&GROUP);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(Tags::new())));
    Ok(call.fit(value!({"Group": (shown(world, &place, &id))})))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.required("GroupName")?;
    let id = named(call, world, &GROUP, name)?;
    let group = shown(world, &call.place(&GROUP), &id);
    let users = call.place(&USER);
    let members = members(call, world, name).into_iter().map(|user| {
        let mut description = shown(world, &users, &user);
        description.remove("Tags");
        (user, Value::from(description))
    });
    page_with(call, "Users", members.collect(), object! {"Group": (group)})
}

/// The ids of the users in a group.
pub(super) fn members(call: &Call, world: &World, group: &str) -> Vec<String> {
    let users = world.shelf(&call.place(&USER)).iter();
    let inside = users.filter(|(_, user)| inner_texts(user, "Groups").iter().any(|it| it == group));
    inside.map(|(id, _)| id.clone()).collect()
}

fn list(call: &Call, world: &mut World) -> Answer {
    page(call, "Groups", listed(call, world, &GROUP))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let old = call.required("GroupName")?;
    let id = named(call, world, &GROUP, old)?;
    let place = call.place(&GROUP);
    let old_path = call.find(world, &GROUP, &id)?.fact("Path").unwrap_or("/").to_owned();
    let path = call.text("NewPath").unwrap_or(&old_path).to_owned();
    let name = call.text("NewGroupName").unwrap_or(old).to_owned();
    let new = join(&path, &name);
    let is_other = |known: &String| *known != id && last_segment(known).eq_ignore_ascii_case(&name);
    if world.shelf(&place).keys().any(is_other) {
        return Err(exists(format!("Group with name {name} already exists.")));
    }
    let users = members(call, world, old);
    if let Some(mut group) = world.remove(&place, &id) {
        group.facts_mut().insert("Path", path);
        group.facts_mut().insert("GroupName", name.as_str());
        world.put(place, new, group);
    }
    for user in users {
        world.change_inside(&call.place(&USER), &user, |inside| {
            remove_inside(inside, "Groups", old);
            add_inside(inside, "Groups", &name);
        });
    }
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("GroupName")?;
    let id = named(call, world, &GROUP, name)?;
    let group = call.find(world, &GROUP, &id)?;
    let refusal = if !members(call, world, name).is_empty() {
        Some("Cannot delete entity, must remove users from group first.")
    } else if !inner_texts(group, "Attached").is_empty() {
        Some("Cannot delete entity, must detach all policies first.")
    } else if !inline_policies(group).is_empty() {
        Some("Cannot delete entity, must delete policies first.")
    } else {
        None
    };
    if let Some(message) = refusal {
        return Err(conflict(message));
    }
    world.remove(&call.place(&GROUP), &id);
    Ok(Value::object())
}

fn add_user(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world, &GROUP, call.required("GroupName")?)?;
    let user = named(call, world, &USER, call.required("UserName")?)?;
    let groups = inner_texts(call.find(world, &USER, &user)?, "Groups");
    let name = last_segment(&group);
    if !groups.iter().any(|known| known == name) {
        check_groups(groups.len())?;
    }
    world.change_inside(&call.place(&USER), &user, |inside| {
        add_inside(inside, "Groups", name);
    });
    Ok(Value::object())
}

fn remove_user(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world, &GROUP, call.required("GroupName")?)?;
    let user = named(call, world, &USER, call.required("UserName")?)?;
    let name = last_segment(&group);
    let mut was_in = false;
    world.change_inside(&call.place(&USER), &user, |inside| {
        was_in = remove_inside(inside, "Groups", name);
    });
    if was_in {
        return Ok(Value::object());
    }
    Err(missing(format!("User {} is not in group {name}.", last_segment(&user))))
}

fn list_for_user(call: &Call, world: &mut World) -> Answer {
    let user = named(call, world, &USER, call.required("UserName")?)?;
    let groups = inner_texts(call.find(world, &USER, &user)?, "Groups");
    let place = call.place(&GROUP);
    let found = world.shelf(&place).iter().filter(|(id, group)| {
        has_prefix(call, group) && groups.iter().any(|name| name == last_segment(id))
    });
    let found = found.map(|(id, _)| (id.clone(), Value::from(shown(world, &place, id))));
    page(call, "Groups", found.collect())
}
