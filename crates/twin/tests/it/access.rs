//! Who may call, and whom they may become.

use jiff::SignedDuration;
use reeve_twin::Twin;
use serde_json::{Value, json};

use crate::world::{ACCOUNT, MEMBER, Session, World, request, wire_response};

const ROLE: &str = "arn:aws:iam::444455556666:role/reeve";

fn assume(world: &World, changes: Value) -> Result<Session, String> {
    let mut input = json!({"RoleArn": ROLE, "RoleSessionName": "plan-7", "ExternalId": "agreed"});
    for (member, value) in changes.as_object().unwrap() {
        if value.is_null() {
            input.as_object_mut().unwrap().remove(member);
        } else {
            input[member] = value.clone();
        }
    }
    let output = world.call("sts", "AssumeRole", input).map_err(|error| error.code)?;
    let text = |member: &str| output["Credentials"][member].as_str().unwrap().to_owned();
    Ok(Session {
        access_key_id: text("AccessKeyId"),
        token: Some(text("SessionToken")),
        region: "eu-west-1".to_owned(),
    })
}

#[test]
fn a_user_is_who_their_key_says() {
    let world = World::empty(1);
    let identity = world.call("sts", "GetCallerIdentity", json!({})).unwrap();
    assert_eq!(identity["Account"], ACCOUNT);
    assert_eq!(identity["Arn"], "arn:aws:iam::111122223333:user/ana");
}

#[test]
fn a_session_is_its_role_with_its_name_and_keeps_its_source_identity() {
    let world = World::empty(1);
    let session = assume(&world, json!({"SourceIdentity": "person-ana"})).unwrap();
    let identity = world.call_as(&session, "sts", "GetCallerIdentity", json!({})).unwrap();
    assert_eq!(identity["Arn"], "arn:aws:sts::444455556666:assumed-role/reeve/plan-7");
    assert!(identity["UserId"].as_str().unwrap().ends_with(":plan-7"));
    let calls = world.twin.calls();
    assert_eq!(calls.last().unwrap().source_identity.as_deref(), Some("person-ana"));
    assert_eq!(calls.last().unwrap().account.as_str(), MEMBER);
}

#[test]
fn a_role_is_assumed_only_as_it_allows() {
    let world = World::empty(1);
    for (changes, code) in [
        (json!({"ExternalId": null}), "AccessDenied"),
        (json!({"ExternalId": "other"}), "AccessDenied"),
        (json!({"RoleArn": "arn:aws:iam::444455556666:role/none"}), "AccessDenied"),
        (json!({"RoleSessionName": "no spaces"}), "ValidationError"),
        (json!({"DurationSeconds": 899}), "ValidationError"),
        (json!({"DurationSeconds": 7201}), "ValidationError"),
    ] {
        assert_eq!(assume(&world, changes.clone()).err().as_deref(), Some(code), "{changes}");
    }
    let member = Session::user(MEMBER);
    let input = json!({"RoleArn": ROLE, "RoleSessionName": "plan-7", "ExternalId": "agreed"});
    let error = world.call_as(&member, "sts", "AssumeRole", input).unwrap_err();
    assert_eq!(
        (&*error.code, &*error.message),
        (
            "AccessDenied",
            "User: arn:aws:iam::444455556666:user/ana is not authorized to perform: sts:AssumeRole \
             on resource: arn:aws:iam::444455556666:role/reeve"
        )
    );
}

#[test]
fn a_session_ends_by_the_clock() {
    let world = World::empty(1);
    let session = assume(&world, json!({"DurationSeconds": 900})).unwrap();
    let call =
        || world.call_as(&session, "dynamodb", "ListTables", json!({})).map_err(|error| error.code);
    world.clock.set(world.clock.now() + SignedDuration::from_secs(899));
    assert!(call().is_ok());
    world.clock.set(world.clock.now() + SignedDuration::from_secs(1));
    assert_eq!(call(), Err("ExpiredTokenException".to_owned()));
}

#[test]
fn an_unknown_key_is_refused_in_the_words_of_the_service() {
    let world = World::one_of_each();
    let unknown = Session { access_key_id: "AKIANOBODY".to_owned(), ..Session::user(ACCOUNT) };
    let mut lost = assume(&world, json!({})).unwrap();
    lost.token = Some("another".to_owned());
    for (service, operation, code, status) in [
        ("sts", "GetCallerIdentity", "InvalidClientTokenId", 403),
        ("ec2", "DescribeInstances", "AuthFailure", 401),
        ("s3", "ListBuckets", "InvalidAccessKeyId", 403),
        ("fsx", "DescribeFileSystems", "UnrecognizedClientException", 400),
        ("efs", "DescribeFileSystems", "UnrecognizedClientException", 403),
        ("lambda", "ListFunctions", "UnrecognizedClientException", 403),
    ] {
        for session in [&unknown, &lost] {
            let error = world.call_as(session, service, operation, json!({})).unwrap_err();
            assert_eq!((&*error.code, error.status), (code, status), "{service}");
        }
    }
    assert!(world.twin.calls().iter().all(|call| call.service == "sts"), "nothing was served");
}

