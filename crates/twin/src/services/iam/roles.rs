//! Roles, and who may assume them.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_policy::Form;
use reeve_types::{AccountId, Tags};

use super::{
    common::{
        check_document, conflict, encoded, id_of, inline_policies, inner_texts, last_segment,
        named, new_id, page, shown, unique_id,
    },
    kinds::{INSTANCE_PROFILE, ROLE, USER},
    users::{boundary, listed, new_tags, with_tags},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ROLE],
    operations: &[
        ("CreateRole", Action::Own(create)),
        ("GetRole", Action::Own(get)),
        ("ListRoles", Action::Own(list)),
        ("UpdateRole", Action::Own(update)),
        ("UpdateRoleDescription", Action::Own(update_description)),
        ("UpdateAssumeRolePolicy", Action::Own(update_trust)),
        ("DeleteRole", Action::Own(delete)),
    ],
    tasks: &[],
};

fn create(call: &Call, world: &mut World) -> Answer {
    let (id, path) = new_id(call, world, &ROLE, ("RoleName", "Role"))?;
    if path.starts_with("/aws-service-role/") {
        return Err(call
            .invalid("Cannot perform the operation on the protected path '/aws-service-role/'."));
    }
    let trust = call.required("AssumeRolePolicyDocument")?;
    check_trust(world, trust)?;
    let seconds = duration(call)?.unwrap_or(3600);
    let tags = new_tags(call)?;
    let mut described = object! {
        "Path": (path),
        "RoleName": (last_segment(&id)),
        "RoleId": (unique_id(world, "AROA")),
        "CreateDate": (call.now),
        "AssumeRolePolicyDocument": (trust),
        "MaxSessionDuration": (seconds),
    };
    described.extend(call.given_texts(["Description"]));
    if let Some(arn) = call.text("PermissionsBoundary") {
        described.insert("PermissionsBoundary", boundary(call, world, arn)?);
    }
    let place = call.place(&ROLE);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(tags)));
    Ok(call.fit(value!({"Role": (role(world, &place, &id))})))
}

/// A role as single descriptions show it.
pub(super) fn role(world: &World, place: &Place, id: &str) -> Object {
    let mut description = with_tags(shown(world, place, id));
    encode_trust(&mut description);
    let arn = place.arn_of(place.kind, id);
    description.insert("RoleLastUsed", last_used(world, &arn));
    description
}

/// When a role was last used, and where.
pub(super) fn last_used(world: &World, arn: &str) -> Value {
    let uses = world.directory.last_uses.get(arn).into_iter().flat_map(|uses| uses.values());
    match uses.max_by_key(|last| last.at) {
        Some(last) => value!({"LastUsedDate": (last.at), "Region": (last.region.as_str())}),
        None => Value::object(),
    }
}

/// Puts the trust policy as IAM shows it.
pub(super) fn encode_trust(description: &mut Object) {
    let trust = description.get("AssumeRolePolicyDocument").and_then(Value::as_str).map(encoded);
    if let Some(trust) = trust {
        description.insert("AssumeRolePolicyDocument", trust);
    }
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &ROLE, call.required("RoleName")?)?;
    Ok(call.fit(value!({"Role": (role(world, &call.place(&ROLE), &id))})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let mut found = listed(call, world, &ROLE);
    for (_, description) in &mut found {
        if let Some(description) = description.as_object_mut() {
            encode_trust(description);
        }
    }
    page(call, "Roles", found)
}

fn duration(call: &Call) -> Result<Option<i64>, Failure> {
    let Some(seconds) = call.integer("MaxSessionDuration") else { return Ok(None) };
    if (3600..=43_200).contains(&seconds) {
        return Ok(Some(seconds));
    }
    let (word, bound) = if seconds < 3600 { ("greater", 3600) } else { ("less", 43_200) };
    Err(call.invalid(format!(
        "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must \
         have value {word} than or equal to {bound}"
    )))
}

fn unprotected(call: &Call, world: &World) -> Result<String, Failure> {
    let id = named(call, world, &ROLE, call.required("RoleName")?)?;
    if id.starts_with("aws-service-role/") {
        let name = last_segment(&id);
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(Failure::new("UnmodifiableEntity", message));
    }
    Ok(id)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = unprotected(call, world)?;
    let seconds = duration(call)?;
    let description = call.text("Description");
    world.change(&call.place(&ROLE), &id, |facts| {
        if let Some(seconds) = seconds {
            facts.insert("MaxSessionDuration", seconds);
        }
        if let Some(text) = description {
            facts.insert("Description", text);
        }
    });
    Ok(Value::object())
}

fn update_description(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &ROLE, call.required("RoleName")?)?;
    let place = call.place(&ROLE);
    let text = call.input.text("Description");
    world.set(&place, &id, "Description", text);
    Ok(call.fit(value!({"Role": (role(world, &place, &id))})))
}

