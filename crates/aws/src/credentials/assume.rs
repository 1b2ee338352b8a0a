//! Enters an account: by its role, or with base credentials that are found to be its own.
//!
//! Both take a call to STS, which is a call like any other: it honours endpoint overrides, is tried again, and is seen by
//! the observer.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use reeve_model::Value;
use reeve_types::{AccountId, Arn, Region};

use super::{CredentialFailure, Identity};
use crate::{
    AccountAccess, CallError, CallSite, Role, Target, Tried,
    call::Request,
    client::{Inner, read_identity},
    session_name::{session_name, source_identity},
};

const ASSUME_ROLE: &str = "AssumeRole";
const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";

/// How long a session may live that was made with another session.
const CHAINED_LIFE: Duration = Duration::from_hours(1);

impl Inner {
    /// A session of one of the roles that lead into an account, named after who acts and why. It is assumed with the
    /// session of the role before it, the first one with the base credentials.
    pub(super) async fn assume(
        &self,
        target: &Target,
        access: &AccountAccess,
        index: usize,
    ) -> Result<Credentials, CredentialFailure> {
        let Some(role) = access.roles.get(index) else {
            return Err(CredentialFailure::new("the estate", "it has no such role"));
        };
        let identity = match index {
            0 => Identity::Base(access.profile.clone()),
            roles => Identity::Hop(roles),
        };
        let input = self.assumption(target, (role, index), &access.roles);
        self.assume_as(identity, target, (&role.arn, input)).await
    }

    /// A session of a role beyond those that lead into the target's account, assumed with the session in that account.
    pub(super) async fn assume_further(
        &self,
        target: &Target,
        role: &str,
    ) -> Result<Credentials, CredentialFailure> {
        let roles = target.account.as_ref().and_then(|account| self.config.accounts.get(account));
        let mut roles = roles.map(|access| access.roles.clone()).unwrap_or_default();
        let further = Role::new(role);
        roles.push(further.clone());
        let input = self.assumption(target, (&further, roles.len() - 1), &roles);
        let own = Target { role: None, ..target.clone() };
        // Boxed: the session in the account may be among those that have to be got first.
        Box::pin(self.assume_as(Identity::Target, &own, (role, input))).await
    }

    async fn assume_as(
        &self,
        identity: Identity,
        target: &Target,
        (role, input): (&str, Value),
    ) -> Result<Credentials, CredentialFailure> {
        let failed = |outcome: &str, cause: CallError| CredentialFailure {
            tried: vec![Tried { source: format!("role `{role}`"), outcome: outcome.into() }],
            cause: Some(cause),
        };
        let home = Target { region: self.home_region(target, role), ..target.clone() };
        let request = Request { target: &home, identity, service: "sts", operation: ASSUME_ROLE };
        let answer = match self.call(request, input).await {
            Ok(answer) => answer,
            // What comes before this role is missing: what was tried for that says more than this role.
            Err(CallError::NoCredentials(error)) => {
                return Err(CredentialFailure { tried: error.tried, cause: error.cause });
            }
            Err(error) => return Err(failed("it cannot be assumed", error)),
        };
        read_session(&answer, role).ok_or_else(|| {
            let site = CallSite::of(&home, "sts", ASSUME_ROLE);
            failed("no session came", CallError::without_members(site, "`Credentials`"))
        })
    }

    /// The base credentials, if they are of the account that they are to be used for.
    pub(super) async fn verified_base(
        &self,
        account: &AccountId,
        target: &Target,
        access: &AccountAccess,
    ) -> Result<Credentials, CredentialFailure> {
        let identity = Identity::Base(access.profile.clone());
        let credentials = self.credentials_of_base(&identity, target).await?;
        if !self.config.sessions.verify_account {
            return Ok(credentials);
        }
        let known = credentials.account_id().map(|id| id.as_str().to_owned());
        let found = match known {
            Some(found) => found,
            None => self.account_of(identity, target).await?,
        };
        if found == account.as_str() {
            Ok(credentials)
        } else {
            let outcome = format!("they are of account {found}, and no role is given");
            Err(CredentialFailure::new("the base credentials", outcome))
        }
    }

