//! Server certificates that were uploaded. Their bodies are kept as they are; nothing is read from them.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    common::{exists, has_prefix, join, last_segment, named, new_id, page, shown, unique_id},
    kinds::SERVER_CERTIFICATE,
    users::new_tags,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SERVER_CERTIFICATE],
    operations: &[
        ("UploadServerCertificate", Action::Own(upload)),
        ("GetServerCertificate", Action::Own(get)),
        ("ListServerCertificates", Action::Own(list)),
        ("UpdateServerCertificate", Action::Own(update)),
        ("DeleteServerCertificate", Action::Own(delete)),
    ],
    tasks: &[],
};

const NAME: &str = "ServerCertificateName";
const VALID: SignedDuration = SignedDuration::from_hours(24 * 365);

fn upload(call: &Call, world: &mut World) -> Answer {
    let (id, path) = new_id(call, world, &SERVER_CERTIFICATE, (NAME, "The Server Certificate"))?;
    let body = call.required("CertificateBody")?;
    if !body.contains("-----BEGIN CERTIFICATE-----") {
        let message =
            "Unable to parse certificate. Please ensure the certificate is in PEM format.";
        return Err(Failure::new("MalformedCertificate", message));
    }
    call.required("PrivateKey")?;
    let tags = new_tags(call)?;
    let expires = call.now.saturating_add(VALID).unwrap_or(call.now);
    let described = object! {
        "Path": (path),
        "ServerCertificateName": (last_segment(&id)),
        "ServerCertificateId": (unique_id(world, "ASCA")),
        "UploadDate": (call.now),
        "Expiration": (expires),
    };
    let mut inside = object! {"CertificateBody": (body)};
    inside.extend(call.given_texts(["CertificateChain"]));
    let place = call.place(&SERVER_CERTIFICATE);
    let resource = Resource::new(facts(described), Arc::new(tags)).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    let shown = shown(world, &place, &id);
    Ok(call.fit(value!({"ServerCertificateMetadata": (shown)})))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &SERVER_CERTIFICATE, call.required(NAME)?)?;
    let inside = Object::clone(&call.find(world, &SERVER_CERTIFICATE, &id)?.inside);
    let mut output = inside;
    output.insert("ServerCertificateMetadata", shown(world, &call.place(&SERVER_CERTIFICATE), &id));
    Ok(call.fit(value!({"ServerCertificate": (output)})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&SERVER_CERTIFICATE);
    let found = world.shelf(&place).iter().filter(|(_, it)| has_prefix(call, it));
    let entries =
        found.map(|(id, _)| (id.clone(), Value::from(shown(world, &place, id)))).collect();
    page(call, "ServerCertificateMetadataList", entries)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &SERVER_CERTIFICATE, call.required(NAME)?)?;
    let place = call.place(&SERVER_CERTIFICATE);
    let old_path =
        call.find(world, &SERVER_CERTIFICATE, &id)?.fact("Path").unwrap_or("/").to_owned();
    let path = call.text("NewPath").unwrap_or(&old_path).to_owned();
    let name = call.text("NewServerCertificateName").unwrap_or(last_segment(&id)).to_owned();
    let new = join(&path, &name);
    if new != id
        && world.shelf(&place).keys().any(|known| *known != id && last_segment(known) == name)
    {
        return Err(exists(format!("The Server Certificate with name {name} already exists.")));
    }
    if let Some(mut found) = world.remove(&place, &id) {
        found.facts_mut().insert("Path", path);
        found.facts_mut().insert("ServerCertificateName", name);
        world.put(place, new, found);
    }
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &SERVER_CERTIFICATE, call.required(NAME)?)?;
    world.remove(&call.place(&SERVER_CERTIFICATE), &id);
    Ok(Value::object())
}
