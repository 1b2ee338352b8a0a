//! Streams of events, framed and not.

use arbitrary::{Arbitrary, Unstructured};
use reeve_model::{
    EventMessage, Protocol, WireResponse, decode_response,
    event_stream::{self, Event, FrameReader, HeaderValue},
    schema::Structure,
};

use crate::operations::open;

const STREAMS: [(&str, &str); 4] = [
    ("s3", "SelectObjectContent"),
    ("logs", "StartLiveTail"),
    ("bedrock-runtime", "ConverseStream"),
    ("kinesis", "SubscribeToShard"),
];

/// Reads bytes as frames, whole and cut in two; if the first byte is odd, the checksums are put right first.
pub fn event_frames(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if choice % 2 == 1 {
        put_checksums_right(&mut bytes);
    }
    let whole = read(&[&bytes]);
    let (one, other) = bytes.split_at(usize::from(*choice) % (bytes.len() + 1));
    assert_eq!(read(&[one, other]), whole);
    for message in &whole {
        let written = event_stream::encode_frame(message).expect("what was read can be written");
        assert_eq!(read(&[&written]), std::slice::from_ref(message));
    }
    let (service, operation) = open(STREAMS[usize::from(choice / 2) % STREAMS.len()]);
    let response = WireResponse { status: 200, headers: Vec::new(), body: bytes };
    drop(decode_response(&service, &operation, &response));
}

fn read(pieces: &[&[u8]]) -> Vec<EventMessage> {
    let mut reader = FrameReader::new();
    let mut messages = Vec::new();
    for piece in pieces {
        reader.push(piece);
        while let Ok(Some(message)) = reader.next_message() {
            messages.push(message);
        }
    }
    drop(reader.finish());
    messages
}

/// A fuzzer does not find checksums by itself.
fn put_checksums_right(mut bytes: &mut [u8]) {
    while let Some(length) = bytes.first_chunk().map(|length| u32::from_be_bytes(*length)) {
        let Ok(length) = usize::try_from(length) else { return };
        if length < 16 || length > bytes.len() {
            return;
        }
        let (frame, rest) = bytes.split_at_mut(length);
        let prelude = crc32fast::hash(&frame[..8]).to_be_bytes();
        frame[8..12].copy_from_slice(&prelude);
        let all = crc32fast::hash(&frame[..length - 4]).to_be_bytes();
        frame[length - 4..].copy_from_slice(&all);
        bytes = rest;
    }
}

/// A message as a fuzzer makes one.
#[derive(Debug, Arbitrary)]
struct Made {
    stream: u8,
    event_type: u8,
    message_type: u8,
    headers: Vec<(String, Value)>,
    payload: Vec<u8>,
}

#[derive(Debug, Arbitrary)]
enum Value {
    Boolean(bool),
    Long(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Reads well framed messages as events, and writes the events again.
pub fn events(input: &[u8]) {
    let Ok(made) = Made::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let (service, operation) = open(STREAMS[usize::from(made.stream) % STREAMS.len()]);
    let output = operation.output.as_ref().and_then(|output| service.structure(output.shape));
    let stream = output.into_iter().flat_map(Structure::members);
    let stream = stream.filter_map(|member| service.structure(member.shape));
    let Some(union) = stream.into_iter().find(|structure| structure.event_stream) else {
        panic!("`{}` has no events", operation.name)
    };
    let kinds = union.members();
    let kind = kinds.get(usize::from(made.event_type) % (kinds.len() + 1));
    let (of, header) =
        [("event", ":event-type"), ("exception", ":exception-type"), ("error", ":error-code")]
            [usize::from(made.message_type) % 3];
    let mut message = EventMessage { headers: Vec::new(), payload: made.payload }
        .with_text(":message-type", of)
        .with_text(header, kind.map_or("initial-response", |kind| kind.name.as_str()));
    message.headers.extend(made.headers.into_iter().map(|(name, value)| {
        let value = match value {
            Value::Boolean(truth) => HeaderValue::Bool(truth),
            Value::Long(number) => HeaderValue::Long(number),
            Value::Text(text) => HeaderValue::Text(text),
            Value::Bytes(bytes) => HeaderValue::Bytes(bytes),
        };
        (name, value)
    }));
    let Ok(Event::Member { name, value }) =
        event_stream::decode_event(&service, &operation, &message)
    else {
        return;
    };
    let member = union.member(&name).expect("an event is a member of the stream");
    if service.structure(member.shape).is_some_and(|structure| structure.exception.is_some()) {
        // Called an event it is read as one, but it is written as what it is.
        return;
    }
    let protocol: Protocol = service.metadata().protocol;
    let write = |value| event_stream::encode_event(&service, protocol, &operation, value);
    let Ok(written) = write(&value) else { return };
    let read = |written| match event_stream::decode_event(&service, &operation, written) {
        Ok(Event::Member { value, .. }) => value,
        other => panic!("what was written is not read: {other:?}\n{written:?}"),
    };
    let settled = read(&written);
    let written = write(&settled).expect("what was written once can be written again");
    assert_eq!(read(&written), settled);
}
