//! The accounts, and what holds for those that say nothing themselves.

use std::collections::BTreeMap;

use reeve_authority::Rule;
use reeve_document::{Cursor, Fields};
use reeve_types::{AccountId, Arn, Partition, Region};

use super::{
    authority, through,
    values::{contacts, regions, word},
};
use crate::{Account, IntermediateRole};

/// Instead of a role's name: no role is assumed.
const NO_ROLE: &str = "none";

/// What holds for accounts that say nothing themselves.
pub(super) struct Defaults {
    regions: Option<Vec<Region>>,
    role: Role,
    external_id: Option<String>,
    through: Vec<IntermediateRole>,
}

/// The role to assume.
#[derive(Clone)]
enum Role {
    None,
    /// A role of this name, with its path, in the account itself.
    Named(String),
    Arn(Arn),
}

/// Reads what holds for accounts that say nothing themselves.
pub(super) fn defaults(fields: &Fields<'_>) -> Defaults {
    Defaults {
        regions: fields.optional("regions").and_then(regions),
        role: fields.optional("role").and_then(role_name).unwrap_or(Role::None),
        external_id: external_id(fields),
        through: fields.optional("through").and_then(through::through).unwrap_or_default(),
    }
}

/// Reads the accounts and their rules of authority.
pub(super) fn accounts(fields: &Fields<'_>, defaults: &Defaults) -> (Vec<Account>, Vec<Rule>) {
    let mut accounts: Vec<(Account, Cursor<'_>)> = Vec::new();
    let mut rules = Vec::new();
    let elements = fields.optional("accounts").and_then(Cursor::list);
    for element in elements.iter().flatten() {
        let Some((account, own_rules)) = account(element, defaults, fields) else { continue };
        if is_new(&account, element, &accounts) {
            accounts.push((account, element.clone()));
            rules.extend(own_rules);
        }
    }
    let is_empty = elements.as_ref().is_some_and(Vec::is_empty);
    if is_empty || fields.optional("accounts").is_none() {
        let place = fields.written("accounts").unwrap_or(fields.map());
        place.warn("no accounts: nothing will be looked after");
    }
    warn_of_shared_credentials(&accounts);
    (accounts.into_iter().map(|(account, _)| account).collect(), rules)
}

/// Notes an id or name that another account already has.
fn is_new(account: &Account, cursor: &Cursor<'_>, others: &[(Account, Cursor<'_>)]) -> bool {
    let same_id = others.iter().find(|(other, _)| other.id == account.id);
    let same_name = others.iter().find(|(other, _)| other.name == account.name);
    let (what, first) = match (same_id, same_name) {
        (Some((_, first)), _) => (format!("account {}", account.id), first),
        (None, Some((_, first))) => (format!("an account named `{}`", account.name), first),
        (None, None) => return true,
    };
    cursor.error(format!("{what} is already in line {}", first.position().line));
    false
}

