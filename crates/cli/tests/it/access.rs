//! `reeve access`: what is printed is what is called, and nothing else is allowed.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use reeve_model::{catalog, permissions_for};
use reeve_twin::ServedCall;
use serde_json::Value;

use crate::harness::World;

/// Every type of which the simulated estate has resources that can be tagged, each wanting one more tag.
fn profile() -> String {
    let numbered = (1..).zip(reeve_inventory::definitions().iter());
    let blocks = numbered.map(|(number, definition)| {
        format!(
            r#""{}": {{ "All{number}": {{
                "Filter": {{ "Fn::NOT": {{ "Tag": {{ "Key": "no", "Value": "such" }} }} }},
                "Tags": [{{ "Key": "ams:rt:judged", "Value": "yes" }}]
            }} }}"#,
            definition.resource_type()
        )
    });
    format!("{{ {} }}", blocks.collect::<Vec<_>>().join(", "))
}

fn world(level: &str) -> World {
    let world = World::new();
    let estate = world.estate("");
    let estate = estate.replace("all: propose", &format!("all: {level}"));
    let (before, after) = estate.split_once("controllers:").unwrap();
    let (_, accounts) = after.split_once("accounts:").unwrap();
    world.write("estate.yaml", &format!("{before}accounts:{accounts}"));
    world.write("profiles/tags.json", &profile());
    world
}

/// The texts of a member that may be one or many.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn statements(policies: &Value) -> impl Iterator<Item = &Value> {
    let policies = policies.as_array().unwrap().iter();
    policies.flat_map(|policy| policy["document"]["Statement"].as_array().unwrap())
}

fn actions(policies: &Value) -> BTreeSet<&str> {
    statements(policies).flat_map(|statement| texts(&statement["Action"])).collect()
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            after.is_empty()
                || (0..=rest.len())
                    .any(|at| rest.get(at..).is_some_and(|rest| matches(after, rest)))
        }),
    }
}

/// Whether a policy allows an action in a Region, and on a resource if one is named.
fn allows(policies: &Value, action: &str, region: &str, arn: Option<&str>) -> bool {
    statements(policies).any(|statement| {
        let regions = texts(&statement["Condition"]["StringEquals"]["aws:RequestedRegion"]);
        texts(&statement["Action"]).contains(&action)
            && (regions.is_empty() || regions.contains(&region))
            && arn.is_none_or(|arn| {
                texts(&statement["Resource"]).into_iter().any(|pattern| matches(pattern, arn))
            })
    })
}

fn needed(call: &ServedCall) -> Vec<String> {
    let service = catalog().service(&call.service).unwrap();
    permissions_for(&service, service.operation(&call.operation).unwrap()).required
}

/// What was called and is not allowed.
fn denied(calls: &[ServedCall], access: &Value) -> BTreeSet<String> {
    let account = |id: &str| {
        access["accounts"].as_array().unwrap().iter().find(|account| account["account"] == id)
    };
    let mut denied = BTreeSet::new();
    for call in calls {
        let policies = match call.service.as_str() {
            "sts" => &access["entry"][0]["policies"],
            _ => &account(call.account.as_str()).unwrap()["policies"],
        };
        let region = call.region.as_str();
        let missing = needed(call).into_iter().filter(|it| !allows(policies, it, region, None));
        denied.extend(missing.map(|action| format!("{action} in {} {region}", call.account)));
    }
    denied
}

