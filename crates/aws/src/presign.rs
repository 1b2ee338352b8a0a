//! URLs that whoever has them may call, for a while, as the one who made them.
//!
//! ```text
//! input ──► request ──► body into the query ──► signature into the query ──► URL
//!                       (query protocols)
//! ```
//!
//! Nothing is sent, save for what getting the credentials takes. What the URL allows is what its maker is allowed, at the
//! time when it is called.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use reeve_model::{
    ChecksumPolicy, Operation, Protocol, RequestSettings, Service, Value, WireRequest,
    schema::Location,
};

use crate::{
    CallError, CallSite, Client, Secret, Target,
    authenticate::{Authentication, Subject, authentication, leaves_out_body},
    call,
    client::Inner,
    credentials::Identity,
    endpoint::Purpose,
    message,
    sign::{self, SignableBody},
};

/// How long a URL may be valid: no signature is longer.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// A URL that can be called without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    /// The URL. Whoever has it can do what it is for.
    pub url: Secret,
    /// The HTTP method to call it with.
    pub method: String,
    /// Headers to be sent as they are, by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// When it ends: after the time that was asked for, or with the session that it was made in.
    pub expires_at: Timestamp,
}

impl Client {
    /// Makes a URL that calls an operation, valid from 1 second to 7 days.
    ///
    /// Operations whose input travels in a body cannot be presigned, save those of query protocols. What S3 stores is no
    /// such input: leave `Body` out, it is sent by whoever calls the URL.
    pub async fn presign(
        &self,
        target: &Target,
        (service, operation): (&str, &str),
        input: Value,
        expires: Duration,
    ) -> Result<PresignedUrl, CallError> {
        let site = CallSite::of(target, service, operation);
        check_expiry(expires).map_err(|problem| CallError::invalid(&site, problem))?;
        let service = call::find_service(service)?;
        let operation = call::find_operation(&service, operation)?;
        let inner = &self.inner;
        let draft =
            Draft { inner, service: &service, operation, input, target, site, extra: Vec::new() };
        // Boxed: signing may take calls of its own.
        Box::pin(draft.sign(expires)).await
    }
}

/// A URL that a service follows to the same operation of another Region, with parameters that the model does not have.
pub(crate) async fn source_url(
    inner: &Inner,
    (service, operation): (&Service, &Operation),
    input: Value,
    (target, expires): (&Target, Duration),
    extra: Vec<(String, String)>,
) -> Result<PresignedUrl, CallError> {
    let site = CallSite::of(target, service.name(), &operation.name);
    Draft { inner, service, operation, input, target, site, extra }.sign(expires).await
}

/// A URL in the making.
struct Draft<'a> {
    inner: &'a Inner,
    service: &'a Service,
    operation: &'a Operation,
    input: Value,
    target: &'a Target,
    site: CallSite,
    /// Parameters of the query that the input does not have.
    extra: Vec<(String, String)>,
}

impl Draft<'_> {
    async fn sign(self, expires: Duration) -> Result<PresignedUrl, CallError> {
        let invalid = |problem: String| CallError::invalid(&self.site, problem);
        let (service, operation, target) = (self.service, self.operation, self.target);
        match authentication(service, operation) {
            Authentication::Signature { .. } => {}
            Authentication::None => return Err(invalid("it needs no signature".to_owned())),
            Authentication::Bearer => {
                return Err(invalid("it takes a bearer token, which no URL can carry".to_owned()));
            }
        }
        let identity = Identity::of(target);
        let purpose = Purpose { service, operation, input: &self.input, region: &target.region };
        let (endpoint, configured) =
            self.inner.endpoint(purpose, (target, &identity)).await.map_err(invalid)?;
        let wire = self.wire().map_err(invalid)?;
        let request =
            message::http_request((operation, &wire), &endpoint, configured).map_err(invalid)?;
        let headers = request.headers().iter();
        let headers = headers.filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let headers = headers.collect();
        let subject = Subject {
            service,
            operation,
            input: &self.input,
            endpoint: &endpoint,
            target,
            identity: &identity,
            site: &self.site,
        };
        let (credentials, scope) = self.inner.signer(subject).await?;
        let body = if scope.is_like_s3() || leaves_out_body(operation) {
            SignableBody::UnsignedPayload
        } else {
            SignableBody::Bytes(&[])
        };
        let parameters = sign::query_signature(&request, body, &credentials, (&scope, expires))
            .map_err(invalid)?;
        let mut url = request.uri().to_string();
        for (name, value) in &parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            message::push_encoded(&mut url, name);
            url.push('=');
            message::push_encoded(&mut url, value);
        }
        let session_ends = credentials.expiry().and_then(|end| Timestamp::try_from(end).ok());
        let lasts = SignedDuration::try_from(expires).unwrap_or(SignedDuration::MAX);
        // A signature says the second in which it was made.
        let made = Timestamp::from_second(scope.time.as_second()).unwrap_or(scope.time);
        let ends = made.checked_add(lasts).unwrap_or(Timestamp::MAX);
        Ok(PresignedUrl {
            url: Secret::new(url),
            method: request.method().to_string(),
            headers,
            expires_at: session_ends.map_or(ends, |session_ends| ends.min(session_ends)),
        })
    }

    /// The request, with nothing in its body.
    fn wire(&self) -> Result<WireRequest, String> {
        let mut token = || self.inner.idempotency_token();
        // Nothing that is not asked for is said about a body which others bring.
        let settings = RequestSettings {
            compress_from: None,
            checksums: ChecksumPolicy::WhenAsked,
            ..RequestSettings::new(&mut token)
        };
        let mut wire =
            reeve_model::encode_request_with(self.service, self.operation, &self.input, settings)
                .map_err(|error| error.to_string())?;
        let is_form = matches!(self.service.metadata().protocol, Protocol::Query | Protocol::Ec2);
        if is_form {
            let form = std::mem::take(&mut wire.body);
            "GET".clone_into(&mut wire.method);
            wire.query.extend(read_form(&form));
            wire.query.extend(self.extra.iter().cloned());
            wire.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        }
        if !self.asks_to_accept() {
            // What can be read here does not matter to whoever calls the URL.
            wire.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(ACCEPT.as_str()));
        }
        if wire.body.is_empty() {
            Ok(wire)
        } else {
            Err("its input travels in a body, which no URL can carry".to_owned())
        }
    }

    /// Whether the input says which kind of answer is wanted.
    fn asks_to_accept(&self) -> bool {
        let input = self.operation.input.as_ref();
        let structure = input.and_then(|input| self.service.structure(input.shape));
        structure.is_some_and(|structure| {
            structure.members().iter().any(|member| {
                member.wire_name.eq_ignore_ascii_case(ACCEPT.as_str())
                    && member.location == Some(Location::Header)
                    && self.input.get(&member.name).is_some()
            })
        })
    }
}

/// The parameters of a form.
fn read_form(body: &[u8]) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let form = String::from_utf8_lossy(body);
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn check_expiry(expires: Duration) -> Result<(), String> {
    if expires < Duration::from_secs(1) || expires > LONGEST {
        return Err("a URL is valid from 1 second to 7 days".to_owned());
    }
    if expires.subsec_nanos() != 0 {
        return Err("a URL is valid for whole seconds".to_owned());
    }
    Ok(())
}
