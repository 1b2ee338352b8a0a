//! Messages to events, by the model.

use std::borrow::Cow;

use crate::{
    EventMessage, Name, Object, Operation, ServiceError, Value,
    codec::{
        cbor,
        error::{DecodeError, excerpt},
        json,
        path::AtPath,
        scalar, xml,
    },
    event_stream::{FrameReader, HeaderValue},
    schema::{Member, Protocol, Service, ShapeKind, Structure},
};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An event that the model knows.
    Member {
        /// The name of the union's member, such as `Records`.
        name: Name,
        /// The union: an object whose only member is the event.
        value: Value,
    },
    /// The members of the output that are no stream, which the RPC protocols send first.
    InitialResponse(Value),
    /// An event that the model does not know; the message has what it said.
    Unknown {
        /// Its type.
        name: String,
    },
}

/// Reads what a message of an operation's output stream says.
///
/// An exception or another error that the service sends in its stream is [`DecodeError::Service`]: the stream ends with it.
pub fn decode_event(
    service: &Service,
    operation: &Operation,
    message: &EventMessage,
) -> Result<Event, DecodeError> {
    let stream = operation
        .event_output(service)
        .and_then(|member| Some((member, service.structure(member.shape)?)));
    let Some((member, union)) = stream else {
        let request = format!("events: `{}` sends none", operation.name);
        return Err(DecodeError::UnknownOperation { service: service.name().clone(), request });
    };
    let decoder = Decoder { service, union, message };
    match message.text(":message-type") {
        Some("error") => Err(DecodeError::Service(Box::new(decoder.error()))),
        Some("exception") => Err(DecodeError::Service(Box::new(decoder.exception()))),
        Some("event") | None => {
            decoder.event(operation).map_err(|error| error.in_member(&member.name))
        }
        Some(other) => Err(DecodeError::malformed(
            FORMAT,
            format!("its messages are of the type `{}`", excerpt(other, 40)),
        )),
    }
}

/// Reads a stream that has come whole: the members of the initial response, and the events as a list.
pub(crate) fn decode_stream(
    service: &Service,
    operation: &Operation,
    body: &[u8],
) -> Result<Object, DecodeError> {
    let malformed = |error: super::FrameError| DecodeError::malformed(FORMAT, error.to_string());
    let mut output = Object::new();
    let mut events = Vec::new();
    let mut reader = FrameReader::new();
    reader.push(body);
    while let Some(message) = reader.next_message().map_err(malformed)? {
        match decode_event(service, operation, &message)? {
            Event::Member { value, .. } => events.push(value),
            Event::InitialResponse(Value::Object(members)) => output.extend(members),
            Event::InitialResponse(_) => {}
            Event::Unknown { name } => {
                let mut union = Object::new();
                crate::codec::union::note_unknown(&mut union, Some(Name::from(name)));
                events.push(Value::Object(union));
            }
        }
    }
    reader.finish().map_err(malformed)?;
    if let Some(member) = operation.event_output(service) {
        output.insert(&member.name, Value::List(events));
    }
    Ok(output)
}

const FORMAT: &str = "event stream";

struct Decoder<'a> {
    service: &'a Service,
    union: &'a Structure,
    message: &'a EventMessage,
}

