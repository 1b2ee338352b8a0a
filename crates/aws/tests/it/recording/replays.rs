//! What is replayed is what was recorded: answers, errors, lost connections and late answers, pages, sessions.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all, stream};
use insta::assert_snapshot;
use reeve_aws::{
    AccountAccess, CallError, CallSite, Client, ClientConfig, EndpointOverrides, RequestBody,
    ResponseBody, Role, Target, Transport, TransportError,
};
use reeve_model::Value;
use serde_json::json;

use super::{clock, files, names, recording, recording_with, replaying, replaying_with};
use crate::harness::{ACCOUNT, Answer, Seen, config, instances, session, target, target_in};

async fn describe(client: &Client, id: &str) -> Result<Value, CallError> {
    let input = Value::from_json(&json!({ "InstanceIds": [id] }));
    client.call(&target(), "ec2", "DescribeInstances", input).await
}

fn chain(error: &CallError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn a_pair_says_what_was_asked_and_answered_and_nothing_of_who_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| {
        instances(&["i-1"], None).with_header("x-amzn-requestid", "req-1")
    });
    describe(&client, "i-1").await.unwrap();
    assert_eq!(
        names(folder.path()),
        ["base/eu-central-1/ec2.DescribeInstances_0001.json", "recording.json"]
    );
    let files = files(folder.path());
    assert_snapshot!(files.values().next().unwrap(), @r#"
    {
      "version": 1,
      "time": "2026-03-01T09:00:00Z",
      "region": "eu-central-1",
      "service": "ec2",
      "operation": "DescribeInstances",
      "request": {
        "method": "POST",
        "uri": "/",
        "headers": {
          "content-type": "application/x-www-form-urlencoded"
        },
        "body": {
          "text": "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1"
        }
      },
      "response": {
        "status": 200,
        "headers": {
          "x-amzn-requestid": "req-1"
        },
        "body": {
          "text": "<DescribeInstancesResponse><requestId>req-1</requestId><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_replay_answers_as_aws_did_and_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (client, seen) = recording(folder.path(), |request, before| match before {
        0 => Answer::ec2_error(503, "RequestLimitExceeded", "Slow down."),
        1 => Answer::Lost,
        2 => Answer::Never,
        _ => instances(&[request.parameter("InstanceId.1").unwrap()], None),
    });
    let (one, two) =
        (describe(&client, "i-1").await.unwrap(), describe(&client, "i-2").await.unwrap());
    assert_eq!(seen.lock().unwrap().len(), 5);
    let replay = replaying(folder.path());
    // In another order: what is asked for decides, not when.
    assert_eq!(describe(&replay, "i-2").await.unwrap(), two);
    assert_eq!(describe(&replay, "i-1").await.unwrap(), one);
    assert_eq!(describe(&replay, "i-1").await.unwrap(), one, "the last answer again");
}

#[tokio::test]
async fn an_error_of_the_service_is_the_same_error_again() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| {
        Answer::ec2_error(403, "UnauthorizedOperation", "You are not authorized.")
    });
    let recorded = describe(&client, "i-1").await.unwrap_err().to_string();
    let replayed = describe(&replaying(folder.path()), "i-1").await.unwrap_err().to_string();
    assert_eq!(replayed, recorded);
}

#[tokio::test]
async fn the_same_question_gets_its_answers_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, before| {
        instances(&[["i-pending", "i-running"][before]], None)
    });
    let id = |output: Value| {
        output.path("Reservations.0.Instances.0.InstanceId").unwrap().as_str().unwrap().to_owned()
    };
    for _ in 0..2 {
        describe(&client, "i-1").await.unwrap();
    }
    let replay = replaying(folder.path());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(id(describe(&replay, "i-1").await.unwrap()));
    }
    assert_eq!(ids, ["i-pending", "i-running", "i-running"]);
}

