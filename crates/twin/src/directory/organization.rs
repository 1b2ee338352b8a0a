//! The organization: its units, where accounts are, and which policies are attached where.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reeve_types::{AccountId, Tags};
use serde::{Deserialize, Serialize};

use super::Account;
use crate::digest::hex_digest;

/// When the accounts of a seeded organization joined.
pub(crate) const JOINED: Timestamp = Timestamp::constant(1_700_000_000, 0);

/// The ids of the policies that AWS brings along.
pub(crate) const FULL_ACCESS: &str = "p-FullAWSAccess";
/// The resource control policy that AWS brings along.
pub(crate) const FULL_RESOURCE_ACCESS: &str = "p-RCPFullAWSAccess";

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) parent: String,
    pub(crate) tags: Tags,
}

/// What the organization knows about an account, besides its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) parent: String,
    pub(crate) joined: Timestamp,
    pub(crate) method: String,
    pub(crate) status: String,
    pub(crate) tags: Tags,
}

/// A policy of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrganizationPolicy {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Such as `SERVICE_CONTROL_POLICY`.
    pub(crate) kind: String,
    pub(crate) content: String,
    pub(crate) is_managed: bool,
    pub(crate) tags: Tags,
}

/// A request to make an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) state: String,
    pub(crate) requested: Timestamp,
    pub(crate) completed: Option<Timestamp>,
    pub(crate) account: Option<AccountId>,
    pub(crate) failure: Option<String>,
    pub(crate) role: String,
    pub(crate) tags: Tags,
}

/// An invitation of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handshake {
    pub(crate) target: String,
    pub(crate) target_type: String,
    pub(crate) state: String,
    pub(crate) requested: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) notes: String,
}

/// The organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) management: AccountId,
    pub(crate) feature_set: String,
    pub(crate) root_tags: Tags,
    pub(crate) units: BTreeMap<String, Unit>,
    pub(crate) members: BTreeMap<AccountId, Member>,
    /// Accounts that left.
    pub(crate) strangers: BTreeSet<AccountId>,
    pub(crate) policies: BTreeMap<String, OrganizationPolicy>,
    /// The policies of a root, unit or account.
    pub(crate) attachments: BTreeMap<String, BTreeSet<String>>,
    /// The kinds of policies in force.
    pub(crate) enabled: BTreeSet<String>,
    /// When a service was trusted.
    pub(crate) trusted: BTreeMap<String, Timestamp>,
    /// The services that an account administers, and since when.
    pub(crate) delegated: BTreeMap<AccountId, BTreeMap<String, Timestamp>>,
    pub(crate) creations: BTreeMap<String, Creation>,
    pub(crate) handshakes: BTreeMap<String, Handshake>,
    pub(crate) resource_policy: Option<(String, String, Tags)>,
}

impl Organization {
    /// An organization with nothing but its management account to come.
    pub(crate) fn of(management: &AccountId) -> Self {
        let mut organization = Self {
            id: format!("o-{}", hex_digest(management.as_str(), 10)),
            management: management.clone(),
            feature_set: "ALL".to_owned(),
            root_tags: Tags::new(),
            units: BTreeMap::new(),
            members: BTreeMap::new(),
            strangers: BTreeSet::new(),
            policies: BTreeMap::new(),
            attachments: BTreeMap::new(),
            enabled: BTreeSet::new(),
            trusted: BTreeMap::new(),
            delegated: BTreeMap::new(),
            creations: BTreeMap::new(),
            handshakes: BTreeMap::new(),
            resource_policy: None,
        };
        for (id, kind, name, statement) in [
            (
                FULL_ACCESS,
                "SERVICE_CONTROL_POLICY",
                "FullAWSAccess",
                r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            ),
            (
                FULL_RESOURCE_ACCESS,
                "RESOURCE_CONTROL_POLICY",
                "RCPFullAWSAccess",
                r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            ),
        ] {
            let policy = OrganizationPolicy {
                name: name.to_owned(),
                description: if id == FULL_ACCESS {
                    "Allows access to every operation".to_owned()
                } else {
                    "Allows access to every resource".to_owned()
                },
                kind: kind.to_owned(),
                content: format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#),
                is_managed: true,
                tags: Tags::new(),
            };
            organization.policies.insert(id.to_owned(), policy);
        }
        organization
    }

    /// Takes in an account that was made from outside.
    pub(crate) fn admit(&mut self, account: &Account) {
        if self.members.contains_key(&account.id) || self.strangers.contains(&account.id) {
            return;
        }
        let parent = match &account.unit {
            None => self.root(),
            Some(name) => self.seeded_unit(name),
        };
        let member = Member {
            parent,
            joined: JOINED,
            method: "CREATED".to_owned(),
            status: "ACTIVE".to_owned(),
            tags: Tags::new(),
        };
        self.join(&account.id, member);
    }

