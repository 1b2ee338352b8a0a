//! Enters an account: by its role, or with base credentials that are found to be its own.
//!
//! Both take a call to STS, which is a call like any other: it honours endpoint overrides, is tried again, and is seen by
//! the observer.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use reeve_model::Value;
use reeve_types::{AccountId, Arn, Region};

use super::{CredentialFailure, Identity};
use crate::{
    AccountAccess, CallError, CallSite, Target, Tried,
    call::Request,
    client::{Inner, read_identity},
    session_name::{session_name, source_identity},
};

const ASSUME_ROLE: &str = "AssumeRole";
const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";

impl Inner {
    /// A session of the account's role, named after who acts and why.
    pub(super) async fn assume(
        &self,
        target: &Target,
        access: &AccountAccess,
        role_arn: &str,
    ) -> Result<Credentials, CredentialFailure> {
        let failed = |outcome: &str, cause: CallError| CredentialFailure {
            tried: vec![Tried { source: format!("role `{role_arn}`"), outcome: outcome.into() }],
            cause: Some(cause),
        };
        let home = Target { region: self.home_region(target, role_arn), ..target.clone() };
        let identity = Identity::Base(access.profile.clone());
        let request = Request { target: &home, identity, service: "sts", operation: ASSUME_ROLE };
        let answer = match self.call(request, self.assumption(target, access, role_arn)).await {
            Ok(answer) => answer,
            // The base credentials are missing: what was tried for them says more than the role.
            Err(CallError::NoCredentials(error)) => {
                return Err(CredentialFailure { tried: error.tried, cause: error.cause });
            }
            Err(error) => return Err(failed("it cannot be assumed", error)),
        };
        read_session(&answer).ok_or_else(|| {
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

    fn assumption(&self, target: &Target, access: &AccountAccess, role_arn: &str) -> Value {
        let options = &self.config.sessions;
        let seconds = i64::try_from(options.duration.as_secs()).unwrap_or(i64::MAX);
        let mut input: Vec<(&str, Value)> = vec![
            ("RoleArn", role_arn.into()),
            ("RoleSessionName", session_name(&target.actor, target.reason.as_deref()).into()),
            ("DurationSeconds", seconds.into()),
        ];
        if let Some(external_id) = &access.external_id {
            input.push(("ExternalId", external_id.into()));
        }
        if options.source_identity {
            input.push(("SourceIdentity", source_identity(&target.actor).into()));
        }
        Value::from_iter(input)
    }

    /// The Region whose STS is asked: the configured one, if it is in the role's partition.
    fn home_region(&self, target: &Target, role_arn: &str) -> Region {
        let partition = role_arn.parse::<Arn>().map(|arn| arn.partition().to_owned());
        let partition = partition.unwrap_or_default();
        match &self.config.home_region {
            Some(home) if partition_of(home) == partition => home.clone(),
            _ => first_region(&partition).unwrap_or_else(|| target.region.clone()),
        }
    }
}

/// The partition of a Region, by the beginning of its name.
fn partition_of(region: &Region) -> &'static str {
    let name = region.as_str();
    let prefixes = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or("aws", |(_, name)| *name)
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

fn read_session(answer: &Value) -> Option<Credentials> {
    let text = |path: &str| answer.path(path).and_then(Value::as_str);
    let expires = answer.path("Credentials.Expiration").and_then(Value::as_timestamp)?;
    Some(Credentials::new(
        text("Credentials.AccessKeyId")?,
        text("Credentials.SecretAccessKey")?,
        Some(text("Credentials.SessionToken")?.to_owned()),
        Some(SystemTime::from(expires)),
        "sts:AssumeRole",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("aws-global", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-iso-east-1", "aws-iso"),
        ] {
            assert_eq!(partition_of(&region.parse().unwrap()), partition, "{region}");
        }
    }
}