#[tokio::test]
async fn a_change_is_answered_as_often_as_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "<RunInstancesResponse><instancesSet/></RunInstancesResponse>";
    let (client, seen) = recording(folder.path(), move |_, _| Answer::ok(answer));
    let input = || Value::from_json(&json!({"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"}));
    let run = async |client: &Client| client.call(&target(), "ec2", "RunInstances", input()).await;
    run(&client).await.unwrap();
    assert!(seen.lock().unwrap()[0].parameter("ClientToken").is_some());
    let replay = replaying(folder.path());
    run(&replay).await.unwrap();
    let error = run(&replay).await.unwrap_err();
    assert!(!error.may_have_been_performed() && !error.is_retryable());
    assert_snapshot!(chain(&error), @r#"`ec2:RunInstances` in Region eu-central-1 cannot be replayed: the recording has no answer to `{"ImageId":"ami-1","MaxCount":1,"MinCount":1}`: it was recorded once, and what may change something is not answered again"#);
}

#[tokio::test]
async fn what_was_not_recorded_is_named_with_the_nearest_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| instances(&["i-1"], None));
    describe(&client, "i-1").await.unwrap();
    let replay = replaying(folder.path());
    let mut errors = vec![chain(&describe(&replay, "i-2").await.unwrap_err())];
    let elsewhere = target_in(ACCOUNT);
    let replay = replaying_with(folder.path(), |config| {
        config.accounts.insert(ACCOUNT.parse().unwrap(), AccountAccess::default());
    });
    for (target, operation) in [(&elsewhere, "DescribeInstances"), (&target(), "DescribeVpcs")] {
        let call = replay.call(target, "ec2", operation, Value::object());
        errors.push(chain(&call.await.unwrap_err()));
    }
    assert_snapshot!(errors.join("\n"), @r#"
    `ec2:DescribeInstances` in Region eu-central-1 cannot be replayed: the recording has no answer to `{"InstanceIds":["i-2"]}`: the nearest is `base/eu-central-1/ec2.DescribeInstances_0001.json`, which differs in `InstanceIds`: `{"InstanceIds":["i-1"]}`
    `ec2:DescribeInstances` in account 111122223333, Region eu-central-1 cannot be replayed: the recording has no answer to `{}`: the nearest such call is in `base/eu-central-1`
    `ec2:DescribeVpcs` in Region eu-central-1 cannot be replayed: the recording has no answer to `{}`: no such call was recorded
    "#);
}

#[tokio::test]
async fn pages_are_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) =
        recording(folder.path(), |request: &Seen, _| match request.parameter("NextToken") {
            None => instances(&["i-1"], Some("two")),
            Some(_) => instances(&["i-2"], None),
        });
    let all = async |client: &Client| -> Vec<Value> {
        let pages = client.pages(&target(), "ec2", "DescribeInstances", Value::object());
        pages.try_collect().await.unwrap()
    };
    let recorded = all(&client).await;
    assert_eq!(recorded.len(), 2);
    assert_eq!(all(&replaying(folder.path())).await, recorded);
}

#[tokio::test]
async fn a_role_is_assumed_from_the_recording_and_one_that_is_not_in_it_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let with_role = |config: &mut ClientConfig| {
        let roles = vec![Role::new(format!("arn:aws:iam::{ACCOUNT}:role/reeve"))];
        let access = AccountAccess { roles, profile: None };
        config.accounts.insert(ACCOUNT.parse().unwrap(), access);
    };
    // The session has long ended when it is replayed.
    let (client, _) =
        recording_with(folder.path(), with_role, |request, _| match request.operation().as_str() {
            "AssumeRole" => session("ASIASESSION", "2026-03-01T09:30:00Z"),
            _ => instances(&["i-1"], None),
        });
    let input = || Value::from_json(&json!({"InstanceIds": ["i-1"]}));
    let call = async |client: &Client, actor: &str| {
        let target = Target { actor: actor.into(), ..target_in(ACCOUNT) };
        client.call(&target, "ec2", "DescribeInstances", input()).await
    };
    let recorded = call(&client, "person:ana").await.unwrap();
    let text = files(folder.path()).into_values().collect::<String>();
    assert!(!text.contains("ASIASESSION") && !text.contains("token-of-"), "{text}");
    let replay = replaying_with(folder.path(), with_role);
    assert_eq!(call(&replay, "person:ben").await.unwrap(), recorded, "under another name");
    let assumption =
        names(folder.path()).into_iter().find(|name| name.contains("AssumeRole")).unwrap();
    std::fs::remove_file(folder.path().join(assumption)).unwrap();
    assert_eq!(
        call(&replaying_with(folder.path(), with_role), "person:ana").await.unwrap(),
        recorded
    );
}