    /// Adds a member, with the policies that new members have.
    pub(crate) fn join(&mut self, account: &AccountId, member: Member) {
        self.attach_defaults(account.as_str());
        self.members.insert(account.clone(), member);
    }

    /// Attaches what AWS attaches to whatever is new while a kind of policy is in force.
    pub(crate) fn attach_defaults(&mut self, target: &str) {
        for (kind, id) in DEFAULTS {
            if self.enabled.contains(kind) {
                let attached = self.attachments.entry(target.to_owned()).or_default();
                attached.insert(id.to_owned());
            }
        }
    }

    /// Every root, unit and account.
    pub(crate) fn targets(&self) -> Vec<String> {
        let mut targets = vec![self.root()];
        targets.extend(self.units.keys().cloned());
        targets.extend(self.members.keys().map(ToString::to_string));
        targets
    }

    fn seeded_unit(&mut self, path: &str) -> String {
        // A path such as `Workloads/Production` is of units that nest.
        let mut parent = self.root();
        let mut walked = String::new();
        for name in path.split('/') {
            if !walked.is_empty() {
                walked.push('/');
            }
            walked.push_str(name);
            let id = self.unit_id(&walked);
            if !self.units.contains_key(&id) {
                let unit = Unit { name: name.to_owned(), parent, tags: Tags::new() };
                self.units.insert(id.clone(), unit);
                self.attach_defaults(&id);
            }
            parent = id;
        }
        parent
    }

    /// The id of the root.
    pub(crate) fn root(&self) -> String {
        format!("r-{}", hex_digest(&self.id, 4))
    }

    /// The id that belongs to a unit's name.
    pub(crate) fn unit_id(&self, name: &str) -> String {
        format!("ou-{}-{}", hex_digest(&self.id, 4), hex_digest(name, 8))
    }

    /// What a unit or account is directly under; nothing for the root and strangers.
    pub(crate) fn parent_of(&self, child: &str) -> Option<&str> {
        if let Some(unit) = self.units.get(child) {
            return Some(&unit.parent);
        }
        let account: AccountId = child.parse().ok()?;
        self.members.get(&account).map(|member| &*member.parent)
    }

    /// The names of a unit and those above it, such as `Workloads/Production`; nothing for the root.
    pub(crate) fn unit_path(&self, id: &str) -> Option<String> {
        let path = self.path_to(id);
        let names = path.iter().filter_map(|id| self.units.get(id)).map(|unit| &*unit.name);
        let names: Vec<&str> = names.collect();
        (!names.is_empty()).then(|| names.join("/"))
    }

    /// The root, the units and the account itself, from above.
    pub(crate) fn path_to(&self, target: &str) -> Vec<String> {
        let mut path = vec![target.to_owned()];
        let mut at = target.to_owned();
        while let Some(parent) = self.parent_of(&at) {
            at = parent.to_owned();
            path.push(at.clone());
        }
        path.reverse();
        path
    }

    /// The path as `aws:PrincipalOrgPaths` has it, such as `o-1/r-1/ou-1/`.
    pub(crate) fn path_text(&self, account: &AccountId) -> String {
        let mut text = format!("{}/", self.id);
        for step in self.path_to(account.as_str()) {
            if step != account.as_str() {
                text.push_str(&step);
                text.push('/');
            }
        }
        text
    }

    /// The ARN of something of the organization.
    pub(crate) fn arn(&self, kind: &str, rest: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/{rest}", self.management)
    }

    /// The ARN of an account.
    pub(crate) fn account_arn(&self, account: &AccountId) -> String {
        self.arn("account", &format!("{}/{account}", self.id))
    }

    /// The ARN of a policy.
    pub(crate) fn policy_arn(&self, id: &str, policy: &OrganizationPolicy) -> String {
        let kind = policy.kind.to_lowercase();
        if policy.is_managed {
            return format!("arn:aws:organizations::aws:policy/{kind}/{id}");
        }
        self.arn("policy", &format!("{}/{kind}/{id}", self.id))
    }

    /// The ids of the policies of a kind that are attached to a target.
    pub(crate) fn attached<'o>(
        &'o self,
        target: &str,
        kind: &'o str,
    ) -> impl Iterator<Item = (&'o String, &'o OrganizationPolicy)> {
        let ids = self.attachments.get(target).into_iter().flatten();
        ids.filter_map(|id| self.policies.get_key_value(id))
            .filter(move |(_, policy)| policy.kind == kind)
    }
}

/// The policies that are attached everywhere once their kind is in force.
pub(crate) const DEFAULTS: [(&str, &str); 2] =
    [("SERVICE_CONTROL_POLICY", FULL_ACCESS), ("RESOURCE_CONTROL_POLICY", FULL_RESOURCE_ACCESS)];
