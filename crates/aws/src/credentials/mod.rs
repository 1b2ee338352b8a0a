//! Who Reeve is in each account.
//!
//! ```text
//! official chain ──► base credentials ──► sts:AssumeRole ──► a session for each account, actor and reason
//!                    (one for each profile)                  (or, without a role, the base itself, verified)
//! ```
//!
//! Everything is fetched when first needed, kept, and fetched again five minutes before it expires. Whoever needs what is
//! just being fetched waits for it and shares the outcome, success or failure.

mod assume;
mod base;
mod slot;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_credential_types::Credentials;
use jiff::Timestamp;
use reeve_types::AccountId;

use crate::{
    AccountAccess, CallError, CallSite, NoCredentials, Target, Tried, client::Inner,
    session_name::session_name,
};

use self::{base::Base, slot::Slot};

/// As whom a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As the target says.
    Target,
    /// With base credentials: those of a profile, or the client's own.
    Base(Option<String>),
}

/// Why there are no credentials, whichever call asked for them.
#[derive(Debug, Clone)]
pub(crate) struct CredentialFailure {
    pub(crate) tried: Vec<Tried>,
    pub(crate) cause: Option<CallError>,
}

/// The credentials held.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    bases: Mutex<HashMap<Option<String>, Arc<Base>>>,
    accounts: Mutex<HashMap<SessionKey, Arc<Slot>>>,
}

/// What needs a session of its own: `CloudTrail` shows who and why by the session's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SessionKey {
    account: AccountId,
    session_name: String,
}

impl Identity {
    /// A target without an account is called with the base credentials.
    pub(crate) fn of(target: &Target) -> Self {
        if target.account.is_some() { Self::Target } else { Self::Base(None) }
    }
}

impl CredentialFailure {
    pub(crate) fn new(source: impl Into<String>, outcome: impl Into<String>) -> Self {
        let tried = Tried { source: source.into(), outcome: outcome.into() };
        Self { tried: vec![tried], cause: None }
    }

    /// Whether asking again at once would bring the same.
    fn is_lasting(&self) -> bool {
        !self.cause.as_ref().is_some_and(CallError::is_retryable)
    }

    pub(crate) fn into_error(self, site: CallSite) -> CallError {
        let Self { tried, cause } = self;
        CallError::NoCredentials(Box::new(NoCredentials { site, tried, cause }))
    }
}

impl Inner {
    /// The credentials to sign a call with.
    pub(crate) async fn credentials(
        &self,
        target: &Target,
        identity: &Identity,
    ) -> Result<Credentials, CredentialFailure> {
        match (identity, &target.account) {
            (Identity::Base(profile), _) => self.base_credentials(profile.as_deref()).await,
            (Identity::Target, None) => self.base_credentials(None).await,
            (Identity::Target, Some(account)) => self.account_credentials(account, target).await,
        }
    }

    /// Drops a key that AWS says has expired, unless another has taken its place already.
    pub(crate) fn forget(&self, target: &Target, identity: &Identity, key_id: &str) {
        let profile = match (identity, &target.account) {
            (Identity::Base(profile), _) => profile.as_deref(),
            (Identity::Target, None) => None,
            (Identity::Target, Some(account)) => {
                let Some(access) = self.config.accounts.get(account) else { return };
                let key = SessionKey::of(account, access, target);
                self.sessions.account(key, self.now()).expire(key_id);
                access.profile.as_deref()
            }
        };
        self.sessions.base(profile).slot().expire(key_id);
    }

    async fn base_credentials(
        &self,
        profile: Option<&str>,
    ) -> Result<Credentials, CredentialFailure> {
        let base = self.sessions.base(profile);
        let now = self.now();
        base.slot().get(now, base.load(&self.config, profile)).await
    }

    async fn account_credentials(
        &self,
        account: &AccountId,
        target: &Target,
    ) -> Result<Credentials, CredentialFailure> {
        let Some(access) = self.config.accounts.get(account) else {
            return Err(CredentialFailure::new("the estate", "it has no such account"));
        };
        let now = self.now();
        let slot = self.sessions.account(SessionKey::of(account, access, target), now);
        match &access.role_arn {
            Some(role_arn) => slot.get(now, self.assume(target, access, role_arn)).await,
            None => slot.get(now, self.verified_base(account, target, access)).await,
        }
    }
}

impl SessionKey {
    fn of(account: &AccountId, access: &AccountAccess, target: &Target) -> Self {
        // Base credentials have no session name, so that everybody shares them.
        let session_name = match &access.role_arn {
            Some(_) => session_name(&target.actor, target.reason.as_deref()),
            None => String::new(),
        };
        Self { account: account.clone(), session_name }
    }
}

impl Sessions {
    fn base(&self, profile: Option<&str>) -> Arc<Base> {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bases.entry(profile.map(ToOwned::to_owned)).or_default())
    }

    fn account(&self, key: SessionKey, now: Timestamp) -> Arc<Slot> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if !accounts.contains_key(&key) {
            // Reasons come and go; what nobody uses and nobody will use again is let go.
            accounts.retain(|_, slot| Arc::strong_count(slot) > 1 || !slot.is_spent(now));
        }
        Arc::clone(accounts.entry(key).or_default())
    }
}
