//! Events to messages: what servers send, and tests.

use crate::{
    EventMessage, Object, Operation, Value,
    codec::{
        cbor,
        error::EncodeError,
        json,
        path::{AtPath, ValuePath},
        scalar, xml,
    },
    event_stream::{HeaderValue, encode_frame},
    schema::{Member, Protocol, Service, ShapeKind, Structure, TimestampFormat},
};

/// Writes an event of an operation's output stream, in the protocol of its request. `event` is the union: an object whose only member is the event.
///
/// A member that is an exception becomes one in the stream.
pub fn encode_event(
    service: &Service,
    protocol: Protocol,
    operation: &Operation,
    event: &Value,
) -> Result<EventMessage, EncodeError> {
    let union = operation.event_output(service).and_then(|member| service.structure(member.shape));
    let members = event.as_object().into_iter().flat_map(Object::iter);
    let (Some(union), [(name, value)]) = (union, &*members.collect::<Vec<_>>()) else {
        return Err(EncodeError::mismatch("one event of the operation's stream", event.kind()));
    };
    let unknown =
        || EncodeError::UnknownMember { path: ValuePath::member(name), shape: union.name.clone() };
    let member = union.member(name).ok_or_else(unknown)?;
    let structure = service.structure(member.shape).ok_or_else(unknown)?;
    let none = Object::new();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => &none,
        other => return Err(EncodeError::mismatch("a structure", other.kind()).in_member(name)),
    };
    let (message_type, type_header) = match structure.exception {
        Some(_) => ("exception", ":exception-type"),
        None => ("event", ":event-type"),
    };
    let message = EventMessage::default()
        .with_text(":message-type", message_type)
        .with_text(type_header, name.to_string());
    let writer = Writer { service, protocol };
    writer.event(structure, object, message).map_err(|error| error.in_member(name))
}

/// Writes the members of an output that are no stream, which the RPC protocols send as the stream's first message.
pub fn encode_initial_response(
    service: &Service,
    protocol: Protocol,
    operation: &Operation,
    output: &Value,
) -> Result<EventMessage, EncodeError> {
    let structure = operation.output.as_ref().and_then(|output| service.structure(output.shape));
    let none = Object::new();
    let members = output.as_object().unwrap_or(&none);
    let writer = Writer { service, protocol };
    let payload = match structure {
        Some(structure) => {
            writer.members(structure, members, |member| !member.flags.event_stream)?
        }
        None => Vec::new(),
    };
    let message = EventMessage { headers: Vec::new(), payload }
        .with_text(":message-type", "event")
        .with_text(":event-type", "initial-response");
    Ok(message.with_text(":content-type", writer.content_type()))
}

/// Writes a whole stream: the other members of the output first where the protocol has them in the stream, then the events.
pub(crate) fn encode_stream(
    service: &Service,
    protocol: Protocol,
    operation: &Operation,
    output: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let Some(member) = operation.event_output(service) else { return Ok(Vec::new()) };
    let mut stream = Vec::new();
    let mut write = |message: &EventMessage| match encode_frame(message) {
        Ok(frame) => {
            stream.extend_from_slice(&frame);
            Ok(())
        }
        Err(error) => Err(EncodeError::Event { reason: error.to_string() }),
    };
    if matches!(protocol, Protocol::Json | Protocol::RpcV2Cbor) {
        write(&encode_initial_response(service, protocol, operation, output)?)?;
    }
    let events = output.get(&member.name).map_or(&[][..], Value::as_list);
    for (position, event) in events.iter().enumerate() {
        let message = encode_event(service, protocol, operation, event);
        let message =
            message.map_err(|error| error.in_element(position).in_member(&member.name))?;
        write(&message)?;
    }
    Ok(stream)
}

struct Writer<'a> {
    service: &'a Service,
    protocol: Protocol,
}

