//! Endpoints outside of AWS and how to be let in there. Secrets are kept by nobody: an answer never has them.

use reeve_model::{Object, Value};

use super::{API_DESTINATION, CONNECTION};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    store::{Resource, facts},
    value::object,
    world::World,
};

/// The members of authorization parameters that are secret.
const SECRETS: [&str; 3] = ["Password", "ApiKeyValue", "ClientSecret"];

pub(super) fn create_connection(call: &Call, world: &mut World) -> Answer {
    let secret = format!(
        "arn:aws:secretsmanager:{}:{}:secret:events!connection/{}/{}",
        call.region,
        call.account(),
        call.required("Name")?,
        world.uuid()
    );
    let said = object!(
        "ConnectionState": "AUTHORIZED",
        "SecretArn": (secret),
        "CreationTime": (call.now),
        "LastModifiedTime": (call.now),
        "LastAuthorizedTime": (call.now),
    );
    make(call, world, &CONNECTION, said)
}

pub(super) fn update_connection(call: &Call, world: &mut World) -> Answer {
    let said = object!("LastModifiedTime": (call.now), "LastAuthorizedTime": (call.now));
    change(call, world, &CONNECTION, said)
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let said = object!(
        "ApiDestinationState": "ACTIVE",
        "InvocationRateLimitPerSecond": 300,
        "CreationTime": (call.now),
        "LastModifiedTime": (call.now),
    );
    make(call, world, &API_DESTINATION, said)
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    change(call, world, &API_DESTINATION, object!("LastModifiedTime": (call.now)))
}

fn check(call: &Call, world: &World) -> Result<(), Failure> {
    let Some(connection) = call.text("ConnectionArn") else { return Ok(()) };
    let name = call.id_of(&CONNECTION, connection);
    if world.get(&call.place(&CONNECTION), &name).is_none() {
        let message = format!("Connection '{connection}' does not exist.");
        return Err(Failure::new("ResourceNotFoundException", message));
    }
    Ok(())
}

/// What the caller says, without secrets.
fn said(call: &Call) -> Object {
    let mut said = call.input.as_object().cloned().unwrap_or_default();
    said.remove("Name");
    if let Some(parameters) = said.get_mut("AuthParameters") {
        strip(parameters);
    }
    said
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for secret in SECRETS {
                object.remove(secret);
            }
            let is_hidden = object.flag("IsValueSecret");
            if is_hidden {
                object.remove("Value");
            }
            for (_, inner) in object.iter_mut() {
                strip(inner);
            }
        }
        Value::List(elements) => elements.iter_mut().for_each(strip),
        _ => {}
    }
}

fn make(call: &Call, world: &mut World, kind: Kind, usual: Object) -> Answer {
    let name = call.required("Name")?;
    let place = call.place(kind);
    if world.get(&place, name).is_some() {
        let message = format!("{name} already exists.");
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let mut all = usual;
    for (member, value) in said(call) {
        all.insert(member, value);
    }
    world.put(place, name, Resource { facts: facts(all), ..Resource::default() });
    shown(call, world, kind, name)
}

fn change(call: &Call, world: &mut World, kind: Kind, usual: Object) -> Answer {
    let name = call.required("Name")?;
    call.find(world, kind, name)?;
    world.change(&call.place(kind), name, |facts| {
        for (member, value) in said(call).into_iter().chain(usual) {
            facts.insert(member, value);
        }
    });
    shown(call, world, kind, name)
}

fn shown(call: &Call, world: &World, kind: Kind, name: &str) -> Answer {
    let place = call.place(kind);
    let found = call.find(world, kind, name)?;
    Ok(call.fit(place.describe(kind, name, found).into()))
}
