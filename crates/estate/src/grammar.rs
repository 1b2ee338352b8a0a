//! The grammar of `estate.yaml`, one module for each part.
//!
//! Each function reads one value, notes what is wrong with it and returns the best it can, so that one reading finds
//! everything. Nothing that was noted as wrong is ever used: the caller asks for problems before it looks at the result.

mod accounts;
mod authority;
mod aws;
mod controllers;
mod through;
mod values;
mod webhooks;

use reeve_authority::Authority;
use reeve_document::Cursor;

use crate::{Account, AwsSettings, Contacts, ResourceTaggerSettings, Webhook};

/// The version of the grammar that this program reads.
const VERSION: i64 = 1;

/// What an estate file says.
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) aws: AwsSettings,
    pub(crate) authority: Authority,
    pub(crate) resource_tagger: ResourceTaggerSettings,
    pub(crate) accounts: Vec<Account>,
    pub(crate) contacts: Contacts,
    pub(crate) webhooks: Vec<Webhook>,
}

/// Reads an estate file.
pub(crate) fn settings(root: &Cursor<'_>) -> Option<Settings> {
    let fields = root.fields(&[
        "version",
        "name",
        "aws",
        "regions",
        "role",
        "external-id",
        "through",
        "authority",
        "authority-by-tag",
        "controllers",
        "accounts",
        "contacts",
        "webhooks",
    ])?;
    if let Some(version) = fields.required("version") {
        check_version(version);
    }
    let defaults = accounts::defaults(&fields);
    let mut rules = authority::rules(&fields, None);
    let (accounts, account_rules) = accounts::accounts(&fields, &defaults);
    rules.extend(account_rules);
    Some(Settings {
        name: fields.optional("name").and_then(values::word).unwrap_or("estate").to_owned(),
        aws: fields.optional("aws").and_then(aws::settings).unwrap_or_default(),
        authority: Authority::new(rules),
        resource_tagger: fields
            .optional("controllers")
            .and_then(controllers::settings)
            .unwrap_or_default(),
        accounts,
        contacts: fields.optional("contacts").map(values::contacts).unwrap_or_default(),
        webhooks: fields.optional("webhooks").map(webhooks::webhooks).unwrap_or_default(),
    })
}

fn check_version(cursor: &Cursor<'_>) {
    if let Some(version) = cursor.integer()
        && version != VERSION
    {
        cursor.error(format!(
            "this program reads version {VERSION} of the estate file, found version {version}"
        ));
    }
}
