//! Answers that are streams of events.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use reeve_aws::{CallError, Client, ResponseBody, Transport};
use reeve_model::{
    EventMessage, Protocol, Value,
    event_stream::{encode_frame, encode_initial_response},
};
use reeve_time::Clock;
use serde_json::json;

use crate::harness::{NOW, config, target};

fn event(kind: &str, payload: &str) -> Vec<u8> {
    let mut message =
        EventMessage::default().with_text(":message-type", "event").with_text(":event-type", kind);
    message.payload = payload.as_bytes().to_vec();
    encode_frame(&message).unwrap()
}

fn exception(kind: &str, payload: &str) -> Vec<u8> {
    let mut message = EventMessage::default()
        .with_text(":message-type", "exception")
        .with_text(":exception-type", kind);
    message.payload = payload.as_bytes().to_vec();
    encode_frame(&message).unwrap()
}

/// A client that is answered with these bytes, in pieces of such a size.
fn client(bytes: Vec<u8>, size: usize) -> Client {
    let bytes = Arc::new(bytes);
    let transport = Transport::streaming(move |_| {
        let pieces: Vec<_> =
            bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let body = ResponseBody::Chunks(stream::iter(pieces).boxed());
        let answer = http::Response::builder().header("x-amz-request-id", "req-5").body(body);
        std::future::ready(Ok(answer.unwrap()))
    });
    Client::with_transport(config().0, Clock::manual(NOW.parse().unwrap()), transport).unwrap()
}

fn select() -> Value {
    Value::from_json(&json!({
        "Bucket": "logs",
        "Key": "a",
        "Expression": "select *",
        "ExpressionType": "SQL",
        "InputSerialization": {},
        "OutputSerialization": {},
    }))
}

async fn selected(client: &Client) -> Vec<Result<Value, CallError>> {
    let events = client.events(&target(), "s3", "SelectObjectContent", select()).await.unwrap();
    assert_eq!(events.request_id.as_deref(), Some("req-5"));
    events.collect().await
}

#[tokio::test]
async fn events_come_one_after_the_other_however_the_bytes_are_cut() {
    let stream = [event("Records", "a,b\n"), event("Novelty", "{}"), event("End", "")].concat();
    for size in [1, 7, 4096] {
        let events = selected(&client(stream.clone(), size)).await;
        let events: Vec<Value> = events.into_iter().map(Result::unwrap).collect();
        assert_eq!(events.len(), 2, "what the model does not know is skipped");
        assert_eq!(events[0].path("Records.Payload").unwrap().as_blob(), Some(&b"a,b\n"[..]));
        assert!(events[1].get("End").is_some());
    }
}

#[tokio::test]
async fn the_first_message_of_an_rpc_protocol_completes_the_output() {
    let service = reeve_model::catalog().service("kinesis").unwrap();
    let operation = service.operation("SubscribeToShard").unwrap();
    let first =
        encode_initial_response(&service, Protocol::Json, operation, &Value::object()).unwrap();
    let records = event("SubscribeToShardEvent", r#"{"MillisBehindLatest": 7}"#);
    let stream = [encode_frame(&first).unwrap(), records].concat();
    let input = Value::from_json(&json!({
        "ConsumerARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/s/consumer/c:1",
        "ShardId": "shardId-0",
        "StartingPosition": {"Type": "LATEST"},
    }));
    let client = client(stream, 10);
    let events = client.events(&target(), "kinesis", "SubscribeToShard", input).await.unwrap();
    let events: Vec<Value> = events.try_collect().await.unwrap();
    let behind = events[0].path("SubscribeToShardEvent.MillisBehindLatest").unwrap();
    assert_eq!(behind.as_i64(), Some(7));
}

#[tokio::test]
async fn an_exception_in_the_stream_is_the_services_error_and_its_end() {
    let stream = [
        event("sessionStart", r#"{"requestId": "r"}"#),
        exception("SessionTimeoutException", r#"{"message": "Over."}"#),
        event("sessionUpdate", "{}"),
    ]
    .concat();
    let input = Value::from_json(&json!({"logGroupIdentifiers": ["g"]}));
    let client = client(stream, 10);
    let events = client.events(&target(), "logs", "StartLiveTail", input).await.unwrap();
    let events: Vec<_> = events.collect().await;
    assert_eq!(events.len(), 2);
    let error = events[1].as_ref().unwrap_err();
    assert_eq!(error.code(), Some("SessionTimeoutException"));
    assert_eq!(error.request_id(), Some("req-5"));
    assert!(error.to_string().ends_with("`SessionTimeoutException`: Over"), "{error}");
}

#[tokio::test]
async fn a_damaged_event_ends_the_stream_with_an_error() {
    let mut damaged = event("Records", "c,d\n");
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let stream = [event("Records", "a,b\n"), damaged, event("End", "")].concat();
    let events = selected(&client(stream, 10)).await;
    assert_eq!(events.len(), 2);
    let error = events[1].as_ref().unwrap_err();
    assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
    assert!(error.to_string().contains("checksum"), "{error}");
    assert_eq!(error.request_id(), Some("req-5"));
}

#[tokio::test]
async fn a_stream_that_ends_within_an_event_was_interrupted() {
    let mut stream = [event("Records", "a,b\n"), event("Records", "c,d\n")].concat();
    stream.truncate(stream.len() - 3);
    let received = stream.len();
    let events = selected(&client(stream, 10)).await;
    let error = events[1].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`s3:SelectObjectContent` in Region eu-central-1 lost its answer after {received} bytes \
             (request `req-5`)"
        )
    );
}

#[tokio::test]
async fn operations_that_also_take_events_are_named() {
    let client = client(Vec::new(), 1);
    let (input, operation) = (json!({"modelId": "m"}), "InvokeModelWithBidirectionalStream");
    let input = Value::from_json(&input);
    let events = client.events(&target(), "bedrock-runtime", operation, input).await;
    let error = events.unwrap_err();
    assert!(matches!(error, CallError::Invalid(_)), "{error:?}");
    assert!(error.to_string().contains("needs HTTP/2"), "{error}");
}

#[tokio::test]
async fn an_ordinary_call_has_all_events_in_its_output() {
    let stream = [event("Records", "a,b\n"), event("End", "")].concat();
    let client = client(stream, 7);
    let output = client.call(&target(), "s3", "SelectObjectContent", select()).await.unwrap();
    assert_eq!(output.get("Payload").unwrap().as_list().len(), 2);
}
