//! Signatures against published and recorded ones: AWS's own signing test suite, and what botocore signs.
//!
//! `tests/third-party/signatures.py` writes the tables. A signature with an elliptic curve key is another one each time, so
//! those are verified, with the suite's public key, to be signatures of the string that the suite says is to be signed.

use p256::ecdsa::{DerSignature, VerifyingKey, signature::Verifier};
use serde_json::Value as Json;

use super::*;

const SUITE: &str = include_str!("../../tests/data/signing-suite.json");
const BOTOCORE: &str = include_str!("../../tests/data/botocore-signatures.json");

fn table(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {json}"))
}

fn credentials(table: &Json, case: &Json) -> Credentials {
    let token = case["token"].as_str().map(ToOwned::to_owned);
    Credentials::new(text(table, "key"), text(table, "secret"), token, None, "table")
}

fn request(case: &Json, url: &str) -> http::Request<Vec<u8>> {
    let mut request = http::Request::builder().method(text(case, "method")).uri(url);
    for header in case["headers"].as_array().unwrap() {
        let value = header[1].as_str().unwrap();
        request = request.header(header[0].as_str().unwrap(), value);
    }
    request.body(text(case, "body").as_bytes().to_vec()).unwrap()
}

fn suite_scope<'a>(table: &'a Json, case: &Json, scheme: Scheme) -> Scope<'a> {
    Scope {
        scheme,
        name: text(table, "service"),
        region: text(table, "region"),
        encode_path_again: true,
        hash_in_header: case["sign_body"].as_bool().unwrap(),
        time: text(table, "time").parse().unwrap(),
    }
}

fn verify(table: &Json, signature: &str, string_to_sign: &str, case: &str) {
    let coordinates = table["public_key"].as_array().unwrap().iter();
    // The point's first byte says that both coordinates follow.
    let point: String = coordinates.map(|coordinate| coordinate.as_str().unwrap()).collect();
    let key = VerifyingKey::from_sec1_bytes(&hex::decode(format!("04{point}")).unwrap()).unwrap();
    let signature = DerSignature::try_from(hex::decode(signature).unwrap().as_slice()).unwrap();
    let verdict = key.verify(string_to_sign.as_bytes(), &signature);
    assert!(verdict.is_ok(), "{case}: no signature of {string_to_sign}");
}

fn signature_in_headers(request: &http::Request<Vec<u8>>) -> String {
    let authorization = request.headers()["authorization"].to_str().unwrap();
    authorization.rsplit_once("Signature=").unwrap().1.to_owned()
}

fn signed_by_headers(table: &Json, case: &Json, scheme: Scheme) -> String {
    let mut request = request(case, &suite_url(case));
    let body = request.body().clone();
    let scope = suite_scope(table, case, scheme);
    let credentials = credentials(table, case);
    sign_request(&mut request, SignableBody::Bytes(&body), &credentials, &scope).unwrap();
    signature_in_headers(&request)
}

fn signed_by_query(table: &Json, case: &Json, scheme: Scheme) -> String {
    let request = request(case, &suite_url(case));
    let scope = suite_scope(table, case, scheme);
    let expires = Duration::from_secs(case["expires"].as_u64().unwrap());
    let body = SignableBody::Bytes(request.body());
    let credentials = credentials(table, case);
    let parameters = query_signature(&request, body, &credentials, (&scope, expires)).unwrap();
    let signature = parameters.iter().find(|(name, _)| *name == "X-Amz-Signature");
    signature.unwrap().1.to_string()
}

fn suite_url(case: &Json) -> String {
    format!("https://example.amazonaws.com{}", text(case, "path"))
}

#[test]
fn signatures_are_those_of_the_official_suite() {
    let suite = table(SUITE);
    let cases = suite["cases"].as_array().unwrap();
    assert!(cases.len() > 25);
    for case in cases {
        let (name, expected) = (text(case, "name"), &case["v4"]);
        let found = signed_by_headers(&suite, case, Scheme::SigV4);
        assert_eq!(found, text(expected, "header-signature"), "{name}");
        let found = signed_by_query(&suite, case, Scheme::SigV4);
        assert_eq!(found, text(expected, "query-signature"), "{name}");
    }
}

#[test]
fn signatures_for_several_regions_are_verified_with_the_public_key_of_the_official_suite() {
    let suite = table(SUITE);
    for case in suite["cases"].as_array().unwrap() {
        let (name, expected) = (text(case, "name"), &case["v4a"]);
        let signature = signed_by_headers(&suite, case, Scheme::SigV4a);
        verify(&suite, &signature, text(expected, "header-string-to-sign"), name);
        let signature = signed_by_query(&suite, case, Scheme::SigV4a);
        verify(&suite, &signature, text(expected, "query-string-to-sign"), name);
    }
}

