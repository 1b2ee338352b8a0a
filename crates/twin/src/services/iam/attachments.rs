//! Which managed policies are attached to whom.

use reeve_model::{Object, Value};

use super::{
    common::{
        add_inside, inner_texts, last_segment, limit, missing, owned, page_with, remove_inside,
    },
    policies,
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
        ("AttachUserPolicy", Action::Own(attach)),
        ("DetachUserPolicy", Action::Own(detach)),
        ("ListAttachedUserPolicies", Action::Own(list)),
        ("AttachGroupPolicy", Action::Own(attach)),
        ("DetachGroupPolicy", Action::Own(detach)),
        ("ListAttachedGroupPolicies", Action::Own(list)),
        ("AttachRolePolicy", Action::Own(attach)),
        ("DetachRolePolicy", Action::Own(detach)),
        ("ListAttachedRolePolicies", Action::Own(list)),
    ],
    tasks: &[],
};

const MOST: usize = 10;

fn attach(call: &Call, world: &mut World) -> Answer {
    let (owner, place, id) = owned(call, world)?;
    let arn = call.required("PolicyArn")?;
    if policies::document(world, call.account(), arn).is_none() {
        return Err(missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let attached = world.get(&place, &id).map(|it| inner_texts(it, "Attached")).unwrap_or_default();
    if attached.len() >= MOST && !attached.iter().any(|known| known == arn) {
        return Err(limit(format!("Cannot exceed quota for PoliciesPer{}: {MOST}", owner.title)));
    }
    world.change_inside(&place, &id, |inside| {
        add_inside(inside, "Attached", arn);
    });
    Ok(Value::object())
}

fn detach(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let arn = call.required("PolicyArn")?;
    let mut was_attached = false;
    world.change_inside(&place, &id, |inside| {
        was_attached = remove_inside(inside, "Attached", arn);
    });
    if was_attached {
        return Ok(Value::object());
    }
    Err(missing(format!("Policy {arn} was not found.")))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (_, place, id) = owned(call, world)?;
    let attached = world.get(&place, &id).map(|it| inner_texts(it, "Attached")).unwrap_or_default();
    let prefix = call.text("PathPrefix").unwrap_or("/");
    let is_under = |arn: &String| {
        let id = arn.split_once(":policy").map_or("/", |(_, id)| id);
        id.starts_with(prefix)
    };
    let entries = attached.into_iter().filter(is_under).map(|arn| {
        let shown = value!({"PolicyName": (last_segment(&arn)), "PolicyArn": (arn.as_str())});
        (arn, shown)
    });
    page_with(call, "AttachedPolicies", entries.collect(), Object::new())
}
