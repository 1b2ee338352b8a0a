//! Values to CBOR.

use crate::{
    Object, Value,
    codec::{
        DEPTH_LIMIT,
        error::EncodeError,
        path::{AtPath, ValuePath},
        scalar,
    },
    schema::{Member, Service, ShapeKind, Structure},
};

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const EPOCH_SECONDS: usize = 1;

/// Writes a value of a member's shape.
pub(crate) fn encode_value(
    service: &Service,
    member: &Member,
    value: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new(service);
    encoder.value(member, value)?;
    Ok(encoder.into_bytes())
}

/// Writes the members of a structure that `select` picks, as one map.
pub(crate) fn encode_members(
    service: &Service,
    structure: &Structure,
    object: &Object,
    select: fn(&Member) -> bool,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new(service);
    encoder.structure(structure, object, select, &[])?;
    Ok(encoder.into_bytes())
}

/// Writes one body.
pub(crate) struct Encoder<'a> {
    service: &'a Service,
    out: Vec<u8>,
    depth: usize,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(service: &'a Service) -> Self {
        Self { service, out: Vec::new(), depth: 0 }
    }

    /// The body.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn value(&mut self, member: &Member, value: &Value) -> Result<(), EncodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(EncodeError::TooDeep { path: ValuePath::default() });
        }
        self.depth += 1;
        let shape = self.service.shape(member.shape);
        match (&shape.kind, value) {
            (_, Value::Null) => self.out.push(0xf6),
            (ShapeKind::Structure(structure), value) if structure.document => {
                self.document(value)?;
            }
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                self.structure(structure, object, |_| true, &[])?;
            }
            (ShapeKind::List(list), Value::List(elements)) => {
                self.head(LIST, elements.len());
                for (position, element) in elements.iter().enumerate() {
                    let written = self.value(&list.member, element);
                    written.map_err(|error| error.in_element(position))?;
                }
            }
            (ShapeKind::Map(map), Value::Object(entries)) => {
                self.head(MAP, entries.len());
                for (key, value) in entries.iter() {
                    self.text(key);
                    self.value(&map.value, value).map_err(|error| error.in_member(key))?;
                }
            }
            (ShapeKind::String(_), Value::String(text)) => self.text(text),
            (ShapeKind::Blob, value) => self.bytes(scalar::bytes(value)?),
            (ShapeKind::Boolean, Value::Bool(truth)) => self.bool(*truth),
            (ShapeKind::Integer | ShapeKind::Long, Value::Integer(number)) => self.integer(*number),
            (kind @ ShapeKind::Float, value) => self.float(scalar::float(kind, value)?),
            (kind @ ShapeKind::Double, value) => self.double(scalar::float(kind, value)?),
            (ShapeKind::Timestamp, value) => self.timestamp(scalar::instant(value)?),
            (kind, value) => return Err(EncodeError::mismatch(kind.expected(), value.kind())),
        }
        self.depth -= 1;
        Ok(())
    }

    /// A structure's members that `select` picks, after some texts that are no members.
    pub(crate) fn structure(
        &mut self,
        structure: &Structure,
        object: &Object,
        select: fn(&Member) -> bool,
        texts: &[(&str, &str)],
    ) -> Result<(), EncodeError> {
        let mut members = Vec::with_capacity(object.len());
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let member = structure.member(name).ok_or_else(|| EncodeError::UnknownMember {
                path: ValuePath::member(name),
                shape: structure.name.clone(),
            })?;
            if select(member) {
                members.push((member, value));
            }
        }
        self.texts(texts, members.len());
        for (member, value) in members {
            self.text(&member.wire_name);
            self.value(member, value).map_err(|error| error.in_member(&member.name))?;
        }
        Ok(())
    }

    /// The head of a map, and its first entries.
    pub(crate) fn texts(&mut self, texts: &[(&str, &str)], following: usize) {
        self.head(MAP, texts.len() + following);
        for (key, text) in texts {
            self.text(key);
            self.text(text);
        }
    }

    fn document(&mut self, value: &Value) -> Result<(), EncodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(EncodeError::TooDeep { path: ValuePath::default() });
        }
        self.depth += 1;
        match value {
            Value::Null => self.out.push(0xf6),
            Value::Bool(truth) => self.bool(*truth),
            Value::Integer(number) => self.integer(*number),
            Value::Float(number) => self.double(*number),
            Value::String(text) => self.text(text),
            Value::Blob(bytes) => self.bytes(bytes),
            Value::Timestamp(instant) => self.timestamp(*instant),
            Value::List(elements) => {
                self.head(LIST, elements.len());
                for (position, element) in elements.iter().enumerate() {
                    self.document(element).map_err(|error| error.in_element(position))?;
                }
            }
            Value::Object(entries) => {
                self.head(MAP, entries.len());
                for (key, value) in entries.iter() {
                    self.text(key);
                    self.document(value).map_err(|error| error.in_member(key))?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn bool(&mut self, truth: bool) {
        self.out.push(if truth { 0xf5 } else { 0xf4 });
    }

    fn integer(&mut self, number: i64) {
        match u64::try_from(number) {
            Ok(number) => self.argument(0, number),
            Err(_) => self.argument(1, (!number).unsigned_abs()),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the shape is of single precision")]
    fn float(&mut self, number: f64) {
        if number.is_finite() {
            self.out.push(0xfa);
            self.out.extend_from_slice(&(number as f32).to_be_bytes());
        } else {
            self.not_finite(number);
        }
    }

    fn double(&mut self, number: f64) {
        if number.is_finite() {
            self.out.push(0xfb);
            self.out.extend_from_slice(&number.to_be_bytes());
        } else {
            self.not_finite(number);
        }
    }

    /// In half precision, where it takes the least room.
    fn not_finite(&mut self, number: f64) {
        let half: u16 = if number.is_nan() {
            0x7e00
        } else if number > 0.0 {
            0x7c00
        } else {
            0xfc00
        };
        self.out.push(0xf9);
        self.out.extend_from_slice(&half.to_be_bytes());
    }

    /// Seconds since 1970, to the millisecond. Readers take integers as well; a float is what AWS's own clients write.
    #[expect(clippy::cast_precision_loss, reason = "exact for all times that there are")]
    fn timestamp(&mut self, instant: jiff::Timestamp) {
        self.head(TAG, EPOCH_SECONDS);
        let milliseconds = instant.as_nanosecond().div_euclid(1_000_000);
        self.double(milliseconds as f64 / 1000.0);
    }

    fn text(&mut self, text: &str) {
        self.head(TEXT, text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len());
        self.out.extend_from_slice(bytes);
    }

    fn head(&mut self, major: u8, length: usize) {
        self.argument(major, length as u64);
    }

    fn argument(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        if let Ok(small) = u8::try_from(argument) {
            if small < 24 {
                self.out.push(major | small);
            } else {
                self.out.extend_from_slice(&[major + 24, small]);
            }
        } else if let Ok(medium) = u16::try_from(argument) {
            self.out.push(major + 25);
            self.out.extend_from_slice(&medium.to_be_bytes());
        } else if let Ok(large) = u32::try_from(argument) {
            self.out.push(major + 26);
            self.out.extend_from_slice(&large.to_be_bytes());
        } else {
            self.out.push(major + 27);
            self.out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}
