//! Messages of every operation of every service, for botocore to judge: `tests/third-party/message_judge.py` reads them.

use std::io::Write as _;

use reeve_model::{Operation, Protocol, Service, Value, catalog, encode_request, encode_response};
use serde_json::{Value as Json, json};

use crate::protocols_services::Generator;

/// Without a file to write to there is nobody to judge.
#[test]
fn every_operation_is_written_for_botocore_to_read() {
    let Ok(path) = std::env::var("REEVE_MESSAGES") else {
        writeln!(std::io::stderr(), "skipped: REEVE_MESSAGES does not name a file").unwrap();
        return;
    };
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for summary in catalog().services() {
        let service = catalog().service(&summary.name).unwrap();
        for (position, operation) in service.operations().iter().enumerate() {
            let mut generator = Generator::new(&service, position);
            let input = generator.top(operation.input.as_ref());
            let output = generator.top(operation.output.as_ref());
            let request = input.map(|input| request(&service, operation, &input));
            let preferred = service.metadata().protocol;
            let others = service.metadata().protocols.iter().copied();
            let spoken = others
                .filter(|other| *other == Protocol::RpcV2Cbor && *other != preferred)
                .chain([preferred]);
            let responses = spoken.filter_map(|protocol| {
                Some(response(&service, protocol, operation, output.as_ref()?))
            });
            for message in request.into_iter().chain(responses) {
                writeln!(file, "{message}").unwrap();
            }
        }
    }
}

fn request(service: &Service, operation: &Operation, input: &Value) -> Json {
    let request = encode_request(service, operation, input).unwrap();
    json!({
        "service": &**service.name(), "operation": &*operation.name, "input": input.to_json(),
        "protocol": service.metadata().protocol.as_str(), "method": request.method, "path": request.path, "query": request.query,
        "headers": request.headers, "body": Value::Blob(request.body).to_json(),
    })
}

fn response(service: &Service, protocol: Protocol, operation: &Operation, output: &Value) -> Json {
    let response = encode_response(service, protocol, operation, output, "request-1").unwrap();
    json!({
        "service": &**service.name(), "operation": &*operation.name, "output": output.to_json(),
        "protocol": protocol.as_str(), "status": response.status, "headers": response.headers,
        "body": Value::Blob(response.body).to_json(),
    })
}
