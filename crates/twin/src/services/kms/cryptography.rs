//! What keys are for.

use reeve_model::{Object, Value};

use super::{Key, check_dry_run, check_usable, cipher, key};
use crate::{
    call::{Answer, Call},
    digest::hmac,
    failure::Failure,
    services::{Action, Part},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("Encrypt", Action::Own(encrypt)),
        ("Decrypt", Action::Own(decrypt)),
        ("ReEncrypt", Action::Own(re_encrypt)),
        ("GenerateDataKey", Action::Own(generate_data_key)),
        ("GenerateDataKeyWithoutPlaintext", Action::Own(generate_data_key_without_plaintext)),
        ("GenerateRandom", Action::Own(generate_random)),
        ("GenerateMac", Action::Own(generate_mac)),
        ("VerifyMac", Action::Own(verify_mac)),
    ],
    tasks: &[],
};

const LONGEST_TEXT: usize = 4096;

fn check(call: &Call, world: &World, key: &Key, usage: &str) -> Result<(), Failure> {
    if call.input.get("Recipient").is_some() {
        let message = "The twin has no Nitro enclaves.";
        return Err(Failure::new("UnsupportedOperationException", message));
    }
    check_usable(world, key)?;
    let found = key.resource(world)?.fact("KeyUsage").unwrap_or("ENCRYPT_DECRYPT");
    if found != usage {
        let message = format!(
            "{} key usage is {found} which is not valid for {}.",
            key.arn(),
            call.operation
        );
        return Err(Failure::new("InvalidKeyUsageException", message));
    }
    Ok(())
}

fn random_bytes(world: &mut World, count: usize) -> Vec<u8> {
    hex::decode(world.random_hex(count * 2)).unwrap_or_default()
}

/// The material of a key; seeded keys get theirs when it is first needed.
fn materials(world: &mut World, key: &Key) -> Result<Vec<Vec<u8>>, Failure> {
    let known = cipher::materials(&key.resource(world)?.inside);
    if !known.is_empty() {
        return Ok(known);
    }
    let material = crate::digest::hex_digest(&format!("material of {}", key.arn()), 64);
    world.set_inside(&key.place, &key.id, "Material", value!([(material.as_str())]));
    Ok(cipher::materials(&key.resource(world)?.inside))
}

fn seal(
    world: &mut World,
    key: &Key,
    context: Option<&Object>,
    text: &[u8],
) -> Result<Vec<u8>, Failure> {
    let materials = materials(world, key)?;
    let nonce = random_bytes(world, cipher::NONCE);
    cipher::encrypt(key, &materials, &nonce, context, text).ok_or_else(|| {
        Failure::new("KMSInternalException", "The key has no material.").with_status(500)
    })
}

