//! Accounts, the organization, and the keys by which callers are known.
//!
//! Users, roles and policies are resources like others (`services/iam`). Here is what authentication needs before it
//! knows an account: which key belongs to whom, and the sessions that were begun.

pub(crate) mod organization;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use reeve_types::{AccountId, Tags};
use serde::{Deserialize, Serialize};

pub(crate) use organization::Organization;

const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name in the organization.
    pub name: String,
    /// The mail address of its root user.
    pub email: String,
    /// The organizational unit it is in; none if it is directly under the root.
    pub unit: Option<String>,
}

/// A role that other accounts may assume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The account it is in.
    pub account: AccountId,
    /// Its name, with its path if it has one.
    pub name: String,
    /// The accounts that may assume it.
    pub trusted: BTreeSet<AccountId>,
    /// The external id that it demands.
    pub external_id: Option<String>,
    /// The longest session it allows, in seconds.
    pub max_session_seconds: i64,
}

/// A long-lived access key of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserKey {
    /// The account of the user.
    pub account: AccountId,
    /// The name of the user.
    pub user: String,
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
}

/// What kind of principal calls. Ids of users and roles are names with their path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Identity {
    /// The root user of the account.
    Root,
    /// A user.
    User(String),
    /// A session of a role.
    Role(String),
    /// A session that a user began for somebody else.
    Federated(String),
    /// A service of AWS.
    Service,
}

/// What a session was begun with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// When it began.
    pub(crate) began: Timestamp,
    /// The policies that limit it; none if nothing does.
    pub(crate) policies: Vec<String>,
    /// Its tags, besides those of its user or role.
    pub(crate) tags: Tags,
    /// The keys of the tags that sessions begun from it inherit.
    pub(crate) transitive: BTreeSet<String>,
    /// Whether the user proved a second factor.
    pub(crate) has_second_factor: bool,
    /// The ARN or name of the identity provider that vouched, if one did.
    pub(crate) provider: Option<String>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) source_identity: Option<String>,
    /// Whether these are a role's credentials: sessions begun from them last an hour at most.
    pub(crate) is_session: bool,
    /// The service that calls on behalf of the account, such as `autoscaling.amazonaws.com`.
    pub(crate) invoked_by: Option<String>,
    pub(crate) identity: Identity,
    /// The key that the request was signed with.
    pub(crate) access_key_id: String,
    /// What the session was begun with, if it is one.
    pub(crate) session: Option<Arc<Session>>,
}

impl Caller {
    /// A service that acts in an account by itself.
    pub(crate) fn service(account: &AccountId, principal: &str) -> Self {
        Self {
            account: account.clone(),
            arn: format!("arn:aws:sts::{account}:assumed-role/{principal}"),
            user_id: principal.to_owned(),
            source_identity: None,
            is_session: true,
            invoked_by: Some(principal.to_owned()),
            identity: Identity::Service,
            access_key_id: String::new(),
            session: None,
        }
    }

    /// A user, by the id it has in the store, its name with its path.
    pub(crate) fn user(account: &AccountId, id: &str, user_id: &str, access_key_id: &str) -> Self {
        Self {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:user/{id}"),
            user_id: user_id.to_owned(),
            source_identity: None,
            is_session: false,
            invoked_by: None,
            identity: Identity::User(id.to_owned()),
            access_key_id: access_key_id.to_owned(),
            session: None,
        }
    }

    /// The root user of an account.
    pub(crate) fn root(account: &AccountId, access_key_id: &str) -> Self {
        Self {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:root"),
            user_id: account.to_string(),
            source_identity: None,
            is_session: false,
            invoked_by: None,
            identity: Identity::Root,
            access_key_id: access_key_id.to_owned(),
            session: None,
        }
    }
}

/// What an access key id stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) secret: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) is_active: bool,
    pub(crate) caller: Caller,
}

/// When a principal last used a service, and by which operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastUse {
    pub(crate) at: Timestamp,
    pub(crate) region: String,
}

/// Accounts, keys and sessions.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Directory {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) management: Option<AccountId>,
    pub(crate) organization: Option<Organization>,
    keys: BTreeMap<String, AccessKey>,
    /// What was added from outside and is not among the resources yet.
    new_roles: Vec<Role>,
    new_users: Vec<UserKey>,
    /// By the ARN of the user or role, then by service.
    pub(crate) last_uses: BTreeMap<String, BTreeMap<String, LastUse>>,
    /// By access key id: when, in which service.
    pub(crate) last_key_uses: BTreeMap<String, (LastUse, String)>,
}

impl Directory {
    /// Registers a user's key. The user follows with [`take_new`](Self::take_new).
    pub(crate) fn add_user_key(&mut self, key: UserKey) {
        let user_id = format!("AIDA{}", key.access_key_id.trim_start_matches("AKIA"));
        let caller = if key.user == "root" {
            Caller::root(&key.account, &key.access_key_id)
        } else {
            Caller::user(&key.account, &key.user, &user_id, &key.access_key_id)
        };
        self.add_key(&key.access_key_id, &key.secret_access_key, caller);
        if key.user != "root" {
            self.new_users.push(key);
        }
    }

