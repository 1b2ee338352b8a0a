//! How requests are made believed other than by a signature for one Region: several Regions, buckets' sessions, tokens;
//! and where they go when the account has an address of its own.

use futures_util::future::join_all;
use reeve_aws::{ChainOptions, CredentialSource, Secret};
use reeve_model::Value;
use serde_json::json;

use crate::{
    credentials::{file, with_role},
    harness::{ACCOUNT, Answer, Bench, bench, bench_with, session, target, target_in},
};

const MODE: &str = "AWS::Auth::AccountIdEndpointMode";
const BUCKET: &str = "carts--euc1-az1--x-s3";

async fn call(
    bench: &Bench,
    call: (&str, &str),
    input: serde_json::Value,
) -> Result<Value, reeve_aws::CallError> {
    let input = bench.client.read_input(&target(), call, &input).unwrap();
    bench.call(call.0, call.1, input).await
}

#[tokio::test]
async fn an_event_for_several_regions_is_signed_for_all_of_them() {
    let bench = bench(|_, _| Answer::ok(r#"{"FailedEntryCount":0,"Entries":[]}"#));
    let input = json!({"EndpointId": "abc.456def", "Entries": []});
    call(&bench, ("events", "PutEvents"), input).await.unwrap();
    let request = &bench.requests()[0];
    assert_eq!(request.url, "https://abc.456def.endpoint.events.amazonaws.com/");
    assert_eq!(request.headers["x-amz-region-set"], "*");
    let expected = "AWS4-ECDSA-P256-SHA256 Credential=AKIDBASE/20260301/events/aws4_request";
    assert!(request.authorization().starts_with(expected), "{}", request.authorization());
}

fn bucket_session(key_id: &str, expires: &str) -> Answer {
    Answer::ok(format!(
        "<CreateSessionResult><Credentials><AccessKeyId>{key_id}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>of-{key_id}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials></CreateSessionResult>"
    ))
}

#[tokio::test]
async fn a_directory_bucket_is_called_in_one_session_until_it_nears_its_end() {
    let bench = bench(|request, before| match request.url.contains("?session") {
        true if before == 0 => bucket_session("FIRST", "2026-03-01T09:05:00Z"),
        true => bucket_session("SECOND", "2026-03-01T09:10:00Z"),
        false => Answer::ok("<ListBucketResult/>"),
    });
    let list = || call(&bench, ("s3", "ListObjectsV2"), json!({"Bucket": BUCKET}));
    let outcomes = join_all((0..20).map(|_| list())).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let requests = bench.requests();
    assert_eq!(requests.len(), 21, "one session for all");
    let host = "https://carts--euc1-az1--x-s3.s3express-euc1-az1.eu-central-1.amazonaws.com/";
    assert!(requests[0].url.starts_with(host), "{}", requests[0].url);
    let signed_for = "Credential=AKIDBASE/20260301/eu-central-1/s3express/";
    assert!(requests[0].authorization().contains(signed_for), "{}", requests[0].authorization());
    assert!(requests[1].authorization().contains("Credential=FIRST/"));
    assert_eq!(requests[1].headers["x-amz-s3session-token"], "of-FIRST");
    bench.clock.set("2026-03-01T09:04:30Z".parse().unwrap());
    list().await.unwrap();
    assert!(bench.requests()[22].authorization().contains("Credential=SECOND/"));
}

#[tokio::test]
async fn a_directory_bucket_without_sessions_is_called_with_plain_signatures() {
    let bench = bench_with(
        |config| {
            let name = "DisableS3ExpressSessionAuth".to_owned();
            config.endpoint_settings.insert(name, true.into());
        },
        |_, _| Answer::ok("<ListBucketResult/>"),
    );
    call(&bench, ("s3", "ListObjectsV2"), json!({"Bucket": BUCKET})).await.unwrap();
    assert_eq!(bench.requests().len(), 1);
    assert!(bench.requests()[0].authorization().contains("Credential=AKIDBASE/"));
}

#[tokio::test]
async fn a_configured_token_is_sent_instead_of_a_signature() {
    let converse = json!({"modelId": "m", "messages": []});
    for (token, expected) in [(Some("key-1"), "Bearer key-1"), (None, "AWS4-HMAC-SHA256 ")] {
        let bench = bench_with(
            |config| {
                let token = token.map(|token| ("bedrock".to_owned(), Secret::new(token)));
                config.bearer_tokens.extend(token);
            },
            |_, _| Answer::ok("{}"),
        );
        // The answer lacks what it has to have; only the request matters here.
        let _outcome = call(&bench, ("bedrock-runtime", "Converse"), converse.clone()).await;
        let authorization = bench.requests()[0].authorization().to_owned();
        assert!(authorization.starts_with(expected), "{authorization}");
    }
}

#[tokio::test]
async fn a_service_that_takes_nothing_but_tokens_says_what_is_missing() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    let error = call(&bench, ("codecatalyst", "ListSpaces"), json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`codecatalyst:ListSpaces` in Region eu-central-1 was not made: it takes a bearer token: \
         `AWS_BEARER_TOKEN_CODECATALYST` is not set, and fixed keys have no profile with a sign-in"
    );

    let settings =
        file("[profile work]\nsso_session = corp\n[profile plain]\nregion = eu-west-1\n");
    let keys = file("");
    for (profile, expected) in [
        ("plain", "the profile `plain` names no `sso_session` to sign in to"),
        ("work", "the shared files have no `sso_region` for the session `corp`"),
    ] {
        let chain = ChainOptions {
            profile: Some(profile.into()),
            config_file: Some(settings.path().into()),
            credentials_file: Some(keys.path().into()),
        };
        let bench = bench_with(
            |config| config.credentials = CredentialSource::Chain(chain),
            |_, _| panic!("nothing is to be called"),
        );
        let error = call(&bench, ("codecatalyst", "ListSpaces"), json!({})).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

#[tokio::test]
async fn an_account_is_called_at_its_own_address_where_it_has_one() {
    for (mode, endpoint, expected) in [
        (None, None, "https://111122223333.ddb.eu-central-1.amazonaws.com/"),
        (Some("disabled"), None, "https://dynamodb.eu-central-1.amazonaws.com/"),
        (None, Some("http://localhost:8000"), "http://localhost:8000/"),
    ] {
        let bench = bench_with(
            |config| {
                with_role(config);
                let setting = |mode: &str| (MODE.to_owned(), Value::from(mode));
                config.endpoint_settings.extend(mode.map(setting));
                endpoint.inspect(|url| config.endpoints.set("dynamodb", *url));
            },
            |request, _| match request.operation().as_str() {
                "AssumeRole" => session("ASIASESSION", "2026-03-01T10:00:00Z"),
                _ => Answer::ok(r#"{"TableNames":[]}"#),
            },
        );
        let target = target_in(ACCOUNT);
        bench.client.call(&target, "dynamodb", "ListTables", Value::object()).await.unwrap();
        assert_eq!(bench.requests().last().unwrap().url, expected);
    }
}

#[tokio::test]
async fn an_account_that_is_not_known_has_the_usual_address_unless_one_is_required() {
    let bench = bench(|_, _| Answer::ok(r#"{"TableNames":[]}"#));
    call(&bench, ("dynamodb", "ListTables"), json!({})).await.unwrap();
    assert_eq!(bench.requests()[0].url, "https://dynamodb.eu-central-1.amazonaws.com/");
    let bench = bench_with(
        |config| {
            config.endpoint_settings.insert(MODE.to_owned(), "required".into());
        },
        |_, _| panic!("nothing is to be called"),
    );
    let error = call(&bench, ("dynamodb", "ListTables"), json!({})).await.unwrap_err();
    assert!(error.to_string().contains("AccountId"), "{error}");
}
