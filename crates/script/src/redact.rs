//! Credentials are taken out of everything that a script says.
//!
//! They are looked for as they are and as they stand in a URL, since a signed URL carries the session's token. A script
//! that wants to hide them from this (in pieces, in base64) can: it has them, and may do with them what its role allows.

use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::environment::{Credentials, ScriptEnvironment};

/// What stands where a credential was.
const MASK: &[u8] = b"****";

/// Shorter texts are no secrets, and would be found in words.
const SHORTEST: usize = 8;

/// Takes the credentials of one environment out of texts.
#[derive(Default)]
pub(crate) struct Redactor {
    /// The longest first: one may be part of another.
    needles: Vec<Vec<u8>>,
}

impl Redactor {
    pub(crate) fn new(environment: &ScriptEnvironment) -> Self {
        let Some(credentials) = &environment.credentials else { return Self::default() };
        let Credentials { access_key_id, secret_access_key, session_token } = credentials;
        let secrets = [Some(access_key_id), Some(secret_access_key), session_token.as_ref()];
        let mut needles: Vec<Vec<u8>> = Vec::new();
        for secret in secrets.into_iter().flatten().filter(|secret| secret.len() >= SHORTEST) {
            needles.push(secret.clone().into_bytes());
            needles.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().into_bytes());
        }
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        needles.dedup();
        Self { needles }
    }

    /// How long the longest credential is: what was cut may begin or end with less than that of one.
    pub(crate) fn longest(&self) -> usize {
        self.needles.first().map_or(0, Vec::len)
    }

    pub(crate) fn bytes(&self, text: &[u8]) -> Vec<u8> {
        self.needles.iter().fold(text.to_vec(), |text, needle| replace(&text, needle))
    }

    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }
}

fn replace(text: &[u8], needle: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut from = 0;
    for start in memmem::find_iter(text, needle) {
        replaced.extend_from_slice(text.get(from..start).unwrap_or_default());
        replaced.extend_from_slice(MASK);
        from = start + needle.len();
    }
    replaced.extend_from_slice(text.get(from..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(&ScriptEnvironment {
            region: "eu-central-1".into(),
            credentials: Some(Credentials {
                access_key_id: "test".into(),
                secret_access_key: "wJalrXUtnFEMI/K7MDENG".into(),
                session_token: Some("FwoGZXIvYXdzEBY==".into()),
            }),
            endpoint_url: None,
        })
    }

    #[test]
    fn a_secret_is_masked_as_it_is_and_as_it_stands_in_a_url() {
        let text =
            "a test: wJalrXUtnFEMI/K7MDENG, ?k=wJalrXUtnFEMI%2FK7MDENG&t=FwoGZXIvYXdzEBY%3D%3D";
        assert_eq!(redactor().text(text), "a test: ****, ?k=****&t=****");
    }

    #[test]
    fn text_without_secrets_stays_as_it_is() {
        assert_eq!(redactor().text("wJalrXUtnFEMI and more"), "wJalrXUtnFEMI and more");
    }
}
