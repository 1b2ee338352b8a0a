//! Key pairs. The twin keeps only what AWS keeps: the public half, and a fingerprint.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    listing::{described_passes, read},
    support::{only_for, resource, specified, text},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    store::Resource,
    value::{object, value},
    world::World,
};

/// Key pairs, by id.
pub(crate) static KEY_PAIR: Definition = Definition {
    resource_type: "AWS::EC2::KeyPair",
    tagging_type: "ec2:key-pair",
    arn: "arn:{partition}:ec2:{region}:{account}:key-pair/{id}",
    prefix: "key-",
    identity: &[("KeyPairId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidKeyPair.NotFound", "The key pair ID '{id}' does not exist"),
    ..Definition::OF
};

/// A key pair by name.
pub(super) fn find<'w>(
    call: &Call,
    world: &'w World,
    name: &str,
) -> Result<(&'w String, &'w Resource), Failure> {
    let shelf = world.shelf(&call.place(&KEY_PAIR));
    shelf.iter().find(|(_, key)| key.fact("KeyName") == Some(name)).ok_or_else(|| {
        let message = format!("The key pair '{name}' does not exist");
        Failure::new("InvalidKeyPair.NotFound", message)
    })
}

fn check_new(call: &Call, world: &World) -> Result<String, Failure> {
    only_for(call, &["key-pair"])?;
    let name = call.required("KeyName")?;
    if name.chars().count() > 255 {
        return Err(call.invalid("Key pair names are limited to 255 characters."));
    }
    if find(call, world, name).is_ok() {
        let message = format!("The keypair '{name}' already exists.");
        return Err(Failure::new("InvalidKeyPair.Duplicate", message));
    }
    Ok(name.to_owned())
}

/// `CreateKeyPair`: the private half is made up; no machine of the twin would take it.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = check_new(call, world)?;
    let kind = call.text("KeyType").unwrap_or("rsa");
    let format = call.text("KeyFormat").unwrap_or("pem");
    let secret = world.random_hex(256);
    let body = STANDARD.encode(&secret);
    let material = match format {
        "ppk" => format!("PuTTY-User-Key-File-3: ssh-{kind}\n{body}\n"),
        _ => format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"),
    };
    let public = format!("ssh-{kind} {}", STANDARD.encode(hex_digest(&secret, 64)));
    let facts = object! { "KeyName": name, "KeyType": kind, "PublicKey": public };
    let mut answer = put(call, world, (facts, specified(call, "key-pair")?), &secret);
    answer.insert("KeyMaterial", material);
    Ok(call.fit(answer.into()))
}

/// `ImportKeyPair`.
pub(super) fn import(call: &Call, world: &mut World) -> Answer {
    let name = check_new(call, world)?;
    let material = call.input.get("PublicKeyMaterial").and_then(Value::as_blob).unwrap_or_default();
    let public = String::from_utf8_lossy(material).trim().to_owned();
    let kind = match public.split_whitespace().next() {
        Some("ssh-rsa") => "rsa",
        Some("ssh-ed25519") => "ed25519",
        _ => {
            let message = "Key is not in valid OpenSSH public key format";
            return Err(Failure::new("InvalidKey.Format", message));
        }
    };
    let facts = object! { "KeyName": name, "KeyType": kind, "PublicKey": (public.as_str()) };
    let answer = put(call, world, (facts, specified(call, "key-pair")?), &public);
    Ok(call.fit(answer.into()))
}

fn put(call: &Call, world: &mut World, (mut facts, tags): (Object, Tags), of: &str) -> Object {
    let id = format!("key-0{}", world.random_hex(16));
    let digits: Vec<char> = hex_digest(of, 40).chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    facts.insert("KeyFingerprint", pairs.join(":"));
    facts.insert("CreateTime", call.now);
    let place = call.place(&KEY_PAIR);
    let made = resource(facts, tags);
    let described = place.describe(&KEY_PAIR, &id, &made);
    world.put(place, id, made);
    described
}

/// `DescribeKeyPairs`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 3] =
        [("fingerprint", "KeyFingerprint"), ("key-name", "KeyName"), ("key-pair-id", "KeyPairId")];
    let filters = read(call, "Filters", &FILTERS)?;
    let (names, ids) = (call.texts("KeyNames"), call.texts("KeyPairIds"));
    for name in &names {
        find(call, world, name)?;
    }
    for id in &ids {
        call.find(world, &KEY_PAIR, id)?;
    }
    let place = call.place(&KEY_PAIR);
    let mut found: Vec<Object> = world
        .shelf(&place)
        .iter()
        .filter(|(id, key)| {
            (names.is_empty() || names.contains(&text(&key.facts, "KeyName")))
                && (ids.is_empty() || ids.contains(&id.as_str()))
        })
        .map(|(id, key)| (place.describe(&KEY_PAIR, id, key), key))
        .filter(|(described, key)| described_passes(&filters, described, &key.tags))
        .map(|(described, _)| described)
        .collect();
    found.sort_by(|one, other| text(one, "KeyName").cmp(text(other, "KeyName")));
    if !call.flag("IncludePublicKey") {
        for key in &mut found {
            key.remove("PublicKey");
        }
    }
    Ok(value!({"KeyPairs": (found.into_iter().map(Value::from).collect::<Value>())}))
}

/// `DeleteKeyPair`: one that is not there is no error.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = match (call.text("KeyPairId"), call.text("KeyName")) {
        (Some(id), _) => call.find(world, &KEY_PAIR, id).ok().map(|_| id.to_owned()),
        (None, Some(name)) => find(call, world, name).ok().map(|(id, _)| id.clone()),
        (None, None) => {
            let message = "The request must contain the parameter KeyName or KeyPairId";
            return Err(Failure::new("MissingParameter", message));
        }
    };
    let mut answer = object! { "Return": true };
    if let Some(id) = id {
        world.remove(&call.place(&KEY_PAIR), &id);
        answer.insert("KeyPairId", id);
    }
    Ok(answer.into())
}
