//! Runbooks that name the role that they run as.

use reeve_app::{
    App, Error,
    executions::{StartRequest, UndoRequest},
};
use reeve_store::{LedgerFilter, Limit};
use reeve_twin::Role;
use serde_json::json;

use crate::{
    die::live_long,
    executions::{ana, carry_out, latest, named, summaries},
    world::{BANK, SHOP, World, assert_ledger_is_intact},
};

const RUNBOOK: &str = "schemaVersion: '0.3'
assumeRole: '{{ Role }}'
parameters: {Role: {type: String, default: ''}}
mainSteps:
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeVolumes}}
- {name: make, action: 'aws:executeAwsApi', inputs: {Service: secretsmanager, Api: CreateSecret, Name: a, SecretString: b}}
";

/// A world in which whoever is in these accounts may assume the role `operator` of the shop.
fn world(trusted: &[&str]) -> World {
    let world = World::new("");
    world.twin.add_role(Role {
        account: SHOP.parse().unwrap(),
        name: "operator".to_owned(),
        trusted: trusted.iter().map(|account| account.parse().unwrap()).collect(),
        external_id: None,
        max_session_seconds: 3600,
    });
    world
}

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

async fn start(app: &App, text: &str, role: &str) -> Result<(), Error> {
    let parameters = json!({ "Role": role });
    let request = StartRequest {
        runbook: named(text),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: parameters.as_object().unwrap().clone(),
        reason: String::new(),
    };
    app.start_execution(&ana(), &request).await.map(|_| ())
}

