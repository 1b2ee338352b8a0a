//! Streams of events, in every protocol that has them: what a server writes a client reads, whole and piece by piece.

use reeve_model::{
    EventMessage, Value, conform, decode_response, encode_response,
    event_stream::{self, Event, FrameReader, HeaderValue},
};
use serde_json::{Value as Json, json};

use crate::small_model::{Model, answer};

const PROTOCOLS: [&str; 4] = ["json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"];

fn model(protocol: &str) -> Model {
    let is_rest = protocol.starts_with("rest");
    let mut shapes = json!({
        // The input has the output's shape, so that tests can say events as JSON.
        "Input": {"type": "structure", "members": {"stream": {"shape": "Stream"}}},
        "Output": {"type": "structure", "members": {
            "name": {"shape": "String"},
            "stream": {"shape": "Stream"},
        }},
        "Stream": {"type": "structure", "eventstream": true, "members": {
            "records": {"shape": "Records"},
            "text": {"shape": "Text"},
            "details": {"shape": "Details"},
            "plain": {"shape": "Plain"},
            "end": {"shape": "End"},
            "slow": {"shape": "Slow"},
        }},
        "Records": {"type": "structure", "event": true, "members": {
            "payload": {"shape": "Blob", "eventpayload": true},
            "count": {"shape": "Integer", "eventheader": true},
            "time": {"shape": "Timestamp", "eventheader": true},
            "last": {"shape": "Boolean", "eventheader": true},
            "id": {"shape": "String", "eventheader": true},
            "size": {"shape": "Long", "eventheader": true},
            "mark": {"shape": "Blob", "eventheader": true},
        }},
        "Text": {"type": "structure", "event": true, "members": {
            "payload": {"shape": "String", "eventpayload": true},
        }},
        "Details": {"type": "structure", "event": true, "members": {
            "payload": {"shape": "Inner", "eventpayload": true},
        }},
        "Plain": {"type": "structure", "event": true, "members": {
            "a": {"shape": "String"}, "b": {"shape": "Strings"},
        }},
        "End": {"type": "structure", "event": true, "members": {}},
        "Slow": {"type": "structure", "exception": true, "error": {"httpStatusCode": 429},
                 "members": {"message": {"shape": "String"}, "after": {"shape": "Integer"}}},
        "Inner": {"type": "structure", "members": {"number": {"shape": "Integer"}}},
    });
    if is_rest {
        shapes["Output"]["payload"] = json!("stream");
        shapes["Output"]["members"]["name"] =
            json!({"shape": "String", "location": "header", "locationName": "x-name"});
    }
    let metadata = json!({"protocol": protocol, "jsonVersion": "1.1", "targetPrefix": "Small"});
    Model::new(&metadata, &json!({"method": "POST", "requestUri": "/"}), &shapes)
}

fn event(model: &Model, event: &Json) -> Value {
    let input = conform(model.service(), model.operation(), &json!({"stream": event})).unwrap();
    input.get("stream").unwrap().clone()
}

fn events() -> Vec<Json> {
    vec![
        json!({"records": {
            "payload": "AAEC", "count": 7, "time": "2026-03-01T08:00:00.5Z", "last": false,
            "id": "ä", "size": i64::MAX, "mark": "/w==",
        }}),
        json!({"text": {"payload": "<plain>"}}),
        json!({"details": {"payload": {"number": 3}}}),
        json!({"plain": {"a": "x", "b": ["y", "z"]}}),
        json!({"end": {}}),
    ]
}

#[test]
fn events_of_every_kind_are_read_as_they_were_written() {
    for protocol in PROTOCOLS {
        let model = model(protocol);
        let (service, operation) = (model.service(), model.operation());
        let spoken = service.metadata().protocol;
        let mut reader = FrameReader::new();
        for json in events() {
            let written =
                event_stream::encode_event(service, spoken, operation, &event(&model, &json));
            reader.push(&event_stream::encode_frame(&written.unwrap()).unwrap());
            let message = reader.next_message().unwrap().unwrap();
            let read = event_stream::decode_event(service, operation, &message).unwrap();
            let Event::Member { name, value } = read else { panic!("{protocol}: {read:?}") };
            assert!(json.get(&*name).is_some(), "{protocol}: {name}");
            let found: Json = serde_json::to_value(value.to_json()).unwrap();
            assert_eq!(found, json, "{protocol}");
        }
    }
}