#[test]
fn whatever_is_called_at_a_level_is_allowed_by_its_policy() {
    for level in ["observe", "propose", "act"] {
        let world = world(level);
        let access = world.json("access policy");
        assert!(world.twin.calls().is_empty(), "asking what is allowed calls nothing");
        world.run("plan");
        if level == "propose" {
            assert_eq!(world.run("approve latest --yes").status, Some(0));
            assert_eq!(world.run("apply latest").status, Some(0));
        }
        if level != "observe" {
            assert_eq!(world.run("undo latest").status, Some(0));
        }
        let calls = world.twin.calls();
        assert_eq!(denied(&calls, &access), BTreeSet::new(), "{level}");

        let made: BTreeSet<String> =
            calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
        let listed = world.json("access calls");
        let listed = listed.as_array().unwrap().iter();
        // Nothing is listed that is not called, either. Whose credentials these are is asked only where no role is assumed.
        let listed: BTreeSet<String> = listed
            .filter(|call| level != "observe" || call["changes"] == false)
            .map(|call| {
                ["service", "operation"].map(|member| call[member].as_str().unwrap()).join(":")
            })
            .filter(|call| call != "sts:GetCallerIdentity")
            .collect();
        assert_eq!(made, listed, "{level}");
    }
}

#[test]
fn every_resource_that_may_be_changed_is_one_that_the_policy_names() {
    let world = world("act");
    let access = world.json("access policy");
    world.run("plan");
    let mut seen = 0;
    for resource in world.json("resources --limit 1000")["items"].as_array().unwrap() {
        let text = |member: &str| resource[member].as_str().unwrap();
        let of = reeve_types::ResourceType::new(text("type"));
        let definition = reeve_inventory::definitions().get(&of).unwrap();
        let account = access["accounts"].as_array().unwrap().iter();
        let policies =
            &account.clone().find(|one| one["account"] == text("account")).unwrap()["policies"];
        for call in definition.calls().into_iter().filter(|call| call.purpose.changes()) {
            let service = catalog().service(call.service).unwrap();
            let operation = service.operation(call.operation).unwrap();
            for action in permissions_for(&service, operation).required {
                let arn = text("arn");
                assert!(allows(policies, &action, text("region"), Some(arn)), "{action} on {arn}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn who_observes_may_change_nothing() {
    let world = world("observe");
    for account in world.json("access policy")["accounts"].as_array().unwrap() {
        assert_eq!(account["level"], "observe");
        for action in actions(&account["policies"]) {
            let (_, name) = action.split_once(':').unwrap();
            let reads = ["Describe", "List", "Get"].iter().any(|verb| name.starts_with(verb));
            assert!(reads, "{action}");
        }
    }
    let acting = world.json("access policy --level act");
    assert!(actions(&acting["accounts"][0]["policies"]).contains("ec2:CreateTags"));
}

#[test]
fn a_policy_says_what_each_statement_is_for() {
    let world = World::new();
    let principal = "arn:aws:iam::111122223333:user/reeve";
    let words = format!("access policy --account production --principal {principal}");
    assert_snapshot!(world.transcript(&[words.as_str(), "access calls"]), @r#"
    $ reeve access policy --account production --principal arn:aws:iam::111122223333:user/reeve
    account 444455556666 (production), to propose: arn:aws:iam::444455556666:role/reeve needs

      reeve-444455556666-propose, 482 of 6144 characters
        ObserveResources: list and describe the resources that are looked after
        ActOnApprovalTagDynamodb: change tags of AWS::DynamoDB::Table, as people approve it

    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ObserveResources",
          "Effect": "Allow",
          "Action": [
            "dynamodb:ListTables",
            "dynamodb:ListTagsOfResource"
          ],
          "Resource": "*",
          "Condition": {
            "StringEquals": {
              "aws:RequestedRegion": [
                "eu-west-1",
                "us-east-1"
              ]
            }
          }
        },
        {
          "Sid": "ActOnApprovalTagDynamodb",
          "Effect": "Allow",
          "Action": [
            "dynamodb:TagResource",
            "dynamodb:UntagResource"
          ],
          "Resource": "arn:aws:dynamodb:*:444455556666:table/*",
          "Condition": {
            "StringEquals": {
              "aws:RequestedRegion": [
                "eu-west-1",
                "us-east-1"
              ]
            }
          }
        }
      ]
    }

    account 444455556666 (production): the role's trust policy

      reeve-444455556666-trust, 222 of 2048 characters
        TrustReeve: let Reeve assume the role

    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "TrustReeve",
          "Effect": "Allow",
          "Principal": {
            "AWS": "arn:aws:iam::111122223333:user/reeve"
          },
          "Action": "sts:AssumeRole",
          "Condition": {
            "StringEquals": {
              "sts:ExternalId": "reeve-twin"
            }
          }
        }
      ]
    }

    the base credentials need

      reeve-base, 155 of 6144 characters
        EnterAccounts: assume the roles that lead into the accounts of the estate

    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "EnterAccounts",
          "Effect": "Allow",
          "Action": "sts:AssumeRole",
          "Resource": "arn:aws:iam::444455556666:role/reeve"
        }
      ]
    }


    $ reeve access calls
    CALL                         TO                                 PERMISSION                   RESOURCE TYPES
    sts:GetCallerIdentity        know whose credentials are used    none
    sts:AssumeRole               enter an account                   sts:AssumeRole
    dynamodb:ListTables          list resources, or find one again  dynamodb:ListTables          AWS::DynamoDB::Table
    dynamodb:ListTagsOfResource  learn more about resources         dynamodb:ListTagsOfResource  AWS::DynamoDB::Table
    dynamodb:TagResource         set tags                           dynamodb:TagResource         AWS::DynamoDB::Table
    dynamodb:UntagResource       remove tags                        dynamodb:UntagResource       AWS::DynamoDB::Table
    "#);
}

