//! JSON text to values, in one pass.
//!
//! The shape says what each token must be, so that no intermediate JSON value is built. serde carries only texts as
//! errors; the path and what was expected travel beside it, in the context.

use std::{borrow::Cow, cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{
    Name, Object, Value,
    codec::{
        error::{DecodeError, excerpt},
        gather::Gathered,
        kind::Kind,
        path::{AtPath, ValuePath},
        scalar, timestamp, union,
    },
    schema::{Member, Service, ShapeKind, Structure},
};

/// Reads a body that is a member's value. An empty body is null.
pub(crate) fn decode_body(
    service: &Service,
    member: &Member,
    body: &[u8],
) -> Result<Value, DecodeError> {
    let context = Context::new(service);
    let seed = ValueSeed { context: &context, kind: Kind::of(service, member), bindings: false };
    decode(&context, seed, body)
}

/// Reads a body whose members are a structure's. `bindings`: members that travel elsewhere are skipped.
pub(crate) fn decode_members(
    service: &Service,
    structure: &Structure,
    body: &[u8],
    bindings: bool,
) -> Result<Object, DecodeError> {
    let context = Context::new(service);
    let seed = ValueSeed { context: &context, kind: Kind::Structure(structure), bindings };
    match decode(&context, seed, body)? {
        Value::Object(object) => Ok(object),
        _ => Ok(Object::new()),
    }
}

fn decode(
    context: &Context<'_>,
    seed: ValueSeed<'_, '_>,
    body: &[u8],
) -> Result<Value, DecodeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let decoded = seed.deserialize(&mut deserializer);
    let decoded = decoded.and_then(|value| deserializer.end().map(|()| value));
    decoded.map_err(|error| context.explain(&error))
}

/// What is shared while one body is read.
struct Context<'a> {
    service: &'a Service,
    gathered: RefCell<Gathered>,
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    path: ValuePath,
    problem: Option<DecodeError>,
}

impl<'a> Context<'a> {
    fn new(service: &'a Service) -> Self {
        Self { service, gathered: RefCell::default(), notes: RefCell::default() }
    }

    fn fail<E: serde::de::Error>(&self, problem: DecodeError) -> E {
        let message = problem.to_string();
        self.notes.borrow_mut().problem = Some(problem);
        E::custom(message)
    }

    fn in_member<E>(&self, name: &str, error: E) -> E {
        self.notes.borrow_mut().path.push_member(name);
        error
    }

    fn in_element<E>(&self, position: usize, error: E) -> E {
        self.notes.borrow_mut().path.push_element(position);
        error
    }

    fn explain(&self, error: &serde_json::Error) -> DecodeError {
        let notes = self.notes.take();
        let mut problem =
            notes.problem.unwrap_or_else(|| DecodeError::malformed("JSON", error.to_string()));
        if let Some(path) = problem.path_mut() {
            *path = notes.path;
        }
        problem
    }
}

struct ValueSeed<'c, 'a> {
    context: &'c Context<'a>,
    kind: Kind<'a>,
    bindings: bool,
}

impl<'c, 'a> ValueSeed<'c, 'a> {
    fn inner(&self, member: &Member) -> ValueSeed<'c, 'a> {
        ValueSeed {
            context: self.context,
            kind: Kind::of(self.context.service, member),
            bindings: false,
        }
    }

    fn mismatch<E: serde::de::Error>(&self, found: &str) -> E {
        self.context.fail(DecodeError::mismatch(self.kind.expected(), found))
    }

