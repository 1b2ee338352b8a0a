//! Managed policies and their versions.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_policy::Form;
use reeve_types::AccountId;

use super::{
    common::{
        check_document, conflict, encoded, exists, has_prefix, inner_texts, last_segment, limit,
        missing, new_id, page, page_with, shown, size, unique_id,
    },
    kinds::POLICY,
    managed::{self, Managed},
    users::{PRINCIPALS, new_tags, with_tags},
};
use crate::{
    call::{Answer, Call},
    directory::organization::JOINED,
    failure::Failure,
    kind::{HOME_REGION, tag_list},
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&POLICY],
    operations: &[
        ("CreatePolicy", Action::Own(create)),
        ("GetPolicy", Action::Own(get)),
        ("ListPolicies", Action::Own(list)),
        ("DeletePolicy", Action::Own(delete)),
        ("CreatePolicyVersion", Action::Own(create_version)),
        ("GetPolicyVersion", Action::Own(get_version)),
        ("ListPolicyVersions", Action::Own(list_versions)),
        ("SetDefaultPolicyVersion", Action::Own(set_default)),
        ("DeletePolicyVersion", Action::Own(delete_version)),
        ("ListEntitiesForPolicy", Action::Own(list_entities)),
        ("TagPolicy", Action::Own(tag)),
        ("UntagPolicy", Action::Own(untag)),
        ("ListPolicyTags", Action::Own(list_tags)),
    ],
    tasks: &[],
};

const LONGEST: usize = 6144;
const MOST_VERSIONS: usize = 5;

/// The document in force of a managed policy, AWS's or the account's.
pub(crate) fn document(world: &World, account: &AccountId, arn: &str) -> Option<String> {
    if let Some(managed) = managed::find(arn) {
        return Some(managed.document.clone());
    }
    let (place, id) = place_of(account, arn)?;
    in_force(world.get(&place, &id)?).map(str::to_owned)
}

/// The document in force of an account's own policy.
pub(crate) fn in_force(policy: &Resource) -> Option<&str> {
    let default = policy.fact("DefaultVersionId")?;
    version(policy, default)?.get("Document").and_then(Value::as_str)
}

fn version<'r>(policy: &'r Resource, id: &str) -> Option<&'r Value> {
    let versions = policy.inside.list("Versions");
    versions.iter().find(|known| known.get("VersionId").and_then(Value::as_str) == Some(id))
}

/// Where a policy of an account is, if the ARN names one of it.
pub(crate) fn place_of(account: &AccountId, arn: &str) -> Option<(Place, String)> {
    let (_, rest) = arn.split_once(":iam::")?;
    let (owner, id) = rest.split_once(":policy/")?;
    let region = HOME_REGION.parse().ok()?;
    (owner == account.as_str())
        .then(|| (Place { account: account.clone(), region, kind: &POLICY }, id.to_owned()))
}

fn found(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("PolicyArn")?;
    if managed::find(arn).is_some() {
        let message = format!("Policy {arn} is not modifiable.");
        return Err(Failure::new("AccessDenied", message).with_status(403));
    }
    place_of(call.account(), arn)
        .filter(|(place, id)| world.get(place, id).is_some())
        .ok_or_else(|| missing(format!("Policy {arn} was not found.")))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (id, path) = match new_id(call, world, &POLICY, ("PolicyName", "Policy")) {
        Err(failure) if failure.code == "EntityAlreadyExists" => {
            let name = call.text("PolicyName").unwrap_or_default();
            return Err(exists(format!(
                "A policy called {name} already exists. Duplicate names are not allowed."
            )));
        }
        other => other?,
    };
    let document = call.required("PolicyDocument")?;
    check_new_document(document)?;
    let tags = new_tags(call)?;
    let mut described = object! {
        "PolicyName": (last_segment(&id)),
        "PolicyId": (unique_id(world, "ANPA")),
        "Path": (path),
        "DefaultVersionId": "v1",
        "IsAttachable": true,
        "CreateDate": (call.now),
        "UpdateDate": (call.now),
    };
    described.extend(call.given_texts(["Description"]));
    let first = value!({"VersionId": "v1", "Document": (document), "CreateDate": (call.now)});
    let inside = object! {"Versions": (vec![first]), "Next": 2};
    let place = call.place(&POLICY);
    let resource = Resource::new(facts(described), Arc::new(tags)).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    Ok(call.fit(value!({"Policy": (policy(world, &place, &id))})))
}

fn check_new_document(document: &str) -> Result<(), Failure> {
    check_document(Form::Identity, document)?;
    if size(document) > LONGEST {
        return Err(limit(format!("Cannot exceed quota for PolicySize: {LONGEST}")));
    }
    Ok(())
}