    async fn credentials_of_base(
        &self,
        identity: &Identity,
        target: &Target,
    ) -> Result<Credentials, CredentialFailure> {
        // Boxed: the credentials of an account are among those that this function may return.
        Box::pin(self.credentials(target, identity)).await
    }

    async fn account_of(
        &self,
        identity: Identity,
        target: &Target,
    ) -> Result<String, CredentialFailure> {
        let request = Request { target, identity, service: "sts", operation: GET_CALLER_IDENTITY };
        let outcome = self.call(request, Value::object()).await.and_then(|answer| {
            read_identity(&answer).ok_or_else(|| {
                let site = CallSite::of(target, "sts", GET_CALLER_IDENTITY);
                CallError::without_members(site, "`Account` and `Arn`")
            })
        });
        outcome.map(|identity| identity.account.to_string()).map_err(|error| {
            let outcome = "whose they are cannot be found out";
            let mut failure = CredentialFailure::new("the base credentials", outcome);
            failure.cause = Some(error);
            failure
        })
    }

    /// What a role, the one at `index` of all that are assumed one after the other, is assumed with.
    fn assumption(&self, target: &Target, (role, index): (&Role, usize), roles: &[Role]) -> Value {
        let options = &self.config.sessions;
        let longest = if index == 0 { Duration::MAX } else { CHAINED_LIFE };
        let duration = role.duration.unwrap_or(options.duration).min(longest);
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let name = session_name(&target.actor, target.reason.as_deref());
        let mut input: Vec<(&str, Value)> = vec![
            ("RoleArn", (&role.arn).into()),
            ("RoleSessionName", role.session_name.clone().unwrap_or(name).into()),
            ("DurationSeconds", seconds.into()),
        ];
        if let Some(external_id) = &role.external_id {
            input.push(("ExternalId", external_id.into()));
        }
        // Once set, it stays the same through all further roles, and needs not be said again.
        let says = |role: &Role| role.source_identity.unwrap_or(options.source_identity);
        if roles.iter().position(says) == Some(index) {
            input.push(("SourceIdentity", source_identity(&target.actor).into()));
        }
        if !role.tags.is_empty() {
            let tag = |(key, value)| Value::from_iter([("Key", key), ("Value", value)]);
            let tags: Vec<Value> = role.tags.iter().map(tag).collect();
            input.push(("Tags", Value::List(tags)));
        }
        Value::from_iter(input)
    }

    /// The Region whose STS is asked: the configured one, if it is in the role's partition.
    fn home_region(&self, target: &Target, role_arn: &str) -> Region {
        let partition = role_arn.parse::<Arn>().map(|arn| arn.partition().to_owned());
        let partition = partition.unwrap_or_default();
        match &self.config.home_region {
            Some(home) if home.partition().as_str() == partition => home.clone(),
            _ => first_region(&partition).unwrap_or_else(|| target.region.clone()),
        }
    }
}

/// The Region that a partition's global services live in, where it is known.
fn first_region(partition: &str) -> Option<Region> {
    let name = match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => return None,
    };
    name.parse().ok()
}

/// Reads the session that a role's own account gave.
fn read_session(answer: &Value, role_arn: &str) -> Option<Credentials> {
    let text = |path: &str| answer.path(path).and_then(Value::as_str);
    let expires = answer.path("Credentials.Expiration").and_then(Value::as_timestamp)?;
    let credentials = Credentials::builder()
        .access_key_id(text("Credentials.AccessKeyId")?)
        .secret_access_key(text("Credentials.SecretAccessKey")?)
        .session_token(text("Credentials.SessionToken")?)
        .expiry(SystemTime::from(expires))
        .provider_name("sts:AssumeRole");
    Some(match role_arn.parse::<Arn>() {
        Ok(arn) => credentials.account_id(arn.account()).build(),
        Err(_) => credentials.build(),
    })
}
