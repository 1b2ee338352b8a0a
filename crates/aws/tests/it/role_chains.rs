//! Accounts that are entered through other roles, and sessions that near their end while many call.

use std::time::Duration;

use futures_util::future::join_all;
use reeve_aws::{AccountAccess, ClientConfig, Role};
use reeve_model::Value;

use crate::harness::{ACCOUNT, Answer, Bench, Seen, bench_with, instances, session, target_in};

const HUB: &str = "arn:aws:iam::999988887777:role/hub";
const IN_AN_HOUR: &str = "2026-03-01T10:00:00Z";

fn role_in(account: &str) -> Role {
    Role {
        external_id: Some(format!("word-of-{account}")),
        ..Role::new(format!("arn:aws:iam::{account}:role/reeve"))
    }
}

fn through(config: &mut ClientConfig, hub: Role, account: &str) {
    let access = AccountAccess { roles: vec![hub, role_in(account)], profile: None };
    config.accounts.insert(account.parse().unwrap(), access);
}

/// Gives each role a session whose key is named after the role's account.
fn answer(request: &Seen) -> Answer {
    match request.parameter("RoleArn") {
        Some(arn) => session(&format!("ASIA{}", arn.split("%3A").nth(4).unwrap()), IN_AN_HOUR),
        None => instances(&[], None),
    }
}

async fn describe(bench: &Bench, account: &str) -> Result<Value, reeve_aws::CallError> {
    bench.client.call(&target_in(account), "ec2", "DescribeInstances", Value::object()).await
}

fn assumptions(bench: &Bench) -> Vec<Seen> {
    let requests = bench.requests().into_iter();
    requests.filter(|request| request.operation() == "AssumeRole").collect()
}

#[tokio::test]
async fn each_role_is_assumed_with_the_session_of_the_one_before() {
    let bench = bench_with(
        |config| {
            config.sessions.duration = Duration::from_hours(2);
            config.sessions.source_identity = true;
            through(config, Role::new(HUB), ACCOUNT);
        },
        |request, _| answer(request),
    );
    describe(&bench, ACCOUNT).await.unwrap();
    let seen = bench.requests();
    assert_eq!(seen.len(), 3);
    for (request, key) in seen.iter().zip(["AKIDBASE", "ASIA999988887777", "ASIA111122223333"]) {
        let signed_by = format!("Credential={key}/");
        assert!(request.authorization().contains(&signed_by), "{}", request.authorization());
    }
    let said = |name| [&seen[0], &seen[1]].map(|request| request.parameter(name));
    assert_eq!(said("RoleSessionName"), [Some("reeve-ana"), Some("reeve-ana")]);
    assert_eq!(said("ExternalId"), [None, Some("word-of-111122223333")]);
    assert_eq!(said("SourceIdentity"), [Some("ana"), None], "the second role keeps it");
    assert_eq!(said("DurationSeconds"), [Some("7200"), Some("3600")], "no chain lasts longer");
}

#[tokio::test]
async fn a_role_may_have_a_name_an_identity_a_duration_and_tags_of_its_own() {
    let hub = Role {
        session_name: Some("reeve".into()),
        source_identity: Some(false),
        duration: Some(Duration::from_mins(15)),
        tags: [("Team".to_owned(), "ops".to_owned())].into(),
        ..Role::new(HUB)
    };
    let bench = bench_with(
        |config| {
            config.sessions.source_identity = true;
            through(config, hub, ACCOUNT);
        },
        |request, _| answer(request),
    );
    describe(&bench, ACCOUNT).await.unwrap();
    let seen = bench.requests();
    let said = |name| [&seen[0], &seen[1]].map(|request| request.parameter(name));
    assert_eq!(said("RoleSessionName"), [Some("reeve"), Some("reeve-ana")]);
    assert_eq!(said("SourceIdentity"), [None, Some("ana")]);
    assert_eq!(said("DurationSeconds"), [Some("900"), Some("3600")]);
    assert_eq!(said("Tags.member.1.Key"), [Some("Team"), None]);
    assert_eq!(said("Tags.member.1.Value"), [Some("ops"), None]);
}