    /// Registers a long-lived key.
    pub(crate) fn add_key(&mut self, access_key_id: &str, secret: &str, caller: Caller) {
        let access = AccessKey {
            secret: secret.to_owned(),
            session_token: None,
            expires: None,
            is_active: true,
            caller,
        };
        self.keys.insert(access_key_id.to_owned(), access);
    }

    /// The first key that is not a session's, with its secret.
    pub(crate) fn first_user_key(&self) -> Option<(String, String)> {
        let mut keys = self.keys.iter().filter(|(_, key)| key.session_token.is_none());
        keys.next().map(|(id, key)| (id.clone(), key.secret.clone()))
    }

    /// Registers a role. The resource follows with [`take_new`](Self::take_new).
    pub(crate) fn add_role(&mut self, role: Role) {
        self.new_roles.push(role);
    }

    /// The roles and users that have not been made resources yet.
    pub(crate) fn take_new(&mut self) -> (Vec<Role>, Vec<UserKey>) {
        (std::mem::take(&mut self.new_roles), std::mem::take(&mut self.new_users))
    }

    /// Whether there are roles and users that have not been made resources yet.
    pub(crate) fn has_new(&self) -> bool {
        !self.new_roles.is_empty() || !self.new_users.is_empty()
    }

    /// Registers a session's key, and forgets those that expired so long ago that nobody still tries them.
    pub(crate) fn add_session(&mut self, access_key_id: String, key: AccessKey, now: Timestamp) {
        let remembered = now.saturating_sub(REMEMBERED).unwrap_or(now);
        self.keys.retain(|_, key| key.expires.is_none_or(|expires| expires > remembered));
        self.keys.insert(access_key_id, key);
    }

    /// What an access key id stands for; nothing if it was made inactive, or its account was closed.
    pub(crate) fn key(&self, access_key_id: &str) -> Option<&AccessKey> {
        let key = self.keys.get(access_key_id).filter(|key| key.is_active)?;
        (!self.is_closed(&key.caller.account)).then_some(key)
    }

    /// Whether an account was closed: nobody gets into it any more.
    pub(crate) fn is_closed(&self, account: &AccountId) -> bool {
        let organization = self.organization.as_ref();
        let member = organization.and_then(|organization| organization.members.get(account));
        member.is_some_and(|member| member.status == "CLOSED")
    }

    /// What an access key id stands for, active or not.
    pub(crate) fn any_key(&self, access_key_id: &str) -> Option<&AccessKey> {
        self.keys.get(access_key_id)
    }

    /// Makes a key active or inactive.
    pub(crate) fn set_key_active(&mut self, access_key_id: &str, is_active: bool) {
        if let Some(key) = self.keys.get_mut(access_key_id) {
            key.is_active = is_active;
        }
    }

    /// Forgets a key.
    pub(crate) fn remove_key(&mut self, access_key_id: &str) {
        self.keys.remove(access_key_id);
        self.last_key_uses.remove(access_key_id);
    }

    /// Changes whom the keys of a user stand for, when the user is renamed.
    pub(crate) fn rename_user(&mut self, account: &AccountId, old: &str, new: &str) {
        for key in self.keys.values_mut() {
            if key.caller.account == *account && key.caller.identity == Identity::User(old.into()) {
                key.caller.identity = Identity::User(new.into());
                key.caller.arn = format!("arn:aws:iam::{account}:user/{new}");
            }
        }
    }

    /// Notes that a caller used a service.
    pub(crate) fn note_use(&mut self, principal: &str, key: &str, service: &str, last: &LastUse) {
        let uses = match self.last_uses.get_mut(principal) {
            Some(uses) => uses,
            None => self.last_uses.entry(principal.to_owned()).or_default(),
        };
        match uses.get_mut(service) {
            Some(known) => known.clone_from(last),
            None => {
                uses.insert(service.to_owned(), last.clone());
            }
        }
        if key.starts_with("AKIA") {
            match self.last_key_uses.get_mut(key) {
                Some((known, of)) => {
                    known.clone_from(last);
                    service.clone_into(of);
                }
                None => {
                    self.last_key_uses.insert(key.to_owned(), (last.clone(), service.to_owned()));
                }
            }
        }
    }

    /// Makes members of the organization of the accounts that were added from outside.
    pub(crate) fn admit_accounts(&mut self) {
        let Some(management) = &self.management else { return };
        let organization = self.organization.get_or_insert_with(|| Organization::of(management));
        if organization.members.len() + organization.strangers.len() < self.accounts.len() {
            for account in self.accounts.values() {
                organization.admit(account);
            }
        }
    }
}
