//! What Reeve calls in an estate, and what it has to be allowed there.
//!
//! Everything here follows from what the estate folder says: AWS is not asked, and nothing is recorded. The roles are read
//! from the configuration that the client enters the accounts by, so that what is printed is what will be assumed.

use std::collections::{BTreeMap, BTreeSet};

use reeve_access::{
    AccessError, AccountRequest, Document, MANAGED_POLICY_CHARACTERS, RoleUse,
    TRUST_POLICY_CHARACTERS, account_policy, calls, entry_policy, highest_level, trust_policy,
};
use reeve_authority::Level;
use reeve_aws::{AccountAccess, ClientConfig, Role};
use reeve_estate::{Account, Estate, RESOURCE_TAGGER};
use reeve_inventory::{Definition, definitions};
use reeve_model::{catalog, permissions_for};
use reeve_types::{AccountId, Arn, Partition, Region};

use crate::views::access::{
    AccessView, AccountAccessView, EntryAccessView, KnownCallView, PolicyView, StatementView,
};

/// How many managed policies a role may have unless its account's quota is raised.
const POLICIES_OF_A_ROLE: usize = 10;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct AccessRequest {
    /// Only these accounts; all if there are none.
    pub accounts: Vec<AccountId>,
    /// How far Reeve may go; as far as the estate's rules let it, if nothing is said.
    pub level: Option<Level>,
    /// Whom the roles are to trust: an ARN or an account id.
    pub principal: Option<String>,
}

/// The types that an estate wants looked after.
pub(crate) fn wanted(estate: &Estate) -> impl Iterator<Item = &'static Definition> {
    let wanted = estate.resource_tagger.resource_types.as_ref();
    definitions().iter().filter(move |definition| {
        wanted.is_none_or(|wanted| wanted.contains(definition.resource_type()))
    })
}

/// Every operation that Reeve calls in an estate of its own accord.
pub fn known_calls(estate: &Estate) -> Vec<KnownCallView> {
    let mut views: Vec<KnownCallView> = Vec::new();
    for call in calls(wanted(estate)) {
        let purpose = call.purpose.to_string();
        let same = views.iter_mut().find(|view| {
            (&view.service, &view.operation, &view.purpose)
                == (&call.service, &call.operation, &purpose)
        });
        let resource_type = call.resource_type.as_ref().map(ToString::to_string);
        if let Some(view) = same {
            view.resource_types.extend(resource_type);
            continue;
        }
        views.push(KnownCallView {
            permissions: permissions(&call.service, &call.operation),
            service: call.service,
            operation: call.operation,
            changes: call.purpose.changes(),
            purpose,
            resource_types: resource_type.into_iter().collect(),
        });
    }
    views
}

/// Who assumes a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Assumer {
    /// The base credentials, of a profile if the estate names one for the account.
    Base(Option<String>),
    /// A role on the way.
    Role(String),
}

/// Who assumes which roles, and whom each role has to trust.
#[derive(Default)]
struct Entries {
    assumed: BTreeMap<Assumer, BTreeSet<RoleUse>>,
    // By role: as whom it is assumed how. Nobody is named where it is not known who the base credentials are of.
    trusted: BTreeMap<String, BTreeSet<(RoleUse, Option<String>)>>,
}

/// The policies that allow what happens in an estate, and no more.
pub fn access(
    estate: &Estate,
    config: &ClientConfig,
    request: &AccessRequest,
) -> Result<AccessView, AccessError> {
    let is_asked =
        |account: &&Account| request.accounts.is_empty() || request.accounts.contains(&account.id);
    let accounts: Vec<&Account> = estate.accounts.iter().filter(is_asked).collect();
    let mut entries = Entries::default();
    for account in &accounts {
        if let Some(access) = config.accounts.get(&account.id) {
            let principal = principal(estate, account, request);
            entries.add(role_uses(config, access), account.profile.clone(), principal);
        }
    }
    let mut view = AccessView { accounts: Vec::new(), entry: Vec::new(), notes: Vec::new() };
    for account in accounts {
        view.accounts.push(account_view(estate, account, &entries, request)?);
    }
    view.entry = entries.views();
    view.notes = notes(estate, &view, request);
    Ok(view)
}

fn account_view(
    estate: &Estate,
    account: &Account,
    entries: &Entries,
    request: &AccessRequest,
) -> Result<AccountAccessView, AccessError> {
    let level = request
        .level
        .unwrap_or_else(|| highest_level(&estate.authority, &account.id, RESOURCE_TAGGER));
    let documents = account_policy(&AccountRequest {
        account: &account.id,
        regions: &account.regions,
        definitions: wanted(estate).collect(),
        level,
    })?;
    let role_arn = account.role_arn.as_ref().map(ToString::to_string);
    let trust = role_arn.as_ref().and_then(|arn| entries.trust(arn, account.id.as_str()));
    Ok(AccountAccessView {
        account: account.id.to_string(),
        name: account.name.clone(),
        level: level.as_str(),
        role_arn,
        policies: policy_views(&format!("{}-{level}", account.id), &documents),
        trust_policy: trust,
    })
}

impl Entries {
    /// Adds the roles that lead into an account, the first of which the base credentials assume.
    fn add(&mut self, roles: Vec<RoleUse>, profile: Option<String>, principal: Option<String>) {
        let mut assumer = (Assumer::Base(profile), principal);
        for role in roles {
            let (who, trusted) = assumer;
            let arn = role.arn.clone();
            self.trusted.entry(arn.clone()).or_default().insert((role.clone(), trusted));
            self.assumed.entry(who).or_default().insert(role);
            assumer = (Assumer::Role(arn.clone()), Some(arn));
        }
    }

