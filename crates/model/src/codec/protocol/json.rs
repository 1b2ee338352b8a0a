//! The JSON protocols 1.0 and 1.1: one URI, the operation in a header.

use crate::{
    Object, Operation, Protocol, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec,
        error::{DecodeError, EncodeError},
        error_body, event_stream, json,
    },
    schema::{Member, Structure},
};

/// The JSON protocols.
pub(in crate::codec) struct Json;

impl Codec for Json {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        let prefix = service.metadata().target_prefix.as_deref().unwrap_or_default();
        let mut headers = vec![
            ("X-Amz-Target".to_owned(), format!("{prefix}.{}", operation.name)),
            ("Content-Type".to_owned(), content_type(service)),
        ];
        headers.extend(query_mode_header(service));
        Ok(WireRequest {
            method: operation.http.method.to_string(),
            path: operation.http.uri.to_string(),
            headers,
            body: encode_body(service, operation.input.as_ref(), input)?,
            ..WireRequest::default()
        })
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        if operation.event_output(service).is_some() && !response.body.is_empty() {
            return event_stream::decode_stream(service, operation, &response.body)
                .map(Value::Object);
        }
        decode_body(service, operation.output.as_ref(), &response.body)
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        error_body::decode_json(service, response)
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        let target = request.header("x-amz-target").unwrap_or_default();
        let name = target.rsplit('.').next().unwrap_or(target);
        let operation = service.operation(name).map_err(|_| DecodeError::UnknownOperation {
            service: service.name().clone(),
            request: format!("the target `{target}`"),
        })?;
        Ok((operation, decode_body(service, operation.input.as_ref(), &request.body)?))
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        _request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        let (content_type, body) = match operation.event_output(service) {
            Some(_) => (
                event_stream::CONTENT_TYPE.to_owned(),
                event_stream::encode_stream(service, Protocol::Json, operation, output)?,
            ),
            None => {
                (content_type(service), encode_body(service, operation.output.as_ref(), output)?)
            }
        };
        let headers = vec![("Content-Type".to_owned(), content_type)];
        Ok(WireResponse { status: 200, headers, body })
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let mut headers = vec![("Content-Type".to_owned(), content_type(service))];
        headers.extend(query_error_header(service, error));
        let mut fields = error_fields(service, error);
        fields.shift_insert(0, "__type".to_owned(), error_type(service, error).into());
        WireResponse {
            status: error.status,
            headers,
            body: serde_json::Value::Object(fields).to_string().into(),
        }
    }
}

/// The header that asks for the codes which errors had when the service spoke the query protocol.
pub(super) fn query_mode_header(service: &Service) -> Option<(String, String)> {
    let is_compatible = service.metadata().query_compatible;
    is_compatible.then(|| ("x-amzn-query-mode".to_owned(), "true".to_owned()))
}

/// The header that keeps the code which an error had when the service spoke the query protocol.
pub(super) fn query_error_header(
    service: &Service,
    error: &ServiceError,
) -> Option<(String, String)> {
    let fault = if error.sender_fault { "Sender" } else { "Receiver" };
    let is_compatible = service.metadata().query_compatible;
    is_compatible.then(|| ("x-amzn-query-error".to_owned(), format!("{};{fault}", error.code)))
}

/// The name that an error's shape has in the model: what JSON errors are called by.
pub(super) fn error_type(service: &Service, error: &ServiceError) -> String {
    let exception = service.exception(&error.code);
    exception.map_or_else(|| error.code.clone(), |(_, structure)| structure.name.to_string())
}

/// The members of an error's body, its message among them in any case.
pub(super) fn error_fields(
    service: &Service,
    error: &ServiceError,
) -> serde_json::Map<String, serde_json::Value> {
    let exception = service.exception(&error.code);
    // Members that cannot be written leave the error without them: it must reach its reader.
    let body = exception.and_then(|(_, structure)| {
        let detail = error_body::detail_to_encode(error, structure);
        json::encode_members(service, structure, &detail, Member::in_response_body).ok()
    });
    let fields = body.and_then(|body| serde_json::from_slice(&body).ok());
    let mut fields: serde_json::Map<_, _> = fields.unwrap_or_default();
    if !fields.contains_key("message") && !fields.contains_key("Message") {
        fields.insert("message".to_owned(), error.message.as_str().into());
    }
    fields
}

fn content_type(service: &Service) -> String {
    format!("application/x-amz-json-{}", service.metadata().json_version)
}

fn encode_body(
    service: &Service,
    root: Option<&Member>,
    value: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let structure: Option<&Structure> = root.and_then(|root| service.structure(root.shape));
    match (structure, value) {
        (Some(structure), Value::Object(object)) => {
            json::encode_members(service, structure, object, |_| true)
        }
        (_, Value::Null) => Ok(b"{}".to_vec()),
        (None, Value::Object(object)) if object.is_empty() => Ok(b"{}".to_vec()),
        _ => Err(EncodeError::mismatch("a structure", value.kind())),
    }
}

fn decode_body(
    service: &Service,
    root: Option<&Member>,
    body: &[u8],
) -> Result<Value, DecodeError> {
    let object = match root.and_then(|root| service.structure(root.shape)) {
        Some(structure) => json::decode_members(service, structure, body, false)?,
        None if body.iter().all(u8::is_ascii_whitespace) => Object::new(),
        None => {
            let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(body);
            parsed.map_err(|error| DecodeError::malformed("JSON", error.to_string()))?;
            Object::new()
        }
    };
    Ok(Value::Object(object))
}
