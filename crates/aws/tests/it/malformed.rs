//! Answers that are damaged on the way, or are none: the error names the call, and what there was to see.

use std::io::Write;

use reeve_aws::{CallError, Interrupted};
use reeve_model::Value;

use crate::{
    harness::{Answer, bench, target},
    wire::{Step, serve},
};

const XML: &str = "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>";

/// What comes of a call that is always answered with these bytes, and how often it was made.
async fn call(answer: Vec<u8>) -> (Result<Value, CallError>, usize) {
    call_operation("DescribeInstances", answer).await
}

async fn call_operation(operation: &str, answer: Vec<u8>) -> (Result<Value, CallError>, usize) {
    let server = serve(move |_| vec![Step::Send(answer.clone()), Step::Close]).await;
    let client = server.client();
    let outcome = client.call(&target(), "ec2", operation, Value::object()).await;
    let requests = server.requests.lock().unwrap().len();
    (outcome, requests)
}

fn interrupted(outcome: Result<Value, CallError>) -> Interrupted {
    match outcome {
        Err(CallError::Interrupted(interrupted)) => *interrupted,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_that_is_shorter_than_its_length_is_tried_again_and_then_named() {
    let head = "HTTP/1.1 200 OK\r\nx-amzn-requestid: req-8\r\ncontent-length: 100\r\n\r\n<Desc";
    let (outcome, requests) = call(head.as_bytes().to_vec()).await;
    assert_eq!(requests, 5);
    let error = interrupted(outcome);
    assert_eq!((error.received, error.expected), (5, Some(100)));
    assert_eq!(
        error.to_string(),
        "`ec2:DescribeInstances` in Region eu-central-1 lost its answer after 5 bytes of 100 (request `req-8`)"
    );
}

#[tokio::test]
async fn what_was_performed_is_not_performed_again_because_its_answer_broke() {
    for (head, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<Create", 1),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n<Resp", 5),
    ] {
        let (outcome, requests) = call_operation("CreateVpc", head.as_bytes().to_vec()).await;
        assert!(outcome.unwrap_err().may_have_been_performed());
        assert_eq!(requests, expected, "{head}");
    }
}

#[tokio::test]
async fn a_body_that_ends_within_a_chunk_is_named() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n<Desc\r\nff\r\nribe";
    let error = interrupted(call(head.as_bytes().to_vec()).await.0);
    assert!((5..=9).contains(&error.received), "{}", error.received);
    assert_eq!((error.status, error.expected), (200, None));
}

#[tokio::test]
async fn chunks_that_are_none_are_named() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n<Desc\r\n0\r\n\r\n";
    assert_eq!(interrupted(call(head.as_bytes().to_vec()).await.0).received, 0);
}

#[tokio::test]
async fn a_body_that_is_longer_than_its_length_is_cut_there() {
    let length = XML.len() - 10;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{XML}");
    let (outcome, requests) = call(answer.into_bytes()).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
    assert_eq!(requests, 1, "it was performed, and is not performed again for that");
}

#[tokio::test]
async fn what_is_no_http_at_all_is_named() {
    let (outcome, _) = call(b"220 mail.example.com ESMTP\r\n".to_vec()).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn an_answer_that_something_on_the_way_compressed_is_read() {
    assert!(call(compressed(&gzip(XML))).await.0.is_ok());
}

#[tokio::test]
async fn what_says_that_it_is_compressed_and_is_not_is_named() {
    let mut damaged = gzip(XML);
    damaged.truncate(damaged.len() - 9);
    for body in [damaged, b"plain".to_vec()] {
        let error = call(compressed(&body)).await.0.unwrap_err();
        assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
        assert!(error.to_string().contains("it is not the gzip that it says it is"), "{error}");
    }
}

#[tokio::test]
async fn a_page_of_something_in_between_is_shown_in_part() {
    let page = format!("<html><body>{}</body></html>", "sign in to the network ".repeat(1000));
    let bench = bench(move |_, _| Answer::ok(page.clone()));
    let call = bench.call("dynamodb", "ListTables", Value::object()).await;
    let error = call.unwrap_err();
    assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.starts_with("`dynamodb:ListTables` in Region eu-central-1 had an answer"),
        "{text}"
    );
    assert!(text.contains("sign in to the network") && text.len() < 600, "{text}");
}

#[tokio::test]
async fn an_answer_that_may_hold_secrets_is_not_shown() {
    for (service, operation, body) in [
        (
            "sts",
            "GetSessionToken",
            "<GetSessionTokenResponse><GetSessionTokenResult><Credentials><SecretAccessKey>wJalr</Secret",
        ),
        ("secretsmanager", "GetRandomPassword", r#"{"RandomPassword": "wJalr"#),
    ] {
        let bench = bench(move |_, _| Answer::ok(body));
        let error = bench.call(service, operation, Value::object()).await.unwrap_err();
        assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("wJalr"), "{error}");
        assert!(error.to_string().contains("bytes that may hold secrets"), "{error}");
    }
}
