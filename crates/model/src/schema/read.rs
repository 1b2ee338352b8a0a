//! Reads a model as botocore publishes it (`service-2.json`).
//!
//! References may point forward and in circles, so that all shapes are numbered before any is read.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    ops::Deref,
};

use foldhash::fast::FixedState;
use serde::Deserialize;

use crate::{
    Name,
    schema::{
        Bounds, Checksum, ExceptionTraits, Http, List, Location, Map, Member, Metadata, Operation,
        Protocol, Service, Shape, ShapeId, ShapeKind, Structure, TimestampFormat, UriTemplate,
        XmlNamespace,
        member::MemberFlags,
        raw::{RawMetadata, RawModel, RawNamespace, RawOperation, RawReference, RawShape},
    },
};

/// A model that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A part does not have the form of the published models.
    #[error("the model of `{service}` cannot be read at {at}")]
    Malformed {
        /// The service.
        service: Name,
        /// The part.
        at: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A part refers to a shape that is not there.
    #[error("the model of `{service}` refers at {at} to `{shape}`, which it does not define")]
    UnknownShape {
        /// The service.
        service: Name,
        /// The part.
        at: String,
        /// The shape referred to.
        shape: String,
    },
    /// A part has a value that the published models do not know.
    #[error("the model of `{service}` has `{found}` at {at}, expected {expected}")]
    Unexpected {
        /// The service.
        service: Name,
        /// The part.
        at: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl Service {
    /// Reads a model as botocore publishes it (`service-2.json`); `name` is what the service is called by here.
    pub fn from_json(
        name: impl Into<Name>,
        model: &serde_json::Value,
    ) -> Result<Self, SchemaError> {
        let name = name.into();
        let raw = raw_model(model).map_err(|(at, source)| SchemaError::Malformed {
            service: name.clone(),
            at,
            source,
        })?;
        Self::from_raw(name, &raw)
    }

    /// The same from JSON as it is published, in half the time.
    pub(crate) fn from_text(name: impl Into<Name>, model: &[u8]) -> Result<Self, SchemaError> {
        let name = name.into();
        match serde_json::from_slice(model) {
            Ok(raw) => Self::from_raw(name, &raw),
            // A name that is escaped cannot be borrowed, and what is wrong is better told in parts.
            Err(_) => {
                let malformed = |source| SchemaError::Malformed {
                    service: name.clone(),
                    at: "its beginning".to_owned(),
                    source,
                };
                let model = serde_json::from_slice(model).map_err(malformed)?;
                Self::from_json(name, &model)
            }
        }
    }

    fn from_raw(name: Name, raw: &RawModel<'_>) -> Result<Self, SchemaError> {
        let mut reader = Reader {
            service: name.clone(),
            names: HashSet::default(),
            shapes: (0..).zip(&raw.shapes).map(|(id, (name, _))| (*name, ShapeId(id))).collect(),
        };
        let mut shapes = raw
            .shapes
            .iter()
            .map(|(shape_name, shape)| {
                let shape_name = reader.name(shape_name);
                reader.shape(&shape_name, shape, &raw.shapes)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let metadata = reader.metadata(&raw.metadata)?;
        let mut operations = Vec::with_capacity(raw.operations.len());
        for (operation_name, operation) in &raw.operations {
            let mut read = reader.operation(operation_name, operation, &raw.shapes)?;
            settle_payload(read.input.as_mut(), operation.input.as_ref(), &mut shapes);
            settle_payload(read.output.as_mut(), operation.output.as_ref(), &mut shapes);
            operations.push(read);
        }
        Ok(Self::new(name, metadata, operations, shapes))
    }
}

/// Reads a model part by part, so that what is wrong can be told with the part in which it is.
fn raw_model(model: &serde_json::Value) -> Result<RawModel<'_>, (String, serde_json::Error)> {
    let at = |part: &str| format!("`{part}`");
    let metadata = model.get("metadata").unwrap_or(&serde_json::Value::Null);
    let metadata = RawMetadata::deserialize(metadata).map_err(|error| (at("metadata"), error))?;
    let mut shapes = Vec::new();
    for (name, json) in entries(model, "shapes") {
        shapes.push((name, RawShape::deserialize(json).map_err(|error| (at(name), error))?));
    }
    let mut operations = Vec::new();
    for (name, json) in entries(model, "operations") {
        operations
            .push((name, RawOperation::deserialize(json).map_err(|error| (at(name), error))?));
    }
    Ok(RawModel { metadata, operations, shapes })
}

/// A payload may be named by the operation instead of the structure: then the operation gets a structure of its own.
fn settle_payload(
    member: Option<&mut Member>,
    raw: Option<&RawReference<'_>>,
    shapes: &mut Vec<Shape>,
) {
    let (Some(member), Some(payload)) = (member, raw.and_then(|raw| raw.payload)) else { return };
    let Some(mut shape) = shapes.get(member.shape.0 as usize).cloned() else { return };
    if let (ShapeKind::Structure(structure), Ok(id)) =
        (&mut shape.kind, u32::try_from(shapes.len()))
    {
        structure.set_payload(payload);
        member.shape = ShapeId(id);
        shapes.push(shape);
    }
}

fn entries<'a>(
    model: &'a serde_json::Value,
    part: &str,
) -> impl Iterator<Item = (&'a str, &'a serde_json::Value)> {
    let entries = model.get(part).and_then(serde_json::Value::as_object);
    entries.into_iter().flatten().map(|(name, json)| (name.as_str(), json))
}

type RawShapes<'a> = [(&'a str, RawShape<'a>)];

struct Reader<'a> {
    service: Name,
    names: HashSet<Name, FixedState>,
    shapes: HashMap<&'a str, ShapeId, FixedState>,
}

impl<'a> Reader<'a> {
    /// The one shared copy of a name.
    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }

    fn names<T: Deref<Target = str>>(&mut self, texts: &[T]) -> Vec<Name> {
        texts.iter().map(|text| self.name(text)).collect()
    }

    fn optional_name(&mut self, text: Option<&str>) -> Option<Name> {
        text.map(|text| self.name(text))
    }

    fn unexpected(
        &self,
        at: &dyn fmt::Display,
        found: &str,
        expected: &'static str,
    ) -> SchemaError {
        SchemaError::Unexpected {
            service: self.service.clone(),
            at: format!("`{at}`"),
            found: found.to_owned(),
            expected,
        }
    }

    fn metadata(&mut self, raw: &RawMetadata<'_>) -> Result<Metadata, SchemaError> {
        let mut protocols: Vec<Protocol> =
            raw.protocols.iter().filter_map(|name| Protocol::from_name(name)).collect();
        let stated = raw.protocol.and_then(Protocol::from_name);
        protocols.extend(stated.filter(|stated| !protocols.contains(stated)));
        // What is only stated is spoken, but not preferred to what is listed.
        let listed = |protocol: &Protocol| raw.protocols.contains(&protocol.as_str());
        let protocol = Protocol::BY_PREFERENCE.into_iter().find(listed).or(stated);
        let protocol = protocol.ok_or_else(|| {
            self.unexpected(
                &"metadata.protocol",
                raw.protocol.unwrap_or_default(),
                "a known protocol",
            )
        })?;
        let endpoint_prefix = raw.endpoint_prefix.unwrap_or_default();
        Ok(Metadata {
            service_id: self.name(raw.service_id.unwrap_or_default()),
            endpoint_prefix: self.name(endpoint_prefix),
            full_name: self.name(raw.service_full_name.unwrap_or_default()),
            protocol,
            protocols,
            json_version: self.name(raw.json_version.unwrap_or("1.0")),
            target_prefix: self.optional_name(raw.target_prefix),
            api_version: self.name(raw.api_version.unwrap_or_default()),
            signing_name: self.name(raw.signing_name.unwrap_or(endpoint_prefix)),
            signature_version: self.name(raw.signature_version.unwrap_or("v4")),
            auth: self.names(&raw.auth),
            xml_namespace: raw
                .xml_namespace
                .as_ref()
                .map(|namespace| self.namespace(namespace).uri),
            uid: self.optional_name(raw.uid),
            global_endpoint: self.optional_name(raw.global_endpoint),
            query_compatible: raw.aws_query_compatible.is_some(),
        })
    }

    fn operation(
        &mut self,
        name: &str,
        raw: &RawOperation<'_>,
        shapes: &RawShapes<'_>,
    ) -> Result<Operation, SchemaError> {
        let request_uri = raw.http.request_uri.unwrap_or("/");
        let uri = UriTemplate::parse(request_uri).map_err(|_| {
            self.unexpected(&name, request_uri, "a URI template with closed labels")
        })?;
        let input = raw
            .input
            .as_ref()
            .map(|input| self.member("input", input, (name, shapes)))
            .transpose()?;
        let output = raw
            .output
            .as_ref()
            .map(|output| self.member("output", output, (name, shapes)))
            .transpose()?;
        let target = output.as_ref().and_then(|output| shapes.get(output.shape.0 as usize));
        let result_wrapper = raw.output.as_ref().and_then(|output| output.result_wrapper);
        let result_wrapper = result_wrapper.or_else(|| target?.1.result_wrapper);
        let checksum = raw.http_checksum.as_ref();
        Ok(Operation {
            name: self.name(name),
            http: Http {
                method: self.name(raw.http.method.unwrap_or("POST")),
                request_uri: self.name(request_uri),
                uri,
                response_code: raw.http.response_code.unwrap_or(200),
            },
            input,
            output,
            result_wrapper: self.optional_name(result_wrapper),
            errors: raw
                .errors
                .iter()
                .map(|error| self.shape_id(error.shape, &name))
                .collect::<Result<_, _>>()?,
            host_prefix: self
                .optional_name(raw.endpoint.as_ref().and_then(|endpoint| endpoint.host_prefix)),
            checksum: Checksum {
                md5_required: raw.http_checksum_required,
                required: checksum.is_some_and(|checksum| checksum.request_checksum_required),
                request_algorithm_member: self
                    .optional_name(checksum.and_then(|checksum| checksum.request_algorithm_member)),
                request_validation_mode_member: self.optional_name(
                    checksum.and_then(|checksum| checksum.request_validation_mode_member),
                ),
                response_algorithms: checksum
                    .map(|checksum| self.names(&checksum.response_algorithms))
                    .unwrap_or_default(),
            },
            request_encodings: self.names(&raw.request_compression.encodings),
            auth_type: self.optional_name(raw.auth_type),
            auth: self.names(&raw.auth),
            static_context_params: raw.static_context_params.clone(),
            operation_context_params: raw.operation_context_params.clone(),
            idempotent: raw.idempotent,
            readonly: raw.readonly,
            unsigned_payload: raw.unsigned_payload,
            deprecated: raw.deprecated,
        })
    }

    fn shape(
        &mut self,
        name: &Name,
        raw: &RawShape<'a>,
        shapes: &RawShapes<'a>,
    ) -> Result<Shape, SchemaError> {
        let kind = match raw.kind {
            "structure" => ShapeKind::Structure(Box::new(self.structure(name, raw, shapes)?)),
            "list" => ShapeKind::List(Box::new(List {
                member: self.part("member", raw.member.as_ref(), (name, shapes))?,
                sparse: raw.sparse,
            })),
            "map" => ShapeKind::Map(Box::new(Map {
                key: self.part("key", raw.key.as_ref(), (name, shapes))?,
                value: self.part("value", raw.value.as_ref(), (name, shapes))?,
                sparse: raw.sparse,
            })),
            "string" | "character" | "char" => ShapeKind::String(self.names(&raw.values)),
            "blob" => ShapeKind::Blob,
            "boolean" => ShapeKind::Boolean,
            "integer" | "short" | "byte" => ShapeKind::Integer,
            "long" | "biginteger" | "bigInteger" => ShapeKind::Long,
            "float" => ShapeKind::Float,
            "double" | "bigdecimal" | "bigDecimal" => ShapeKind::Double,
            "timestamp" => ShapeKind::Timestamp,
            other => return Err(self.unexpected(name, other, "a known type of shape")),
        };
        let bounds = Bounds {
            minimum: raw.min,
            maximum: raw.max,
            pattern: self.optional_name(raw.pattern.as_deref()),
        };
        Ok(Shape { name: name.clone(), kind, bounds, sensitive: raw.sensitive })
    }

    fn structure(
        &mut self,
        name: &Name,
        raw: &RawShape<'_>,
        shapes: &RawShapes<'_>,
    ) -> Result<Structure, SchemaError> {
        let mut members = Vec::with_capacity(raw.members.len());
        for (member_name, reference) in &raw.members {
            let mut member = self.member(member_name, reference, (name, shapes))?;
            member.flags.required = raw.required.contains(member_name);
            members.push(member);
        }
        let mut structure = Structure::new(name.clone(), members, raw.payload);
        structure.location_name = self.optional_name(raw.location_name);
        structure.xml_namespace =
            raw.xml_namespace.as_ref().map(|namespace| self.namespace(namespace));
        structure.exception = (raw.exception || raw.error.is_some()).then(|| {
            let error = raw.error.as_ref();
            ExceptionTraits {
                code: error
                    .and_then(|error| error.code)
                    .map_or_else(|| name.clone(), |code| self.name(code)),
                status: error.and_then(|error| error.http_status_code),
                sender_fault: error.and_then(|error| error.sender_fault),
                fault: raw.fault,
                retryable: raw.retryable.as_ref().map(|retryable| retryable.throttling),
            }
        });
        structure.union = raw.union;
        structure.document = raw.document;
        structure.event_stream = raw.eventstream;
        structure.event = raw.event;
        Ok(structure)
    }

    fn part(
        &mut self,
        part: &'static str,
        raw: Option<&RawReference<'_>>,
        within: (&str, &RawShapes<'_>),
    ) -> Result<Member, SchemaError> {
        match raw {
            Some(reference) => self.member(part, reference, within),
            None => Err(self.unexpected(&within.0, "nothing", "`member`, or `key` and `value`")),
        }
    }

    /// Settles a reference: what it says itself, then what the shape it refers to says.
    fn member(
        &mut self,
        name: &str,
        raw: &RawReference<'_>,
        (within, shapes): (&str, &RawShapes<'_>),
    ) -> Result<Member, SchemaError> {
        let id = self.shape_id(raw.shape, &format_args!("{within}.{name}"))?;
        let target = shapes.get(id.0 as usize).map(|(_, target)| target);
        let target = target.ok_or_else(|| self.unknown(raw.shape, &within))?;
        // A structure's own name is for where it is the whole body.
        let inherited_name = target.location_name.filter(|_| target.kind != "structure");
        let location_name = raw.location_name.or(inherited_name);
        let wire_name = location_name.unwrap_or(name);
        let flattened = raw.flattened || target.flattened;
        let element_name = target.member.as_ref().and_then(|member| member.location_name);
        let xml_name =
            element_name.filter(|_| target.flattened && target.kind == "list").unwrap_or(wire_name);
        // The converted models give some payloads their member's name, which the wire does not use; those that mean it
        // declare a namespace as well.
        let meant = raw.location_name.filter(|own| *own != name || raw.xml_namespace.is_some());
        let root_name = meant.or(target.location_name).unwrap_or(raw.shape);
        let location = raw
            .location
            .or(target.location)
            .map(|location| self.location(location, &within))
            .transpose()?;
        let timestamp_format = raw.timestamp_format.or(target.timestamp_format);
        let namespace = raw.xml_namespace.as_ref().or(target.xml_namespace.as_ref());
        Ok(Member {
            shape: id,
            location,
            timestamp_format: timestamp_format
                .map(|format| self.timestamp_format(format, &within))
                .transpose()?,
            xml_namespace: namespace.map(|namespace| self.namespace(namespace)),
            location_name: self.optional_name(location_name),
            xml_name: self.name(xml_name),
            root_name: self.name(root_name),
            wire_name: self.name(wire_name),
            query_name: self.optional_name(raw.query_name),
            context_param: self
                .optional_name(raw.context_param.as_ref().map(|parameter| parameter.name)),
            name: self.name(name),
            flags: MemberFlags {
                required: false,
                flattened,
                xml_attribute: raw.xml_attribute,
                streaming: raw.streaming || target.streaming,
                requires_length: raw.requires_length || target.requires_length,
                event_stream: raw.eventstream || target.eventstream,
                event_header: raw.eventheader,
                event_payload: raw.eventpayload,
                json_value: raw.jsonvalue || target.jsonvalue,
                host_label: raw.host_label,
                idempotency_token: raw.idempotency_token,
                boxed: raw.boxed || target.boxed,
                sensitive: raw.sensitive || target.sensitive,
                deprecated: raw.deprecated,
            },
        })
    }

    fn shape_id(&self, shape: &str, at: &dyn fmt::Display) -> Result<ShapeId, SchemaError> {
        self.shapes.get(shape).copied().ok_or_else(|| self.unknown(shape, at))
    }

    fn unknown(&self, shape: &str, at: &dyn fmt::Display) -> SchemaError {
        SchemaError::UnknownShape {
            service: self.service.clone(),
            at: format!("`{at}`"),
            shape: shape.to_owned(),
        }
    }

    fn namespace(&mut self, raw: &RawNamespace<'_>) -> XmlNamespace {
        match raw {
            RawNamespace::Uri(uri) => XmlNamespace { prefix: None, uri: self.name(uri) },
            RawNamespace::Bound { prefix, uri } => {
                XmlNamespace { prefix: self.optional_name(*prefix), uri: self.name(uri) }
            }
        }
    }

    fn location(&self, text: &str, at: &dyn fmt::Display) -> Result<Location, SchemaError> {
        Ok(match text {
            "uri" => Location::Uri,
            "querystring" => Location::QueryString,
            "header" => Location::Header,
            "headers" => Location::Headers,
            "statusCode" => Location::StatusCode,
            other => return Err(self.unexpected(at, other, "a location of the HTTP message")),
        })
    }

    fn timestamp_format(
        &self,
        text: &str,
        at: &dyn fmt::Display,
    ) -> Result<TimestampFormat, SchemaError> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "iso8601" => TimestampFormat::DateTime,
            "rfc822" => TimestampFormat::HttpDate,
            "unixtimestamp" => TimestampFormat::EpochSeconds,
            _ => return Err(self.unexpected(at, text, "a timestamp format")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape `Size`, or what is wrong.
    fn size(model: &str) -> Result<Option<Name>, String> {
        let service = Service::from_text("small", model.as_bytes());
        let service = service.map_err(|error| error.to_string())?;
        Ok(service.shape_named("Size").and_then(|(_, shape)| shape.bounds.pattern.clone()))
    }

    #[test]
    fn a_model_is_read_whether_or_not_its_names_are_escaped() {
        let model = |name: &str| {
            format!(
                r#"{{"metadata": {{"protocol": "json"}}, "operations": {{}},
                    "shapes": {{"{name}": {{"type": "string", "pattern": "\\d", "enum": ["\"", "b"]}}}}}}"#
            )
        };
        assert_eq!(size(&model("Size")), Ok(Some(r"\d".into())));
        assert_eq!(size(&model(r"S\u0069ze")), Ok(Some(r"\d".into())));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_part_in_which_it_is() {
        let model = r#"{"metadata": {"protocol": "json"}, "shapes": {"Size": {"type": 3}}}"#;
        assert_eq!(size(model), Err("the model of `small` cannot be read at `Size`".to_owned()));
        assert_eq!(
            size("{"),
            Err("the model of `small` cannot be read at its beginning".to_owned())
        );
    }
}
