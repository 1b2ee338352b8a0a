//! Models of services.

use reeve_model::{
    Operation, Service, Value, WireResponse, decode_error, decode_request, decode_response,
    encode_request, encode_response,
};

/// Reads JSON as a model, and uses each of its operations.
pub fn models(input: &[u8]) {
    let Ok(json) = serde_json::from_slice(input) else { return };
    let Ok(service) = Service::from_json("made-up", &json) else { return };
    for operation in service.operations().iter().take(8) {
        call(&service, operation);
    }
}

fn call(service: &Service, operation: &Operation) {
    let protocol = service.metadata().protocol;
    if let Ok(request) = encode_request(service, operation, &Value::object()) {
        drop(decode_request(service, &request));
    }
    if let Ok(response) = encode_response(service, protocol, operation, &Value::object(), "1") {
        drop(decode_response(service, operation, &response));
    }
    for body in ["", "{}", "<a><b/></a>", "{\"a\": [1, {\"b\": null}]}"] {
        let response =
            WireResponse { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        drop(decode_response(service, operation, &response));
        drop(decode_error(service, &response));
    }
}