#[tokio::test]
async fn a_request_that_names_an_instant_is_found_at_another() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| Answer::ok("{\"Events\":[]}"));
    let look = async |client: &Client, start: &str| {
        let input = json!({ "StartTime": start });
        let input = client.read_input(&target(), ("cloudtrail", "LookupEvents"), &input).unwrap();
        client.call(&target(), "cloudtrail", "LookupEvents", input).await
    };
    look(&client, "2026-03-01T08:00:00Z").await.unwrap();
    look(&replaying(folder.path()), "2026-03-02T08:00:00Z").await.unwrap();
}

#[tokio::test]
async fn where_a_request_was_sent_makes_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let elsewhere = |config: &mut ClientConfig| {
        config.endpoints = EndpointOverrides::everywhere("http://127.0.0.1:9000/base");
    };
    let (client, seen) = recording_with(folder.path(), elsewhere, move |_, _| Answer::ok(tags));
    let call = async |client: &Client| {
        let input = Value::from_json(&json!({"Bucket": "logs"}));
        client.call(&target(), "s3", "GetBucketTagging", input).await.unwrap()
    };
    let recorded = call(&client).await;
    assert_eq!(seen.lock().unwrap()[0].url, "http://127.0.0.1:9000/base/logs?tagging=");
    assert_eq!(call(&replaying(folder.path())).await, recorded);
}

#[tokio::test]
async fn many_calls_at_once_get_what_they_got() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |request, _| {
        instances(&[request.parameter("InstanceId.1").unwrap()], None)
    });
    let ids: Vec<String> = (0..200).map(|number| format!("i-{}", number % 50)).collect();
    let all = async |client: &Client| join_all(ids.iter().map(|id| describe(client, id))).await;
    let recorded: Vec<Value> = all(&client).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(names(folder.path()).len(), 201);
    let replayed = all(&replaying(folder.path())).await;
    let replayed: Vec<Value> = replayed.into_iter().map(Result::unwrap).collect();
    assert_eq!(replayed, recorded);
}

#[tokio::test]
async fn a_replay_that_is_recorded_again_is_the_same_recording() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (client, _) = recording(first.path(), |request, before| match before {
        0 => Answer::Lost,
        1 => Answer::ec2_error(400, "InvalidInstanceID.NotFound", "No such instance."),
        _ if request.operation() == "GetPasswordData" => Answer::ok(
            "<GetPasswordDataResponse><passwordData>c2VjcmV0</passwordData></GetPasswordDataResponse>",
        ),
        _ => instances(&["i-1"], None),
    });
    let calls = async |client: &Client| {
        describe(client, "i-0").await.unwrap_err();
        describe(client, "i-1").await.unwrap();
        let input = Value::from_json(&json!({"InstanceId": "i-1"}));
        client.call(&target(), "ec2", "GetPasswordData", input).await.unwrap();
    };
    calls(&client).await;
    let transport = Transport::replaying(first.path(), clock()).unwrap();
    let transport = Transport::recording(transport, second.path(), clock()).unwrap();
    let (config, _) = config();
    calls(&Client::with_transport(config, clock(), transport).unwrap()).await;
    assert_eq!(files(first.path()), files(second.path()));
}

#[tokio::test]
async fn an_answer_that_came_too_late_is_recorded_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let never = Transport::function(async |_| std::future::pending().await);
    let transport = Transport::recording(never, folder.path(), clock()).unwrap();
    let (mut config, _) = config();
    config.retry.max_attempts = 1;
    config.timeouts.attempt = Duration::from_millis(20);
    let client = Client::with_transport(config.clone(), clock(), transport).unwrap();
    assert!(matches!(describe(&client, "i-1").await, Err(CallError::TimedOut(_))));
    assert_eq!(names(folder.path()).len(), 2);
    // Whoever loses interest learns nothing, and neither does the recording.
    let impatient = tokio::time::timeout(Duration::ZERO, describe(&client, "i-1"));
    assert!(impatient.await.is_err());
    assert_eq!(names(folder.path()).len(), 2);
    let transport = Transport::replaying(folder.path(), clock()).unwrap();
    let replay = Client::with_transport(config, clock(), transport).unwrap();
    assert!(matches!(describe(&replay, "i-1").await, Err(CallError::TimedOut(_))));
}

