//! What an account has chosen for a Region: encryption by default, its key, and who may share snapshots.

use reeve_model::{Object, Value};

use super::support::{resource, text, truth};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, uuid_of},
    store::Place,
    world::{Origin, World},
};

/// The settings of an account in a Region.
pub(crate) static SETTINGS: Definition = Definition {
    resource_type: "AWS::EC2::EbsSettings",
    arn: "arn:{partition}:ec2:{region}:{account}:ebs-settings/{id}",
    ..Definition::OF
};

const ID: &str = "settings";

/// What is chosen about encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defaults {
    pub(super) encrypted: bool,
    /// Empty for the key that AWS manages.
    pub(super) key: String,
}

/// The settings of a place.
pub(super) fn of(world: &World, place: &Place) -> Defaults {
    let chosen = world.get(place, ID).map(|chosen| &chosen.facts);
    Defaults {
        encrypted: chosen.and_then(|facts| truth(facts, "Encrypted")).unwrap_or(false),
        key: chosen.map(|facts| text(facts, "Key").to_owned()).unwrap_or_default(),
    }
}

/// Chooses.
pub(super) fn choose(world: &mut World, place: &Place, member: &str, value: Value) {
    if world.get(place, ID).is_none() {
        world.put(place.clone(), ID, resource(Object::new(), reeve_types::Tags::new()));
    }
    world.set(place, ID, member, value);
}

/// What was chosen, if anything was.
pub(super) fn chosen<'w>(world: &'w World, place: &Place, member: &str) -> Option<&'w Value> {
    world.get(place, ID)?.facts.get(member)
}

/// The ARN of the key that AWS manages for EBS.
fn managed_key(place: &Place) -> String {
    let Place { account, region, .. } = place;
    let id = uuid_of(&format!("{account}/{region}/alias/aws/ebs"));
    format!("arn:{}:kms:{region}:{account}:key/{id}", region.partition())
}

/// Whether a key is the one that AWS manages for EBS.
pub(super) fn is_managed(place: &Place, key: &str) -> bool {
    managed_key(place) == key
}

/// The ARN of a key by id, alias or ARN; of the managed one if there is none.
pub(super) fn key_arn(call: &Call, world: &mut World, key: &str) -> String {
    let place = call.place(&SETTINGS);
    let asked = if key.is_empty() { "alias/aws/ebs" } else { key };
    let origin = Origin::at(&place, "ec2.amazonaws.com");
    let input = Value::from_iter([("KeyId", asked)]);
    let known = world.call(&origin, "kms", "DescribeKey", input).ok();
    let known = known.and_then(|answer| {
        answer.path("KeyMetadata.Arn").and_then(Value::as_str).map(str::to_owned)
    });
    known.unwrap_or_else(|| match key {
        "" | "alias/aws/ebs" => managed_key(&place),
        arn if arn.starts_with("arn:") => arn.to_owned(),
        id => {
            let partition = call.region.partition();
            format!("arn:{partition}:kms:{}:{}:key/{id}", call.region, call.account())
        }
    })
}

fn encryption(call: &Call, world: &World) -> Value {
    Value::from_iter([("EbsEncryptionByDefault", of(world, &call.place(&SETTINGS)).encrypted)])
}

/// `GetEbsEncryptionByDefault`.
pub(super) fn get_encryption(call: &Call, world: &mut World) -> Answer {
    Ok(encryption(call, world))
}

/// `EnableEbsEncryptionByDefault`.
pub(super) fn enable_encryption(call: &Call, world: &mut World) -> Answer {
    choose(world, &call.place(&SETTINGS), "Encrypted", true.into());
    Ok(encryption(call, world))
}

/// `DisableEbsEncryptionByDefault`.
pub(super) fn disable_encryption(call: &Call, world: &mut World) -> Answer {
    choose(world, &call.place(&SETTINGS), "Encrypted", false.into());
    Ok(encryption(call, world))
}

fn key(call: &Call, world: &World) -> Value {
    let chosen = of(world, &call.place(&SETTINGS)).key;
    let shown = if chosen.is_empty() { "alias/aws/ebs" } else { &chosen };
    Value::from_iter([("KmsKeyId", shown)])
}

/// `GetEbsDefaultKmsKeyId`.
pub(super) fn get_key(call: &Call, world: &mut World) -> Answer {
    Ok(key(call, world))
}

/// `ModifyEbsDefaultKmsKeyId`.
pub(super) fn modify_key(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("KmsKeyId")?.to_owned();
    let arn = key_arn(call, world, &wanted);
    choose(world, &call.place(&SETTINGS), "Key", arn.into());
    Ok(key(call, world))
}

/// `ResetEbsDefaultKmsKeyId`.
pub(super) fn reset_key(call: &Call, world: &mut World) -> Answer {
    choose(world, &call.place(&SETTINGS), "Key", "".into());
    Ok(key(call, world))
}

/// Who may make snapshots public: `unblocked` unless chosen otherwise.
pub(super) fn sharing(world: &World, place: &Place) -> String {
    let chosen = world.get(&place.beside(&SETTINGS), ID);
    let chosen = chosen.map(|chosen| text(&chosen.facts, "SnapshotSharing").to_owned());
    chosen.filter(|state| !state.is_empty()).unwrap_or_else(|| "unblocked".to_owned())
}

/// `GetSnapshotBlockPublicAccessState`.
pub(super) fn get_sharing(call: &Call, world: &mut World) -> Answer {
    let state = sharing(world, &call.place(&SETTINGS));
    Ok(Value::from_iter([("State", state), ("ManagedBy", "account".to_owned())]))
}

/// `EnableSnapshotBlockPublicAccess`.
pub(super) fn block_sharing(call: &Call, world: &mut World) -> Answer {
    let state = call.required("State")?;
    if !["block-all-sharing", "block-new-sharing"].contains(&state) {
        let message = format!("Value ({state}) for parameter State is invalid.");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    choose(world, &call.place(&SETTINGS), "SnapshotSharing", state.into());
    Ok(Value::from_iter([("State", state)]))
}

/// `DisableSnapshotBlockPublicAccess`.
pub(super) fn unblock_sharing(call: &Call, world: &mut World) -> Answer {
    choose(world, &call.place(&SETTINGS), "SnapshotSharing", "unblocked".into());
    Ok(Value::from_iter([("State", "unblocked")]))
}