/// The roles that calls other than of STS were made as.
fn callers(world: &World) -> Vec<String> {
    let calls = world.twin.calls().into_iter().filter(|call| call.service != "sts");
    calls.map(|call| call.caller.split('/').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn its_calls_are_made_as_the_role_that_it_names_and_the_ledger_says_so() {
    let world = world(&[SHOP]);
    let operator = role(SHOP, "operator");
    live_long(&world, async |app| {
        start(app, RUNBOOK, &operator).await.unwrap();
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        assert_eq!(detail.role.as_deref(), Some(operator.as_str()));
        assert_ledger_is_intact(app).await;
        let ledger =
            app.store.ledger(&LedgerFilter::default(), None, Limit::default()).await.unwrap();
        let started = ledger.items.iter().find(|entry| entry.kind() == "execution.started");
        let summary = started.unwrap().event.summary();
        assert!(summary.ends_with(&format!("was started as `{operator}`")), "{summary}");
    });
    assert_eq!(callers(&world), ["operator", "operator"]);
    let assumed: Vec<String> = world
        .twin
        .calls()
        .into_iter()
        .filter(|call| call.operation == "AssumeRole")
        .map(|call| call.caller.split(':').nth(5).unwrap().to_owned())
        .collect();
    assert!(assumed[0].starts_with("user/reeve"), "{assumed:?}");
    assert!(assumed[1].starts_with("assumed-role/reeve/"), "{assumed:?}");
    assert_eq!(assumed.len(), 2, "the session is kept");
}

#[test]
fn without_a_role_and_with_the_accounts_own_nothing_more_is_assumed() {
    let world = world(&[SHOP]);
    live_long(&world, async |app| {
        for name in [String::new(), role(SHOP, "reeve")] {
            start(app, RUNBOOK, &name).await.unwrap();
            carry_out(app).await;
            assert_eq!(latest(app).await.role, None);
        }
    });
    assert!(callers(&world).iter().all(|caller| caller == "reeve"));
}

#[test]
fn a_role_that_cannot_be_assumed_is_refused_at_the_start_with_what_it_has_to_trust() {
    let world = world(&[BANK]);
    live_long(&world, async |app| {
        let refused = start(app, RUNBOOK, &role(SHOP, "operator")).await.unwrap_err();
        assert_eq!(refused.code, "RV1015");
        let hint = refused.hint.unwrap();
        assert!(refused.message.contains("sts:AssumeRole"), "{}", refused.message);
        let principal = format!(r#""Principal":{{"AWS":"{}"}}"#, role(SHOP, "reeve"));
        assert!(hint.contains(&principal), "{hint}");
        assert!(app.execution_detail("latest").await.is_err(), "nothing was begun");
    });
}

#[test]
fn what_cannot_be_the_role_of_an_execution_is_refused_before_anybody_is_asked() {
    let stored = RUNBOOK.replace("default: ''", "default: '{{ ssm:role }}'");
    let cases = [
        (RUNBOOK, role(BANK, "operator"), "a role of account 444455556666"),
        (RUNBOOK, "operator".to_owned(), "is no ARN of a role"),
        (RUNBOOK, format!("arn:aws:iam::{SHOP}:user/operator"), "is no ARN of a role"),
    ];
    let world = world(&[SHOP]);
    live_long(&world, async |app| {
        for (text, role, expected) in cases {
            let refused = start(app, text, &role).await.unwrap_err();
            assert!(refused.message.contains(expected), "{}", refused.message);
        }
        let request = StartRequest {
            runbook: named(&stored),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: serde_json::Map::new(),
            reason: String::new(),
        };
        let refused = app.start_execution(&ana(), &request).await.unwrap_err();
        assert!(refused.message.contains("not known before the first step"), "{}", refused.message);
    });
    assert!(world.twin.calls().is_empty());
}

#[test]
fn a_dry_run_looks_as_the_role_and_says_so() {
    let world = world(&[SHOP]);
    let operator = role(SHOP, "operator");
    live_long(&world, async |app| {
        let parameters = json!({ "Role": operator });
        let request = StartRequest {
            runbook: named(RUNBOOK),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: parameters.as_object().unwrap().clone(),
            reason: String::new(),
        };
        let view = app.dry_run(&ana(), &request).await.unwrap();
        assert_eq!(view.role.as_deref(), Some(operator.as_str()));
    });
    assert_eq!(callers(&world), ["operator"]);
}

#[test]
fn the_policy_of_a_runbook_says_what_the_accounts_own_role_needs_to_enter() {
    for (text, resource, reason) in [
        (RUNBOOK.to_owned(), "arn:aws:iam::*:role/*", "if `{{ Role }}` is a role"),
        (RUNBOOK.replace("'{{ Role }}'", "arn:aws:iam::111122223333:role/x"), "role/x", "before"),
    ] {
        let view = reeve_app::executions::runbook_policy(
            &named(&text),
            "us-east-1".parse::<reeve_types::Region>().unwrap().partition(),
        )
        .unwrap();
        let entry = serde_json::to_string(&view.entry).unwrap();
        assert!(entry.contains("sts:AssumeRole") && entry.contains(resource), "{entry}");
        assert!(view.entry[0].statements[0].purpose.contains(reason), "{entry}");
        let own = serde_json::to_string(&view.policies).unwrap();
        assert!(!own.contains("sts:AssumeRole"), "{own}");
    }
}

#[test]
fn a_script_has_the_credentials_of_the_role() {
    let text = "schemaVersion: '0.3'
assumeRole: '{{ Role }}'
parameters: {Role: {type: String, default: ''}}
mainSteps:
- name: who
  action: aws:executeScript
  inputs: {Runtime: python3.11, Handler: go, Script: \"import os\\ndef go(events, context): return os.environ['AWS_ACCESS_KEY_ID']\"}
  outputs: [{Name: Key, Selector: $.Payload, Type: String}]
outputs: [who.Key]
";
    let world = world(&[SHOP]);
    live_long(&world, async |app| {
        for name in [String::new(), role(SHOP, "operator")] {
            start(app, text, &name).await.unwrap();
            carry_out(app).await;
            let detail = latest(app).await;
            let target = reeve_aws::Target {
                account: Some(SHOP.parse().unwrap()),
                region: "eu-west-1".parse().unwrap(),
                actor: "person:ana".to_owned(),
                reason: Some(detail.execution.id.clone()),
                role: Some(name).filter(|name| !name.is_empty()),
            };
            // The session that calls of the execution are made with is kept, and is this one.
            let session = app.client.session_credentials(&target).await.unwrap();
            assert_eq!(detail.outputs["who.Key"], session.id, "{:#?}", summaries(&detail));
        }
    });
}

#[test]
fn what_a_runbook_did_as_a_role_is_taken_back_as_that_role() {
    const QUEUE: &str = "schemaVersion: '0.3'
assumeRole: '{{ Role }}'
parameters: {Role: {type: String, default: ''}}
mainSteps:
- {name: make, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: CreateQueue, QueueName: made}}
";
    let world = world(&[SHOP]);
    live_long(&world, async |app| {
        start(app, QUEUE, &role(SHOP, "operator")).await.unwrap();
        carry_out(app).await;
        let id = latest(app).await.execution.id;
        app.undo_execution(&ana(), &id, &UndoRequest::default()).await.unwrap();
        carry_out(app).await;
        let undone = latest(app).await;
        assert_eq!(undone.execution.status, "Success", "{:#?}", summaries(&undone));
        assert_eq!(undone.role.as_deref(), Some(role(SHOP, "operator").as_str()));
    });
    assert!(callers(&world).iter().all(|caller| caller == "operator"), "{:?}", callers(&world));
    assert!(world.twin.calls().iter().any(|call| call.operation == "DeleteQueue"));
}