    fn structure<'de, M: MapAccess<'de>>(
        &self,
        structure: &Structure,
        mut map: M,
    ) -> Result<Object, M::Error> {
        let gathered = || self.context.gathered.borrow_mut();
        let mut part = gathered().begin();
        let mut unknown = None;
        while let Some(key) = map.next_key_seed(KeySeed { structure, hint: part.next })? {
            let (position, member) = match key {
                Key::Member(position, member) if !self.bindings || member.in_response_body() => {
                    (position, member)
                }
                Key::Member(..) => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Key::Unknown(name) => {
                    let value = map.next_value::<Option<IgnoredAny>>()?;
                    unknown = unknown.or(name.filter(|_| value.is_some()));
                    continue;
                }
            };
            let value = map
                .next_value_seed(self.inner(member))
                .map_err(|error| self.context.in_member(&member.name, error))?;
            part.next = position + 1;
            if !value.is_null() {
                gathered().set(&mut part, (position, member), value);
            }
        }
        let mut object = gathered().end(&part);
        union::note_unknown(&mut object, unknown);
        Ok(object)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.expected())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        match self.kind {
            Kind::Document | Kind::Scalar(ShapeKind::Boolean) => Ok(Value::Bool(truth)),
            Kind::Scalar(ShapeKind::String(_)) => Ok(Value::String(truth.to_string())),
            _ => Err(self.mismatch("a boolean")),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        match self.kind {
            Kind::Document | Kind::Scalar(ShapeKind::Integer | ShapeKind::Long) => {
                Ok(Value::Integer(number))
            }
            #[expect(clippy::cast_precision_loss, reason = "the model says that it is a float")]
            Kind::Scalar(ShapeKind::Float | ShapeKind::Double) => Ok(Value::Float(number as f64)),
            Kind::Scalar(ShapeKind::String(_)) => Ok(Value::String(number.to_string())),
            Kind::Scalar(ShapeKind::Timestamp) => match jiff::Timestamp::from_second(number) {
                Ok(instant) => Ok(Value::Timestamp(instant)),
                Err(_) => Err(self.mismatch(&format!("`{number}`"))),
            },
            _ => Err(self.mismatch("an integer")),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        match (i64::try_from(number), self.kind) {
            (Ok(number), _) => self.visit_i64(number),
            #[expect(clippy::cast_precision_loss, reason = "as every JSON reader does")]
            (Err(_), Kind::Document | Kind::Scalar(ShapeKind::Float | ShapeKind::Double)) => {
                Ok(Value::Float(number as f64))
            }
            (Err(_), Kind::Scalar(ShapeKind::String(_))) => Ok(Value::String(number.to_string())),
            (Err(_), _) => Err(self.mismatch(&format!("`{number}`"))),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        let found = match self.kind {
            Kind::Document | Kind::Scalar(ShapeKind::Float | ShapeKind::Double) => {
                Some(Value::Float(number))
            }
            Kind::Scalar(ShapeKind::Integer | ShapeKind::Long) => {
                scalar::integer_from_float(number).map(Value::Integer)
            }
            Kind::Scalar(ShapeKind::Timestamp) => {
                timestamp::from_seconds(number).map(Value::Timestamp)
            }
            Kind::Scalar(ShapeKind::String(_)) => Some(Value::String(number.to_string())),
            _ => None,
        };
        found.ok_or_else(|| self.mismatch(&format!("`{number}`")))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        match self.kind {
            Kind::Document => Ok(Value::String(text.to_owned())),
            Kind::Scalar(kind) => match scalar::from_text(kind, Cow::Borrowed(text)) {
                Ok(value) => Ok(value.unwrap_or_default()),
                Err(problem) => Err(self.context.fail(problem)),
            },
            // Some services send an empty string for nothing.
            _ if text.is_empty() => Ok(Value::Null),
            _ => Err(self.mismatch(&format!("`{}`", excerpt(text, 40)))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = match self.kind {
            Kind::List(member) => Kind::of(self.context.service, member),
            Kind::Document => Kind::Document,
            _ => return Err(self.mismatch("a list")),
        };
        let mut list = Vec::new();
        loop {
            let seed = ValueSeed { context: self.context, kind: inner, bindings: false };
            let element = elements.next_element_seed(seed);
            match element.map_err(|error| self.context.in_element(list.len(), error))? {
                Some(element) => list.push(element),
                None => return Ok(Value::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (inner, sparse) = match self.kind {
            Kind::Structure(structure) => return self.structure(structure, map).map(Value::Object),
            Kind::Map { value, sparse } => (Kind::of(self.context.service, value), sparse),
            Kind::Document => (Kind::Document, true),
            Kind::List(_) | Kind::Scalar(_) => return Err(self.mismatch("an object")),
        };
        let mut object = Object::new();
        while let Some(key) = map.next_key_seed(TextSeed)? {
            let seed = ValueSeed { context: self.context, kind: inner, bindings: false };
            let value =
                map.next_value_seed(seed).map_err(|error| self.context.in_member(&key, error))?;
            if sparse || !value.is_null() {
                object.insert(key, value);
            }
        }
        Ok(Value::Object(object))
    }
}

/// A key of a structure's object.
enum Key<'a> {
    Member(usize, &'a Member),
    /// What a newer service says; kept only if the structure is a union.
    Unknown(Option<Name>),
}

/// Finds a structure's member by a key, without keeping the key.
struct KeySeed<'a> {
    structure: &'a Structure,
    hint: usize,
}

impl<'de, 'a> DeserializeSeed<'de> for KeySeed<'a> {
    type Value = Key<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for KeySeed<'a> {
    type Value = Key<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key<'a>, E> {
        Ok(match self.structure.member_on_wire(key, self.hint) {
            Some((position, member)) => Key::Member(position, member),
            None => {
                Key::Unknown((self.structure.union && key != "__type").then(|| Name::from(key)))
            }
        })
    }
}

/// Reads a map's key.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for TextSeed {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Name, E> {
        Ok(Name::from(key))
    }
}
