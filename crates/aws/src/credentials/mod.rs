//! Who Reeve is in each account.
//!
//! ```text
//! official chain ──► base credentials ──► sts:AssumeRole … ──► a session for each account, actor and reason
//!                    (one for each profile)   │                (or, without a role, the base itself, verified)
//!                                             └ once for each role of a chain; what leads to several accounts is shared
//!
//! a session ──► sts:AssumeRole ──► a session of a further role, for who says so (a runbook's)
//! a session ──► s3express:CreateSession ──► a session for each directory bucket
//! ```
//!
//! Everything is fetched when first needed, kept, and fetched again before it expires. Whoever needs what is just being
//! fetched waits for it and shares the outcome, success or failure (see [`slot`]).

mod assume;
mod base;
mod bucket;
mod slot;
mod token;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use aws_credential_types::Credentials;
use jiff::Timestamp;
use reeve_model::{Service, Value};
use reeve_types::{AccountId, Arn};

use crate::{
    AccountAccess, CallError, CallSite, NoCredentials, Role, Target, Tried,
    client::Inner,
    session_name::{session_name, source_identity},
};

use self::{base::Base, slot::Slot};

/// The setting that says whether addresses of accounts are used.
const ACCOUNT_MODE: &str = "AWS::Auth::AccountIdEndpointMode";

/// As whom a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As the target says.
    Target,
    /// With base credentials: those of a profile, or the client's own.
    Base(Option<String>),
    /// On the way to the target's account: with as many of its roles assumed.
    Hop(usize),
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
    hops: Mutex<HashMap<HopKey, Arc<Slot>>>,
    further: Mutex<HashMap<FurtherKey, Arc<Slot>>>,
    buckets: Mutex<HashMap<BucketKey, Arc<Slot>>>,
}

/// What needs a session of its own: `CloudTrail` shows who and why by the session's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SessionKey {
    account: AccountId,
    who: Who,
}

/// A session on the way to accounts, by how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct HopKey {
    profile: Option<String>,
    roles: Vec<Role>,
    who: Who,
}

/// A session of a role that is assumed beyond those which lead into an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FurtherKey {
    account: AccountId,
    role: String,
    who: Who,
}

/// Whom a session names. Where the session's name is too short for who and why, the source identity still tells two apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Who {
    session_name: String,
    source_identity: String,
}

