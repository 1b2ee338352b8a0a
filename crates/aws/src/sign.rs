//! Signs requests, with the settings that each kind of service asks for.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use bytes::Bytes;
use jiff::Timestamp;
use reeve_model::{Operation, Service};

/// Signing names of services that check the path as it is sent, and want the body's hash in a header.
const LIKE_S3: &[&str] = &["s3", "s3-object-lambda", "s3-outposts", "s3express"];

/// How an operation is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// With a signature over all of the request.
    Signed,
    /// With a signature over all but the body.
    SignedWithoutBody,
    /// Not at all, as operations that give out the first credentials.
    None,
    /// In a way that needs more than AWS credentials.
    Unsupported,
}

/// What a signature is valid for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) name: &'a str,
    pub(crate) region: &'a str,
    /// The path is encoded once more for the signature, as most services do.
    pub(crate) encode_path_again: bool,
    pub(crate) authentication: Authentication,
    pub(crate) time: Timestamp,
}

/// What the model says about authenticating an operation.
pub(crate) fn authentication(service: &Service, operation: &Operation) -> Authentication {
    let schemes =
        if operation.auth.is_empty() { &service.metadata().auth } else { &operation.auth };
    let has = |wanted: &str| schemes.iter().any(|scheme| scheme.as_str() == wanted);
    match operation.auth_type.as_deref() {
        Some("none") => return Authentication::None,
        Some("v4-unsigned-body") => return Authentication::SignedWithoutBody,
        Some("bearer") if !has("aws.auth#sigv4") => return Authentication::Unsupported,
        _ => {}
    }
    if schemes.is_empty() || has("aws.auth#sigv4") {
        if operation.unsigned_payload {
            Authentication::SignedWithoutBody
        } else {
            Authentication::Signed
        }
    } else if has("smithy.api#noAuth") {
        Authentication::None
    } else {
        Authentication::Unsupported
    }
}

/// Adds the headers of a signature to a request.
pub(crate) fn sign_request(
    request: &mut http::Request<Bytes>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<(), String> {
    let identity = credentials.clone().into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.name)
        .time(SystemTime::from(scope.time))
        .settings(settings(scope))
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let body = request.body().clone();
    let body = match scope.authentication {
        Authentication::SignedWithoutBody => SignableBody::UnsignedPayload,
        _ => SignableBody::Bytes(&body),
    };
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let method = request.method().as_str();
    let signable = SignableRequest::new(method, request.uri().to_string(), headers, body);
    let instructions = signable
        .and_then(|signable| sign(signable, &parameters))
        .map_err(|error| crate::transport::chain(&error))?
        .into_parts()
        .0;
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn settings(scope: Scope<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    let like_s3 = LIKE_S3.contains(&scope.name);
    if like_s3 || !scope.encode_path_again {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if like_s3 || scope.authentication == Authentication::SignedWithoutBody {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `get-vanilla` request of AWS's signature test suite, with the suite's key and time.
    fn suite_signature(session_token: Option<&str>) -> String {
        let mut request =
            http::Request::get("https://example.amazonaws.com/").body(Bytes::new()).unwrap();
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session_token.map(ToOwned::to_owned),
            None,
            "suite",
        );
        let scope = Scope {
            name: "service",
            region: "us-east-1",
            encode_path_again: true,
            authentication: Authentication::Signed,
            time: "2015-08-30T12:36:00Z".parse().unwrap(),
        };
        sign_request(&mut request, &credentials, scope).unwrap();
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_signature_is_that_of_the_official_test_suite() {
        assert_eq!(
            suite_signature(None),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn a_session_token_is_signed_too() {
        assert!(suite_signature(Some("token")).contains("host;x-amz-date;x-amz-security-token"));
    }

    #[test]
    fn s3_is_sent_the_hash_of_the_body_and_its_path_is_left_alone() {
        let sign_for = |name, authentication| {
            let mut request = http::Request::put("https://b.s3.amazonaws.com/a%20b//c")
                .body(Bytes::from_static(b"body"))
                .unwrap();
            let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "suite");
            let time = "2015-08-30T12:36:00Z".parse().unwrap();
            let region = "us-east-1";
            let scope = Scope { name, region, encode_path_again: true, authentication, time };
            sign_request(&mut request, &credentials, scope).unwrap();
            request
                .headers()
                .get("x-amz-content-sha256")
                .map(|hash| hash.to_str().unwrap().to_owned())
        };
        let hash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
        assert_eq!(sign_for("s3", Authentication::Signed).as_deref(), Some(hash));
        let unsigned = sign_for("s3", Authentication::SignedWithoutBody);
        assert_eq!(unsigned.as_deref(), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(sign_for("ec2", Authentication::Signed), None);
    }

    #[test]
    fn the_model_says_what_is_signed() {
        let authentication_of = |service: &str, operation: &str| {
            let service = reeve_model::catalog().service(service).unwrap();
            authentication(&service, service.operation(operation).unwrap())
        };
        assert_eq!(authentication_of("ec2", "DescribeInstances"), Authentication::Signed);
        assert_eq!(authentication_of("sts", "AssumeRole"), Authentication::Signed);
        assert_eq!(authentication_of("sts", "AssumeRoleWithWebIdentity"), Authentication::None);
        assert_eq!(authentication_of("cognito-identity", "GetId"), Authentication::None);
    }
}
