//! The chain: each ledger entry's hash covers the entry before it.
//!
//! The hash is SHA-256 over the previous hash and every field in a canonical form. Each field has its presence and its
//! length before it, so that no two different entries have the same form: moving a letter from one field to the next,
//! or turning an absent field into an empty one, changes the hash.

use sha2::{Digest as _, Sha256};

/// Names the form, so that a later form cannot be mistaken for this one.
const FORM: &str = "reeve ledger 1";

/// The hash before the first entry.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The fields of an entry, as they are stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) sequence: i64,
    pub(crate) at: i64,
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) plan_id: Option<&'a str>,
    pub(crate) action_number: Option<i64>,
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) data: &'a str,
    pub(crate) previous_hash: &'a str,
}

impl Link<'_> {
    /// The hash over all fields, in lower-case hexadecimal.
    pub(crate) fn hash(&self) -> String {
        let Self {
            sequence,
            at,
            actor,
            kind,
            plan_id,
            action_number,
            account,
            region,
            data,
            previous_hash,
        } = *self;
        let mut form = Form(Sha256::new());
        form.text(FORM);
        form.text(previous_hash);
        form.number(sequence);
        form.number(at);
        form.text(actor);
        form.text(kind);
        form.optional(plan_id, Form::text);
        form.optional(action_number, Form::number);
        form.optional(account, Form::text);
        form.optional(region, Form::text);
        form.text(data);
        hex::encode(form.0.finalize())
    }
}

/// The canonical form, as it is hashed.
struct Form(Sha256);

impl Form {
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.0.update([0]),
            Some(value) => {
                self.0.update([1]);
                write(self, value);
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Link<'_> = Link {
        sequence: 7,
        at: 1_772_355_600_000_000,
        actor: "person:ana",
        kind: "plan.approved",
        plan_id: Some("plan_x"),
        action_number: Some(3),
        account: Some("111122223333"),
        region: Some("eu-west-1"),
        data: "{}",
        previous_hash: GENESIS,
    };

    #[test]
    fn every_field_and_its_absence_is_in_the_hash() {
        let variants = [
            ENTRY,
            Link { sequence: 8, ..ENTRY },
            Link { at: 1, ..ENTRY },
            Link { actor: "person:bob", ..ENTRY },
            Link { kind: "plan.refused", ..ENTRY },
            Link { plan_id: None, ..ENTRY },
            Link { plan_id: Some(""), ..ENTRY },
            Link { action_number: None, ..ENTRY },
            Link { action_number: Some(0), ..ENTRY },
            Link { account: None, ..ENTRY },
            Link { account: Some(""), ..ENTRY },
            Link { region: None, ..ENTRY },
            Link { region: Some(""), ..ENTRY },
            Link { data: "{ }", ..ENTRY },
            Link { previous_hash: "1", ..ENTRY },
            Link { actor: "person:an", kind: "aplan.approved", ..ENTRY },
        ];
        let mut hashes: Vec<String> = variants.iter().map(Link::hash).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), variants.len());
    }

    /// The form is a promise: a ledger written today is verified by every later version.
    #[test]
    fn the_form_never_changes() {
        insta::assert_snapshot!(ENTRY.hash(), @"96de4dc4b3a23b01a17aa06c406e544ba6a34b2327fce9374da318e7154b5c49");
    }
}