/// A session in a directory bucket, by the key that it was made with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct BucketKey {
    key_id: String,
    region: String,
    bucket: String,
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
            (_, None) => self.base_credentials(None).await,
            (Identity::Target, Some(account)) => match &target.role {
                Some(role) => {
                    let slot = self.further(account, role, target);
                    slot.get(self.now(), || self.assume_further(target, role)).await
                }
                None => self.account_credentials(account, target).await,
            },
            (Identity::Hop(roles), Some(account)) => {
                let access = self.access(account)?;
                // Boxed: each role is assumed with the session of the one before.
                Box::pin(self.hop_credentials(target, access, *roles)).await
            }
        }
    }

    /// Drops a key that AWS says has expired, unless another has taken its place already.
    pub(crate) fn forget(&self, target: &Target, identity: &Identity, key_id: &str) {
        self.sessions.forget_bucket(key_id);
        let profile = match (identity, &target.account) {
            (Identity::Base(profile), _) => profile.as_deref(),
            (_, None) => None,
            (Identity::Target | Identity::Hop(_), Some(account)) => {
                let Some(access) = self.config.accounts.get(account) else { return };
                let now = self.now();
                match (identity, &target.role) {
                    (Identity::Hop(roles), _) => self.hop(target, access, *roles).expire(key_id),
                    (_, Some(role)) => self.further(account, role, target).expire(key_id),
                    _ => {
                        let key = SessionKey::of(account, access, target);
                        self.sessions.account(key, now).expire(key_id);
                    }
                }
                access.profile.as_deref()
            }
        };
        self.sessions.base(profile).slot().expire(key_id);
    }

    /// The account that a call is made from, where it is known without asking: AWS counts calls by who makes them, and
    /// whoever enters a thousand accounts makes a thousand calls from one.
    pub(crate) fn calling_account(
        &self,
        target: &Target,
        identity: &Identity,
    ) -> Option<AccountId> {
        match identity {
            Identity::Target => match &target.role {
                Some(role) => account_of_role(role),
                None => target.account.clone(),
            },
            Identity::Base(_) => None,
            Identity::Hop(roles) => {
                let access = self.config.accounts.get(target.account.as_ref()?)?;
                let role = access.roles.get(roles.checked_sub(1)?)?;
                account_of_role(&role.arn)
            }
        }
    }

    /// The account to find a service's address with, if the service has one for each account.
    pub(crate) async fn account_for_endpoint(
        &self,
        service: &Service,
        (target, identity): (&Target, &Identity),
        configured: bool,
    ) -> Option<String> {
        let mode = self.config.endpoint_settings.get(ACCOUNT_MODE).and_then(Value::as_str);
        let asked_for =
            service.endpoint_rules().is_some_and(reeve_model::endpoint::RuleSet::ask_for_account);
        // A configured endpoint is called as it is.
        if configured || !asked_for || mode == Some("disabled") {
            return None;
        }
        if let (Identity::Target, Some(_)) = (identity, &target.account) {
            return self.calling_account(target, identity).map(|account| account.to_string());
        }
        // Without credentials the call fails soon enough, and says why.
        let credentials = self.credentials(target, identity).await.ok()?;
        credentials.account_id().map(|id| id.as_str().to_owned())
    }

    async fn base_credentials(
        &self,
        profile: Option<&str>,
    ) -> Result<Credentials, CredentialFailure> {
        let base = self.sessions.base(profile);
        let now = self.now();
        base.slot().get(now, || base.load(&self.config, profile)).await
    }

    async fn account_credentials(
        &self,
        account: &AccountId,
        target: &Target,
    ) -> Result<Credentials, CredentialFailure> {
        let access = self.access(account)?;
        let now = self.now();
        let slot = self.sessions.account(SessionKey::of(account, access, target), now);
        match access.roles.len().checked_sub(1) {
            Some(last) => slot.get(now, || self.assume(target, access, last)).await,
            None => slot.get(now, || self.verified_base(account, target, access)).await,
        }
    }

    /// The session that the first `roles` roles on the way to an account lead to.
    async fn hop_credentials(
        &self,
        target: &Target,
        access: &AccountAccess,
        roles: usize,
    ) -> Result<Credentials, CredentialFailure> {
        let Some(last) = roles.checked_sub(1) else {
            return self.base_credentials(access.profile.as_deref()).await;
        };
        let slot = self.hop(target, access, roles);
        slot.get(self.now(), || self.assume(target, access, last)).await
    }

    fn hop(&self, target: &Target, access: &AccountAccess, roles: usize) -> Arc<Slot> {
        let key = HopKey {
            profile: access.profile.clone(),
            roles: access.roles.iter().take(roles).cloned().collect(),
            who: Who::of(target),
        };
        slot_of(&self.sessions.hops, key, self.now())
    }

    fn further(&self, account: &AccountId, role: &str, target: &Target) -> Arc<Slot> {
        let (account, role) = (account.clone(), role.to_owned());
        let key = FurtherKey { account, role, who: Who::of(target) };
        slot_of(&self.sessions.further, key, self.now())
    }

    fn access(&self, account: &AccountId) -> Result<&AccountAccess, CredentialFailure> {
        let access = self.config.accounts.get(account);
        access.ok_or_else(|| CredentialFailure::new("the estate", "it has no such account"))
    }
}

impl SessionKey {
    fn of(account: &AccountId, access: &AccountAccess, target: &Target) -> Self {
        // Base credentials name nobody, so that everybody shares them.
        let who = if access.roles.is_empty() { Who::default() } else { Who::of(target) };
        Self { account: account.clone(), who }
    }
}

impl Who {
    fn of(target: &Target) -> Self {
        Self {
            session_name: session_name(&target.actor, target.reason.as_deref()),
            source_identity: source_identity(&target.actor),
        }
    }
}

impl Sessions {
    fn base(&self, profile: Option<&str>) -> Arc<Base> {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bases.entry(profile.map(ToOwned::to_owned)).or_default())
    }

    fn account(&self, key: SessionKey, now: Timestamp) -> Arc<Slot> {
        slot_of(&self.accounts, key, now)
    }

    fn bucket(&self, key: BucketKey, now: Timestamp) -> Arc<Slot> {
        slot_of(&self.buckets, key, now)
    }

    /// Drops a bucket's session by the id of its own key.
    fn forget_bucket(&self, key_id: &str) {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.values().for_each(|slot| slot.expire(key_id));
    }
}

fn account_of_role(arn: &str) -> Option<AccountId> {
    arn.parse::<Arn>().ok()?.account().parse().ok()
}

fn slot_of<K: Eq + Hash>(
    slots: &Mutex<HashMap<K, Arc<Slot>>>,
    key: K,
    now: Timestamp,
) -> Arc<Slot> {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    if !slots.contains_key(&key) {
        // Reasons come and go; what nobody uses and nobody will use again is let go.
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || !slot.is_spent(now));
    }
    Arc::clone(slots.entry(key).or_default())
}