#[test]
fn documents_are_written_to_files_of_their_own() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["access policy --out policies --level observe"]), @r"
    $ reeve access policy --out policies --level observe
    policies/reeve-111122223333-observe.json
    policies/reeve-444455556666-observe.json
    policies/reeve-base.json
    ! note: whom the roles are to trust is not in the estate folder: `--principal ARN` names it
    ");
    let text = std::fs::read_to_string(world.path("../policies/reeve-base.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
}

#[test]
fn what_is_not_there_is_refused() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "access policy --account nobody",
        "access policy --level everything",
        "access policy --principal ana",
    ]), @r"
    $ reeve access policy --account nobody
    ! error: the estate has no account `nobody`
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve access policy --level everything
    ! error: invalid value 'everything' for '--level <LEVEL>': `everything` is not a level of authority: expected `observe`, `propose` or `act`
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve access policy --principal ana
    ! error: invalid value 'ana' for '--principal <ARN>': expected the ARN of a role or user, or an account id
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn each_role_on_the_way_may_assume_the_next_and_trusts_the_one_before() {
    let world = World::new();
    let hub = "arn:aws:iam::999900001111:role/hub";
    let estate = world.estate("").replace(
        "role: reeve\n",
        &format!("role: reeve\nthrough: [{{ role-arn: \"{hub}\", external-id: door }}]\n"),
    );
    let estate = estate.replace("aws:\n", "aws:\n  source-identity: true\n");
    world.write("estate.yaml", &estate);
    let access = world.json("access policy --principal 999900001111");
    let [base, through] = access["entry"].as_array().unwrap().as_slice() else {
        panic!("{access}")
    };
    let first = |policy: &Value| policy["document"]["Statement"][0].clone();
    assert_eq!(first(&base["policies"][0])["Resource"], hub);
    assert_eq!(actions(&base["policies"]), ["sts:AssumeRole", "sts:SetSourceIdentity"].into());
    assert_eq!(
        first(&through["policies"][0])["Resource"].as_array().unwrap().len(),
        access["accounts"].as_array().unwrap().len()
    );
    assert_eq!(
        first(&through["trust_policy"])["Principal"]["AWS"],
        "arn:aws:iam::999900001111:root"
    );
    let own = first(&access["accounts"][0]["trust_policy"]);
    assert_eq!(own["Principal"]["AWS"], hub);
    assert_eq!(own["Condition"]["StringEquals"]["sts:ExternalId"], "reeve-twin");
}