#[tokio::test]
async fn an_answer_in_pieces_is_recorded_while_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let pieces = |end: Result<Bytes, TransportError>| {
        Transport::streaming(move |_: http::Request<RequestBody>| {
            let pieces = [Ok(Bytes::from_static(b"<DescribeInstancesResponse>")), end.clone()];
            let body = ResponseBody::Chunks(stream::iter(pieces).boxed());
            async { Ok(http::Response::new(body)) }
        })
    };
    let lost = TransportError::Lost(Arc::new(std::io::Error::other("reset")));
    for end in [Ok(Bytes::from_static(b"</DescribeInstancesResponse>")), Err(lost)] {
        let is_whole = end.is_ok();
        let transport = Transport::recording(pieces(end), folder.path(), clock()).unwrap();
        let (mut config, _) = config();
        config.retry.max_attempts = 1;
        let client = Client::with_transport(config, clock(), transport).unwrap();
        assert_eq!(describe(&client, "i-1").await.is_ok(), is_whole);
    }
    let files: Vec<String> = files(folder.path()).into_values().collect();
    assert!(files[0].contains("<DescribeInstancesResponse></DescribeInstancesResponse>"));
    assert!(files[1].contains("\"kind\": \"lost\""));
}

/// What a transport answers to a request of an operation whose protocol is JSON, a piece a line; `read` of them are read.
async fn pieces(transport: &Transport, (service, operation): (&str, &str), read: usize) -> String {
    let site = CallSite {
        account: None,
        region: "eu-central-1".parse().unwrap(),
        service: service.into(),
        operation: operation.into(),
    };
    let request = http::Request::post("http://127.0.0.1/").extension(site);
    let request = request.body(RequestBody::Whole(Bytes::from_static(b"{}"))).unwrap();
    let mut lines = Vec::new();
    match transport.send(request).await {
        Err(error) => lines.push(error.to_string()),
        Ok(answer) => match answer.into_body() {
            ResponseBody::Whole(bytes) => lines.push(format!("{} bytes", bytes.len())),
            ResponseBody::Chunks(mut chunks) => {
                for _ in 0..read {
                    lines.push(match chunks.next().await {
                        Some(Ok(chunk)) => format!("{} bytes", chunk.len()),
                        Some(Err(error)) => error.to_string(),
                        None => "the end".to_owned(),
                    });
                }
            }
        },
    }
    lines.join("\n")
}

fn answering(piece: &'static [u8], times: usize) -> Transport {
    Transport::streaming(move |_: http::Request<RequestBody>| {
        let pieces = stream::repeat(Bytes::from_static(piece)).take(times).map(Ok);
        let answer = http::Response::new(ResponseBody::Chunks(pieces.boxed()));
        async { Ok(answer) }
    })
}

#[tokio::test]
async fn a_stream_of_events_that_was_not_read_to_its_end_ends_where_the_reader_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let site = ("logs", "StartLiveTail");
    let live = answering(b"\x00\x01\xff", 1_000);
    let transport = Transport::recording(live, folder.path(), clock()).unwrap();
    assert_eq!(pieces(&transport, site, 2).await, "3 bytes\n3 bytes");
    let replay = Transport::replaying(folder.path(), clock()).unwrap();
    assert_eq!(
        pieces(&replay, site, 2).await,
        "6 bytes\nthe connection was lost before the answer was complete"
    );
}

#[tokio::test]
async fn an_answer_that_is_too_long_passes_and_is_left_out() {
    static PIECE: [u8; 1 << 20] = [b' '; 1 << 20];
    let folder = tempfile::tempdir().unwrap();
    let site = ("dynamodb", "ListTables");
    let transport = Transport::recording(answering(&PIECE, 17), folder.path(), clock()).unwrap();
    let passed = pieces(&transport, site, 18).await;
    assert_eq!(passed.lines().filter(|line| *line == "1048576 bytes").count(), 17);
    assert!(passed.ends_with("the end"));
    let replay = Transport::replaying(folder.path(), clock()).unwrap();
    assert_eq!(
        pieces(&replay, site, 1).await,
        "the recording has no answer to what `base/eu-central-1/dynamodb.ListTables_0001.json` was recorded for: \
         its body is not there: it is longer than 16777216 bytes"
    );
}
