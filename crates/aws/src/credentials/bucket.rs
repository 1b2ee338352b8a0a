//! Sessions in S3's directory buckets.
//!
//! A directory bucket checks who calls once, when a session is created, and then takes signatures by the session's own
//! short-lived key. `CreateSession` itself is signed with the caller's credentials, and so has no part in this.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use reeve_model::Value;

use super::{BucketKey, CredentialFailure, Identity};
use crate::{CallError, CallSite, Target, Tried, call::Request, client::Inner};

const CREATE_SESSION: &str = "CreateSession";

impl Inner {
    /// The session for a directory bucket that the caller's credentials lead to.
    pub(crate) async fn bucket_session(
        &self,
        (target, identity): (&Target, &Identity),
        caller: &Credentials,
        bucket: &str,
    ) -> Result<Credentials, CredentialFailure> {
        let key = BucketKey {
            key_id: caller.access_key_id().to_owned(),
            region: target.region.to_string(),
            bucket: bucket.to_owned(),
        };
        let now = self.now();
        let slot = self.sessions.bucket(key, now);
        slot.get(now, || self.create_session(target, identity, bucket)).await
    }

    async fn create_session(
        &self,
        target: &Target,
        identity: &Identity,
        bucket: &str,
    ) -> Result<Credentials, CredentialFailure> {
        let failed = |outcome: &str, cause: CallError| CredentialFailure {
            tried: vec![Tried {
                source: format!("a session in the bucket `{bucket}`"),
                outcome: outcome.into(),
            }],
            cause: Some(cause),
        };
        let identity = identity.clone();
        let request = Request { target, identity, service: "s3", operation: CREATE_SESSION };
        let answer = self
            .call(request, Value::from_iter([("Bucket", bucket)]))
            .await
            .map_err(|error| failed("it cannot be created", error))?;
        read_session(&answer).ok_or_else(|| {
            let site = CallSite::of(target, "s3", CREATE_SESSION);
            failed("none came", CallError::without_members(site, "`Credentials`"))
        })
    }
}

fn read_session(answer: &Value) -> Option<Credentials> {
    let text = |path: &str| answer.path(path).and_then(Value::as_str);
    let expires = answer.path("Credentials.Expiration").and_then(Value::as_timestamp)?;
    Some(Credentials::new(
        text("Credentials.AccessKeyId")?,
        text("Credentials.SecretAccessKey")?,
        Some(text("Credentials.SessionToken")?.to_owned()),
        Some(SystemTime::from(expires)),
        "s3express:CreateSession",
    ))
}