#[test]
fn a_signature_that_is_none_is_refused_if_signatures_are_checked() {
    let world = World::empty(1);
    let checking = Twin::new(world.clock, 1);
    checking.add_user_key(reeve_twin::UserKey {
        account: ACCOUNT.parse().unwrap(),
        user: "ana".to_owned(),
        access_key_id: format!("AKIA{ACCOUNT}"),
        secret_access_key: "secret".to_owned(),
    });
    let forged = request(&Session::user(ACCOUNT), "sts", "GetCallerIdentity", json!({}));
    let refused = wire_response(checking.handle(forged));
    assert_eq!(refused.status, 403);
    assert!(String::from_utf8_lossy(&refused.body).contains("SignatureDoesNotMatch"));
}

#[test]
fn only_the_management_account_sees_the_organization() {
    let world = World::empty(1);
    let accounts = world.call("organizations", "ListAccounts", json!({})).unwrap();
    let names: Vec<&str> = accounts["Accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["Name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["management", "member"]);
    let member = Session::user(MEMBER);
    let error = world.call_as(&member, "organizations", "ListAccounts", json!({})).unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

#[test]
fn accounts_and_regions_see_only_their_own() {
    let world = World::one_of_each();
    for (session, code) in [
        (Session::user(MEMBER), "AccessDeniedException"),
        (Session::user(ACCOUNT).in_region("us-east-1"), "ResourceNotFoundException"),
    ] {
        let output = world.call_as(&session, "dynamodb", "ListTables", json!({})).unwrap();
        assert_eq!(output["TableNames"], json!([]));
        let tag = json!({
            "ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/Table",
            "Tags": [{"Key": "a", "Value": "b"}],
        });
        let error = world.call_as(&session, "dynamodb", "TagResource", tag).unwrap_err();
        assert_eq!(error.code, code);
    }
}

#[test]
fn the_same_seed_and_calls_have_the_same_answers() {
    let transcript = |seed: u64| {
        let world = World::empty(seed);
        let user = Session::user(ACCOUNT);
        let assume = json!({"RoleArn": ROLE, "RoleSessionName": "plan-7", "ExternalId": "agreed"});
        [
            ("sts", "AssumeRole", assume),
            ("sts", "GetCallerIdentity", json!({})),
            ("organizations", "DescribeOrganization", json!({})),
        ]
        .map(|(service, operation, input)| {
            let answer =
                wire_response(world.twin.handle(request(&user, service, operation, input)));
            (answer.headers, String::from_utf8(answer.body).unwrap())
        })
    };
    assert_eq!(transcript(7), transcript(7));
    assert_ne!(transcript(7), transcript(8));
}

#[test]
fn a_bucket_whose_name_somebody_else_has_is_refused_by_s3_and_not_by_permissions() {
    let world = World::empty(1);
    let input = json!({
        "Bucket": "harbour-log", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
    });
    world.call_as(&Session::user(MEMBER), "s3", "CreateBucket", input.clone()).unwrap();
    let error = world.call("s3", "CreateBucket", input).unwrap_err();
    assert_eq!((&*error.code, error.status), ("BucketAlreadyExists", 409));
    let error = world.call("s3", "HeadBucket", json!({"Bucket": "nobodys-log"})).unwrap_err();
    assert_eq!(error.status, 404);
    assert_eq!(world.call("s3", "ListBuckets", json!({})).unwrap()["Buckets"], json!([]));
}

#[test]
fn another_account_invokes_what_a_functions_policy_lets_it_invoke() {
    let world = World::empty(1);
    let function = json!({
        "FunctionName": "gate", "Runtime": "python3.13", "Role": format!("arn:aws:iam::{ACCOUNT}:role/f"),
        "Handler": "i.h", "Code": {"ZipFile": "eA=="},
    });
    world.call("lambda", "CreateFunction", function).unwrap();
    world.clock.set(world.clock.now() + SignedDuration::from_mins(1));
    let arn = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:gate");
    let member = Session::user(MEMBER);
    let invoke = || {
        let input = json!({"FunctionName": arn});
        world.call_as(&member, "lambda", "Invoke", input).map_err(|error| error.code)
    };
    assert_eq!(invoke().unwrap_err(), "AccessDeniedException");
    let permission = json!({
        "FunctionName": "gate", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": MEMBER,
    });
    world.call("lambda", "AddPermission", permission).unwrap();
    assert_eq!(invoke().unwrap()["StatusCode"], 200);
}

#[test]
fn nobody_gets_into_a_closed_account() {
    let world = World::empty(1);
    let member = Session::user(MEMBER);
    let identity = || world.call_as(&member, "sts", "GetCallerIdentity", json!({}));
    identity().unwrap();
    world.call("organizations", "CloseAccount", json!({"AccountId": MEMBER})).unwrap();
    world.clock.set(world.clock.now() + SignedDuration::from_hours(1));
    world.twin.advance();
    assert_eq!(identity().unwrap_err().code, "InvalidClientTokenId");
    assert_eq!(assume(&world, json!({})).err().as_deref(), Some("AccessDenied"));
}