fn encrypt(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    check(call, world, &key, "ENCRYPT_DECRYPT")?;
    let text = call.input.get("Plaintext").and_then(Value::as_blob).unwrap_or_default().to_vec();
    if text.is_empty() || text.len() > LONGEST_TEXT {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 \
             and {LONGEST_TEXT}"
        )));
    }
    check_dry_run(call)?;
    let blob = seal(world, &key, call.object("EncryptionContext"), &text)?;
    Ok(value!({
        "CiphertextBlob": (blob),
        "KeyId": (key.arn()),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

/// Opens a ciphertext of the input with the key that it names.
fn open(
    call: &Call,
    world: &mut World,
    (key_member, context): (&str, &str),
) -> Result<(Key, Vec<u8>), Failure> {
    let invalid = || Failure::new("InvalidCiphertextException", "");
    let blob =
        call.input.get("CiphertextBlob").and_then(Value::as_blob).unwrap_or_default().to_vec();
    let found = cipher::key_of(call, &blob).ok_or_else(invalid)?;
    if call.text(key_member).is_some() {
        let wanted = key(call, world, key_member)?;
        if wanted != found {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Failure::new("IncorrectKeyException", message));
        }
    }
    if found.place.region != call.region {
        return Err(invalid());
    }
    check(call, world, &found, "ENCRYPT_DECRYPT")?;
    let materials = materials(world, &found)?;
    let text = cipher::decrypt(&materials, call.object(context), &blob).ok_or_else(invalid)?;
    Ok((found, text))
}

fn decrypt(call: &Call, world: &mut World) -> Answer {
    let (key, text) = open(call, world, ("KeyId", "EncryptionContext"))?;
    check_dry_run(call)?;
    Ok(value!({
        "KeyId": (key.arn()),
        "Plaintext": (text),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn re_encrypt(call: &Call, world: &mut World) -> Answer {
    let (source, text) = open(call, world, ("SourceKeyId", "SourceEncryptionContext"))?;
    let target = key(call, world, "DestinationKeyId")?;
    check(call, world, &target, "ENCRYPT_DECRYPT")?;
    check_dry_run(call)?;
    let blob = seal(world, &target, call.object("DestinationEncryptionContext"), &text)?;
    Ok(value!({
        "CiphertextBlob": (blob),
        "SourceKeyId": (source.arn()),
        "KeyId": (target.arn()),
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn data_key(call: &Call, world: &mut World) -> Result<(Object, Vec<u8>), Failure> {
    let key = key(call, world, "KeyId")?;
    check(call, world, &key, "ENCRYPT_DECRYPT")?;
    let length = match (call.text("KeySpec"), call.integer("NumberOfBytes")) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(count)) if (1..=1024).contains(&count) => usize::try_from(count).unwrap_or(32),
        _ => {
            return Err(call.invalid("Please specify either number of bytes or key spec."));
        }
    };
    check_dry_run(call)?;
    let text = random_bytes(world, length);
    let blob = seal(world, &key, call.object("EncryptionContext"), &text)?;
    Ok((object! {"CiphertextBlob": (blob), "KeyId": (key.arn())}, text))
}

fn generate_data_key(call: &Call, world: &mut World) -> Answer {
    let (mut output, text) = data_key(call, world)?;
    output.insert("Plaintext", text);
    Ok(output.into())
}

fn generate_data_key_without_plaintext(call: &Call, world: &mut World) -> Answer {
    data_key(call, world).map(|(output, _)| output.into())
}

fn generate_random(call: &Call, world: &mut World) -> Answer {
    let count = call.integer("NumberOfBytes").unwrap_or(32);
    let count = usize::try_from(count).ok().filter(|count| (1..=1024).contains(count));
    let count = count.ok_or_else(|| call.invalid("NumberOfBytes must be between 1 and 1024."))?;
    Ok(value!({"Plaintext": (random_bytes(world, count))}))
}

fn mac(call: &Call, world: &mut World) -> Result<(Key, Vec<u8>), Failure> {
    let key = key(call, world, "KeyId")?;
    check(call, world, &key, "GENERATE_VERIFY_MAC")?;
    if call.text("MacAlgorithm") != Some("HMAC_SHA_256") {
        let message = "The algorithm is not valid for the key's spec.";
        return Err(Failure::new("InvalidKeyUsageException", message));
    }
    check_dry_run(call)?;
    let message = call.input.get("Message").and_then(Value::as_blob).unwrap_or_default().to_vec();
    let material = materials(world, &key)?.pop().unwrap_or_default();
    Ok((key, hmac(&material, &message).to_vec()))
}

fn generate_mac(call: &Call, world: &mut World) -> Answer {
    let (key, mac) = mac(call, world)?;
    Ok(value!({"Mac": (mac), "MacAlgorithm": "HMAC_SHA_256", "KeyId": (key.arn())}))
}

fn verify_mac(call: &Call, world: &mut World) -> Answer {
    let (key, mac) = mac(call, world)?;
    if call.input.get("Mac").and_then(Value::as_blob) != Some(&mac) {
        return Err(Failure::new("KMSInvalidMacException", ""));
    }
    Ok(value!({"MacValid": true, "MacAlgorithm": "HMAC_SHA_256", "KeyId": (key.arn())}))
}
