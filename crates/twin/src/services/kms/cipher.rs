//! The twin's own cipher: a stream and a seal made of HMAC-SHA-256, with a random nonce.
//!
//! ```text
//! RKMS1 | length | account/region/key | material | nonce (16) | seal (32) | text xor stream
//! ```
//!
//! The seal covers the encryption context, so a ciphertext opens only with the context that it was made with.

use reeve_model::{Object, Value};

use super::{KEY, Key};
use crate::{call::Call, digest::hmac, store::Place};

const MARK: &[u8] = b"RKMS1";
const NONCE: usize = 16;
const SEAL: usize = 32;

/// Encrypts with the newest material of a key.
pub(super) fn encrypt(
    key: &Key,
    materials: &[Vec<u8>],
    nonce: &[u8],
    context: Option<&Object>,
    text: &[u8],
) -> Option<Vec<u8>> {
    let material = materials.last()?;
    let number = u8::try_from(materials.len().checked_sub(1)?).ok()?;
    let name = format!("{}/{}/{}", key.place.account, key.place.region, key.id);
    let body = stream(material, nonce, text);
    let seal = seal(material, nonce, context, &body);
    let mut out = MARK.to_vec();
    out.push(u8::try_from(name.len()).ok()?);
    out.extend_from_slice(name.as_bytes());
    out.push(number);
    out.extend_from_slice(nonce.get(..NONCE)?);
    out.extend_from_slice(&seal);
    out.extend_from_slice(&body);
    Some(out)
}

struct Parts<'b> {
    name: &'b str,
    material: u8,
    nonce: &'b [u8],
    seal: &'b [u8],
    body: &'b [u8],
}

fn parts(blob: &[u8]) -> Option<Parts<'_>> {
    let (length, rest) = blob.strip_prefix(MARK)?.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (material, rest) = rest.split_first()?;
    let (nonce, rest) = rest.split_at_checked(NONCE)?;
    let (seal, body) = rest.split_at_checked(SEAL)?;
    Some(Parts { name: std::str::from_utf8(name).ok()?, material: *material, nonce, seal, body })
}

/// The key that a ciphertext says it was made with; for a multi-Region key, that of the Region called.
pub(super) fn key_of(call: &Call, blob: &[u8]) -> Option<Key> {
    let mut name = parts(blob)?.name.splitn(3, '/');
    let (account, region, id) = (name.next()?, name.next()?, name.next()?);
    let region = if id.starts_with("mrk-") { call.region.clone() } else { region.parse().ok()? };
    let place = Place { account: account.parse().ok()?, region, kind: &KEY };
    Some(Key { place, id: id.to_owned() })
}

/// Decrypts; nothing if the ciphertext was changed or made with another context.
pub(super) fn decrypt(
    materials: &[Vec<u8>],
    context: Option<&Object>,
    blob: &[u8],
) -> Option<Vec<u8>> {
    let Parts { material, nonce, seal: found, body, .. } = parts(blob)?;
    let material = materials.get(usize::from(material))?;
    (seal(material, nonce, context, body) == found).then(|| stream(material, nonce, body))
}

fn stream(material: &[u8], nonce: &[u8], text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (number, block) in (0_u64..).zip(text.chunks(SEAL)) {
        let mut message = b"stream".to_vec();
        message.extend_from_slice(nonce);
        message.extend_from_slice(&number.to_be_bytes());
        let pad = hmac(material, &message);
        out.extend(block.iter().zip(pad).map(|(byte, pad)| byte ^ pad));
    }
    out
}

fn seal(material: &[u8], nonce: &[u8], context: Option<&Object>, body: &[u8]) -> [u8; SEAL] {
    let mut message = b"seal".to_vec();
    message.extend_from_slice(nonce);
    let mut pairs: Vec<(&str, &str)> = context
        .into_iter()
        .flat_map(Object::iter)
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    for (key, value) in pairs {
        for text in [key, value] {
            message.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            message.extend_from_slice(text.as_bytes());
        }
    }
    message.push(0);
    message.extend_from_slice(body);
    hmac(material, &message)
}

/// The material that a key has had, oldest first.
pub(super) fn materials(inside: &Object) -> Vec<Vec<u8>> {
    let list = inside.get("Material").map_or(&[][..], Value::as_list).iter();
    list.filter_map(|it| hex::decode(it.as_str()?).ok()).collect()
}
