//! Requests, as a server reads them.
//!
//! What was read is written as a client would and read again; as with responses, what came of that must stay as it is.

use reeve_model::{
    Protocol, RequestSettings, Service, Value, WireRequest, decode_request, encode_request_with,
};

use crate::{message::Message, operations::pick};

/// Reads a request of a protocol.
pub fn requests(protocol: Protocol, input: &[u8]) {
    let Some(message) = Message::parse(input) else { return };
    let (service, _) = pick(protocol, message.choice);
    let Ok((name, value)) = decode_request(&service, &message.request()) else { return };
    // An empty label has no place in a path.
    let Some(written) = write(&service, &name, &value) else { return };
    let (again, settled) = read(&service, &written);
    if again != name {
        // Services have operations that only differ in what their requests happen to hold.
        return;
    }
    let Some(written) = write(&service, &name, &settled) else {
        panic!("what was written once cannot be written again: {settled:?}")
    };
    assert_eq!(read(&service, &written), (again, settled));
}

fn write(service: &Service, operation: &str, input: &Value) -> Option<WireRequest> {
    let operation = service.operation(operation).expect("a request means a known operation");
    let mut token = || "00000000-0000-4000-8000-000000000000".to_owned();
    encode_request_with(service, operation, input, RequestSettings::new(&mut token)).ok()
}

fn read(service: &Service, request: &WireRequest) -> (String, Value) {
    decode_request(service, request)
        .unwrap_or_else(|error| panic!("what was written is not read: {error}\n{request:?}"))
}
