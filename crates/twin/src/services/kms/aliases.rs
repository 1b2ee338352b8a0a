//! Aliases of keys.

use std::sync::Arc;

use reeve_model::Value;

use super::{ALIAS, check_not_pending, key, page};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    store::{Resource, facts},
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ALIAS],
    operations: &[
        ("CreateAlias", Action::Own(create)),
        ("UpdateAlias", Action::Own(update)),
        ("DeleteAlias", Action::Own(delete)),
        ("ListAliases", Action::Own(list)),
    ],
    tasks: &[],
};

fn alias(call: &Call) -> Result<String, Failure> {
    let name = call.required("AliasName")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    match name.strip_prefix("alias/") {
        Some(rest) if rest.starts_with("aws/") => {
            Err(Failure::new("NotAuthorizedException", "The alias name is reserved for AWS."))
        }
        Some(rest) if !rest.is_empty() && rest.bytes().all(allowed) => Ok(rest.to_owned()),
        Some(_) => Err(Failure::new(
            "InvalidAliasNameException",
            "Alias contains invalid characters. Please see the service documentation.",
        )),
        None => Err(call.invalid(
            "Alias must start with the prefix \"alias/\". Please see the service documentation.",
        )),
    }
}

fn create(call: &Call, world: &mut World) -> Answer {
    let id = alias(call)?;
    let target = key(call, world, "TargetKeyId")?;
    check_not_pending(world, &target)?;
    let place = call.place(&ALIAS);
    let arn = place.arn_of(&ALIAS, &id);
    if world.get(&place, &id).is_some() {
        let message = format!("An alias with the name {arn} already exists");
        return Err(Failure::new("AlreadyExistsException", message));
    }
    let described = object! {
        "AliasName": (format!("alias/{id}")),
        "TargetKeyId": (target.id),
        "CreationDate": (call.now),
        "LastUpdatedDate": (call.now),
    };
    world.put(place, id, Resource::new(facts(described), Arc::default()));
    Ok(Value::object())
}

fn found(call: &Call, world: &World) -> Result<String, Failure> {
    let id = alias(call)?;
    let place = call.place(&ALIAS);
    let arn = place.arn_of(&ALIAS, &id);
    world.get(&place, &id).ok_or_else(|| ALIAS.missing.failure(&arn))?;
    Ok(id)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world)?;
    let target = key(call, world, "TargetKeyId")?;
    check_not_pending(world, &target)?;
    world.change(&call.place(&ALIAS), &id, |facts| {
        facts.insert("TargetKeyId", target.id.as_str());
        facts.insert("LastUpdatedDate", call.now);
    });
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world)?;
    world.remove(&call.place(&ALIAS), &id);
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = match call.text("KeyId") {
        Some(_) => Some(key(call, world, "KeyId")?.id),
        None => None,
    };
    let place = call.place(&ALIAS);
    let fitting = world.shelf(&place).iter().filter(|(_, alias)| {
        wanted.as_deref().is_none_or(|wanted| alias.fact("TargetKeyId") == Some(wanted))
    });
    let entries = fitting.map(|(id, alias)| {
        let shown = place.describe(&ALIAS, id, alias);
        (id.clone(), Value::from(shown))
    });
    page(call, "Aliases", entries.collect())
}
