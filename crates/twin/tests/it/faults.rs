//! Faults on demand, as clients see them, and what the log says of them.

use std::time::Duration;

use bytes::Bytes;
use reeve_twin::{CallOutcome, Effect, FaultRule, is_disconnected, latency};
use serde_json::{Value, json};

use crate::world::{ACCOUNT, MEMBER, REGION, Session, World, request, wire_response};

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/Table";

fn tag() -> Value {
    json!({"ResourceArn": TABLE, "Tags": [{"Key": "a", "Value": "b"}]})
}

fn is_tagged(world: &World) -> bool {
    world.twin.tags(&TABLE.parse().unwrap()).unwrap().contains_key("a")
}

fn last_outcome(world: &World) -> CallOutcome {
    world.twin.calls().last().unwrap().outcome.clone()
}

#[test]
fn each_service_asks_to_slow_down_in_its_own_words() {
    let world = World::one_of_each();
    world.twin.faults().add(FaultRule::every_call(Effect::Throttle));
    for (service, operation, code, status) in [
        ("ec2", "DescribeInstances", "RequestLimitExceeded", 503),
        ("rds", "DescribeDBInstances", "Throttling", 400),
        ("s3", "ListBuckets", "SlowDown", 503),
        ("dynamodb", "ListTables", "ThrottlingException", 400),
        ("eks", "ListClusters", "ThrottlingException", 429),
        ("synthetics", "DescribeCanaries", "TooManyRequestsException", 429),
        ("resourcegroupstaggingapi", "GetResources", "ThrottledException", 400),
    ] {
        let error = world.call(service, operation, json!({})).unwrap_err();
        assert_eq!((&*error.code, error.status), (code, status), "{service}");
    }
}

#[test]
fn a_denial_names_the_caller_the_action_and_the_resource() {
    let world = World::one_of_each();
    world.twin.faults().add(FaultRule::every_call(Effect::Deny));
    let user = "arn:aws:iam::111122223333:user/ana";
    let arn =
        |rest: &str| format!("arn:aws:{}", rest.replace("HERE", &format!("{REGION}:{ACCOUNT}")));
    for (service, operation, input, code, action, resource) in [
        (
            "rds",
            "DescribeDBInstances",
            json!({}),
            "AccessDenied",
            "rds:DescribeDBInstances",
            "*".to_owned(),
        ),
        (
            "dynamodb",
            "TagResource",
            tag(),
            "AccessDeniedException",
            "dynamodb:TagResource",
            TABLE.to_owned(),
        ),
        ("s3", "ListBuckets", json!({}), "AccessDenied", "s3:ListAllMyBuckets", "*".to_owned()),
        (
            "s3",
            "DeleteBucketTagging",
            json!({"Bucket": "bucket"}),
            "AccessDenied",
            "s3:PutBucketTagging",
            "arn:aws:s3:::bucket".to_owned(),
        ),
        (
            "ec2",
            "CreateTags",
            json!({"Resources": ["i-01"], "Tags": []}),
            "UnauthorizedOperation",
            "ec2:CreateTags",
            arn("ec2:HERE:instance/i-01"),
        ),
        (
            "opensearch",
            "ListTags",
            json!({"ARN": arn("es:HERE:domain/search")}),
            "AccessDeniedException",
            "es:ListTags",
            arn("es:HERE:domain/search"),
        ),
    ] {
        let error = world.call(service, operation, input).unwrap_err();
        assert_eq!(error.code, code, "{service}");
        let wanted = format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} because"
        );
        assert!(error.message.contains(&wanted), "{}", error.message);
    }
}

