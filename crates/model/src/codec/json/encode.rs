//! Values to JSON text.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Object, Value,
    codec::{
        DEPTH_LIMIT,
        error::EncodeError,
        number,
        path::{AtPath, ValuePath},
        scalar, timestamp,
    },
    schema::{Member, Service, ShapeKind, Structure, TimestampFormat},
};

/// Writes a value of a member's shape.
pub(crate) fn encode_value(
    service: &Service,
    member: &Member,
    value: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder { service, out: Vec::new(), depth: 0 };
    encoder.value(member, value)?;
    Ok(encoder.out)
}

/// Writes the members of a structure that `select` picks, as one object.
pub(crate) fn encode_members(
    service: &Service,
    structure: &Structure,
    object: &Object,
    select: fn(&Member) -> bool,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder { service, out: Vec::new(), depth: 0 };
    encoder.structure(structure, object, select)?;
    Ok(encoder.out)
}

struct Encoder<'a> {
    service: &'a Service,
    out: Vec<u8>,
    depth: usize,
}

impl Encoder<'_> {
    fn value(&mut self, member: &Member, value: &Value) -> Result<(), EncodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(EncodeError::TooDeep { path: ValuePath::default() });
        }
        let shape = self.service.shape(member.shape);
        match (&shape.kind, value) {
            (_, Value::Null) => self.out.extend_from_slice(b"null"),
            (ShapeKind::Structure(structure), value) if structure.document => {
                self.text_of(&value.to_json().to_string());
            }
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                self.structure(structure, object, |_| true)?;
            }
            (ShapeKind::List(list), Value::List(elements)) => self.list(&list.member, elements)?,
            (ShapeKind::Map(map), Value::Object(object)) => self.map(&map.value, object)?,
            (ShapeKind::String(_), value) if member.flags.json_value => {
                self.string(&scalar::json_text(value));
            }
            (ShapeKind::String(_), Value::String(text)) => self.string(text),
            (ShapeKind::Blob, value) => self.string(&STANDARD.encode(scalar::bytes(value)?)),
            (ShapeKind::Boolean, Value::Bool(truth)) => {
                self.text_of(if *truth { "true" } else { "false" });
            }
            (ShapeKind::Integer | ShapeKind::Long, Value::Integer(number)) => {
                self.text_of(&number.to_string());
            }
            (kind @ (ShapeKind::Float | ShapeKind::Double), value) => {
                self.float(scalar::float(kind, value)?);
            }
            (ShapeKind::Timestamp, value) => self.timestamp(member, value)?,
            (kind, value) => return Err(EncodeError::mismatch(kind.expected(), value.kind())),
        }
        Ok(())
    }

    fn structure(
        &mut self,
        structure: &Structure,
        object: &Object,
        select: fn(&Member) -> bool,
    ) -> Result<(), EncodeError> {
        self.depth += 1;
        self.out.push(b'{');
        let mut first = true;
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let member = structure.member(name).ok_or_else(|| EncodeError::UnknownMember {
                path: ValuePath::member(name),
                shape: structure.name.clone(),
            })?;
            if select(member) {
                self.separate(&mut first);
                self.string(&member.wire_name);
                self.out.push(b':');
                self.value(member, value).map_err(|error| error.in_member(name))?;
            }
        }
        self.out.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn list(&mut self, member: &Member, elements: &[Value]) -> Result<(), EncodeError> {
        self.depth += 1;
        self.out.push(b'[');
        let mut first = true;
        for (position, element) in elements.iter().enumerate() {
            self.separate(&mut first);
            self.value(member, element).map_err(|error| error.in_element(position))?;
        }
        self.out.push(b']');
        self.depth -= 1;
        Ok(())
    }

    fn map(&mut self, member: &Member, object: &Object) -> Result<(), EncodeError> {
        self.depth += 1;
        self.out.push(b'{');
        let mut first = true;
        for (key, value) in object.iter() {
            self.separate(&mut first);
            self.string(key);
            self.out.push(b':');
            self.value(member, value).map_err(|error| error.in_member(key))?;
        }
        self.out.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn timestamp(&mut self, member: &Member, value: &Value) -> Result<(), EncodeError> {
        let format = member.timestamp_format.unwrap_or(TimestampFormat::EpochSeconds);
        let text = timestamp::format(scalar::instant(value)?, format);
        if format == TimestampFormat::EpochSeconds {
            self.text_of(&text);
        } else {
            self.string(&text);
        }
        Ok(())
    }

    fn float(&mut self, float: f64) {
        let text = number::float_text(float);
        if float.is_finite() {
            self.text_of(&text);
        } else {
            self.string(&text);
        }
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.out.push(b',');
        }
    }

    fn text_of(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &str) {
        // Writing to memory cannot fail.
        serde_json::to_writer(&mut self.out, text).unwrap_or_default();
    }
}