/// Credentials without a role are of one account only.
fn warn_of_shared_credentials(accounts: &[(Account, Cursor<'_>)]) {
    let mut users: BTreeMap<Option<&str>, &Account> = BTreeMap::new();
    for (account, cursor) in accounts.iter().filter(|(account, _)| account.role_arn.is_none()) {
        let profile = account.profile.as_deref();
        if let Some(first) = users.get(&profile) {
            cursor.warn(format!(
                "without a role, this account is entered with the same credentials as account {}, \
                 and they can be of one account only",
                first.id
            ));
        } else {
            users.insert(profile, account);
        }
    }
}

fn account(
    cursor: &Cursor<'_>,
    defaults: &Defaults,
    estate: &Fields<'_>,
) -> Option<(Account, Vec<Rule>)> {
    let fields = cursor.fields(&[
        "id",
        "name",
        "regions",
        "role",
        "role-arn",
        "external-id",
        "through",
        "profile",
        "authority",
        "authority-by-tag",
        "contacts",
    ])?;
    let id = fields.required("id").and_then(account_id);
    let name = fields.optional("name").and_then(word);
    let profile = fields.optional("profile").and_then(word);
    let role = own_role(&fields, id.as_ref()).unwrap_or_else(|| defaults.role.clone());
    let own_regions = fields.optional("regions").and_then(regions);
    let said_nothing = fields.optional("regions").or(estate.optional("regions")).is_none();
    if said_nothing {
        let hint = "add `regions` to the account, or to the estate for all accounts";
        cursor.error_with_hint("no Regions to look after", hint);
    }
    let contacts = fields.optional("contacts").map(contacts).unwrap_or_default();
    let own_way = fields.optional("through").map(|cursor| (cursor, through::through(cursor)));
    let external_id = external_id(&fields).or_else(|| defaults.external_id.clone());
    // The rules are read even for an account without a readable id, to find what is wrong with them.
    let rules = authority::rules(&fields, id.as_ref());
    let id = id?;
    let regions = own_regions.or_else(|| defaults.regions.clone())?;
    let partition = regions.first().map_or(Partition::Standard, Region::partition);
    let role_arn = role.arn(partition, &id);
    let through = match own_way {
        Some((cursor, roles)) => {
            if role_arn.is_none() {
                cursor.warn("no role is assumed in the account, so that these have no effect");
            }
            roles.unwrap_or_default()
        }
        None => defaults.through.clone(),
    };
    let account = Account {
        name: name.unwrap_or(id.as_str()).to_owned(),
        through: if role_arn.is_some() { through } else { Vec::new() },
        role_arn,
        id,
        regions,
        external_id,
        profile: profile.map(ToOwned::to_owned),
        contacts,
    };
    check_partition(&account, &fields);
    Some((account, rules))
}

fn account_id(cursor: &Cursor<'_>) -> Option<AccountId> {
    let text = cursor.string_or_number()?;
    match text.parse::<AccountId>() {
        Ok(id) => Some(id),
        Err(error) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let hint = match digits {
                12 if text.contains(['-', ' ']) => "write the twelve digits without gaps",
                1..12 => "account ids may begin with zeros: write all twelve digits",
                _ => "it is the number that AWS shows as the account id, as in \"111122223333\"",
            };
            cursor.error_with_hint(error.to_string(), hint);
            None
        }
    }
}

fn external_id(fields: &Fields<'_>) -> Option<String> {
    fields.optional("external-id").and_then(word).map(ToOwned::to_owned)
}

/// The role of one account, if it says anything about it.
fn own_role(fields: &Fields<'_>, account: Option<&AccountId>) -> Option<Role> {
    let by_name = fields.optional("role").map(|cursor| (cursor, role_name(cursor)));
    let by_arn = fields.optional("role-arn").map(|cursor| (cursor, role_arn(cursor, account)));
    match (by_name, by_arn) {
        (Some(_), Some((cursor, _))) => {
            cursor.error("an account has a `role` or a `role-arn`, not both");
            None
        }
        (Some((_, role)), None) | (None, Some((_, role))) => role,
        (None, None) => None,
    }
}

fn role_name(cursor: &Cursor<'_>) -> Option<Role> {
    let text = word(cursor)?;
    if text == NO_ROLE {
        return Some(Role::None);
    }
    if text.starts_with("arn:") {
        cursor.error_with_hint("expected the name of a role, found an ARN", "use `role-arn`");
        return None;
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let path = text.trim_start_matches('/');
    let is_name = path.split('/').all(|part| !part.is_empty() && part.chars().all(allowed));
    if !is_name {
        cursor.error(format!("`{text}` is not the name of a role"));
        return None;
    }
    Some(Role::Named(path.to_owned()))
}

fn role_arn(cursor: &Cursor<'_>, account: Option<&AccountId>) -> Option<Role> {
    let arn = through::role_arn(cursor)?;
    if let Some(account) = account
        && arn.account() != account.as_str()
    {
        cursor.error(format!(
            "the role is in account {}, but the account is {account}",
            arn.account()
        ));
        return None;
    }
    Some(Role::Arn(arn))
}

fn check_partition(account: &Account, fields: &Fields<'_>) {
    let partition = account.regions.first().map_or(Partition::Standard, Region::partition);
    if let (Some(arn), Some(cursor)) = (&account.role_arn, fields.optional("role-arn"))
        && arn.partition() != partition.as_str()
    {
        cursor.error(format!(
            "the role is in the partition `{}`, but the account's Regions are in `{partition}`",
            arn.partition()
        ));
    }
    let at = fields.optional("through").unwrap_or(fields.map());
    through::check_partition(&account.through, partition, at);
}

impl Role {
    fn arn(&self, partition: Partition, account: &AccountId) -> Option<Arn> {
        match self {
            Self::None => None,
            Self::Arn(arn) => Some(arn.clone()),
            Self::Named(name) => format!("arn:{partition}:iam::{account}:role/{name}").parse().ok(),
        }
    }
}
