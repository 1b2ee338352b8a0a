//! AWS Key Management Service: keys that really encrypt, their aliases, policies, grants and rotation.
//!
//! Symmetric and HMAC keys are served. What a key encrypts only it decrypts, with the same encryption context; the cipher is
//! the twin's own (`cipher`), as its ciphertexts are opaque on AWS too.

mod aliases;
mod cipher;
mod cryptography;
mod grants;
mod keys;
mod policies;
mod rotation;

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, parse_arn},
    page::Paging,
    store::{Place, Resource},
    tagging::TagErrors,
    world::World,
};

pub(crate) use grants::is_granted;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "kms",
    signing_name: "kms",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "kms",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("TagException"),
    parts: &[
        &keys::PART,
        &aliases::PART,
        &policies::PART,
        &rotation::PART,
        &grants::PART,
        &cryptography::PART,
    ],
};

pub(crate) static KEY: Definition = Definition {
    resource_type: "AWS::KMS::Key",
    tagging_type: "kms:key",
    arn: "arn:{partition}:kms:{region}:{account}:key/{id}",
    identity: &[
        ("KeyId", Identity::Id),
        ("Arn", Identity::Arn),
        ("AWSAccountId", Identity::Account),
    ],
    missing: Missing::new("NotFoundException", "Key '{id}' does not exist"),
    sample: Some(|sample| {
        serde_json::json!({
            "CreationDate": sample.created(),
            "Enabled": true,
            "Description": sample.id,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled",
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": false,
        })
    }),
    ..Definition::OF
};

static ALIAS: Definition = Definition {
    resource_type: "AWS::KMS::Alias",
    arn: "arn:{partition}:kms:{region}:{account}:alias/{id}",
    identity: &[("AliasArn", Identity::Arn)],
    missing: Missing::new("NotFoundException", "Alias arn {id} is not found."),
    ..Definition::OF
};

static GRANT: Definition = Definition {
    resource_type: "AWS::KMS::Grant",
    arn: "arn:{partition}:kms:{region}:{account}:grant/{id}",
    identity: &[("GrantId", Identity::Id)],
    missing: Missing::new("NotFoundException", "Grant with ID {id} was not found."),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("Limit", "Marker", (100, 1000), "InvalidMarkerException").with_next("NextMarker");

/// A page of things in order of their keys.
fn page(call: &Call, member: &str, entries: Vec<(String, Value)>) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let sorted: BTreeMap<String, Value> = entries.into_iter().collect();
    let rest = sorted.into_iter().filter(|(key, _)| start.as_ref().is_none_or(|it| key > it));
    let mut rest = rest.peekable();
    let (mut list, mut last) = (Vec::new(), None);
    for (key, value) in rest.by_ref().take(size) {
        list.push(value);
        last = Some(key);
    }
    let is_truncated = rest.peek().is_some();
    let mut output = Object::from_iter([(member, Value::List(list))]);
    output.insert("Truncated", is_truncated);
    Ok(PAGES.finish(call, output, last.as_deref().filter(|_| is_truncated)))
}

/// A key, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    place: Place,
    id: String,
}

impl Key {
    fn arn(&self) -> String {
        self.place.arn_of(&KEY, &self.id)
    }

    fn resource<'w>(&self, world: &'w World) -> Result<&'w Resource, Failure> {
        world.get(&self.place, &self.id).ok_or_else(|| KEY.missing.failure(&self.arn()))
    }
}

/// The key that a text names: by id, ARN, alias or the alias's ARN.
fn named(call: &Call, world: &World, text: &str) -> Result<Key, Failure> {
    let mut place = call.place(&KEY);
    let mut name = text;
    if let Some((_, parsed)) = parse_arn(text).filter(|(kind, _)| *kind == &KEY || *kind == &ALIAS)
    {
        place.account = parsed.account.and_then(|it| it.parse().ok()).unwrap_or(place.account);
        place.region = parsed.region.and_then(|it| it.parse().ok()).unwrap_or(place.region);
        name = text.splitn(6, ':').nth(5).unwrap_or(text);
    }
    if place.region != call.region {
        let message = format!("Invalid arn {}", place.region);
        return Err(Failure::new("NotFoundException", message));
    }
    if let Some(alias) = name.strip_prefix("alias/") {
        let aliases = place.beside(&ALIAS);
        let target = world.get(&aliases, alias).and_then(|it| it.fact("TargetKeyId"));
        let arn = place.arn_of(&ALIAS, alias);
        let id = target.ok_or_else(|| ALIAS.missing.failure(&arn))?.to_owned();
        return Ok(Key { place, id });
    }
    let id = name.strip_prefix("key/").unwrap_or(name).to_owned();
    let key = Key { place, id };
    key.resource(world)?;
    Ok(key)
}

/// The key that a member of the input names. AWS's own keys are made when they are first asked for.
fn key(call: &Call, world: &mut World, member: &str) -> Result<Key, Failure> {
    let text = call.required(member)?.to_owned();
    keys::provide_managed(call, world, &text);
    named(call, world, &text)
}

/// Refuses the use of a key that is disabled or waits for its deletion.
fn check_usable(world: &World, key: &Key) -> Result<(), Failure> {
    let arn = key.arn();
    match key.resource(world)?.fact("KeyState") {
        Some("Disabled") => Err(Failure::new("DisabledException", format!("{arn} is disabled."))),
        Some("PendingDeletion" | "PendingReplicaDeletion") => {
            Err(Failure::new("KMSInvalidStateException", format!("{arn} is pending deletion.")))
        }
        _ => Ok(()),
    }
}

/// Refuses changes of a key that waits for its deletion.
fn check_not_pending(world: &World, key: &Key) -> Result<(), Failure> {
    match check_usable(world, key) {
        Err(failure) if failure.code == "DisabledException" => Ok(()),
        other => other,
    }
}

/// A call that was only tried.
fn check_dry_run(call: &Call) -> Result<(), Failure> {
    if call.flag("DryRun") {
        let message = "The request would have succeeded, but the DryRun option is set.";
        return Err(Failure::new("DryRunOperationException", message).with_status(412));
    }
    Ok(())
}

/// The ARN of the key that a call is about.
pub(crate) fn subject_arn(world: &World, call: &Call) -> Option<String> {
    let members = ["KeyId", "TargetKeyId", "SourceKeyId"];
    if let Some(text) = members.into_iter().find_map(|member| call.text(member)) {
        return Some(match named(call, world, text) {
            Ok(key) => key.arn(),
            Err(_) if text.starts_with("arn:") => text.to_owned(),
            Err(_) => call.arn_of(&KEY, text.trim_start_matches("key/")),
        });
    }
    let blob = call.input.get("CiphertextBlob").and_then(Value::as_blob)?;
    cipher::key_of(call, blob).map(|key| key.arn())
}

/// The ARN of the key that a call encrypts again with.
pub(crate) fn destination_arn(world: &World, call: &Call) -> Option<String> {
    named(call, world, call.text("DestinationKeyId")?).ok().map(|key| key.arn())
}