#[test]
fn headers_are_those_that_botocore_adds() {
    let table = table(BOTOCORE);
    let cases = table["requests"].as_array().unwrap();
    assert!(cases.len() > 80);
    for case in cases {
        let mut request = request(case, text(case, "url"));
        let like_s3 = text(case, "kind") == "s3v4";
        let scope = Scope {
            scheme: Scheme::SigV4,
            name: text(case, "service"),
            region: text(case, "region"),
            encode_path_again: !like_s3,
            hash_in_header: like_s3,
            time: text(&table, "time").parse().unwrap(),
        };
        let body = request.body().clone();
        let credentials = credentials(&table, case);
        sign_request(&mut request, SignableBody::Bytes(&body), &credentials, &scope).unwrap();
        for (header, expected) in case["added"].as_object().unwrap() {
            let found =
                request.headers().get(header.as_str()).and_then(|value| value.to_str().ok());
            let (name, kind) = (text(case, "name"), text(case, "kind"));
            assert_eq!(found, expected.as_str(), "{kind} `{name}`: {header}");
        }
    }
}

fn endpoint(name: &str, auth_scheme: &str) -> Endpoint {
    Endpoint {
        url: "https://b.s3.amazonaws.com".into(),
        auth_scheme: auth_scheme.into(),
        signing_name: name.into(),
        signing_region: "us-east-1".into(),
        disable_double_encoding: false,
        headers: Vec::new(),
        properties: reeve_model::Value::object(),
    }
}

fn hash_sent(name: &str, body: SignableBody<'_>) -> Option<String> {
    let mut request = http::Request::put("https://b.s3.amazonaws.com/a%20b//c").body(()).unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let endpoint = endpoint(name, "sigv4");
    let time = "2015-08-30T12:36:00Z".parse().unwrap();
    let scope = Scope::of(&endpoint, Scheme::SigV4, None, time);
    sign_request(&mut request, body, &credentials, &scope).unwrap();
    let hash = request.headers().get("x-amz-content-sha256");
    hash.map(|hash| hash.to_str().unwrap().to_owned())
}

#[test]
fn s3_is_sent_the_hash_of_the_body_and_others_only_that_there_is_none() {
    let hash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    assert_eq!(hash_sent("s3", SignableBody::Bytes(b"body")).as_deref(), Some(hash));
    assert_eq!(hash_sent("ec2", SignableBody::Bytes(b"body")), None);
    for name in ["s3", "ec2"] {
        let unsigned = hash_sent(name, SignableBody::UnsignedPayload);
        assert_eq!(unsigned.as_deref(), Some("UNSIGNED-PAYLOAD"));
    }
}

#[test]
fn the_set_of_regions_may_be_configured_and_is_sent() {
    let endpoint = endpoint("s3", "sigv4a");
    let scheme = Scheme::named(&endpoint.auth_scheme).unwrap();
    let time = "2015-08-30T12:36:00Z".parse().unwrap();
    for (configured, expected) in [(None, "us-east-1"), (Some("eu-*"), "eu-*")] {
        let scope = Scope::of(&endpoint, scheme, configured, time);
        let mut request = http::Request::get("https://b.s3.amazonaws.com/").body(()).unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        sign_request(&mut request, SignableBody::empty(), &credentials, &scope).unwrap();
        assert_eq!(request.headers()["x-amz-region-set"], expected);
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with(
                "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/s3/aws4_request"
            )
        );
    }
}

#[test]
fn a_session_in_a_directory_bucket_has_a_token_header_of_its_own() {
    let endpoint = endpoint("s3express", "sigv4-s3express");
    let time = "2015-08-30T12:36:00Z".parse().unwrap();
    let scope = Scope::of(&endpoint, Scheme::S3Express, None, time);
    let mut request = http::Request::get("https://b.s3.amazonaws.com/k").body(()).unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
    sign_request(&mut request, SignableBody::empty(), &credentials, &scope).unwrap();
    assert_eq!(request.headers()["x-amz-s3session-token"], "token");
    assert!(!request.headers().contains_key("x-amz-security-token"));
}

#[test]
fn a_token_that_no_header_can_carry_is_an_error() {
    let endpoint = endpoint("s3", "sigv4");
    let scope = Scope::of(&endpoint, Scheme::SigV4, None, Timestamp::UNIX_EPOCH);
    let mut request = http::Request::get("https://b.s3.amazonaws.com/k").body(()).unwrap();
    let token = Some("line\nbreak".into());
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", token, None, "test");
    assert!(sign_request(&mut request, SignableBody::empty(), &credentials, &scope).is_err());
}