#[test]
fn a_whole_stream_is_a_list_beside_the_other_members() {
    for protocol in PROTOCOLS {
        let model = model(protocol);
        let (service, operation) = (model.service(), model.operation());
        let stream: Vec<Value> = events().iter().map(|json| event(&model, json)).collect();
        let output =
            Value::from_iter([("name", Value::from("small")), ("stream", Value::List(stream))]);
        let spoken = service.metadata().protocol;
        let written = encode_response(service, spoken, operation, &output, "request-1").unwrap();
        assert_eq!(
            written.header("content-type"),
            Some("application/vnd.amazon.eventstream"),
            "{protocol}"
        );
        assert_eq!(decode_response(service, operation, &written).unwrap(), output, "{protocol}");
        for end in 1..written.body.len() {
            let mut cut = written.clone();
            cut.body.truncate(end);
            let read = decode_response(service, operation, &cut);
            // Between two events, nothing is missing that anybody could know of.
            assert!(read.is_err() || read.unwrap().get("stream").unwrap().as_list().len() < 5);
        }
    }
}

#[test]
fn the_head_of_a_streamed_answer_is_read_without_its_body() {
    for protocol in PROTOCOLS {
        let model = model(protocol);
        let head = answer(&[("x-name", "small"), ("smithy-protocol", "rpc-v2-cbor")], "");
        let output = decode_response(model.service(), model.operation(), &head).unwrap();
        assert_eq!(output.get("stream"), None, "{protocol}");
        assert!(model.operation().event_output(model.service()).is_some());
        assert!(model.operation().streaming_output(model.service()).is_none());
    }
}

#[test]
fn an_exception_in_the_stream_is_an_error_of_the_service() {
    for protocol in PROTOCOLS {
        let model = model(protocol);
        let (service, operation) = (model.service(), model.operation());
        let slow = event(&model, &json!({"slow": {"message": "wait", "after": 3}}));
        let spoken = service.metadata().protocol;
        let message = event_stream::encode_event(service, spoken, operation, &slow).unwrap();
        assert_eq!(message.text(":exception-type"), Some("slow"));
        let error = event_stream::decode_event(service, operation, &message).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the service answered with `Slow` under the status 429: wait",
            "{protocol}"
        );
    }
}

#[test]
fn an_error_that_the_model_does_not_know_keeps_its_words() {
    let model = model("rest-json");
    let check = |message: EventMessage, expected: &str| {
        let read = event_stream::decode_event(model.service(), model.operation(), &message);
        assert_eq!(read.unwrap_err().to_string(), expected);
    };
    let error = EventMessage::default().with_text(":message-type", "error");
    check(
        error.with_text(":error-code", "InternalError").with_text(":error-message", "broken"),
        "the service answered with `InternalError` under the status 400: broken",
    );
    let exception = EventMessage { headers: Vec::new(), payload: b"{\"x\": 1}".to_vec() };
    check(
        exception.with_text(":message-type", "exception").with_text(":exception-type", "newer"),
        "the service answered with `newer` under the status 400: {\"x\": 1}",
    );
    let odd = EventMessage::default().with_text(":message-type", "greeting");
    check(odd, "the body is not well-formed event stream: its messages are of the type `greeting`");
}

#[test]
fn an_event_that_the_model_does_not_know_is_named() {
    let model = model("rest-json");
    let message = EventMessage { headers: Vec::new(), payload: b"{}".to_vec() }
        .with_text(":message-type", "event")
        .with_text(":event-type", "newer");
    let read = event_stream::decode_event(model.service(), model.operation(), &message).unwrap();
    assert_eq!(read, Event::Unknown { name: "newer".to_owned() });
}

#[test]
fn an_event_that_does_not_fit_the_model_is_named_with_its_path() {
    let model = model("rest-json");
    let check = |message: EventMessage, expected: &str| {
        let read = event_stream::decode_event(model.service(), model.operation(), &message);
        assert_eq!(read.unwrap_err().to_string(), expected);
    };
    let payload = b"{\"number\": \"many\"}".to_vec();
    check(
        EventMessage { headers: Vec::new(), payload }.with_text(":event-type", "details"),
        "`stream.details.payload.number` must be an integer, not `many`",
    );
    let headers = vec![("count".to_owned(), HeaderValue::Bool(true))];
    check(
        EventMessage { headers, payload: Vec::new() }.with_text(":event-type", "records"),
        "`stream.records.count` must be an integer, not a boolean",
    );
    check(
        EventMessage::default(),
        "the body is not well-formed event stream at `stream`: an event does not say its type",
    );
}

#[test]
fn a_request_that_streams_events_has_a_head_of_its_own() {
    let service = reeve_model::catalog().service("polly").unwrap();
    let operation = service.operation("StartSpeechSynthesisStream").unwrap();
    let request = |input: Json| {
        let input = Value::from_json(&input);
        reeve_model::encode_request(&service, operation, &input).map_err(|error| error.to_string())
    };
    let head = request(json!({"Engine": "generative"})).unwrap();
    assert_eq!(head.header("content-type"), Some("application/vnd.amazon.eventstream"));
    assert!(head.body.is_empty());
    assert!(operation.event_input(&service).is_some());
    assert_eq!(
        request(json!({"ActionStream": {}})),
        Err("`ActionStream` must be left to be streamed, not an object".to_owned())
    );
}