#[tokio::test]
async fn what_leads_to_many_accounts_is_assumed_once() {
    let accounts: Vec<String> = (0..50).map(|number| format!("1111222233{number:02}")).collect();
    let bench = bench_with(
        |config| accounts.iter().for_each(|account| through(config, Role::new(HUB), account)),
        |request, _| answer(request),
    );
    let outcomes = join_all(accounts.iter().map(|account| describe(&bench, account))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(assumptions(&bench).len(), 51);
    assert_eq!(bench.requests().len(), 101);
}

#[tokio::test]
async fn the_role_on_the_way_that_cannot_be_assumed_is_named() {
    let bench = bench_with(
        |config| through(config, Role::new(HUB), ACCOUNT),
        |_, _| {
            Answer::query_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
        },
    );
    let error = describe(&bench, ACCOUNT).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no credentials for `ec2:DescribeInstances` in account 111122223333, Region eu-central-1: tried role \
         `arn:aws:iam::999988887777:role/hub` (it cannot be assumed)"
    );
    assert_eq!(error.missing_permission(), Some("sts:AssumeRole"));
    assert_eq!(bench.requests().len(), 1);
}

#[tokio::test]
async fn a_session_on_the_way_that_has_ended_is_replaced() {
    let bench = bench_with(
        |config| through(config, Role::new(HUB), ACCOUNT),
        |request, before| match request.parameter("RoleArn") {
            Some(arn) if arn.contains("999988887777") && before == 0 => {
                session("ASIAOLD", IN_AN_HOUR)
            }
            Some(_) if request.authorization().contains("ASIAOLD") => {
                Answer::query_error(403, "ExpiredToken", "the token is expired")
            }
            _ => answer(request),
        },
    );
    describe(&bench, ACCOUNT).await.unwrap();
    assert_eq!(assumptions(&bench).len(), 4, "{:?}", bench.requests());
}

#[tokio::test]
async fn a_hundred_calls_near_the_end_of_a_session_assume_the_role_once() {
    for now in ["2026-03-01T09:46:00Z", "2026-03-01T09:51:00Z", "2026-03-01T10:00:01Z"] {
        let bench = bench_with(
            |config| {
                let access = AccountAccess { roles: vec![role_in(ACCOUNT)], profile: None };
                config.accounts.insert(ACCOUNT.parse().unwrap(), access);
            },
            |request, before| match request.operation().as_str() {
                "AssumeRole" if before == 0 => session("ASIAFIRST", IN_AN_HOUR),
                "AssumeRole" => session("ASIASECOND", "2026-03-01T11:00:00Z"),
                _ => instances(&[], None),
            },
        );
        describe(&bench, ACCOUNT).await.unwrap();
        bench.clock.set(now.parse().unwrap());
        let outcomes = join_all((0..100).map(|_| describe(&bench, ACCOUNT))).await;
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(assumptions(&bench).len(), 2, "{now}");
        describe(&bench, ACCOUNT).await.unwrap();
        assert!(bench.requests().last().unwrap().authorization().contains("ASIASECOND"), "{now}");
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_serves_to_its_end() {
    let bench = bench_with(
        |config| {
            let access = AccountAccess { roles: vec![role_in(ACCOUNT)], profile: None };
            config.accounts.insert(ACCOUNT.parse().unwrap(), access);
        },
        |request, before| match request.operation().as_str() {
            "AssumeRole" if before == 0 => session("ASIAFIRST", IN_AN_HOUR),
            "AssumeRole" => Answer::query_error(403, "AccessDenied", "not any more"),
            _ => instances(&[], None),
        },
    );
    for (now, right) in [
        ("2026-03-01T09:00:00Z", true),
        ("2026-03-01T09:46:00Z", true),
        ("2026-03-01T09:55:00Z", true),
        ("2026-03-01T10:00:00Z", false),
    ] {
        bench.clock.set(now.parse().unwrap());
        assert_eq!(describe(&bench, ACCOUNT).await.is_ok(), right, "{now}");
    }
}

#[test]
fn a_chain_that_does_not_end_in_the_account_is_refused() {
    for (last, right) in [(role_in(ACCOUNT), true), (Role::new(HUB), false)] {
        let access = AccountAccess { roles: vec![Role::new(HUB), last], profile: None };
        let accounts = [(ACCOUNT.parse().unwrap(), access)].into();
        let config = ClientConfig { accounts, ..ClientConfig::default() };
        let client = reeve_aws::Client::with_transport(
            config,
            reeve_time::Clock::manual("2026-03-01T09:00:00Z".parse().unwrap()),
            reeve_aws::Transport::function(|_| async { unreachable!() }),
        );
        assert_eq!(client.is_ok(), right);
    }
}