#[test]
fn rules_match_by_account_region_service_operation_and_turn() {
    let world = World::one_of_each();
    let member = MEMBER.parse().unwrap();
    let region = "us-east-1".parse().unwrap();
    for (rule, expected) in [
        (FaultRule::every_call(Effect::Throttle), [true; 6]),
        (
            FaultRule::every_call(Effect::Throttle).in_account(&member),
            [false, false, false, false, true, false],
        ),
        (
            FaultRule::every_call(Effect::Throttle).in_region(&region),
            [false, false, false, false, false, true],
        ),
        (
            FaultRule::every_call(Effect::Throttle).of("dynamodb", "ListTables"),
            [true, false, true, true, true, true],
        ),
        (
            FaultRule::every_call(Effect::Throttle).of("dynamodb", "ListTables").on_call(2),
            [false, false, true, false, false, false],
        ),
        (
            FaultRule::every_call(Effect::Throttle).times(2),
            [true, true, false, false, false, false],
        ),
    ] {
        world.twin.faults().clear();
        world.twin.faults().add(rule.clone());
        let user = Session::user(ACCOUNT);
        let calls = [
            (user.clone(), "dynamodb", "ListTables"),
            (user.clone(), "eks", "ListClusters"),
            (user.clone(), "dynamodb", "ListTables"),
            (user.clone(), "dynamodb", "ListTables"),
            (Session::user(MEMBER), "dynamodb", "ListTables"),
            (user.in_region("us-east-1"), "dynamodb", "ListTables"),
        ];
        let failed = calls.map(|(session, service, operation)| {
            world.call_as(&session, service, operation, json!({})).is_err()
        });
        assert_eq!(failed, expected, "{rule:?}");
    }
}

#[test]
fn a_cut_connection_is_marked_and_the_call_performed_or_not() {
    for (effect, performed, outcome) in [
        (Effect::DropBefore, false, CallOutcome::DroppedBefore),
        (Effect::DropAfter, true, CallOutcome::DroppedAfter),
    ] {
        let world = World::one_of_each();
        world.twin.faults().add(FaultRule::every_call(effect));
        let request = request(&Session::user(ACCOUNT), "dynamodb", "TagResource", tag());
        assert!(is_disconnected(&world.twin.handle(request)));
        assert_eq!(is_tagged(&world), performed);
        assert_eq!(last_outcome(&world), outcome);
        assert_eq!(outcome.performed(), performed);
    }
}

#[test]
fn a_garbled_answer_cannot_be_read_though_the_call_was_performed() {
    let world = World::one_of_each();
    world.twin.faults().add(FaultRule::every_call(Effect::MalformedBody));
    for (service, operation) in
        [("ec2", "DescribeInstances"), ("dynamodb", "ListTables"), ("s3", "ListBuckets")]
    {
        let answer = wire_response(world.twin.handle(request(
            &Session::user(ACCOUNT),
            service,
            operation,
            json!({}),
        )));
        let service = reeve_model::catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        assert!(reeve_model::decode_response(&service, operation, &answer).is_err());
    }
    let _ = world.twin.handle(request(&Session::user(ACCOUNT), "dynamodb", "TagResource", tag()));
    assert!(is_tagged(&world));
    assert_eq!(last_outcome(&world), CallOutcome::Garbled);
}

#[test]
fn latencies_add_up_and_go_with_other_effects() {
    let world = World::one_of_each();
    for seconds in [1, 2] {
        world
            .twin
            .faults()
            .add(FaultRule::every_call(Effect::Latency(Duration::from_secs(seconds))));
    }
    let error = Effect::Error { code: "Odd".to_owned(), message: "why".to_owned(), status: 418 };
    world.twin.faults().add(FaultRule::every_call(error));
    let request = request(&Session::user(ACCOUNT), "dynamodb", "ListTables", json!({}));
    let response = world.twin.handle(request);
    assert_eq!((latency(&response), response.status().as_u16()), (Duration::from_secs(3), 418));
    assert_eq!(last_outcome(&world), CallOutcome::Failed("Odd".to_owned()));
}

