//! Who calls: sessions, profiles, and what is said when there is nobody to call as.

use std::{io::Write, time::Duration};

use futures_util::future::join_all;
use reeve_aws::{
    AccountAccess, CallError, ChainOptions, ClientConfig, CredentialSource, Role, Target,
};
use reeve_model::Value;
use reeve_types::AccountId;
use tempfile::NamedTempFile;

use crate::harness::{
    ACCOUNT, Answer, Bench, Seen, bench_with, identity, instances, session, target_in,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/reeve";
const IN_AN_HOUR: &str = "2026-03-01T10:00:00Z";

pub(crate) fn with_role(config: &mut ClientConfig) {
    let role = Role { external_id: Some("shared-word".into()), ..Role::new(ROLE) };
    let access = AccountAccess { roles: vec![role], profile: None };
    config.accounts.insert(ACCOUNT.parse().unwrap(), access);
}

fn without_role(config: &mut ClientConfig) {
    config.accounts.insert(ACCOUNT.parse().unwrap(), AccountAccess::default());
}

async fn describe(bench: &Bench, target: &Target) -> Result<Value, CallError> {
    bench.client.call(target, "ec2", "DescribeInstances", Value::object()).await
}

fn assumptions(bench: &Bench) -> Vec<Seen> {
    let requests = bench.requests().into_iter();
    requests.filter(|request| request.operation() == "AssumeRole").collect()
}

#[tokio::test]
async fn an_account_is_entered_by_its_role_under_the_name_of_who_acts_and_why() {
    let bench = bench_with(with_role, |request, _| match request.operation().as_str() {
        "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
        _ => instances(&[], None),
    });
    let target = Target { reason: Some("plan_7".into()), ..target_in(ACCOUNT) };
    describe(&bench, &target).await.unwrap();
    let requests = bench.requests();
    assert_eq!(requests[0].url, "https://sts.us-east-1.amazonaws.com/");
    assert!(requests[0].authorization().contains("AKIDBASE/20260301/us-east-1/sts/"));
    assert_eq!(requests[0].parameter("RoleSessionName"), Some("reeve-ana-plan_7"));
    assert_eq!(requests[0].parameter("ExternalId"), Some("shared-word"));
    assert_eq!(requests[0].parameter("DurationSeconds"), Some("3600"));
    assert_eq!(requests[0].parameter("SourceIdentity"), None);
    assert!(requests[1].authorization().contains("ASIASESSION/20260301/eu-central-1/ec2/"));
    assert_eq!(requests[1].headers["x-amz-security-token"], "token-of-ASIASESSION");
}

#[tokio::test]
async fn a_source_identity_is_set_when_asked_for_and_sts_is_asked_at_home() {
    let bench = bench_with(
        |config| {
            with_role(config);
            config.sessions.source_identity = true;
            config.sessions.duration = Duration::from_mins(15);
            config.home_region = Some("eu-west-1".parse().unwrap());
        },
        |request, _| match request.operation().as_str() {
            "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
            _ => instances(&[], None),
        },
    );
    describe(&bench, &target_in(ACCOUNT)).await.unwrap();
    let request = &bench.requests()[0];
    assert_eq!(request.url, "https://sts.eu-west-1.amazonaws.com/");
    assert_eq!(request.parameter("SourceIdentity"), Some("ana"));
    assert_eq!(request.parameter("DurationSeconds"), Some("900"));
}

#[tokio::test]
async fn a_role_is_assumed_once_however_many_ask_at_the_same_time() {
    let bench = bench_with(with_role, |request, _| match request.operation().as_str() {
        "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
        _ => instances(&[], None),
    });
    let target = target_in(ACCOUNT);
    let outcomes = join_all((0..20).map(|_| describe(&bench, &target))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(assumptions(&bench).len(), 1);
}

#[tokio::test]
async fn a_session_is_renewed_before_it_expires() {
    let bench = bench_with(with_role, |request, before| match request.operation().as_str() {
        "AssumeRole" if before == 0 => session("ASIAFIRST", IN_AN_HOUR),
        "AssumeRole" => session("ASIASECOND", "2026-03-01T11:00:00Z"),
        _ => instances(&[], None),
    });
    for time in ["2026-03-01T09:00:00Z", "2026-03-01T09:44:00Z", "2026-03-01T09:46:00Z"] {
        bench.clock.set(time.parse().unwrap());
        describe(&bench, &target_in(ACCOUNT)).await.unwrap();
    }
    assert_eq!(assumptions(&bench).len(), 2);
    assert!(bench.requests().last().unwrap().authorization().contains("ASIASECOND"));
}

#[tokio::test]
async fn a_session_that_aws_says_has_expired_is_replaced_once() {
    let bench = bench_with(with_role, |request, before| match request.operation().as_str() {
        "AssumeRole" if before == 0 => session("ASIAFIRST", IN_AN_HOUR),
        "AssumeRole" => session("ASIASECOND", IN_AN_HOUR),
        _ if request.authorization().contains("ASIAFIRST") => {
            Answer::ec2_error(400, "ExpiredToken", "The security token included is expired")
        }
        _ => instances(&[], None),
    });
    let target = target_in(ACCOUNT);
    let outcomes = join_all((0..10).map(|_| describe(&bench, &target))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(assumptions(&bench).len(), 2);
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named_with_the_permission_to_do_so() {
    let bench = bench_with(with_role, |_, _| {
        Answer::query_error(
            403,
            "AccessDenied",
            "User: arn:aws:iam::999988887777:user/reeve is not authorized to perform: sts:AssumeRole on \
             resource: arn:aws:iam::111122223333:role/reeve",
        )
    });
    let error = describe(&bench, &target_in(ACCOUNT)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no credentials for `ec2:DescribeInstances` in account 111122223333, Region eu-central-1: tried role \
         `arn:aws:iam::111122223333:role/reeve` (it cannot be assumed)"
    );
    assert_eq!(error.missing_permission(), Some("sts:AssumeRole"));
    assert!(error.hint().unwrap().contains("trust policy"));
    assert!(error.to_unknown().message.contains("is not authorized to perform: sts:AssumeRole"));
}

#[tokio::test]
async fn base_credentials_are_used_only_in_the_account_they_are_of() {
    for (owner, right) in [(ACCOUNT, true), ("999988887777", false)] {
        let bench =
            bench_with(without_role, move |request, _| match request.operation().as_str() {
                "GetCallerIdentity" => identity(owner),
                _ => instances(&[], None),
            });
        let outcomes = [
            describe(&bench, &target_in(ACCOUNT)).await,
            describe(&bench, &target_in(ACCOUNT)).await,
        ];
        let instances_seen =
            bench.requests().iter().filter(|seen| seen.operation() == "DescribeInstances").count();
        assert_eq!(outcomes.iter().all(Result::is_ok), right);
        assert_eq!(instances_seen, if right { 2 } else { 0 });
        if right {
            assert_eq!(bench.requests().len(), 3, "found out once");
        } else {
            let message = outcomes[0].as_ref().unwrap_err().to_string();
            assert!(message.contains("they are of account 999988887777"), "{message}");
        }
    }
}

#[tokio::test]
async fn an_account_that_the_estate_does_not_have_is_not_called() {
    let bench = bench_with(with_role, |_, _| instances(&[], None));
    let error = describe(&bench, &target_in("999988887777")).await.unwrap_err();
    assert!(error.to_string().contains("account 999988887777"), "{error}");
    assert!(error.to_string().ends_with("tried the estate (it has no such account)"), "{error}");
    assert_eq!(bench.requests().len(), 0);
}

pub(crate) fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn chain(profile: &str, config: &NamedTempFile, credentials: &NamedTempFile) -> CredentialSource {
    CredentialSource::Chain(ChainOptions {
        profile: Some(profile.into()),
        config_file: Some(config.path().into()),
        credentials_file: Some(credentials.path().into()),
    })
}

#[tokio::test]
async fn a_profile_is_read_from_the_shared_files() {
    let keys = file("[prod]\naws_access_key_id = AKIDPROD\naws_secret_access_key = secret\n");
    let settings = file("[profile prod]\nregion = eu-west-1\n");
    let source = chain("prod", &settings, &keys);
    let bench = bench_with(|config| config.credentials = source, |_, _| instances(&[], None));
    describe(&bench, &crate::harness::target()).await.unwrap();
    assert!(bench.requests()[0].authorization().contains("AKIDPROD/"));
}

#[tokio::test]
async fn an_account_may_have_a_profile_of_its_own() {
    let keys = file("[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = secret\n");
    let settings = file("");
    let source = chain("prod", &settings, &keys);
    let account: AccountId = ACCOUNT.parse().unwrap();
    let access = AccountAccess { profile: Some("other".into()), ..AccountAccess::default() };
    let bench = bench_with(
        |config| {
            config.credentials = source;
            config.accounts.insert(account, access);
        },
        |request, _| match request.operation().as_str() {
            "GetCallerIdentity" => identity(ACCOUNT),
            _ => instances(&[], None),
        },
    );
    describe(&bench, &target_in(ACCOUNT)).await.unwrap();
    let keys_used = bench.requests();
    assert!(keys_used.iter().all(|request| request.authorization().contains("AKIDOTHER/")));
}

#[tokio::test]
async fn no_credentials_at_all_says_what_was_tried_and_what_to_do() {
    let (keys, settings) = (file(""), file(""));
    let source = chain("nobody", &settings, &keys);
    let bench = bench_with(
        |config| {
            with_role(config);
            config.credentials = source;
        },
        |_, _| instances(&[], None),
    );
    let error = describe(&bench, &target_in(ACCOUNT)).await.unwrap_err();
    let CallError::NoCredentials(detail) = &error else { panic!("{error:?}") };
    assert_eq!(detail.site.account.as_ref().unwrap().as_str(), ACCOUNT);
    assert_eq!(detail.tried.len(), 1);
    assert_eq!(detail.tried[0].source, "profile `nobody`");
    assert!(detail.tried[0].outcome.contains("not in the shared files"), "{error}");
    assert!(error.hint().unwrap().contains("aws sso login"));
    assert!(!error.is_retryable());
    assert_eq!(bench.requests().len(), 0, "nothing was asked of AWS");
}

#[tokio::test]
async fn nobody_acts_under_the_source_identity_of_another_whose_session_is_called_the_same() {
    let bench = bench_with(
        |config| {
            config.sessions.source_identity = true;
            with_role(config);
        },
        |request, _| match request.operation().as_str() {
            "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
            _ => instances(&[], None),
        },
    );
    let department = "the-department-of-long-names-and-great-powers";
    for actor in ["ana", "bob"] {
        let target = Target {
            actor: format!("person:{department}.{actor}"),
            reason: Some("plan_0123456789abcdefghjkmnpqrs".into()),
            ..target_in(ACCOUNT)
        };
        describe(&bench, &target).await.unwrap();
    }
    let seen = assumptions(&bench);
    let names: Vec<_> = seen.iter().map(|it| it.parameter("SourceIdentity").unwrap()).collect();
    assert_eq!(names, [format!("{department}.ana"), format!("{department}.bob")]);
}

#[tokio::test]
async fn roles_are_assumed_at_the_rate_of_the_account_that_assumes_them() {
    let bench = bench_with(with_role, |request, _| match request.operation().as_str() {
        "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
        _ => instances(&[], None),
    });
    describe(&bench, &target_in(ACCOUNT)).await.unwrap();
    let places = bench.client.places();
    let places: Vec<_> = places
        .iter()
        .map(|it| (it.account.as_ref().map(AccountId::as_str), it.service.as_str()))
        .collect();
    assert_eq!(places, [(None, "sts"), (Some(ACCOUNT), "ec2")]);
}

#[tokio::test]
async fn a_further_role_is_assumed_as_the_accounts_own_and_its_session_is_kept() {
    const FURTHER: &str = "arn:aws:iam::111122223333:role/Operator";
    const ENCODED: &str = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FOperator";
    let bench = bench_with(with_role, |request, _| match request.operation().as_str() {
        "AssumeRole" if request.parameter("RoleArn") == Some(ENCODED) => {
            session("ASIAFURTHER", IN_AN_HOUR)
        }
        "AssumeRole" => session("ASIASESSION", IN_AN_HOUR),
        _ => instances(&[], None),
    });
    let target = Target { role: Some(FURTHER.into()), ..target_in(ACCOUNT) };
    for _ in 0..2 {
        describe(&bench, &target).await.unwrap();
    }
    describe(&bench, &target_in(ACCOUNT)).await.unwrap();
    let seen = assumptions(&bench);
    assert_eq!(seen.len(), 2);
    assert!(seen[1].authorization().contains("ASIASESSION/20260301/us-east-1/sts/"));
    assert_eq!(seen[1].parameter("RoleArn"), Some(ENCODED));
    assert_eq!(seen[1].parameter("ExternalId"), None);
    // What is assumed with a session lasts an hour at most.
    assert_eq!(seen[1].parameter("DurationSeconds"), Some("3600"));
    let calls: Vec<_> =
        bench.requests().into_iter().filter(|it| it.operation() != "AssumeRole").collect();
    let keys: Vec<&str> = calls.iter().map(|call| key_of(call.authorization())).collect();
    assert_eq!(keys, ["ASIAFURTHER", "ASIAFURTHER", "ASIASESSION"]);
}

/// The access key that a request was signed with.
fn key_of(authorization: &str) -> &str {
    let key = authorization.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
    key.unwrap_or_default()
}
