//! Tags of roots, units, accounts and policies.

use reeve_model::Value;
use reeve_types::{AccountId, Tags};

use super::organization;
use crate::{
    call::{Answer, Call},
    directory::Organization,
    failure::Failure,
    kind::tag_list,
    services::{Action, Part},
    tagging,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
        ("ListTagsForResource", Action::Own(list)),
    ],
    tasks: &[],
};

fn tags<'o>(call: &Call, organization: &'o mut Organization) -> Result<&'o mut Tags, Failure> {
    let id = call.required("ResourceId")?;
    let found = if id == organization.root() {
        Some(&mut organization.root_tags)
    } else if let Some(unit) = organization.units.get_mut(id) {
        Some(&mut unit.tags)
    } else if let Some(policy) = organization.policies.get_mut(id) {
        Some(&mut policy.tags)
    } else if let Ok(account) = id.parse::<AccountId>() {
        organization.members.get_mut(&account).map(|member| &mut member.tags)
    } else {
        None
    };
    if found.is_none() && !is_taggable(id) {
        let message = "You provided a value that does not match the required pattern.";
        return Err(Failure::new("InvalidInputException", message));
    }
    found.ok_or_else(|| {
        let message =
            "We can't find a root, OU, account, or policy with the TargetId that you specified.";
        Failure::new("TargetNotFoundException", message)
    })
}

/// Whether an id has the form of a root's, a unit's, a policy's or an account's.
fn is_taggable(id: &str) -> bool {
    let is_account = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    is_account || ["r-", "ou-", "p-", "rp-"].iter().any(|prefix| id.starts_with(prefix))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let added = tagging::listed(call, "Tags");
    tagging::check(call, &added)?;
    let tags = tags(call, organization(call, world)?)?;
    let mut changed = tags.clone();
    changed.extend(added);
    tagging::check_count(call, &changed)?;
    *tags = changed;
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let keys = call.texts("TagKeys");
    let tags = tags(call, organization(call, world)?)?;
    tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let tags = tags(call, organization(call, world)?)?;
    Ok(value!({"Tags": (tag_list(tags))}))
}
