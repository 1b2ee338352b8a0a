//! Responses: whatever arrives is an output, an error of the service, or an error that says what is wrong.
//!
//! What was read is written and read again. The first time may change it (a time loses what its format cannot say, an unknown
//! member is gone), but what came of that must stay as it is.

use reeve_model::{
    Operation, Protocol, Service, ServiceError, Value, WireResponse, decode_error, decode_response,
    encode_error, encode_response,
};

use crate::{message::Message, operations::pick};

/// Reads a response of a protocol.
pub fn responses(protocol: Protocol, input: &[u8]) {
    let Some(message) = Message::parse(input) else { return };
    let (service, operation) = pick(protocol, message.choice);
    let response = message.response();
    if response.status < 300 {
        output(&service, protocol, &operation, &response);
    } else {
        error(&service, protocol, &response);
    }
}

fn output(service: &Service, protocol: Protocol, operation: &Operation, response: &WireResponse) {
    let Ok(output) = decode_response(service, operation, response) else { return };
    let write = |output: &Value| encode_response(service, protocol, operation, output, "request-1");
    // A member that the model does not know cannot be written.
    let Ok(written) = write(&output) else { return };
    let read = |written| {
        decode_response(service, operation, written)
            .unwrap_or_else(|error| panic!("what was written is not read: {error}\n{written:?}"))
    };
    let settled = read(&written);
    let is_plain = operation.event_output(service).is_none();
    if is_plain && matches!(protocol, Protocol::Json | Protocol::RpcV2Cbor) {
        // Nothing of a value is bound to a place where it could be lost. (No body and no events are different.)
        assert_eq!(to_the_second(&settled), to_the_second(&output));
    }
    let written = write(&settled).expect("what was written once can be written again");
    assert_eq!(read(&written), settled);
}

/// The value without what a format of time may not be able to say.
fn to_the_second(value: &Value) -> Value {
    match value {
        Value::Timestamp(instant) => Value::Integer(instant.as_second()),
        Value::List(elements) => elements.iter().map(to_the_second).collect(),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name, to_the_second(value))).collect()
        }
        other => other.clone(),
    }
}

fn error(service: &Service, protocol: Protocol, response: &WireResponse) {
    let error = decode_error(service, response);
    assert!(!error.code.is_empty(), "{error:?}");
    let again =
        |error: &ServiceError| decode_error(service, &encode_error(service, protocol, error));
    let settled = again(&error);
    assert_eq!(again(&settled), settled);
}
