//! Everything that decides who may do what in an account, in one listing.

use reeve_model::{Object, Value};

use super::{
    common::{PAGES, encoded, inline_policies, inner_texts, last_segment, shown},
    kinds::{GROUP, INSTANCE_PROFILE, POLICY, ROLE, USER},
    managed, policies, profiles,
    roles::{encode_trust, last_used},
};
use crate::{
    call::{Answer, Call},
    directory::organization::JOINED,
    store::Resource,
    value::value,
    world::World,
};

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("Filter");
    let wants = |name: &str| wanted.is_empty() || wanted.contains(&name);
    let mut entries: Vec<(String, &'static str, Value)> = Vec::new();
    for (filter, member, kind) in [
        ("User", "UserDetailList", &USER),
        ("Group", "GroupDetailList", &GROUP),
        ("Role", "RoleDetailList", &ROLE),
    ] {
        if wants(filter) {
            let place = call.place(kind);
            for (id, resource) in world.shelf(&place) {
                let description = shown(world, &place, id);
                let detail = principal(call, world, (filter, id), description, resource);
                entries.push((format!("{filter}/{id}"), member, detail.into()));
            }
        }
    }
    if wants("LocalManagedPolicy") {
        let place = call.place(&POLICY);
        for (id, resource) in world.shelf(&place) {
            let mut detail = shown(world, &place, id);
            detail.remove("Tags");
            let arn = place.arn_of(&POLICY, id);
            let versions = resource.inside.list("Versions").iter();
            let versions = versions.map(|it| Value::from(policies::shown_version(resource, it)));
            detail.insert("PolicyVersionList", versions.collect::<Value>());
            add_uses(call, world, &arn, &mut detail);
            entries.push((format!("V{id}"), "Policies", detail.into()));
        }
    }
    if wants("AWSManagedPolicy") {
        for managed in managed::all() {
            let arn = managed.arn();
            if policies::uses(world, call.account(), &arn) != (0, 0) {
                let detail = of_aws(call, world, managed);
                entries.push((format!("W{}", managed.id), "Policies", detail.into()));
            }
        }
    }
    paged(call, entries)
}

fn add_uses(call: &Call, world: &World, arn: &str, detail: &mut Object) {
    let (attached, bounded) = policies::uses(world, call.account(), arn);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    detail.insert("AttachmentCount", count(attached));
    detail.insert("PermissionsBoundaryUsageCount", count(bounded));
}

fn of_aws(call: &Call, world: &World, managed: &managed::Managed) -> Object {
    let name = last_segment(managed.id);
    let mut detail = crate::value::object! {
        "PolicyName": (name),
        "PolicyId": (managed.policy_id()),
        "Arn": (managed.arn()),
        "Path": (format!("/{}", managed.id.strip_suffix(name).unwrap_or_default())),
        "DefaultVersionId": "v1",
        "IsAttachable": true,
        "CreateDate": (JOINED),
        "UpdateDate": (JOINED),
    };
    detail.insert(
        "PolicyVersionList",
        value!([{
            "Document": (encoded(&managed.document)),
            "VersionId": "v1",
            "IsDefaultVersion": true,
            "CreateDate": (JOINED),
        }]),
    );
    add_uses(call, world, &managed.arn(), &mut detail);
    detail
}

fn principal(
    call: &Call,
    world: &World,
    (title, id): (&str, &str),
    mut detail: Object,
    resource: &Resource,
) -> Object {
    let inline = inline_policies(resource)
        .into_iter()
        .map(|(name, text)| value!({"PolicyName": (name), "PolicyDocument": (encoded(&text))}));
    detail.insert(format!("{title}PolicyList"), inline.collect::<Value>());
    let attached = inner_texts(resource, "Attached")
        .into_iter()
        .map(|arn| value!({"PolicyName": (last_segment(&arn)), "PolicyArn": (arn.as_str())}));
    detail.insert("AttachedManagedPolicies", attached.collect::<Value>());
    match title {
        "User" => {
            let groups = inner_texts(resource, "Groups").into_iter().map(Value::from);
            detail.insert("GroupList", groups.collect::<Value>());
        }
        "Role" => {
            encode_trust(&mut detail);
            let arn = detail.text("Arn").to_owned();
            detail.insert("RoleLastUsed", last_used(world, &arn));
            let place = call.place(&INSTANCE_PROFILE);
            let name = last_segment(id);
            let of_role = |it: &&Resource| inner_texts(it, "Roles").iter().any(|role| role == name);
            let found = world.shelf(&place).iter().filter(|(_, it)| of_role(it));
            let found =
                found.map(|(id, _)| Value::from(profiles::profile(call, world, &place, id)));
            detail.insert("InstanceProfileList", found.collect::<Value>());
        }
        _ => {}
    }
    detail
}

/// One page over all lists together.
fn paged(call: &Call, mut entries: Vec<(String, &'static str, Value)>) -> Answer {
    entries.sort_by(|one, two| one.0.cmp(&two.0));
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let mut rest =
        entries.into_iter().filter(|(key, ..)| start.as_ref().is_none_or(|it| key > it)).peekable();
    let members = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
    let mut lists: Vec<(&str, Vec<Value>)> = members.map(|it| (it, Vec::new())).to_vec();
    let mut last = None;
    for (key, member, value) in rest.by_ref().take(size) {
        if let Some((_, list)) = lists.iter_mut().find(|(known, _)| *known == member) {
            list.push(value);
        }
        last = Some(key);
    }
    let is_truncated = rest.peek().is_some();
    let mut output: Object = lists.into_iter().collect();
    output.insert("IsTruncated", is_truncated);
    let output = PAGES.finish(call, output, last.as_deref().filter(|_| is_truncated));
    Ok(call.fit(output))
}