    fn views(&self) -> Vec<EntryAccessView> {
        let view = |(who, roles): (&Assumer, &BTreeSet<RoleUse>)| {
            let (name, profile, role_arn) = match who {
                Assumer::Base(None) => ("base".to_owned(), None, None),
                Assumer::Base(Some(profile)) => {
                    (format!("base-{}", file_name(profile)), Some(profile.clone()), None)
                }
                Assumer::Role(arn) => {
                    (format!("through-{}", file_name(arn)), None, Some(arn.clone()))
                }
            };
            EntryAccessView {
                policies: policy_views(&name, &entry_policy(roles)),
                trust_policy: role_arn.as_ref().and_then(|arn| self.trust(arn, &name)),
                profile,
                role_arn,
            }
        };
        self.assumed.iter().map(view).collect()
    }

    /// The trust policy of a role, if it is known whom to trust.
    fn trust(&self, arn: &str, name: &str) -> Option<PolicyView> {
        let uses = self.trusted.get(arn)?;
        let known = uses.iter().filter_map(|(role, who)| Some((role, who.as_deref()?)));
        let document = trust_policy(known);
        let is_known = !document.statements.is_empty();
        is_known
            .then(|| policy_view(format!("reeve-{name}-trust"), &document, TRUST_POLICY_CHARACTERS))
    }
}

/// What is different in an ARN, as a part of a file's name.
fn file_name(text: &str) -> String {
    let text = text.parse::<Arn>().map_or_else(
        |_| text.to_owned(),
        |arn| format!("{}-{}", arn.account(), arn.resource().trim_start_matches("role/")),
    );
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    text.chars().map(plain).collect()
}

/// The roles that lead into an account, as the client will ask for them.
fn role_uses(config: &ClientConfig, access: &AccountAccess) -> Vec<RoleUse> {
    // Once a session has a source identity, every role that is assumed with it has to allow it too.
    let mut source_identity = false;
    let mut role_use = |role: &Role| {
        source_identity |= role.source_identity.unwrap_or(config.sessions.source_identity);
        RoleUse {
            arn: role.arn.clone(),
            external_id: role.external_id.clone(),
            source_identity,
            session_tags: !role.tags.is_empty(),
        }
    };
    access.roles.iter().map(&mut role_use).collect()
}

/// Whom the first role on the way into an account has to trust: who was named, or the account whose own credentials the
/// base ones are.
fn principal(estate: &Estate, account: &Account, request: &AccessRequest) -> Option<String> {
    let root = |id: &AccountId| {
        let partition = account.regions.first().map_or(Partition::Standard, Region::partition);
        format!("arn:{partition}:iam::{id}:root")
    };
    if let Some(named) = &request.principal {
        return Some(named.parse().map_or_else(|_| named.clone(), |id| root(&id)));
    }
    let is_home = |other: &&Account| other.role_arn.is_none() && other.profile == account.profile;
    estate.accounts.iter().find(is_home).map(|home| root(&home.id))
}

fn notes(estate: &Estate, view: &AccessView, request: &AccessRequest) -> Vec<String> {
    let mut notes = Vec::new();
    let trusted = view.accounts.iter().map(|it| (&it.role_arn, &it.trust_policy));
    let trusted = trusted.chain(view.entry.iter().map(|it| (&it.role_arn, &it.trust_policy)));
    let trusted: Vec<_> = trusted.filter(|(role, _)| role.is_some()).collect();
    if trusted.iter().any(|(_, trust)| trust.is_none()) {
        let note =
            "whom the roles are to trust is not in the estate folder: `--principal ARN` names it";
        notes.push(note.to_owned());
    } else if request.principal.is_none() && !trusted.is_empty() {
        let note = "the roles trust the whole account of the base credentials: `--principal ARN` narrows that";
        notes.push(note.to_owned());
    }
    let longest = view.accounts.iter().map(|account| account.policies.len());
    let longest = longest.chain(view.entry.iter().map(|entry| entry.policies.len())).max();
    if let Some(longest) = longest.filter(|longest| *longest > 1) {
        notes.push(format!(
            "a managed policy holds {MANAGED_POLICY_CHARACTERS} characters: up to {longest} policies belong together, all of them are needed"
        ));
        if longest > POLICIES_OF_A_ROLE {
            notes.push(format!(
                "a role takes {POLICIES_OF_A_ROLE} managed policies unless the quota is raised"
            ));
        }
    }
    if estate.accounts.is_empty() {
        notes.push("the estate has no accounts: add some to estate.yaml".to_owned());
    }
    notes
}

/// The documents as they are shown, named after what they are for.
pub(crate) fn policy_views(name: &str, documents: &[Document]) -> Vec<PolicyView> {
    let is_only = documents.len() == 1;
    let named = |(number, document): (usize, &Document)| {
        let name = if is_only { name.to_owned() } else { format!("{name}-{number}") };
        policy_view(format!("reeve-{name}"), document, MANAGED_POLICY_CHARACTERS)
    };
    (1..).zip(documents).map(named).collect()
}

fn policy_view(name: String, document: &Document, limit: usize) -> PolicyView {
    let statement = |statement: &reeve_access::Statement| StatementView {
        sid: statement.sid.clone(),
        purpose: statement.purpose.clone(),
    };
    PolicyView {
        name,
        characters: document.characters(),
        limit,
        statements: document.statements.iter().map(statement).collect(),
        document: document.to_json(),
    }
}

fn permissions(service: &str, operation: &str) -> Vec<String> {
    let Ok(service) = catalog().service(service) else { return Vec::new() };
    let operation = service.operation(operation);
    operation.map_or_else(|_| Vec::new(), |it| permissions_for(&service, it).required)
}
