//! Grants: permissions on a key that are given without changing its policy.

use std::sync::Arc;

use reeve_model::Value;

use super::{GRANT, Key, check_dry_run, check_usable, key, page};
use crate::{
    access::principal::Gathered,
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&GRANT],
    operations: &[
        ("CreateGrant", Action::Own(create)),
        ("ListGrants", Action::Own(list)),
        ("ListRetirableGrants", Action::Own(list_retirable)),
        ("RetireGrant", Action::Own(retire)),
        ("RevokeGrant", Action::Own(revoke)),
    ],
    tasks: &[],
};

fn create(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    check_usable(world, &key)?;
    if call.text("GranteePrincipal").is_none() {
        let message = "The twin's grants are to principals with an ARN.";
        return Err(Failure::new("UnsupportedOperationException", message));
    }
    check_dry_run(call)?;
    let mut described = object! {
        "KeyId": (key.id.as_str()),
        "CreationDate": (call.now),
        "IssuingAccount": (format!("arn:aws:iam::{}:root", call.account())),
    };
    described.extend(call.given([
        "GranteePrincipal",
        "RetiringPrincipal",
        "Operations",
        "Constraints",
        "Name",
    ]));
    let id = world.random_hex(64);
    let token = format!("AQpA{}", world.random_hex(120));
    let inside = object! {"Token": (token.as_str())};
    let place = Place { kind: &GRANT, ..key.place };
    world.put(
        place,
        id.clone(),
        Resource::new(facts(described), Arc::default()).with_inside(inside),
    );
    Ok(value!({"GrantToken": (token), "GrantId": (id)}))
}

fn show(place: &Place, id: &str, grant: &Resource) -> Value {
    let mut shown = place.describe(&GRANT, id, grant);
    let key = grant.fact("KeyId").unwrap_or_default();
    shown.insert("KeyId", place.arn_of(&super::KEY, key));
    shown.into()
}

fn list(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    let place = Place { kind: &GRANT, ..key.place };
    let fits = |member: &str, grant: &Resource| {
        call.text(member).is_none_or(|wanted| grant.fact(member) == Some(wanted))
    };
    let found = world.shelf(&place).iter().filter(|(id, grant)| {
        grant.fact("KeyId") == Some(&*key.id)
            && fits("GranteePrincipal", grant)
            && call.text("GrantId").is_none_or(|wanted| wanted == *id)
    });
    let entries = found.map(|(id, grant)| (id.clone(), show(&place, id, grant))).collect();
    page(call, "Grants", entries)
}

fn list_retirable(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("RetiringPrincipal")?;
    let place = call.place(&GRANT);
    let found =
        world.shelf(&place).iter().filter(|(_, it)| it.fact("RetiringPrincipal") == Some(wanted));
    let entries = found.map(|(id, grant)| (id.clone(), show(&place, id, grant))).collect();
    page(call, "Grants", entries)
}

fn revoke(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    let id = call.required("GrantId")?;
    let place = key.place.beside(&GRANT);
    check_dry_run(call)?;
    remove(world, &place, &key, id)
}

fn remove(world: &mut World, place: &Place, key: &Key, id: &str) -> Answer {
    if world.get(place, id).and_then(|it| it.fact("KeyId")) != Some(&*key.id) {
        return Err(GRANT.missing.failure(id));
    }
    world.remove(place, id);
    Ok(Value::object())
}

fn retire(call: &Call, world: &mut World) -> Answer {
    check_dry_run(call)?;
    if let Some(token) = call.text("GrantToken") {
        let place = call.place(&GRANT);
        let of_token =
            |grant: &Resource| grant.inside.get("Token").and_then(Value::as_str) == Some(token);
        let found =
            world.shelf(&place).iter().find(|(_, it)| of_token(it)).map(|(id, _)| id.clone());
        let id = found.ok_or_else(|| {
            Failure::new("InvalidGrantTokenException", "The grant token is not valid.")
        })?;
        world.remove(&place, &id);
        return Ok(Value::object());
    }
    let key = key(call, world, "KeyId")?;
    let place = key.place.beside(&GRANT);
    remove(world, &place, &key, call.required("GrantId")?)
}

/// Whether a grant lets the caller do this with a key.
pub(crate) fn is_granted(world: &World, call: &Call, gathered: &Gathered, arn: &str) -> bool {
    let Ok(key) = super::named(call, world, arn) else { return false };
    let principal = match gathered.caller() {
        reeve_policy::Caller::Session { role, .. } => role.to_owned(),
        other => other.name(),
    };
    let place = Place { kind: &GRANT, ..key.place };
    world.shelf(&place).values().any(|grant| {
        let operations = grant.list("Operations");
        grant.fact("KeyId") == Some(&*key.id)
            && grant
                .fact("GranteePrincipal")
                .is_some_and(|it| it == principal || it == call.caller.arn)
            && operations.iter().any(|it| it.as_str() == Some(&call.operation))
            && meets_constraints(call, grant)
    })
}

fn meets_constraints(call: &Call, grant: &Resource) -> bool {
    let given = call.object("EncryptionContext");
    let has = |key: &str, value: &Value| given.and_then(|it| it.get(key)) == Some(value);
    let subset = grant.value("Constraints.EncryptionContextSubset").and_then(Value::as_object);
    let equals = grant.value("Constraints.EncryptionContextEquals").and_then(Value::as_object);
    subset.is_none_or(|wanted| wanted.iter().all(|(key, value)| has(key, value)))
        && equals.is_none_or(|wanted| given == Some(wanted))
}
