//! Certificates that were made elsewhere.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{CERTIFICATE, certificate, issue};
use crate::{
    call::{Answer, Call},
    store::{Resource, facts},
    tagging,
    value::object,
    world::World,
};

/// What a certificate that cannot be read in full is taken to last.
const USUAL_DAYS: i64 = 365;

pub(super) fn import(call: &Call, world: &mut World) -> Answer {
    let text = |member: &str| {
        let bytes = call.input.get(member).and_then(Value::as_blob)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    let body = text("Certificate").unwrap_or_default();
    let encoded = pem(&body, "CERTIFICATE").ok_or_else(|| {
        call.invalid("Could not parse the certificate. The certificate must be PEM-encoded.")
    })?;
    let key = text("PrivateKey").unwrap_or_default();
    if !key.contains("PRIVATE KEY-----") {
        return Err(call.invalid("The private key is not supported. It must be PEM-encoded."));
    }
    let place = call.place(&CERTIFICATE);
    let again = match call.text("CertificateArn") {
        Some(_) => Some(certificate::named(call, world)?),
        None => None,
    };
    let given = tagging::listed(call, "Tags");
    if again.is_some() && !given.is_empty() {
        return Err(call.invalid("Tagging is not permitted on re-import."));
    }
    tagging::check(call, &given)?;
    let read = Certificate::read(&encoded);
    let id = match again {
        Some(id) => id,
        None => world.uuid(),
    };
    let described = described(call, &id, read);
    let mut inside = Object::from_iter([("Certificate", Value::from(body))]);
    if let Some(chain) = text("CertificateChain") {
        inside.insert("CertificateChain", chain);
    }
    let kept = world.get(&place, &id).map(|found| Tags::clone(&found.tags));
    let tags = kept.unwrap_or_else(|| given.into_iter().collect());
    let resource = Resource::new(facts(described), std::sync::Arc::new(tags)).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    issue::watch(world, &place, &id);
    Ok(Value::from_iter([("CertificateArn", place.arn_of(&CERTIFICATE, &id))]))
}

fn described(call: &Call, id: &str, read: Certificate) -> Object {
    let end = issue::days_after(call.now, USUAL_DAYS);
    let (from, until) = read.times.unwrap_or((call.now, end));
    let name = read.name.unwrap_or_else(|| "unknown".to_owned());
    let status = if until <= call.now { "EXPIRED" } else { "ISSUED" };
    object!(
        "CreatedAt": (call.now),
        "DomainName": (name.as_str()),
        "ExtendedKeyUsages": [],
        "ImportedAt": (call.now),
        "Issuer": (name.as_str()),
        "KeyAlgorithm": "RSA-2048",
        "KeyUsages": [],
        "NotAfter": (until),
        "NotBefore": (from),
        "RenewalEligibility": "INELIGIBLE",
        "Serial": (crate::digest::hex_digest(id, 32)),
        "SignatureAlgorithm": "SHA256WITHRSA",
        "Status": (status),
        "Subject": (format!("CN={name}")),
        "SubjectAlternativeNames": [(name.as_str())],
        "Type": "IMPORTED",
    )
}

/// The bytes of the first block of a PEM text.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

/// What of a certificate is read: the last common name (the subject's) and the times between which it holds.
#[derive(Debug, Default, PartialEq)]
struct Certificate {
    name: Option<String>,
    times: Option<(jiff::Timestamp, jiff::Timestamp)>,
}

impl Certificate {
    /// Looks for what is wanted in the DER by its marks, without reading the rest.
    fn read(der: &[u8]) -> Self {
        let mut found = Self::default();
        let mut times = Vec::new();
        for at in 0..der.len() {
            let Some(rest) = der.get(at..) else { break };
            if let Some(value) = rest.strip_prefix(&[0x06, 0x03, 0x55, 0x04, 0x03]) {
                let text = value
                    .split_first_chunk::<2>()
                    .and_then(|([_, length], text)| text.get(..usize::from(*length)));
                found.name =
                    text.map(|text| String::from_utf8_lossy(text).into_owned()).or(found.name);
            } else if let Some(value) = rest.strip_prefix(&[0x17, 0x0d]) {
                times.extend(
                    value.get(..13).and_then(|text| time(std::str::from_utf8(text).ok()?, true)),
                );
            } else if let Some(value) = rest.strip_prefix(&[0x18, 0x0f]) {
                times.extend(
                    value.get(..15).and_then(|text| time(std::str::from_utf8(text).ok()?, false)),
                );
            }
        }
        if let [from, until, ..] = times.as_slice() {
            found.times = Some((*from, *until));
        }
        found
    }
}

/// Reads `260301090000Z` or `20260301090000Z`.
fn time(text: &str, short: bool) -> Option<jiff::Timestamp> {
    let digits = text.strip_suffix('Z')?;
    let full = if short { format!("20{digits}") } else { digits.to_owned() };
    let part = |from: usize, to: usize| full.get(from..to);
    let written = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    written.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificates_name_and_times_are_found() {
        let mut der = vec![0x30, 0x00, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, b'c', b'a'];
        der.extend([0x17, 0x0d]);
        der.extend(b"260301090000Z");
        der.extend([0x17, 0x0d]);
        der.extend(b"270301090000Z");
        der.extend([0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x03, b'w', b'w', b'w']);
        let read = Certificate::read(&der);
        assert_eq!(read.name.as_deref(), Some("www"));
        let times = read.times.unwrap();
        assert_eq!(times.0.to_string(), "2026-03-01T09:00:00Z");
        assert_eq!(times.1.to_string(), "2027-03-01T09:00:00Z");
        assert_eq!(Certificate::read(b"nonsense"), Certificate::default());
    }
}
