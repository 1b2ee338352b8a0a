//! What the REST protocols share: members bound to labels, query strings, headers and the status, and a body for the
//! rest, in JSON or XML.

mod binding;
mod header;
mod request_decode;
mod request_encode;
mod response_decode;
mod response_encode;
mod route;

use crate::{
    Object, Value,
    codec::{
        error::{DecodeError, EncodeError},
        json, xml,
    },
    schema::{Member, Protocol, Service, ShapeKind, Structure},
};

pub(crate) use request_decode::decode_request;
pub(crate) use request_encode::encode_request;
pub(crate) use response_decode::{decode_bindings, decode_response};
pub(crate) use response_encode::{encode_response, error_headers};
pub(crate) use route::find_operation;

/// What bodies are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    /// rest-json.
    Json,
    /// rest-xml.
    Xml,
}

/// What a body holds.
enum BodyKind<'a> {
    /// The bytes or the text of one member.
    Raw(&'a Member),
    /// The value of one member.
    Payload(&'a Member),
    /// The members that are bound to nothing else.
    Members,
    /// Nothing.
    Empty,
}

impl<'a> BodyKind<'a> {
    fn of(service: &Service, structure: &'a Structure, select: fn(&Member) -> bool) -> Self {
        match structure.payload() {
            Some(member) => match service.shape(member.shape).kind {
                ShapeKind::Blob | ShapeKind::String(_) => Self::Raw(member),
                _ => Self::Payload(member),
            },
            None if structure.members().iter().any(select) => Self::Members,
            None => Self::Empty,
        }
    }
}

impl BodyFormat {
    fn protocol(self) -> Protocol {
        match self {
            Self::Json => Protocol::RestJson,
            Self::Xml => Protocol::RestXml,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }

    fn encode_payload(
        self,
        service: &Service,
        member: &Member,
        value: &Value,
    ) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Json => json::encode_value(service, member, value),
            Self::Xml => {
                let mut writer = xml::Writer::new(service);
                writer.element(member, &member.root_name, value)?;
                Ok(writer.into_bytes())
            }
        }
    }

    /// `root` is the operation's input or output.
    fn encode_members(
        self,
        service: &Service,
        (root, structure): (&Member, &Structure),
        object: &Object,
        select: fn(&Member) -> bool,
    ) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Json => json::encode_members(service, structure, object, select),
            Self::Xml => {
                let mut writer = xml::Writer::new(service);
                writer.structure(
                    (&root.root_name, root.xml_namespace.as_ref()),
                    structure,
                    object,
                    select,
                )?;
                Ok(writer.into_bytes())
            }
        }
    }

    fn decode_payload(
        self,
        service: &Service,
        member: &Member,
        body: &[u8],
    ) -> Result<Value, DecodeError> {
        match self {
            _ if body.is_empty() => Ok(Value::Null),
            Self::Json => json::decode_body(service, member, body),
            Self::Xml => xml::decode_root(service, member, body),
        }
    }

    fn decode_members(
        self,
        service: &Service,
        structure: &Structure,
        body: &[u8],
    ) -> Result<Object, DecodeError> {
        match self {
            _ if body.is_empty() => Ok(Object::new()),
            Self::Json => json::decode_members(service, structure, body, true),
            Self::Xml => Ok(xml::decode_within(service, structure, &[], body)?.unwrap_or_default()),
        }
    }

    /// Reads what a body holds into an object.
    fn decode_body(
        self,
        service: &Service,
        structure: &Structure,
        select: fn(&Member) -> bool,
        body: &[u8],
    ) -> Result<Object, DecodeError> {
        let mut object = Object::new();
        match BodyKind::of(service, structure, select) {
            BodyKind::Raw(member) => {
                // Nothing cannot be told from a value of no bytes.
                if !body.is_empty() {
                    object.insert(&member.name, raw_value(service, member, body)?);
                }
            }
            BodyKind::Payload(member) => {
                let value = self.decode_payload(service, member, body)?;
                if !value.is_null() {
                    object.insert(&member.name, value);
                }
            }
            BodyKind::Members => object = self.decode_members(service, structure, body)?,
            BodyKind::Empty => {}
        }
        Ok(object)
    }
}

fn raw_value(service: &Service, member: &Member, body: &[u8]) -> Result<Value, DecodeError> {
    match service.shape(member.shape).kind {
        ShapeKind::String(_) => match std::str::from_utf8(body) {
            Ok(text) => Ok(Value::from(text)),
            Err(_) => Err(DecodeError::mismatch("a string in UTF-8", "other bytes")),
        },
        _ => Ok(Value::Blob(body.to_vec())),
    }
}
