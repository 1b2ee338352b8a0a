//! Signs requests, with the settings that each kind of service asks for.
//!
//! A signature is by a shared key for one Region (`SigV4`), or by an elliptic curve key for a set of Regions (`SigV4a`). It
//! travels in headers, or in the query of a URL that somebody else may then call.

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableRequest, SignatureLocation,
        SigningInstructions, SigningParams, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::{v4, v4a},
};
use http::HeaderValue;
use jiff::Timestamp;
use reeve_model::Endpoint;

pub(crate) use aws_sigv4::http_request::SignableBody;

/// Signing names of services that check the path as it is sent, and want the body's hash in a header.
const LIKE_S3: &[&str] = &["s3", "s3-object-lambda", "s3-outposts", "s3express"];

/// The header and the parameter by which a directory bucket is sent its session's token.
const BUCKET_TOKEN: (&str, &str) = ("x-amz-s3session-token", "X-Amz-S3session-Token");

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// With a shared key, for one Region.
    SigV4,
    /// With an elliptic curve key, for a set of Regions.
    SigV4a,
    /// With the shared key of a session in a directory bucket.
    S3Express,
}

/// What a signature is valid for.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) name: &'a str,
    /// The Region, or the set of them.
    pub(crate) region: &'a str,
    /// The path is normalised and encoded once more for the signature, as most services do.
    pub(crate) encode_path_again: bool,
    /// The body's hash, or that there is none, is said in a header.
    pub(crate) hash_in_header: bool,
    pub(crate) time: Timestamp,
}

impl Scheme {
    /// The scheme of this name in endpoint rules.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "sigv4" => Some(Self::SigV4),
            "sigv4a" => Some(Self::SigV4a),
            "sigv4-s3express" => Some(Self::S3Express),
            _ => None,
        }
    }
}

impl<'a> Scope<'a> {
    /// What an endpoint says. `regions` stands in for the set of Regions that it says.
    pub(crate) fn of(
        endpoint: &'a Endpoint,
        scheme: Scheme,
        regions: Option<&'a str>,
        time: Timestamp,
    ) -> Self {
        let name = endpoint.signing_name.as_str();
        let like_s3 = LIKE_S3.contains(&name);
        let region = match (scheme, regions) {
            (Scheme::SigV4a, Some(regions)) => regions,
            _ => &endpoint.signing_region,
        };
        Self {
            scheme,
            name,
            region,
            encode_path_again: !like_s3 && !endpoint.disable_double_encoding,
            hash_in_header: like_s3,
            time,
        }
    }

    /// Whether the service takes requests whose body is not signed.
    pub(crate) fn is_like_s3(&self) -> bool {
        LIKE_S3.contains(&self.name)
    }
}

/// Adds the headers of a signature to a request.
pub(crate) fn sign_request<B>(
    request: &mut http::Request<B>,
    body: SignableBody<'_>,
    credentials: &Credentials,
    scope: &Scope<'_>,
) -> Result<(), String> {
    let mut settings = settings(scope);
    if scope.hash_in_header
        || !matches!(body, SignableBody::Bytes(_) | SignableBody::Precomputed(_))
    {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let instructions = instructions(request, body, credentials, (scope, settings))?;
    for header in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| error.to_string())?;
        value.set_sensitive(header.sensitive());
        request.headers_mut().insert(header.name(), value);
    }
    Ok(())
}

/// The query parameters that make a URL of a request, valid for some time.
pub(crate) fn query_signature<B>(
    request: &http::Request<B>,
    body: SignableBody<'_>,
    credentials: &Credentials,
    (scope, expires): (&Scope<'_>, Duration),
) -> Result<Vec<(&'static str, Cow<'static, str>)>, String> {
    let mut settings = settings(scope);
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(expires);
    if scope.scheme == Scheme::S3Express {
        settings.session_token_name_override = Some(BUCKET_TOKEN.1);
    }
    Ok(instructions(request, body, credentials, (scope, settings))?.into_parts().1)
}

fn instructions<B>(
    request: &http::Request<B>,
    body: SignableBody<'_>,
    credentials: &Credentials,
    (scope, settings): (&Scope<'_>, SigningSettings),
) -> Result<SigningInstructions, String> {
    let identity = credentials.clone().into();
    let time = SystemTime::from(scope.time);
    let parameters: SigningParams<'_> = match scope.scheme {
        Scheme::SigV4a => v4a::SigningParams::builder()
            .identity(&identity)
            .region_set(scope.region)
            .name(scope.name)
            .time(time)
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into(),
        Scheme::SigV4 | Scheme::S3Express => v4::SigningParams::builder()
            .identity(&identity)
            .region(scope.region)
            .name(scope.name)
            .time(time)
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into(),
    };
    let headers = request.headers().iter();
    // Metadata of S3 need not be ASCII, and S3 refuses what is not signed.
    let headers = headers.filter_map(|(name, value)| {
        Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
    });
    let method = request.method().as_str();
    SignableRequest::new(method, request.uri().to_string(), headers, body)
        .and_then(|signable| sign(signable, &parameters))
        .map(|output| output.into_parts().0)
        .map_err(|error| crate::transport::chain(&error))
}

fn settings(scope: &Scope<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if !scope.encode_path_again {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if scope.scheme == Scheme::S3Express {
        settings.session_token_name_override = Some(BUCKET_TOKEN.0);
    }
    settings
}