/// A request to the twin's own API.
fn control(world: &World, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = http::Request::builder().method(method).uri(format!("/_twin/{path}")).body(body);
    let response = world.twin.handle(request.unwrap());
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[test]
fn faults_can_be_added_listed_and_removed_from_outside() {
    let world = World::one_of_each();
    let rule = json!({"service": "dynamodb", "operation": "ListTables", "skip": 1, "count": 1, "effect": "throttle"});
    assert_eq!(control(&world, "POST", "faults", &rule).0, 200);
    let failed = [1, 2, 3].map(|_| world.call("dynamodb", "ListTables", json!({})).is_err());
    assert_eq!(failed, [false, true, false]);
    let (_, listed) = control(&world, "GET", "faults", &Value::Null);
    assert_eq!(listed["faults"][0]["matched"], 3);
    control(&world, "DELETE", "faults", &Value::Null);
    assert_eq!(control(&world, "GET", "faults", &Value::Null).1, json!({"faults": []}));
}

#[test]
fn a_malformed_rule_is_refused_with_what_was_expected() {
    let world = World::one_of_each();
    for (rule, expected) in [
        (json!({"effect": "drop-afer"}), "did you mean `drop-after`?"),
        (json!({}), "the key `effect` is missing"),
        (json!({"effect": "deny", "acount": "1"}), "did you mean `account`?"),
        (json!({"effect": "deny", "account": "1"}), "`1` is not an AWS account id"),
        (json!({"effect": "deny", "skip": "2"}), "expected a whole number"),
        (json!({"effect": "deny", "service": 7}), "expected a string"),
        (json!([]), "expected a map"),
        (json!({"effect": "deny", "operation": "TagResourse"}), "did you mean `TagResource`?"),
    ] {
        let (status, answer) = control(&world, "POST", "faults", &rule);
        assert_eq!(status, 400, "{rule}");
        assert!(answer["error"].as_str().unwrap().contains(expected), "{answer}");
    }
    assert!(world.twin.faults().list().is_empty());
}

#[test]
fn a_malformed_request_to_the_twins_own_api_is_refused_and_changes_nothing() {
    let world = World::one_of_each();
    let clock = || control(&world, "GET", "clock", &Value::Null).1;
    let before = clock();
    for (method, path, body, expected) in [
        ("POST", "clock", json!({"rate": 60, "set": "soon"}), "`set` is a time"),
        ("POST", "clock", json!({"advance": "-PT5M"}), "`advance` is a duration"),
        ("POST", "clock", json!({"advance": 5}), "`advance` is a duration"),
        ("POST", "clock", json!({"advanse": "PT5M"}), "`advanse` is not a field of the clock"),
        ("POST", "tags", json!({"arn": TABLE, "remove": "Name"}), "`remove` is a list of keys"),
        ("POST", "tags", json!({"arn": TABLE, "ad": {}}), "`ad` is not a field"),
        ("POST", "tags", json!({"arn": TABLE, "add": {"a": 1}}), "a tag is a text"),
        ("GET", "calls?last=few", Value::Null, "`last` is a number"),
        ("GET", "calls?first=1", Value::Null, "`first` is not asked here"),
    ] {
        let (status, answer) = control(&world, method, path, &body);
        assert_eq!(status, 400, "{path} {body}");
        assert!(answer["error"].as_str().unwrap().contains(expected), "{answer}");
    }
    assert_eq!(clock(), before);
}

#[test]
fn a_person_can_edit_tags_by_hand_without_a_call() {
    let world = World::one_of_each();
    let edit = json!({"arn": TABLE, "add": {"ams:rt:owner": "bob"}, "remove": ["Name"]});
    let (status, answer) = control(&world, "POST", "tags", &edit);
    assert_eq!((status, answer), (200, json!({"tags": {"ams:rt:owner": "bob"}})));
    let missing = json!({"arn": format!("{TABLE}x"), "add": {}});
    assert_eq!(control(&world, "POST", "tags", &missing).0, 404);
    assert!(world.twin.calls().is_empty());
}

#[test]
fn the_log_says_who_called_what_with_what_and_what_came_of_it() {
    let world = World::one_of_each();
    world.call("dynamodb", "TagResource", tag()).unwrap();
    world.call("dynamodb", "DescribeTable", json!({"TableName": "none"})).unwrap_err();
    let (_, answer) = control(&world, "GET", "calls", &Value::Null);
    let calls = answer["calls"].as_array().unwrap();
    assert_eq!(calls[0]["operation"], "TagResource");
    assert_eq!(calls[0]["caller"], "arn:aws:iam::111122223333:user/ana");
    assert_eq!(calls[0]["input"].as_str().unwrap(), tag().to_string());
    assert_eq!(calls[1]["errorCode"], "ResourceNotFoundException");
    let logged = world.twin.calls();
    assert_eq!([logged[0].is_change(), logged[1].is_change()], [true, false]);
    let (_, later) = control(&world, "GET", "calls?after=1", &Value::Null);
    assert_eq!(later["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn a_fault_may_be_about_one_resource_for_a_while_and_by_chance() {
    let world = World::one_of_each();
    let rule = FaultRule::every_call(Effect::InternalError).about("arn:aws:dynamodb:*:table/Tab*");
    world
        .twin
        .faults()
        .add(FaultRule { until: Some("2026-03-01T10:00:00Z".parse().unwrap()), ..rule });
    let describe = || world.call("dynamodb", "DescribeTable", json!({"TableName": "Table"}));
    let tag = || world.call("dynamodb", "TagResource", tag());
    assert_eq!(tag().unwrap_err().code, "InternalFailure");
    // The id alone is not like the ARN that the rule is about.
    assert!(describe().is_ok());
    world.clock.set("2026-03-01T10:00:00Z".parse().unwrap());
    assert!(tag().is_ok());
    world.twin.faults().clear();
    world.twin.faults().add(FaultRule::every_call(Effect::Throttle).with_probability(0.25));
    let refused = (0..400).filter(|_| describe().is_err()).count();
    assert!((60..140).contains(&refused), "{refused}");
}

#[test]
fn readers_see_the_past_while_writes_are_on_their_way() {
    let world = World::one_of_each();
    let lag = jiff::SignedDuration::from_secs(5);
    world.twin.faults().add(FaultRule::every_call(Effect::StaleReads(lag)));
    let arn = json!({"ResourceArn": TABLE});
    let tags =
        || world.call("dynamodb", "ListTagsOfResource", arn.clone()).unwrap()["Tags"].clone();
    let before = tags();
    world.clock.set("2026-03-01T09:00:01Z".parse().unwrap());
    world.call("dynamodb", "TagResource", tag()).unwrap();
    world.clock.set("2026-03-01T09:00:03Z".parse().unwrap());
    assert_eq!(tags(), before);
    world.clock.set("2026-03-01T09:00:07Z".parse().unwrap());
    assert_ne!(tags(), before);
}

#[test]
fn some_entries_of_a_batch_fail_and_the_others_are_done() {
    let world = World::one_of_each();
    let rule = FaultRule::every_call(Effect::PartialFailure(1));
    world.twin.faults().add(rule.of("resourcegroupstaggingapi", "TagResources").times(1));
    let other = "arn:aws:rds:eu-west-1:111122223333:db:orders";
    let input = json!({"ResourceARNList": [TABLE, other], "Tags": {"Owner": "ana"}});
    let answer = world.call("resourcegroupstaggingapi", "TagResources", input.clone()).unwrap();
    assert_eq!(answer["FailedResourcesMap"][TABLE]["StatusCode"], 500);
    let owner = |arn: &str| world.twin.tags(&arn.parse().unwrap()).unwrap().contains_key("Owner");
    assert_eq!((owner(TABLE), owner(other)), (false, true));
    let again = world.call("resourcegroupstaggingapi", "TagResources", input).unwrap();
    assert!(again["FailedResourcesMap"].as_object().is_none_or(serde_json::Map::is_empty));
    assert!(owner(TABLE));
}

#[test]
fn a_service_that_never_answers_is_a_connection_held_and_then_cut() {
    let world = World::one_of_each();
    for (effect, performed) in [(Effect::HangBefore, false), (Effect::HangAfter, true)] {
        world.twin.faults().clear();
        world.twin.faults().add(FaultRule::every_call(effect));
        let session = crate::world::Session::user(crate::world::ACCOUNT);
        let request = crate::world::request(&session, "dynamodb", "TagResource", tag());
        let response = world.twin.handle(request);
        assert!(is_disconnected(&response));
        assert!(latency(&response).as_secs() >= 60);
        assert_eq!(world.twin.calls().last().unwrap().outcome.performed(), performed);
    }
}

#[test]
fn credentials_expire_when_they_are_told_to() {
    let world = World::one_of_each();
    world.twin.faults().add(FaultRule::every_call(Effect::ExpiredCredentials).times(1));
    let call = || world.call("dynamodb", "ListTables", json!({}));
    assert_eq!(call().unwrap_err().code, "ExpiredTokenException");
    assert!(call().is_ok());
}