impl Writer<'_> {
    fn event(
        &self,
        structure: &Structure,
        object: &Object,
        mut message: EventMessage,
    ) -> Result<EventMessage, EncodeError> {
        if let Some(unknown) = object.names().find(|name| structure.member(name).is_none()) {
            let path = ValuePath::member(unknown);
            return Err(EncodeError::UnknownMember { path, shape: structure.name.clone() });
        }
        let given = |member: &Member| object.get(&member.name).filter(|value| !value.is_null());
        let members = structure.members();
        for member in members.iter().filter(|member| member.flags.event_header) {
            if let Some(value) = given(member) {
                let header = header(self.service, member, value);
                let header = header.map_err(|error| error.in_member(&member.name))?;
                message.headers.push((member.wire_name.to_string(), header));
            }
        }
        let (payload, content_type) = match members.iter().find(|member| member.flags.event_payload)
        {
            Some(member) => match given(member) {
                Some(value) => {
                    let payload = self.payload(member, value);
                    payload.map_err(|error| error.in_member(&member.name))?
                }
                None => return Ok(message),
            },
            None if members.iter().all(|member| member.flags.event_header) => return Ok(message),
            None => {
                let payload =
                    self.members(structure, object, |member| !member.flags.event_header)?;
                (payload, self.content_type())
            }
        };
        message.payload = payload;
        Ok(message.with_text(":content-type", content_type))
    }

    fn payload(
        &self,
        member: &Member,
        value: &Value,
    ) -> Result<(Vec<u8>, &'static str), EncodeError> {
        let service = self.service;
        let payload = match (&service.shape(member.shape).kind, self.protocol) {
            (ShapeKind::Blob, _) => {
                return Ok((scalar::bytes(value)?.to_vec(), "application/octet-stream"));
            }
            (ShapeKind::String(_), _) => return Ok((scalar::bytes(value)?.to_vec(), "text/plain")),
            (_, Protocol::RestXml | Protocol::Query | Protocol::Ec2) => {
                let mut writer = xml::Writer::new(service);
                writer.element(member, &member.root_name, value)?;
                writer.into_bytes()
            }
            (_, Protocol::RpcV2Cbor) => cbor::encode_value(service, member, value)?,
            (_, Protocol::Json | Protocol::RestJson) => json::encode_value(service, member, value)?,
        };
        Ok((payload, self.content_type()))
    }

    fn members(
        &self,
        structure: &Structure,
        object: &Object,
        select: fn(&Member) -> bool,
    ) -> Result<Vec<u8>, EncodeError> {
        let service = self.service;
        match self.protocol {
            Protocol::RestXml | Protocol::Query | Protocol::Ec2 => {
                let mut writer = xml::Writer::new(service);
                writer.structure((&structure.name, None), structure, object, select)?;
                Ok(writer.into_bytes())
            }
            Protocol::RpcV2Cbor => cbor::encode_members(service, structure, object, select),
            Protocol::Json | Protocol::RestJson => {
                json::encode_members(service, structure, object, select)
            }
        }
    }

    fn content_type(&self) -> &'static str {
        match self.protocol {
            Protocol::RestXml | Protocol::Query | Protocol::Ec2 => "text/xml",
            Protocol::RpcV2Cbor => "application/cbor",
            Protocol::Json | Protocol::RestJson => "application/json",
        }
    }
}

fn header(service: &Service, member: &Member, value: &Value) -> Result<HeaderValue, EncodeError> {
    let kind = &service.shape(member.shape).kind;
    let mismatch = || EncodeError::mismatch(kind.expected(), value.kind());
    Ok(match (kind, value) {
        (ShapeKind::Boolean, Value::Bool(truth)) => HeaderValue::Bool(*truth),
        (ShapeKind::Integer, Value::Integer(number)) => {
            HeaderValue::Integer(i32::try_from(*number).map_err(|_| mismatch())?)
        }
        (ShapeKind::Long, Value::Integer(number)) => HeaderValue::Long(*number),
        (ShapeKind::Blob, value) => HeaderValue::Bytes(scalar::bytes(value)?.to_vec()),
        (ShapeKind::Timestamp, value) => HeaderValue::Timestamp(scalar::instant(value)?),
        _ => {
            let text = scalar::to_text(kind, value, TimestampFormat::DateTime)?;
            HeaderValue::Text(text.into_owned())
        }
    })
}