fn policy(world: &World, place: &Place, id: &str) -> Object {
    let mut description = with_tags(shown(world, place, id));
    let arn = place.arn_of(&POLICY, id);
    let (attached, bounded) = uses(world, &place.account, &arn);
    description.insert("AttachmentCount", count(attached));
    description.insert("PermissionsBoundaryUsageCount", count(bounded));
    description
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many principals a policy is attached to, and of how many it is the boundary.
pub(super) fn uses(world: &World, account: &AccountId, arn: &str) -> (usize, usize) {
    let (mut attached, mut bounded) = (0, 0);
    let Ok(region) = HOME_REGION.parse::<reeve_types::Region>() else { return (0, 0) };
    for kind in PRINCIPALS {
        let place = Place { account: account.clone(), region: region.clone(), kind };
        for principal in world.shelf(&place).values() {
            attached += usize::from(inner_texts(principal, "Attached").iter().any(|it| it == arn));
            let boundary = principal.fact("PermissionsBoundary.PermissionsBoundaryArn");
            bounded += usize::from(boundary == Some(arn));
        }
    }
    (attached, bounded)
}

fn of_aws(call: &Call, world: &World, managed: &Managed) -> Object {
    let arn = managed.arn();
    let (attached, bounded) = uses(world, call.account(), &arn);
    let path = managed.id.strip_suffix(last_segment(managed.id)).unwrap_or_default();
    object! {
        "PolicyName": (last_segment(managed.id)),
        "PolicyId": (managed.policy_id()),
        "Arn": (arn),
        "Path": (format!("/{path}")),
        "DefaultVersionId": "v1",
        "AttachmentCount": (count(attached)),
        "PermissionsBoundaryUsageCount": (count(bounded)),
        "IsAttachable": true,
        "CreateDate": (JOINED),
        "UpdateDate": (JOINED),
    }
}

fn get(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("PolicyArn")?;
    if let Some(managed) = managed::find(arn) {
        return Ok(call.fit(value!({"Policy": (of_aws(call, world, managed))})));
    }
    let (place, id) = found(call, world)?;
    Ok(call.fit(value!({"Policy": (policy(world, &place, &id))})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let scope = call.text("Scope").unwrap_or("All");
    let place = call.place(&POLICY);
    let mut entries = Vec::new();
    if scope != "AWS" {
        for (id, _) in world.shelf(&place).iter().filter(|(_, found)| has_prefix(call, found)) {
            let mut description = policy(world, &place, id);
            description.remove("Tags");
            description.remove("Description");
            entries.push((format!("1{id}"), Value::from(description)));
        }
    }
    if scope != "Local" {
        let prefix = call.text("PathPrefix").unwrap_or("/");
        let fitting = managed::all().filter(|it| format!("/{}", it.id).starts_with(prefix));
        entries.extend(
            fitting.map(|it| (format!("0{}", it.id), Value::from(of_aws(call, world, it)))),
        );
    }
    let used = |value: &Value, member: &str| value.get(member).and_then(Value::as_i64) != Some(0);
    if call.flag("OnlyAttached") {
        entries.retain(|(_, it)| used(it, "AttachmentCount"));
    }
    match call.text("PolicyUsageFilter") {
        Some("PermissionsBoundary") => {
            entries.retain(|(_, it)| used(it, "PermissionsBoundaryUsageCount"));
        }
        Some("PermissionsPolicy") => entries.retain(|(_, it)| used(it, "AttachmentCount")),
        _ => {}
    }
    page(call, "Policies", entries)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let arn = call.required("PolicyArn")?;
    if uses(world, &place.account, arn) != (0, 0) {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    let versions = world.get(&place, &id).and_then(|it| it.inside.get("Versions"));
    if versions.is_some_and(|versions| versions.as_list().len() > 1) {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

fn create_version(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let document = call.required("PolicyDocument")?.to_owned();
    check_new_document(&document)?;
    let Some(policy) = world.get(&place, &id) else { return Ok(Value::object()) };
    let mut versions = policy.inside.list("Versions").to_vec();
    if versions.len() >= MOST_VERSIONS {
        return Err(limit(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing \
             version.",
        ));
    }
    let next = policy.inside.get("Next").and_then(Value::as_i64).unwrap_or(2);
    let name = format!("v{next}");
    versions.push(
        value!({"VersionId": (name.as_str()), "Document": (document), "CreateDate": (call.now)}),
    );
    let is_default = call.flag("SetAsDefault");
    world.change_inside(&place, &id, |inside| {
        inside.insert("Versions", versions);
        inside.insert("Next", next + 1);
    });
    world.change(&place, &id, |facts| {
        facts.insert("UpdateDate", call.now);
        if is_default {
            facts.insert("DefaultVersionId", name.as_str());
        }
    });
    Ok(call.fit(value!({"PolicyVersion": {
        "VersionId": (name.as_str()), "IsDefaultVersion": (is_default), "CreateDate": (call.now),
    }})))
}

fn get_version(call: &Call, world: &mut World) -> Answer {
    let (arn, wanted) = (call.required("PolicyArn")?, call.required("VersionId")?);
    let unknown =
        || missing(format!("Policy {arn} version {wanted} does not exist or is not attachable."));
    if let Some(managed) = managed::find(arn) {
        if wanted != "v1" {
            return Err(unknown());
        }
        return Ok(value!({"PolicyVersion": {
            "Document": (encoded(&managed.document)),
            "VersionId": "v1",
            "IsDefaultVersion": true,
            "CreateDate": (JOINED),
        }}));
    }
    let (place, id) = found(call, world)?;
    let policy = world.get(&place, &id).ok_or_else(unknown)?;
    let found = version(policy, wanted).ok_or_else(unknown)?;
    Ok(value!({"PolicyVersion": (shown_version(policy, found))}))
}

/// A version as IAM shows it, with its document.
pub(super) fn shown_version(policy: &Resource, version: &Value) -> Object {
    let mut shown = version.as_object().cloned().unwrap_or_default();
    let id = shown.get("VersionId").and_then(Value::as_str).map(str::to_owned);
    shown.insert("IsDefaultVersion", policy.fact("DefaultVersionId") == id.as_deref());
    let document = shown.get("Document").and_then(Value::as_str).map(encoded);
    shown.insert("Document", document.unwrap_or_default());
    shown
}

fn list_versions(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("PolicyArn")?;
    let entries = if managed::find(arn).is_some() {
        let only = value!({"VersionId": "v1", "IsDefaultVersion": true, "CreateDate": (JOINED)});
        vec![("v1".to_owned(), only)]
    } else {
        let (place, id) = found(call, world)?;
        let policy = world.get(&place, &id).ok_or_else(|| POLICY.missing.failure(arn))?;
        let versions = policy.inside.list("Versions");
        // Newest first.
        versions
            .iter()
            .rev()
            .enumerate()
            .map(|(order, version)| {
                let mut shown = shown_version(policy, version);
                shown.remove("Document");
                (format!("{order:03}"), shown.into())
            })
            .collect()
    };
    page(call, "Versions", entries)
}

fn named_version(call: &Call, world: &World) -> Result<(Place, String, bool), Failure> {
    let (place, id) = found(call, world)?;
    let wanted = call.required("VersionId")?;
    let policy = world.get(&place, &id).ok_or_else(|| POLICY.missing.failure(&id))?;
    if version(policy, wanted).is_none() {
        let arn = call.required("PolicyArn")?;
        return Err(missing(format!(
            "Policy {arn} version {wanted} does not exist or is not attachable."
        )));
    }
    let is_default = policy.fact("DefaultVersionId") == Some(wanted);
    Ok((place, id, is_default))
}

fn set_default(call: &Call, world: &mut World) -> Answer {
    let (place, id, _) = named_version(call, world)?;
    let wanted = call.required("VersionId")?;
    world.change(&place, &id, |facts| {
        facts.insert("DefaultVersionId", wanted);
        facts.insert("UpdateDate", call.now);
    });
    Ok(Value::object())
}

fn delete_version(call: &Call, world: &mut World) -> Answer {
    let (place, id, is_default) = named_version(call, world)?;
    if is_default {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    let wanted = call.required("VersionId")?;
    world.change_inside(&place, &id, |inside| {
        let versions = inside.list("Versions");
        let kept = versions
            .iter()
            .filter(|it| it.get("VersionId").and_then(Value::as_str) != Some(wanted));
        let kept: Vec<Value> = kept.cloned().collect();
        inside.insert("Versions", kept);
    });
    Ok(Value::object())
}

fn list_entities(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("PolicyArn")?;
    if managed::find(arn).is_none() {
        found(call, world)?;
    }
    let wants_boundary = call.text("PolicyUsageFilter") == Some("PermissionsBoundary");
    let filter = call.text("EntityFilter");
    let mut others = Object::new();
    let names = [("PolicyUsers", "User"), ("PolicyGroups", "Group"), ("PolicyRoles", "Role")];
    for (kind, (member, title)) in PRINCIPALS.into_iter().zip(names) {
        let mut entries = Vec::new();
        for (id, principal) in world.shelf(&call.place(kind)) {
            let is_user = if wants_boundary {
                principal.fact("PermissionsBoundary.PermissionsBoundaryArn") == Some(arn)
            } else {
                inner_texts(principal, "Attached").iter().any(|it| it == arn)
            };
            let is_wanted = filter.is_none_or(|filter| filter == title);
            if is_user && is_wanted && has_prefix(call, principal) {
                let id_member = format!("{title}Id");
                entries.push(Value::from_iter([
                    (format!("{title}Name"), Value::from(last_segment(id))),
                    (id_member.clone(), principal.fact(&id_member).unwrap_or_default().into()),
                ]));
            }
        }
        others.insert(member, entries);
    }
    others.insert("IsTruncated", false);
    Ok(call.fit(others.into()))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let added = tagging::listed(call, "Tags");
    let resource = world.store.get_mut(&place, &id).ok_or_else(|| POLICY.missing.failure(&id))?;
    let tags = tagging::with(call, resource, &added)?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let resource = world.store.get_mut(&place, &id).ok_or_else(|| POLICY.missing.failure(&id))?;
    let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
    resource.set_tags(tags);
    Ok(Value::object())
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let tags = world.get(&place, &id).map(|it| tag_list(&it.tags)).unwrap_or_default();
    let key = |tag: &Value| tag.text("Key").to_owned();
    let entries = tags.as_list().iter().map(|tag| (key(tag), tag.clone())).collect();
    page_with(call, "Tags", entries, Object::new())
}
