//! Policies that stand inside a user, group or role.

use reeve_model::{Object, Value};
use reeve_policy::Form;

use super::common::{
    check_document, check_name, encoded, inline_policies, limit, missing, owned, page, size,
};
use crate::{
    call::{Answer, Call},
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("PutUserPolicy", Action::Own(put)),
        ("GetUserPolicy", Action::Own(get)),
        ("ListUserPolicies", Action::Own(list)),
        ("DeleteUserPolicy", Action::Own(delete)),
        ("PutGroupPolicy", Action::Own(put)),
        ("GetGroupPolicy", Action::Own(get)),
        ("ListGroupPolicies", Action::Own(list)),
        ("DeleteGroupPolicy", Action::Own(delete)),
        ("PutRolePolicy", Action::Own(put)),
        ("GetRolePolicy", Action::Own(get)),
        ("ListRolePolicies", Action::Own(list)),
        ("DeleteRolePolicy", Action::Own(delete)),
    ],
    tasks: &[],
};

fn put(call: &Call, world: &mut World) -> Answer {
    let (owner, place, id) = owned(call, world)?;
    let (name, document) = (call.required("PolicyName")?, call.required("PolicyDocument")?);
    check_name(call, "PolicyName", name)?;
    check_document(Form::Identity, document)?;
    let known = world.get(&place, &id).map(inline_policies).unwrap_or_default();
    let others = known.iter().filter(|(known, _)| known != name).map(|(_, text)| size(text));
    let total = others.sum::<usize>() + size(document);
    if total > owner.most_inline {
        let most = owner.most_inline;
        let (word, whose) = (owner.word, call.required(owner.member)?);
        return Err(limit(format!(
            "Maximum policy size of {most} bytes exceeded for {word} {whose}"
        )));
    }
    world.change_inside(&place, &id, |inside| {
        let mut policies =
            inside.get("Policies").and_then(Value::as_object).cloned().unwrap_or_default();
        policies.insert(name, document);
        inside.insert("Policies", policies);
    });
    Ok(Value::object())
}

fn get(call: &Call, world: &mut World) -> Answer {
    let (owner, place, id) = owned(call, world)?;
    let name = call.required("PolicyName")?;
    let known = world.get(&place, &id).map(inline_policies).unwrap_or_default();
    let (_, document) = known.into_iter().find(|(known, _)| known == name).ok_or_else(|| {
        missing(format!("The {} policy with name {name} cannot be found.", owner.word))
    })?;
    let whose = call.required(owner.member)?;
    let mut output = Object::from_iter([(owner.member, whose)]);
    output.insert("PolicyName", name);
    output.insert("PolicyDocument", encoded(&document));
    Ok(output.into())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let known = world.get(&place, &id).map(inline_policies).unwrap_or_default();
    let entries = known.into_iter().map(|(name, _)| (name.clone(), Value::from(name)));
    page(call, "PolicyNames", entries.collect())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (owner, place, id) = owned(call, world)?;
    let name = call.required("PolicyName")?;
    let mut existed = false;
    world.change_inside(&place, &id, |inside| {
        if let Some(policies) = inside.get_mut("Policies").and_then(Value::as_object_mut) {
            existed = policies.remove(name).is_some();
        }
    });
    if existed {
        return Ok(value!({}));
    }
    Err(missing(format!("The {} policy with name {name} cannot be found.", owner.word)))
}
