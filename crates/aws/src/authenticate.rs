//! Makes requests believed: chooses among signatures and tokens, gets what is needed for it, and adds it.
//!
//! ```text
//! the model says ──► nothing needed ───────────────────────────────► as it is
//!                ├─► tokens, and one is configured ────────────────► bearer token
//!                ├─► nothing but tokens ──► the profile's sign-in ─► bearer token
//!                └─► signatures ──► the endpoint says which ───────► SigV4, SigV4a, S3 Express
//! ```

use aws_credential_types::Credentials;
use http::{HeaderValue, header::AUTHORIZATION};
use jiff::Timestamp;
use reeve_model::{Endpoint, Operation, Service, Value};

use crate::{
    CallError, CallSite, Secret, Target, bearer,
    client::Inner,
    credentials::{CredentialFailure, Identity},
    sign::{self, Scheme, Scope, SignableBody},
};

const SIGV4: &str = "aws.auth#sigv4";
const SIGV4A: &str = "aws.auth#sigv4a";
const BEARER: &str = "smithy.api#httpBearerAuth";

/// What a service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// Nothing, as operations that give out the first credentials.
    None,
    /// A token.
    Bearer,
    /// A signature of the endpoint's kind; instead of it a token, if one is configured and may be.
    Signature { or_bearer: bool },
}

/// What makes a service believe a request.
#[derive(Debug)]
pub(crate) enum Authority<'a> {
    /// Nothing is needed.
    None,
    /// A token.
    Bearer(Secret),
    /// A signature.
    Signature(Box<Signature<'a>>),
}

/// What requests are signed with.
#[derive(Debug)]
pub(crate) struct Signature<'a> {
    credentials: Credentials,
    scope: Scope<'a>,
    leaves_out_body: bool,
}

/// Which request is to be believed, and whose.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    pub(crate) input: &'a Value,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) target: &'a Target,
    pub(crate) identity: &'a Identity,
    pub(crate) site: &'a CallSite,
}

/// What the model says about authenticating an operation.
pub(crate) fn authentication(service: &Service, operation: &Operation) -> Authentication {
    let schemes =
        if operation.auth.is_empty() { &service.metadata().auth } else { &operation.auth };
    let has = |wanted: &str| schemes.iter().any(|scheme| scheme.as_str() == wanted);
    let signed = has(SIGV4) || has(SIGV4A);
    match operation.auth_type.as_deref() {
        Some("none") => Authentication::None,
        Some("bearer") if !signed => Authentication::Bearer,
        _ if signed => Authentication::Signature { or_bearer: has(BEARER) },
        _ if has(BEARER) => Authentication::Bearer,
        _ if has("smithy.api#noAuth") => Authentication::None,
        _ => match service.metadata().signature_version.as_str() {
            "bearer" => Authentication::Bearer,
            _ => Authentication::Signature { or_bearer: false },
        },
    }
}

/// Whether the body is left out of the signature.
pub(crate) fn leaves_out_body(operation: &Operation) -> bool {
    operation.unsigned_payload || operation.auth_type.as_deref() == Some("v4-unsigned-body")
}

impl Inner {
    /// Gets what makes the service believe a request.
    pub(crate) async fn authority<'a>(
        &'a self,
        subject: Subject<'a>,
    ) -> Result<Authority<'a>, CallError> {
        match authentication(subject.service, subject.operation) {
            Authentication::None => return Ok(Authority::None),
            Authentication::Bearer => return self.token(subject).await.map(Authority::Bearer),
            Authentication::Signature { or_bearer: true } => {
                if let Some(token) = self.configured_token(subject.endpoint) {
                    return Ok(Authority::Bearer(token.clone()));
                }
            }
            Authentication::Signature { or_bearer: false } => {}
        }
        let (credentials, scope) = self.signer(subject).await?;
        let leaves_out_body = leaves_out_body(subject.operation);
        Ok(Authority::Signature(Box::new(Signature { credentials, scope, leaves_out_body })))
    }

    /// Who signs, and for what.
    pub(crate) async fn signer<'a>(
        &'a self,
        subject: Subject<'a>,
    ) -> Result<(Credentials, Scope<'a>), CallError> {
        let Subject { endpoint, target, identity, .. } = subject;
        let scheme = Scheme::named(&endpoint.auth_scheme).ok_or_else(|| {
            let scheme = &endpoint.auth_scheme;
            let problem = format!("it needs signatures of the kind `{scheme}`, which are unknown");
            CallError::invalid(subject.site, problem)
        })?;
        let failed = |failure: CredentialFailure| failure.into_error(subject.site.clone());
        let mut credentials = self.credentials(target, identity).await.map_err(failed)?;
        if scheme == Scheme::S3Express {
            let bucket = subject.input.get("Bucket").and_then(Value::as_str).unwrap_or_default();
            let session = self.bucket_session((target, identity), &credentials, bucket);
            credentials = session.await.map_err(failed)?;
        }
        let regions = self.config.sigv4a_regions.as_deref();
        Ok((credentials, Scope::of(endpoint, scheme, regions, self.now())))
    }

    fn configured_token(&self, endpoint: &Endpoint) -> Option<&crate::Secret> {
        self.config.bearer_tokens.get(&bearer::signing_name(&endpoint.signing_name))
    }

    async fn token(&self, subject: Subject<'_>) -> Result<crate::Secret, CallError> {
        if let Some(token) = self.configured_token(subject.endpoint) {
            return Ok(token.clone());
        }
        // Boxed: it is large, and seldom needed.
        Box::pin(self.signed_in_token(subject.target)).await.map_err(|reason| {
            let variable = bearer::variable(&subject.endpoint.signing_name);
            let problem = format!("it takes a bearer token: `{variable}` is not set, and {reason}");
            CallError::invalid(subject.site, problem)
        })
    }
}

impl Authority<'_> {
    /// Adds it to a request, at a time; says which key was used, if one was.
    pub(crate) fn add_to<B>(
        &self,
        request: &mut http::Request<B>,
        body: SignableBody<'_>,
        time: Timestamp,
    ) -> Result<Option<String>, String> {
        match self {
            Self::None => Ok(None),
            Self::Bearer(token) => add_token(request, token.expose()).map(|()| None),
            Self::Signature(signature) => {
                let body =
                    if signature.leaves_out_body { SignableBody::UnsignedPayload } else { body };
                let scope = Scope { time, ..signature.scope.clone() };
                sign::sign_request(request, body, &signature.credentials, &scope)?;
                Ok(Some(signature.credentials.access_key_id().to_owned()))
            }
        }
    }
}

fn add_token<B>(request: &mut http::Request<B>, token: &str) -> Result<(), String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| "the bearer token has letters that a header cannot have".to_owned())?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_says_how_an_operation_is_authenticated() {
        let signed = Authentication::Signature { or_bearer: false };
        for (service, operation, expected) in [
            ("ec2", "DescribeInstances", signed),
            ("sts", "AssumeRole", signed),
            ("sts", "AssumeRoleWithWebIdentity", Authentication::None),
            ("cognito-identity", "GetId", Authentication::None),
            ("cloudfront-keyvaluestore", "GetKey", signed),
            ("bedrock-runtime", "Converse", Authentication::Signature { or_bearer: true }),
            ("codecatalyst", "ListSpaces", Authentication::Bearer),
        ] {
            let service = reeve_model::catalog().service(service).unwrap();
            let operation = service.operation(operation).unwrap();
            assert_eq!(authentication(&service, operation), expected, "{}", operation.name);
        }
    }
}