fn update_trust(call: &Call, world: &mut World) -> Answer {
    let id = unprotected(call, world)?;
    let trust = call.required("PolicyDocument")?;
    check_trust(world, trust)?;
    world.set(&call.place(&ROLE), &id, "AssumeRolePolicyDocument", trust);
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = unprotected(call, world)?;
    let role = call.find(world, &ROLE, &id)?;
    let name = last_segment(&id);
    let profiles = world.shelf(&call.place(&INSTANCE_PROFILE));
    let in_profile =
        profiles.values().any(|it| inner_texts(it, "Roles").iter().any(|it| it == name));
    let refusal = if in_profile {
        Some("Cannot delete entity, must remove roles from instance profile first.")
    } else if !inner_texts(role, "Attached").is_empty() {
        Some("Cannot delete entity, must detach all policies first.")
    } else if !inline_policies(role).is_empty() {
        Some("Cannot delete entity, must delete policies first.")
    } else {
        None
    };
    if let Some(message) = refusal {
        return Err(conflict(message));
    }
    world.remove(&call.place(&ROLE), &id);
    Ok(Value::object())
}

/// Refuses a trust policy that is none, or that names users and roles that do not exist.
fn check_trust(world: &World, document: &str) -> Result<(), Failure> {
    check_document(Form::Trust, document)?;
    let Ok(parsed) = serde_json::from_str::<serde_json::Value>(document) else { return Ok(()) };
    let one_or_many = |value: &serde_json::Value| match value {
        serde_json::Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    };
    let statements = parsed.get("Statement").map(one_or_many).unwrap_or_default();
    let named = statements.iter().filter_map(|statement| statement.get("Principal")?.get("AWS"));
    for principal in named.flat_map(one_or_many) {
        let Some(text) = principal.as_str() else { continue };
        if !is_somebody(world, text) {
            let message = format!("Invalid principal in policy: \"AWS\":\"{text}\"");
            return Err(Failure::new("MalformedPolicyDocument", message));
        }
    }
    Ok(())
}

/// Whether a principal exists, as far as the world knows its account.
fn is_somebody(world: &World, principal: &str) -> bool {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let ["arn", _, "iam", _, account, resource] = parts.as_slice() else { return true };
    let Ok(account) = account.parse::<AccountId>() else { return true };
    let kind: Kind = match resource.split_once('/') {
        Some(("user", _)) => &USER,
        Some(("role", _)) => &ROLE,
        _ => return true,
    };
    if !world.directory.accounts.contains_key(&account) {
        return true;
    }
    let id = resource.split_once('/').map_or("", |(_, id)| id);
    let Ok(region) = crate::kind::HOME_REGION.parse() else { return true };
    let place = Place { account, region, kind };
    world.get(&place, id).is_some() || id_of(world, &place, id).is_some_and(|found| found == id)
}

/// A role made from outside, with full access.
pub(crate) fn seeded(role: &crate::directory::Role, now: jiff::Timestamp) -> Resource {
    let (path, name) = match role.name.rsplit_once('/') {
        Some((path, name)) => (format!("/{}/", path.trim_matches('/')), name),
        None => ("/".to_owned(), &*role.name),
    };
    let trusted: Vec<String> =
        role.trusted.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let mut statement = serde_json::json!({
        "Effect": "Allow", "Principal": {"AWS": trusted}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
    });
    if let (Some(external_id), Some(statement)) = (&role.external_id, statement.as_object_mut()) {
        let condition = serde_json::json!({"StringEquals": {"sts:ExternalId": external_id}});
        statement.insert("Condition".to_owned(), condition);
    }
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
    let arn = format!("arn:aws:iam::{}:role/{}", role.account, role.name);
    let described = object! {
        "Path": (path),
        "RoleName": (name),
        "RoleId": (format!("AROA{}", crate::digest::hex_digest(&arn, 17).to_uppercase())),
        "CreateDate": (now),
        "AssumeRolePolicyDocument": (trust.to_string()),
        "MaxSessionDuration": (role.max_session_seconds),
    };
    Resource::new(facts(described), Arc::new(Tags::new())).with_inside(full_access())
}

/// A user made from outside, with full access.
pub(crate) fn seeded_user(name: &str, user_id: &str, now: jiff::Timestamp) -> Resource {
    let described = object! {
        "Path": "/", "UserName": (name), "UserId": (user_id), "CreateDate": (now),
    };
    Resource::new(facts(described), Arc::new(Tags::new())).with_inside(full_access())
}

fn full_access() -> Object {
    object! {"Attached": ["arn:aws:iam::aws:policy/AdministratorAccess"]}
}