impl Decoder<'_> {
    fn event(&self, operation: &Operation) -> Result<Event, DecodeError> {
        let Some(kind) = self.message.text(":event-type") else {
            return Err(DecodeError::malformed(FORMAT, "an event does not say its type"));
        };
        let member = self.union.member(kind);
        let event = member.and_then(|member| Some((member, self.service.structure(member.shape)?)));
        if let Some((member, structure)) = event {
            let event = self.structure(structure).map_err(|error| error.in_member(&member.name))?;
            let value = Value::from_iter([(member.name.clone(), Value::Object(event))]);
            return Ok(Event::Member { name: member.name.clone(), value });
        }
        if kind == "initial-response" {
            let output = operation.output.as_ref();
            let output = output.and_then(|output| self.service.structure(output.shape));
            let members = output.map(|output| self.members(output)).transpose()?;
            return Ok(Event::InitialResponse(Value::Object(members.unwrap_or_default())));
        }
        Ok(Event::Unknown { name: kind.to_owned() })
    }

    fn exception(&self) -> ServiceError {
        let kind = self.message.text(":exception-type").unwrap_or_default();
        let structure =
            self.union.member(kind).and_then(|member| self.service.structure(member.shape));
        let structure =
            structure.or_else(|| self.service.exception(kind).map(|(_, structure)| structure));
        let traits = structure.and_then(|structure| structure.exception.as_ref());
        let code = traits.map_or(kind, |traits| &*traits.code);
        // Members that cannot be read leave the error without them: an error must not hide behind another.
        let detail = structure.and_then(|structure| self.structure(structure).ok());
        let detail = detail.unwrap_or_default();
        let message = ["message", "Message"].iter().find_map(|name| detail.get(name)?.as_str());
        let message = message.map_or_else(
            || excerpt(&String::from_utf8_lossy(&self.message.payload), 200),
            str::to_owned,
        );
        let status = traits.and_then(|traits| traits.status).unwrap_or(400);
        let mut error = ServiceError::new(code, message).with_status(status);
        error.detail = Value::Object(detail);
        error
    }

    fn error(&self) -> ServiceError {
        let text = |name| self.message.text(name).unwrap_or_default();
        ServiceError::new(text(":error-code"), text(":error-message"))
    }

    /// The members of an event: some in headers, one as the payload, or all others in the payload.
    fn structure(&self, structure: &Structure) -> Result<Object, DecodeError> {
        let members = structure.members();
        let mut object = match members.iter().find(|member| member.flags.event_payload) {
            Some(member) => {
                let mut object = Object::new();
                let value = self.payload(member).map_err(|error| error.in_member(&member.name))?;
                if !value.is_null() {
                    object.insert(&member.name, value);
                }
                object
            }
            None => self.members(structure)?,
        };
        for member in members.iter().filter(|member| member.flags.event_header) {
            let Some(header) = self.message.header(&member.wire_name) else { continue };
            let value = self.header(member, header);
            if let Some(value) = value.map_err(|error| error.in_member(&member.name))? {
                object.insert(&member.name, value);
            }
        }
        Ok(object)
    }

    fn header(&self, member: &Member, value: &HeaderValue) -> Result<Option<Value>, DecodeError> {
        let kind = &self.service.shape(member.shape).kind;
        let found = match (value, kind) {
            (HeaderValue::Text(text), _) => return scalar::from_text(kind, Cow::Borrowed(text)),
            (HeaderValue::Bool(truth), ShapeKind::Boolean) => Some(Value::Bool(*truth)),
            (HeaderValue::Byte(number), _) => integer(kind, i64::from(*number)),
            (HeaderValue::Short(number), _) => integer(kind, i64::from(*number)),
            (HeaderValue::Integer(number), _) => integer(kind, i64::from(*number)),
            (HeaderValue::Long(number), _) => integer(kind, *number),
            (HeaderValue::Bytes(bytes), ShapeKind::Blob) => Some(Value::Blob(bytes.clone())),
            (HeaderValue::Timestamp(instant), ShapeKind::Timestamp) => {
                Some(Value::Timestamp(*instant))
            }
            (HeaderValue::Uuid(id), ShapeKind::String(_)) => Some(Value::String(id.to_string())),
            _ => None,
        };
        let found = found.map(Some);
        found.ok_or_else(|| DecodeError::mismatch(kind.expected(), value.kind()))
    }

    fn payload(&self, member: &Member) -> Result<Value, DecodeError> {
        let (service, payload) = (self.service, &*self.message.payload);
        match &service.shape(member.shape).kind {
            ShapeKind::Blob => Ok(Value::Blob(payload.to_vec())),
            ShapeKind::String(_) => match std::str::from_utf8(payload) {
                Ok(text) => Ok(Value::from(text)),
                Err(_) => Err(DecodeError::mismatch("a string in UTF-8", "other bytes")),
            },
            _ if payload.is_empty() => Ok(Value::Null),
            _ => match service.metadata().protocol {
                Protocol::RestXml | Protocol::Query | Protocol::Ec2 => {
                    xml::decode_root(service, member, payload)
                }
                Protocol::RpcV2Cbor => cbor::decode_value(service, member, payload),
                Protocol::Json | Protocol::RestJson => json::decode_body(service, member, payload),
            },
        }
    }

    fn members(&self, structure: &Structure) -> Result<Object, DecodeError> {
        let (service, payload) = (self.service, &*self.message.payload);
        if payload.is_empty() {
            return Ok(Object::new());
        }
        match service.metadata().protocol {
            Protocol::RestXml | Protocol::Query | Protocol::Ec2 => {
                let members = xml::decode_within(service, structure, &[], payload)?;
                Ok(members.unwrap_or_default())
            }
            Protocol::RpcV2Cbor => cbor::decode_members(service, structure, payload),
            Protocol::Json | Protocol::RestJson => {
                json::decode_members(service, structure, payload, false)
            }
        }
    }
}

fn integer(kind: &ShapeKind, number: i64) -> Option<Value> {
    match kind {
        ShapeKind::Integer | ShapeKind::Long => Some(Value::Integer(number)),
        ShapeKind::Timestamp => {
            jiff::Timestamp::from_millisecond(number).ok().map(Value::Timestamp)
        }
        _ => None,
    }
}
