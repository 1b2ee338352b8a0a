//! How texts are sealed: AES-256-GCM, as KMS has it, with a random nonce.
//!
//! ```text
//! RKMS2 | length | account/region/key | material | nonce (12) | text and tag, sealed
//! ```
//!
//! The encryption context is authenticated with the text, so a ciphertext opens only with the context that it was made with.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Nonce, Payload},
};
use reeve_model::Object;

use super::{KEY, Key};
use crate::{call::Call, digest::hmac, store::Place};

const MARK: &[u8] = b"RKMS2";
pub(super) const NONCE: usize = 12;

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
    let payload = Payload { msg: text, aad: &written(context) };
    let sealed = cipher(material).encrypt(&nonce_of(nonce)?, payload).ok()?;
    let mut out = MARK.to_vec();
    out.push(u8::try_from(name.len()).ok()?);
    out.extend_from_slice(name.as_bytes());
    out.push(number);
    out.extend_from_slice(nonce);
    out.extend_from_slice(&sealed);
    Some(out)
}

struct Parts<'b> {
    name: &'b str,
    material: u8,
    nonce: &'b [u8],
    sealed: &'b [u8],
}

fn parts(blob: &[u8]) -> Option<Parts<'_>> {
    let (length, rest) = blob.strip_prefix(MARK)?.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (material, rest) = rest.split_first()?;
    let (nonce, sealed) = rest.split_at_checked(NONCE)?;
    Some(Parts { name: std::str::from_utf8(name).ok()?, material: *material, nonce, sealed })
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
    let Parts { material, nonce, sealed, .. } = parts(blob)?;
    let material = materials.get(usize::from(material))?;
    let payload = Payload { msg: sealed, aad: &written(context) };
    cipher(material).decrypt(&nonce_of(nonce)?, payload).ok()
}

/// The cipher of a material, whose length is the customer's choice if it was imported.
fn cipher(material: &[u8]) -> Aes256Gcm {
    Aes256Gcm::new(&hmac(material, b"AES-256-GCM").into())
}

fn nonce_of(bytes: &[u8]) -> Option<Nonce<Aes256Gcm>> {
    Nonce::<Aes256Gcm>::try_from(bytes).ok()
}

/// An encryption context as bytes: pairs in order, each text after its length.
fn written(context: Option<&Object>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pairs: Vec<(&str, &str)> = context
        .into_iter()
        .flat_map(Object::iter)
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    for text in pairs.into_iter().flat_map(|(key, value)| [key, value]) {
        out.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// The material that a key has had, oldest first.
pub(super) fn materials(inside: &Object) -> Vec<Vec<u8>> {
    let list = inside.list("Material").iter();
    list.filter_map(|it| hex::decode(it.as_str()?).ok()).collect()
}
