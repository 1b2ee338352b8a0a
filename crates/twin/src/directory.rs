//! Accounts, roles and access keys: who is calling, and whom they may become.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use reeve_types::AccountId;
use serde::{Deserialize, Serialize};

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
        }
    }
}

/// What an access key id stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) secret: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) caller: Caller,
}

/// Accounts, roles and keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Directory {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) management: Option<AccountId>,
    roles: BTreeMap<String, Role>,
    keys: BTreeMap<String, AccessKey>,
}

impl Directory {
    /// Registers a user's key.
    pub(crate) fn add_user_key(&mut self, key: UserKey) {
        let caller = Caller {
            arn: format!("arn:aws:iam::{}:user/{}", key.account, key.user),
            user_id: format!("AIDA{}", key.access_key_id.trim_start_matches("AKIA")),
            account: key.account,
            source_identity: None,
            is_session: false,
            invoked_by: None,
        };
        let access =
            AccessKey { secret: key.secret_access_key, session_token: None, expires: None, caller };
        self.keys.insert(key.access_key_id, access);
    }

    /// Registers a role.
    pub(crate) fn add_role(&mut self, role: Role) {
        let arn = format!("arn:aws:iam::{}:role/{}", role.account, role.name);
        self.roles.insert(arn, role);
    }

    /// The role with this ARN.
    pub(crate) fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.get(arn)
    }

    /// Registers a session's key, and forgets those that expired so long ago that nobody still tries them.
    pub(crate) fn add_session(&mut self, access_key_id: String, key: AccessKey, now: Timestamp) {
        let remembered = now.saturating_sub(REMEMBERED).unwrap_or(now);
        self.keys.retain(|_, key| key.expires.is_none_or(|expires| expires > remembered));
        self.keys.insert(access_key_id, key);
    }

    /// What an access key id stands for.
    pub(crate) fn key(&self, access_key_id: &str) -> Option<&AccessKey> {
        self.keys.get(access_key_id)
    }
}
